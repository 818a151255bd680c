# SPDX-License-Identifier: MIT
"""Somebody sets the clock of the machine, by an hour, forward and back, in the middle of a hold."""
import datetime
import glob
import os
import time

import harness
import pytest
import scene as scenes
import verdict

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
STEPS_S = (3600, -3600)


def own_clock(folder):
    """The environment of a process whose wall clock follows a file; its monotonic clocks are the real ones."""
    offset = folder / "offset"
    offset.write_text("+0\n")
    return offset, {
        "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def wall_s(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def ahead_s(scene):
    """How far kneadd's clock is ahead of ours, by what it says of itself."""
    return wall_s(scene.witness.ask_health()["ts"]) - time.time()


def wait_in_hold(ball):
    harness.wait_until(lambda: ball.in_hold(3.05) and not ball.in_hold(3.15), 60, "a hold goes on")


@pytest.mark.skipif(os.environ.get("KNEAD_SANITIZE", "none") != "none", reason="a sanitizer wants to be the first library, and so does libfaketime")
@pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed: nothing else moves the wall clock of one process")
def test_a_clock_that_is_set_by_an_hour_in_the_middle_of_a_hold_moves_no_event(scene):
    scene.add_broker()
    ball = scene.add_ball("ball-1")
    offset, environment = own_clock(scene.folder)
    scene.start(env=environment)
    scene.settle()
    assert abs(ahead_s(scene)) < 5
    held, ahead = [], 0
    for step_s in STEPS_S + STEPS_S[::-1]:
        wait_in_hold(ball)
        ahead += step_s
        held.append(ball.holds[-1])
        offset.write_text(f"{ahead:+d}\n")
        assert abs(ahead_s(scene) - ahead) < 5, "the clock of kneadd has moved"
        scene.wait_holds(1)
    told = scene.witness.told("ball-1")
    ends = [t.record for t in told if t.record["event_type"] == "hold_end"]
    for hold in held:
        assert any(verdict.played_at([hold], r["peak_n"]) and r["cause"] == "lifted" and r["flags"] == [] for r in ends), f"{hold} whole"
    times = [(t.record["t_s"], wall_s(t.record["ts"])) for t in told]
    assert max(abs((ts - times[0][1]) - (t_s - times[0][0])) for t_s, ts in times) < 1, "ts goes on as t_s does"
    assert {t.family for t in told} == {"event"}, "nothing is late because of a clock"
    figures = {**scene.healthy(), **scene.judge()}
    scenes.note(70, "clock of the machine set by an hour, four times, in the middle of holds",
                "nothing: every hold whole, `ts` goes on as before", **figures)
