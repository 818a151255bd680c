# SPDX-License-Identifier: MIT
"""What must hold of the golden corpus itself, and that its checks can fail."""
import copy
import json
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import captures  # noqa: E402
import contract  # noqa: E402
import drawing  # noqa: E402

NAMES = sorted(p.stem for p in HERE.glob("*.kcap"))
PAGE_BYTES = 16_000
LONG = {"ten-minutes"}  # cannot be shorter than what it is about


def header(name):
    lines = (HERE / f"{name}.kcap").read_text().splitlines()
    return [line for line in lines[1:20] if line.startswith("#")]


def events(name):
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text().splitlines()]


def test_there_are_at_least_sixty_captures():
    assert len(NAMES) >= 60


def test_each_capture_has_its_events_beside_it_and_no_events_are_left_alone():
    assert NAMES == sorted(p.stem for p in HERE.glob("*.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_each_capture_says_in_a_sentence_what_happens_and_what_is_expected(name):
    says = header(name)
    assert says and says[0].startswith("# ") and says[0][2].isupper()
    sentence = " ".join(line.lstrip("# ") for line in says).split(" drawn: ")[0].split(" expect: ")[0]
    assert sentence.endswith(".") and len(sentence.split()) >= 8
    assert any(line.startswith("# expect: ") for line in says)


def test_each_capture_is_about_a_page():
    assert [n for n in NAMES if n not in LONG and (HERE / f"{n}.kcap").stat().st_size > PAGE_BYTES] == []


def test_each_capture_is_what_its_script_draws():
    drawn = {name: "\n".join(drawing.Drawing(c).lines) + "\n" for name, c in captures.CAPTURES.items()}
    assert [name for name, text in drawn.items() if (HERE / f"{name}.kcap").read_text() != text] == []


def test_no_two_captures_have_the_same_name():
    every = [c.name for theme in captures.THEMES for c in theme.CAPTURES]
    assert len(every) == len(set(every))


def test_a_crc_is_that_of_the_specification():
    assert drawing.crc16(b"123456789") == 0x29B1


SPOILS = {
    "a number out of count": lambda e: e[2].update(n=7),
    "a hold that ends before it starts": lambda e: e[2].update(end_s=0.5, t_s=0.5),
    "a mean above the peak": lambda e: e[2].update(mean_n=200.0, impulse_ns=1000.0),
    "a mean that is not impulse by time": lambda e: e[2].update(impulse_ns=100.0),
    "a release of another cause": lambda e: e[3].update(cause="eased"),
    "a hold without a release": lambda e: e.pop(3),
    "a hold without an end": lambda e: (e.pop(3), e.pop(2)),
    "a hold told twice": lambda e: e.insert(2, dict(e[1])),
    "a session whose totals are no sums": lambda e: e[-1].update(holds=2),
    "a session that never ends": lambda e: e.pop(),
    "a key too few": lambda e: e[2].pop("dips"),
    "a flag that is none": lambda e: e[2].update(flags=["odd"]),
    "a target met too early": lambda e: e[2].update(target_met=True),
}


@pytest.mark.parametrize("what", SPOILS)
def test_the_contract_finds(what):
    spoilt = copy.deepcopy(events("hold-shortest"))
    assert contract.check_records(spoilt) == []
    SPOILS[what](spoilt)
    for number, event in enumerate(spoilt, 1):
        if what != "a number out of count":
            event["n"] = number
    assert contract.check_records(spoilt) != []


@pytest.mark.parametrize(
    "line",
    ["hold 1.04-4.083 lifted", "hold 1.03-4.073 lifted", "hold 1.04-4.073 eased", "hold 1.04-4.073 lifted dips=1", "nothing",
     "hold 1.04-4.073 lifted +gap", "press 1.04-4.073", "hold 1.04-4.073 lifted peak_n=99.0", "hold 1.04 lifted hold_id=2"],
)
def test_an_expectation_finds_what_is_otherwise(line):
    assert contract.check_expectations(events("hold-shortest"), ["hold 1.04-4.073 lifted dips=0"]) == []
    assert contract.check_expectations(events("hold-shortest"), [line]) != []


def test_an_expectation_finds_what_is_too_much_or_missing():
    good = ["hold 1.016-4.248 lifted", "hold 4.754-7.99 lifted"]
    assert contract.check_expectations(events("bridge-above"), good) == []
    assert contract.check_expectations(events("bridge-above"), good[:1]) != []
    assert contract.check_expectations(events("bridge-above"), [*good, "tap 1-2"]) != []
