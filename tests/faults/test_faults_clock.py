# SPDX-License-Identifier: MIT
"""The clock of the machine is set: by an hour in the middle of a hold, forward and back; by days, after a start without a clock."""
import datetime
import json
import time

import harness
import scene as scenes
import verdict

LIBRARY = harness.BUILD / "tests/faults/wall-clock.so"
STEPS_S = (3600, -3600)


def own_clock(folder, ahead_s=0):
    """The environment of a process whose wall clock follows a file; its other clocks are the real ones."""
    offset = folder / "offset"
    offset.write_text(f"{ahead_s}\n")
    return offset, {"LD_PRELOAD": str(LIBRARY), "WALL_CLOCK_FILE": str(offset), "ASAN_OPTIONS": "verify_asan_link_order=0"}


def wall_s(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def ahead_s(scene):
    """How far kneadd's clock is ahead of ours, by what it says of itself."""
    return wall_s(scene.witness.ask_health()["ts"]) - time.time()


def wait_in_hold(ball):
    harness.wait_until(lambda: ball.in_hold(3.05) and not ball.in_hold(3.15), 60, "a hold goes on")


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
        offset.write_text(f"{ahead}\n")
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


def test_a_machine_that_learns_the_time_of_day_after_the_start_gives_it_to_the_first_event(scene):
    scene.add_broker()
    scene.add_ball("ball-1")
    offset, environment = own_clock(scene.folder, -3 * 86400)  # it goes on from where it was switched off
    scene.start(env=environment, play=False)
    harness.wait_until(lambda: scene.witness.latest("knead/bridge/health"), 20, "kneadd has found the broker")
    assert abs(ahead_s(scene) + 3 * 86400) < 5
    offset.write_text("0\n")
    scene.play()
    scene.settle()
    first = scene.witness.told("ball-1")[0]
    assert abs(wall_s(first.record["ts"]) - (time.time() - (time.monotonic() - first.at))) < 10, f"{first.record['ts']} is when it was"
    assert abs(ahead_s(scene)) < 5
    harness.wait_until(lambda: abs(wall_s(json.loads(scene.witness.latest("knead/bridge/info"))["started"]) - time.time()) < 120, 10,
                       "it was just now that kneadd was started")
    assert {t.family for t in scene.witness.told("ball-1")} == {"event"}
    figures = {**scene.healthy(), **scene.judge()}
    scenes.note(71, "machine without a clock, set three days forward after the start, before the first press",
                "every `ts` is right", **figures)
