# SPDX-License-Identifier: MIT
"""
knead replay --explain and --diff from outside: texts compared whole, and what they claim tried out.

    KNEAD_BLESS=1 writes tests/e2e/texts/ and the examples of docs/tuning.md anew; read the difference before you commit it
"""
import json
import os
import pty
import re
import subprocess

import pytest

import harness

REPLAY = harness.TOP / "tests/replay"
TEXTS = harness.TOP / "tests/e2e/texts"
CAPTURES = sorted(p.stem for p in REPLAY.glob("*.kcap"))
PIECES = ("hold_end", "roll_end", "press", "tap", "impact", "percussion_end")


def replay(*args, **more):
    return subprocess.run([harness.KNEAD, "replay", *map(str, args)], capture_output=True, text=True, timeout=60, cwd=harness.TOP, **more)


def text(*args, **more):
    done = replay(*args, **more)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def kcap(name):
    return f"tests/replay/{name}.kcap"


def events(name, *args):
    return [json.loads(line) for line in text(*args, kcap(name)).splitlines()]


class Contact:
    """A block of --explain: when, what it became, and what it might have been: (other verdict, setting)."""

    def __init__(self, block):
        head = re.match(r"contact \d+ +(-?[\d.]+) s to (-?[\d.]+) s", block)
        self.on_s, self.off_s = float(head[1]), float(head[2])
        self.became, self.nearest, label, other = [], [], "", ""
        for line in block.splitlines()[1:]:
            label, rest = line[2:11].strip() or label, line[12:]
            if label == "became":
                self.became.append(rest)
            elif label == "nearest" and "--diff" in rest:
                self.nearest.append((other, rest.split()[-1]))
            elif label == "nearest":
                other = rest[:14].strip()
        self.target_reached = "reached" in block

    def overlaps(self, other):
        return self.on_s <= other.off_s + 0.02 and self.off_s >= other.on_s - 0.02


def contacts(*args):
    blocks = re.split(r"\n(?=contact \d|outside of contacts|no contact)", text("--explain", *args))
    return [Contact(b) for b in blocks if b.startswith("contact")]


def came_true(other, before, after):
    """Whether the contacts that now lie where before was are what was said."""
    over = [c for c in after if c.overlaps(before)]
    became = [b for c in over for b in c.became]
    eased = sum("eased" in b for b in became)
    return {
        "a press": any(b.startswith("press") for b in became),
        "a tap": any(b.startswith("tap") for b in became),
        "a hold": any(b.startswith("hold") for b in became),
        "a roll": any(b.startswith("roll") for b in became),
        "nothing": not over,
        "parted": not any(c.on_s <= before.on_s + 0.02 and c.off_s >= before.off_s - 0.02 for c in over),
        "joined": any(c.on_s < before.on_s - 0.1 for c in over),
        "eased": eased > 0,
        "held on": eased < sum("eased" in b for b in before.became),
        "target met": any(c.target_reached for c in over),
        "target missed": not any(c.target_reached for c in over),
    }[other]


@pytest.mark.parametrize("name", CAPTURES)
def test_every_setting_that_explain_names_does_what_it_says(name):
    for contact in contacts(kcap(name)):
        for other, setting in contact.nearest:
            assert came_true(other, contact, contacts("-o", setting, kcap(name))), f"{other} with {setting}"


@pytest.mark.parametrize("name", CAPTURES)
def test_every_contact_of_the_events_is_explained_once(name):
    told = [e for e in events(name) if e["event_type"] in PIECES]
    explained = [b for c in contacts(kcap(name)) for b in c.became if not b.startswith("nothing")]
    assert len(explained) == len(told)
    starts = sorted(f"{e['event_type'].split('_')[0]} {e['duration_s']:.3f}" for e in told)
    assert sorted(re.sub(r"( \d+, \w+)?: (-?[\d.]+) s.*", r" \2", b) for b in explained) == starts


def test_the_highest_force_without_a_contact_is_one_with_the_press_n_that_is_named():
    said = text("--explain", kcap("press-n-never"))
    assert "no contact" in said
    assert len(contacts("-o", re.search(r"--diff (\S+)", said)[1], kcap("press-n-never"))) == 1


def shown(document):
    """[(command, text)] of what a page shows of knead replay; a line ... stands for any lines."""
    blocks = re.findall(r"^```console\n\$ knead (replay .*)\n((?s:.*?))^```$", (harness.TOP / document).read_text(), re.M)
    return [pytest.param(document, command, said, id=f"{document} {command}") for command, said in blocks]


@pytest.mark.parametrize("document, command, said", shown("README.md") + shown("docs/tuning.md"))
def test_the_pages_show_what_is_printed(document, command, said):
    if os.environ.get("KNEAD_BLESS") and "...\n" not in said:
        page = harness.TOP / document
        page.write_text(page.read_text().replace(f"$ knead {command}\n{said}", f"$ knead {command}\n{text(*command.split()[1:])}"))
        return
    pattern = "".join(r"(?:.*\n)*" if line == "...\n" else re.escape(line) for line in said.splitlines(keepends=True))
    now = text(*command.split()[1:])
    assert re.fullmatch(pattern, now), now


def test_the_pages_show_both():
    commands = [p.values[1] for p in shown("README.md") + shown("docs/tuning.md")]
    assert any("--explain" in c for c in commands) and any("--diff" in c for c in commands)


# Text for people: what is compared is how it reads.
GOLDEN = {
    "explain-ease-brief": ["--explain", kcap("ease-brief")],
    "explain-swings-three": ["--explain", kcap("swings-three")],
    "explain-line-hold-roll-hold": ["--explain", kcap("line-hold-roll-hold")],
    "explain-percussion-in-a-hold": ["--explain", kcap("percussion-in-a-hold")],
    "explain-gap-2.1": ["--explain", kcap("gap-2.1")],
    "explain-confirm-below": ["--explain", kcap("confirm-below")],
    "diff-hold-shortest": ["--diff", "ball.hold_min_s=3.5", kcap("hold-shortest"), kcap("press-longest")],
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_reads_as_it_did(name):
    path, now = TEXTS / f"{name}.txt", text(*GOLDEN[name])
    if os.environ.get("KNEAD_BLESS"):
        path.write_text(now)
    assert now == path.read_text()


@pytest.mark.parametrize("name", ["ease-brief", "gap-2.1", "percussion-in-a-hold", "unplugged", "line-roll-hold-roll"])
@pytest.mark.parametrize("mode", [["--explain"], ["--diff", "ball.bridge_s=0.2"]], ids=["explain", "diff"])
def test_chunks_do_not_matter(name, mode):
    whole = text(*mode, kcap(name))
    assert [chunk for chunk in (1, 7, 4096) if text(*mode, "--chunk", chunk, kcap(name)) != whole] == []


def test_nothing_is_wider_than_a_screen():
    wide = [line for name in CAPTURES for line in text("--explain", kcap(name)).splitlines() if len(line) > 132]
    assert wide == []


def test_colours_come_on_a_terminal_only():
    assert "\033" not in text("--explain", kcap("tap")) + text("--diff", "ball.press_n=70", kcap("tap"))
    for mode in (["--explain"], ["--diff", "ball.press_n=70"]):
        here, there = pty.openpty()
        environment = {**os.environ, "NO_COLOR": ""}
        subprocess.run([harness.KNEAD, "replay", *mode, REPLAY / "tap.kcap"], stdout=there, check=True, timeout=60, env=environment)
        os.close(there)
        assert b"\033[" in os.read(here, 65536)
        os.close(here)


def counts(said):
    """{event: (before, after, same, changed, gone, new)} of one table of --diff."""
    return {m[1]: tuple(map(int, m[2].split())) for m in re.finditer(r"^  ([a-z_]+)((?: +\d+){6})$", said, re.M)}


@pytest.mark.parametrize("setting", ["ball.press_n=16", "ball.bridge_s=0.1", "ball.hold_min_s=1", "ball.target_s=2"])
@pytest.mark.parametrize("name", ["two-holds", "dips", "swings", "presses-and-tap", "pulses-eased", "own-limits"])
def test_a_diff_counts_the_events_of_both_runs(name, setting):
    table = counts(text("--diff", setting, kcap(name)))
    for column, args in ((0, []), (1, ["-o", setting])):
        types = [e["event_type"] for e in events(name, *args)]
        assert {t: types.count(t) for t in table} == {t: row[column] for t, row in table.items()}
    for before, after, same, changed, gone, new in table.values():
        assert before == same + changed + gone and after == same + changed + new


def test_a_diff_without_a_difference_says_so():
    said = text("--diff", "ball.press_n=8", kcap("hold-shortest"))
    assert "no setting of the device differs" in said and "no event would change" in said


def test_a_diff_names_settings_and_fields_with_their_units():
    said = text("--diff", "ball.press_n=20", kcap("press"))
    assert re.search(r"set +press_n +8 -> 20 N", said)
    assert re.search(r"start_s [\d.]+ -> [\d.]+ s", said) and re.search(r"duration_s [\d.]+ -> [\d.]+ s", said)


def test_a_diff_takes_a_file_and_pairs_on_top_of_it(tmp_path):
    conf = tmp_path / "other.conf"
    conf.write_text("[device ball]\npress_n = 12\nbridge_s = 0.3\n")
    said = text("--diff", conf, "--diff", "ball.bridge_s=0.2", kcap("hold-shortest"))
    assert re.search(r"press_n +8 -> 12 N", said) and re.search(r"bridge_s +0.5 -> 0.2 s", said)


def test_a_diff_goes_out_from_the_settings_that_are_given():
    assert re.search(r"press_n +12 -> 9 N", text("-o", "ball.press_n=12", "--diff", "ball.press_n=9", kcap("press")))


def test_a_diff_reads_standard_input_once():
    stream = (REPLAY / "press.kcap").read_text()
    assert counts(text("--diff", "ball.hold_min_s=1", "-", input=stream)) == counts(text("--diff", "ball.hold_min_s=1", kcap("press")))


def test_a_diff_of_several_files_ends_with_all_of_them():
    one, two = (counts(text("--diff", "ball.hold_min_s=1", kcap(n))) for n in ("press", "two-holds"))
    both = text("--diff", "ball.hold_min_s=1", kcap("press"), kcap("two-holds"))
    total = counts(both[both.index("\n2 files") :])
    assert total["session_start"] == tuple(a + b for a, b in zip(one["session_start"], two["session_start"]))


@pytest.mark.parametrize(
    "args, what",
    [
        (["--explain", "--publish"], "--explain"),
        (["--diff", "ball.press_n=9", "--publish"], "--diff"),
        (["--explain", "--diff", "ball.press_n=9"], "--explain and --diff"),
        (["--diff", "ball.pres_n=9"], "pres_n"),
        (["--diff", "ball.press_n=x"], "press_n"),
        (["--diff", "one.conf", "--diff", "two.conf"], "second file"),
        (["--diff", "absent.conf"], "absent.conf"),
        (["--device", "ball", "--diff", "other.press_n=9"], "ball.KEY=VALUE"),
        (["--diff", "ball.release_n=9"], "release_n"),
    ],
)
def test_what_cannot_be_meant_is_refused(args, what):
    done = replay(*args, kcap("press"))
    assert done.returncode == 2 and what in done.stderr and done.stdout == ""


def test_an_unknown_key_in_the_other_file_is_named_with_its_line(tmp_path):
    conf = tmp_path / "other.conf"
    conf.write_text("[device ball]\npress_n = 9\nbridge = 1\n")
    done = replay("--diff", conf, kcap("press"))
    assert done.returncode == 2 and f"{conf}:3:" in done.stderr and "bridge" in done.stderr
