# SPDX-License-Identifier: MIT
"""The manual pages say what the programs say of themselves, and are well-formed."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KNEAD_BUILD_ROOT", TOP / "build"))
PAGES = ["kneadd.8", "knead.1", "kneadd.conf.5", "kcap.5"]
ELSEWHERE = {"systemd.exec(5)"}


def source(page):
    path = BUILD / "docs/man" / page
    if not path.exists():
        pytest.skip("the manual pages are not built")
    return path


def text(page):
    """As a person reads it, on a line as wide as any."""
    if shutil.which("mandoc") is None:
        pytest.skip("no mandoc: scripts/setup --package installs it")
    out = subprocess.run(["mandoc", "-Tutf8", "-Owidth=1000", source(page)], capture_output=True, text=True, check=True)
    return re.sub(".\b", "", out.stdout)


def run(program, *words):
    path = BUILD / {"knead": "src/tool/knead", "kneadd": "src/app/kneadd"}[program]
    return subprocess.run([path, *words], capture_output=True, text=True, check=True).stdout


def options(help_text):
    """{term: description} of a help text."""
    found, term = {}, None
    for line in help_text.splitlines():
        if match := re.match(r"  (-.*?)(?:  +(\S.*))?$", line):
            term = match.group(1)
            found[term] = match.group(2) or ""
        elif term and line.startswith("     "):
            found[term] = f"{found[term]} {line.strip()}".strip()
        else:
            term = None
    return found


def tags(section):
    """{tag: text} of the lists in a page; tags stand by 5 columns, their text by more."""
    found, tag = {}, None
    for line in section.splitlines():
        if match := re.match(r" {5}(-\S.*?)(?: {2,}(\S.*))?$", line):
            tag = match.group(1)
            found[tag] = match.group(2) or ""
        elif tag and line.startswith("       "):
            found[tag] = f"{found[tag]} {line.strip()}".strip()
        elif line.strip():
            tag = None
    return {tag: " ".join(told.split()) for tag, told in found.items()}


@pytest.mark.parametrize("page", PAGES)
def test_mandoc_has_nothing_against_a_page(page):
    if shutil.which("mandoc") is None:
        pytest.skip("no mandoc: scripts/setup --package installs it")
    out = subprocess.run(["mandoc", "-Tlint", source(page)], capture_output=True, text=True)
    # Whether a page is installed on this machine says nothing about the page; see the next test.
    assert [line for line in out.stdout.splitlines() if "referenced manual not found" not in line] == []


@pytest.mark.parametrize("page", PAGES)
def test_groff_has_nothing_against_a_page(page):
    if shutil.which("groff") is None:
        pytest.skip("no groff: scripts/setup --package installs it")
    out = subprocess.run(["groff", "-man", "-mdoc", "-ww", "-z", "-Tutf8", source(page)], capture_output=True, text=True)
    assert (out.returncode, out.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_referred_to_is_ours_or_known(page):
    named = {f"{name}({section})" for name, section in re.findall(r"^\.Xr (\S+) (\d)", source(page).read_text(), re.M)}
    assert named - {re.sub(r"\.(\d)$", r"(\1)", p) for p in PAGES} - ELSEWHERE == set()


def test_kneadd_and_its_page_tell_the_same_options():
    told = tags(text("kneadd.8"))
    assert told == options(run("kneadd", "--help"))
    assert "--check-config" in told


def verbs():
    listed = run("knead", "--help").split("Verbs:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def test_help_of_all_is_the_help_of_knead_and_of_every_verb():
    parts = [run("knead", "--help"), *(run("knead", verb, "--help") for verb in verbs())]
    assert run("knead", "--help-all") == "\n".join(parts)


def test_the_page_has_every_verb_and_no_other():
    assert re.findall(r"^   knead (\w+)$", text("knead.1"), re.M) == verbs()


@pytest.mark.parametrize("verb", verbs())
def test_a_verb_and_its_part_of_the_page_tell_the_same_options(verb):
    part = re.search(rf"^   knead {verb}\n(.*?)(?=^ {{0,3}}\S)", text("knead.1"), re.M | re.S).group(1)
    assert tags(part) == options(run("knead", verb, "--help")) != {}


def test_the_page_has_every_key_of_the_configuration_with_its_default():
    """In the order of the sample file, which comes from the table, too."""
    section, keys = None, []
    for line in (TOP / "config/kneadd.conf").read_text().splitlines():
        if header := re.fullmatch(r"#?\[(\w+).*\]", line):
            section = header.group(1)
        elif key := re.fullmatch(r"#(\w+) = ?(.*)", line):
            keys.append((section, key.group(1), key.group(2) or "empty"))
    page = text("kneadd.conf.5")
    found = []
    for part in re.split(r"^SECTION ", page.split("\nFILES\n")[0], flags=re.M)[1:]:
        name = part.split()[0]
        for key, told in re.findall(r"^ {5}([a-z]\w*)(?:\n| {2,})(.*(?:\n {7,}.*)*)", part, re.M):
            if default := re.search(r"Default: (.*?)(?:, for the profile ball)?\.$", " ".join(told.split())):
                found.append((name, key, default.group(1)))
    assert found == keys


def test_the_example_of_kcap_replays(tmp_path):
    """As printed: a newcomer's first recording."""
    example = text("kcap.5").split("EXAMPLES\n")[1].split("\nSEE ALSO")[0]
    capture = tmp_path / "example.kcap"
    capture.write_text("".join(line.strip() + "\n" for line in example.splitlines() if line.strip()))
    assert capture.read_text().startswith('{"kneadcap":1')
    run("knead", "replay", capture)


def test_the_examples_of_the_configuration_are_good(tmp_path):
    examples = text("kneadd.conf.5").split("EXAMPLES\n")[1].split("\nSEE ALSO")[0]
    for number, block in enumerate(re.findall(r"((?:^ {11}.*\n|\n)+)", examples, re.M)):
        lines = [line.strip() for line in block.splitlines()]
        if not any(lines):
            continue
        # What a section of a device needs to stand alone.
        given = "\n".join(lines) + ("" if "[device" in block else "\n[device ball]\nport = -\n")
        conf = tmp_path / f"{number}.conf"
        conf.write_text(given + "\n")
        run("kneadd", "-c", conf, "--check-config")
