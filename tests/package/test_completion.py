# SPDX-License-Identifier: MIT
"""Bash completion, asked as bash asks it: the function that `complete` names, with the words of a command line."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KNEAD_BUILD_ROOT", TOP / "build"))
SCRIPT = TOP / "completion/knead"
ASK = r"""
. "$1"; shift
program=$1
function=$(complete -p "$program" | sed 's/.*-F \([^ ]*\).*/\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
"$function" "$program"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def ask(tmp_path):
    """ask("knead re"): what bash would offer for the last word; the programs are those that were built."""
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    for path in ("src/tool/knead", "src/app/kneadd"):
        (tmp_path / pathlib.PurePath(path).name).symlink_to(BUILD / path)

    def completions(*words, folder=tmp_path):
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        out = subprocess.run(["bash", "-c", ASK, "ask", SCRIPT, *words], env=env, cwd=folder, capture_output=True, text=True)
        assert (out.returncode, out.stderr) == (0, ""), out.stderr
        return out.stdout.split("\n")[:-1] if out.stdout != "\n" else []

    return completions


def help_of(*words):
    program = BUILD / ("src/app/kneadd" if words[0] == "kneadd" else "src/tool/knead")
    return subprocess.run([program, *words[1:], "--help"], capture_output=True, text=True, check=True).stdout


def verbs():
    listed = help_of("knead").split("Verbs:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def options(text):
    """Every option that a help text begins a line with, or names beside one."""
    terms = [re.split(r"  +", line.strip())[0] for line in text.splitlines() if re.match(r"  -", line)]
    return {word for term in terms for part in term.split(", ") if (word := part.split()[0]).startswith("-")}


@pytest.mark.parametrize("program", ["knead", "kneadd"])
def test_bash_knows_how_to_complete(program):
    out = subprocess.run(["bash", "-c", f". {SCRIPT}; complete -p {program}"], capture_output=True, text=True)
    assert out.stdout == f"complete -F _knead_complete {program}\n"


def test_the_first_word_is_a_verb_or_an_option_of_knead(ask):
    assert set(ask("knead", "")) == set(verbs()) | {"--help", "--help-all", "--version"}
    assert ask("knead", "re") == [verb for verb in verbs() if verb.startswith("re")]


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_the_options_of_its_help_and_no_other(ask, verb):
    assert set(ask("knead", verb, "-")) == options(help_of("knead", verb)) != set()


def test_kneadd_has_the_options_of_its_help_and_no_other(ask):
    assert set(ask("kneadd", "")) == options(help_of("kneadd"))
    assert ask("kneadd", "--check") == ["--check-config"]


def test_devices_are_those_of_the_configuration_that_is_named(ask, tmp_path):
    conf = tmp_path / "own.conf"
    conf.write_text("[mqtt]\nhost = broker\n[device ball-1]\nport = -\n#[device ball-2]\n[device roller] ; the long one\n")
    (tmp_path / "own.conf.d").mkdir()
    (tmp_path / "own.conf.d" / "more.conf").write_text("[device wall]\nport = -\n")
    assert ask("knead", "record", "-c", str(conf), "--device", "") == ["ball-1", "roller", "wall"]
    assert ask("knead", "calibrate", "--config", str(conf), "--device", "ba") == ["ball-1"]


def test_settings_are_every_key_of_every_section(ask, tmp_path):
    conf = tmp_path / "own.conf"
    conf.write_text("[device ball-1]\nport = -\n")
    dumped = subprocess.run([BUILD / "src/app/kneadd", "-c", conf, "--dump-config"], capture_output=True, text=True, check=True).stdout
    section, expected = None, []
    for line in dumped.splitlines():
        if header := re.fullmatch(r"\[(?:device )?([a-z0-9-]+)\]", line):
            section = header.group(1)
        elif key := re.match(r"(\w+) =", line):
            expected.append(f"{section}.{key.group(1)}=")
    assert len(expected) > 60
    assert ask("kneadd", "-c", str(conf), "-o", "") == expected
    assert ask("knead", "replay", "-c", str(conf), "-o", "ball-1.press") == ["ball-1.press_n="]


def test_files_are_completed_with_the_blanks_in_their_names(ask, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a b.kcap").touch()
    (folder / "b.kcap").touch()
    assert ask("knead", "replay", "a", folder=folder) == ["a b.kcap"]
    assert ask("knead", "score", "--labels", "b", folder=folder) == ["b.kcap"]


def test_nothing_is_offered_where_only_the_user_knows(ask):
    assert ask("knead", "record", "--for", "") == []
    assert ask("knead", "simulate", "--seed", "") == []


@pytest.mark.parametrize("option", ["scenario", "stratum", "geometry", "format", "profile", "fault"])
def test_every_word_offered_for_a_simulation_is_taken(ask, option, tmp_path):
    words = ask("knead", "simulate", f"--{option}", "")
    assert len(words) >= 4
    for word in words:
        line = ["--for", "20", "--cells", "4", "--rate", "200", "-O", tmp_path / "made.kcap", f"--{option}", word]
        line += [] if option == "scenario" else ["--scenario", "idle"]
        out = subprocess.run([BUILD / "src/tool/knead", "simulate", *line], capture_output=True, text=True)
        assert out.returncode == 0, out.stderr


def test_the_scenarios_offered_are_all_there_are(ask):
    told = re.search(r"^  --scenario NAME +((?:.|\n)*?)\n  --", help_of("knead", "simulate"), re.M).group(1).split()
    assert ask("knead", "simulate", "--scenario", "") == told
