# SPDX-License-Identifier: MIT
"""Real recordings through `knead replay`, against the labels a reader gave them. See recordings.py for the rules."""
import os
import resource
import subprocess

import pytest

import harness
import recordings

pytestmark = pytest.mark.skipif(
    not recordings.CAPTURES.is_dir(), reason=f"no recordings at {os.path.relpath(recordings.CAPTURES, harness.TOP)}"
)
ROBUSTNESS = ("haha.txt", "haha2.txt", "run-10.txt", "run-11.txt", "run-14.txt", "run-15.txt", "test6.txt")


def all_matched(folder):
    """Every label matched within the tolerance, nothing else found; returns the scores."""
    scores = recordings.scores(folder)
    for s in scores:
        assert len(s.pairs) == len(s.labelled), f"{s.recording.name}: found {s.found}, labelled {s.labelled}"
        assert s.extra == [], s.recording.name
        assert s.rolls == 0, s.recording.name
    return scores


def kinds(score):
    return [found[0] for _, found in score.pairs]


LABELLED = [folder for folder, rule in recordings.RULES.items() if rule.reading == "contacts"]


@pytest.mark.parametrize("folder", LABELLED)
def test_the_settings_of_a_folder_find_what_its_reader_found(folder):
    assert recordings.f1(recordings.scores(folder)) >= recordings.RULES[folder].bar


def test_hangs_are_four_holds_and_one_press_of_less_than_three_seconds():
    (score,) = all_matched("hangboard")
    assert kinds(score) == ["hold_end"] * 4 + ["press"]


def test_a_squeeze_of_25_s_is_one_hold_and_four_short_ones_are_presses():
    hold, presses = all_matched("hand-grip")
    assert kinds(hold) == ["hold_end"]
    assert kinds(presses) == ["press"] * 4


def test_seven_presses_on_a_plate_with_a_dead_load_are_seven_and_idle_is_nothing():
    scores = all_matched("four-cell-plate")
    assert sorted(len(s.pairs) for s in scores) == [0, 0, 0, 0, 7]


def test_twelve_pushes_are_twelve_presses():
    (score,) = all_matched("wheel-pushes")
    assert kinds(score) == ["press"] * 12


def test_thirteen_steps_of_each_foot_are_thirteen_contacts():
    right, left = all_matched("walking")
    assert (len(right.pairs), len(left.pairs)) == (13, 13)
    assert kinds(right)[1:] == ["press"] * 12 and kinds(left)[:-1] == ["press"] * 12


def test_a_step_from_heel_to_toe_is_a_press_that_travels_as_far_as_its_centre_of_pressure():
    for score in all_matched("walking, with its place"):
        travel = {label.start_s: mm for label, mm in zip(score.recording.labels, score.recording.travel_mm)}
        found = {(e["event_type"], e["start_s"]): e["travel_mm"] for e in score.events if "travel_mm" in e and "start_s" in e}
        presses = [(travel[label.start_s], found[kind, start_s]) for label, (kind, start_s, _) in score.pairs if kind == "press"]
        assert len(presses) >= 12
        assert [pair for pair in presses if abs(pair[1] / pair[0] - 1) > 0.1] == []


def test_each_jump_is_a_contact_before_and_one_after_the_flight():
    for score in all_matched("jumps"):
        assert len(score.pairs) == 2


@pytest.mark.parametrize("folder", ["standing", "balance-board"])
def test_a_standing_person_rolls_nothing_and_releases_nothing(folder):
    for score in recordings.scores(folder):
        by_type = [e["event_type"] for e in score.events]
        assert not {"stroke", "roll_start", "roll_end", "press", "tap", "impact"} & set(by_type), score.recording.name
        assert by_type.count("hold_end") <= 1
        for e in score.events:
            if e["event_type"] in ("hold_end", "release"):
                assert e["cause"] == "lost" and "boot_loaded" in e["flags"]


def test_pulses_on_a_grip_that_never_lets_go_are_found_above_their_floor():
    scores = recordings.scores("grip-pulses, above a level")
    assert sum(len(s.labelled) for s in scores) == 36
    assert sum(len(s.pairs) for s in scores) >= 35
    assert sum(len(s.extra) for s in scores) == 0


def test_pulses_on_a_grip_that_never_lets_go_are_strokes():
    scores = recordings.scores("grip-pulses")
    assert sum(s.wanted for s in scores) == 72
    assert recordings.f1(scores) >= 0.9


@pytest.mark.parametrize("name", ROBUSTNESS)
def test_printed_values_of_any_kind_are_read_without_harm(name):
    def little_memory():
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))

    path = recordings.CAPTURES / "pi-hx711" / name
    command = [harness.KNEAD, "replay", "--rate", "10", path]
    limit = None if os.environ.get("KNEAD_SANITIZE", "none") != "none" else little_memory
    out = subprocess.run(command, capture_output=True, text=True, timeout=20, preexec_fn=limit)
    # a file of one endless line holds no sample: refused by name, not read as nothing
    assert out.returncode == 0 or "no sample was found" in out.stderr, out.stderr
