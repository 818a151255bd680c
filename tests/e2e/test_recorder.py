# SPDX-License-Identifier: MIT
"""What an hour adds to the recorder of Home Assistant with the shipped defaults, whatever is done in it. In stream time."""
import subprocess

import pytest

import harness
import recorder

SETTLE_S = 20  # the rows of coming up are not those of an hour
TRANSCRIPT = harness.BUILD / "tests/bench/publish-transcript"
KINDS = ["session", "mixed", "hold", "pulses", "press-set", "strokes", "roll", "composite", "taps", "percussion"]
IN_USE, IDLE = 3000, 150


def transcript(folder, scenario, seed):
    capture = folder / "hour.kcap"
    subprocess.run([harness.KNEAD, "simulate", "--scenario", scenario, "--seed", str(seed), "--for", str(3600 + SETTLE_S),
                    "-O", capture], check=True)
    return subprocess.run([TRANSCRIPT, capture], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def hour(folder, scenario, seed=1):
    """Rows by entity, all entities together last."""
    rows = recorder.rows(transcript(folder, scenario, seed), SETTLE_S)
    print(*(f"{entity} {count}" for entity, count in sorted(rows.items(), key=lambda item: -item[1]) if count), sep="\n")
    return rows, sum(rows.values())


@pytest.mark.parametrize("scenario", KINDS)
def test_an_hour_of_use_adds_no_more_than_it_may(tmp_path, scenario):
    rows, total = hour(tmp_path, scenario)
    assert total <= IN_USE
    # and it is an hour of use: the gauge moves, and things happen
    assert rows["sensor.ball_1_force"] >= 120
    assert sum(count for entity, count in rows.items() if entity.startswith("event.")) >= 100


def test_an_hour_of_being_carried_about_adds_little(tmp_path):
    assert hour(tmp_path, "handling")[1] <= IN_USE / 2


def test_an_idle_hour_adds_next_to_nothing(tmp_path):
    assert hour(tmp_path, "idle", seed=3)[1] <= IDLE


def test_every_event_is_a_row_of_its_own(tmp_path):
    lines = transcript(tmp_path, "mixed", 2)
    events = [line.split(" ", 2)[1] for line in lines if "/event/" in line and float(line.split(" ")[0]) >= SETTLE_S]
    rows = recorder.rows(lines, SETTLE_S)
    for entity, group in {"hold": "hold", "release": "release", "stroke": "stroke", "press": "press"}.items():
        assert rows[f"event.ball_1_{entity}"] == events.count(f"knead/ball-1/event/{group}")
