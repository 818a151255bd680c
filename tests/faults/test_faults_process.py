# SPDX-License-Identifier: MIT
"""The daemon is told to read its configuration again, or stands still for half a minute; or the board does."""
import signal
import time

import harness
import live_ball
import scene as scenes
import verdict

STALL_S = 30
PACE = 2


def wait_in_hold(ball):
    harness.wait_until(lambda: ball.in_hold(3.05) and not ball.in_hold(3.15), 60, "a hold goes on")


def whole_holds(scene, name="ball-1"):
    """Peaks of the holds that were told whole."""
    records = [t.record for t in scene.witness.told(name)]
    return [r["peak_n"] for r in records if r["event_type"] == "hold_end" and r["cause"] == "lifted" and r["flags"] == []]


def test_a_reload_in_the_middle_of_a_hold_leaves_the_hold_of_an_unchanged_device_alone(scene):
    scene.add_broker()
    ball, changed = scene.add_ball("ball-1", pace=PACE), scene.add_ball("ball-2", pace=PACE, first=120)
    scene.start()
    scene.settle()
    wait_in_hold(ball)
    held = ball.holds[-1]
    text = scene.config()
    head, last = text.rsplit("[device ball-2]", 1)
    scene.daemon.config.write_text(f"{head}[device ball-2]\ntarget_s = 3{last}")
    asked = time.monotonic()
    scene.daemon.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: "read again" in scene.daemon.log, 10, "the configuration is read again")
    took_s = time.monotonic() - asked
    scene.wait_holds(2)
    scene.wait_holds(2, "ball-2")
    assert verdict.played_at([held], max(whole_holds(scene), key=lambda n: -abs(n - held.level_n))), "the hold went through it whole"
    assert scene.witness.count("hold_target", device="ball-2") > 0, "the changed device has its new target"
    scene.parts["ball-2"] = [f"{scene.recording('ball-2')}.old", scene.recording("ball-2")]
    figures = {**scene.healthy(), **scene.judge()}
    scenes.note(60, "SIGHUP in the middle of a hold", "nothing of an unchanged device; a changed one ends its hold with cause `lost` "
                "and starts again", recovery_s=round(took_s, 1), **figures)


def test_a_daemon_that_stands_still_for_half_a_minute_stretches_nothing(scene):
    scene.add_broker()
    ball = scene.add_ball("ball-1", pace=PACE)
    scene.start()
    scene.settle()
    wait_in_hold(ball)
    scene.daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(STALL_S)
    scene.daemon.process.send_signal(signal.SIGCONT)
    since = time.monotonic()
    recovery_s = scene.recovery(since)
    assert ball.lost > 0, "the port was full: this is about what nobody read"
    scene.wait_holds(2)
    figures = {**scene.healthy(), **scene.judge(doubles=verdict.WINDOW)}
    scenes.note(61, f"kneadd stands still for {STALL_S} s (SIGSTOP), the board goes on",
                "the hold of that moment with cause `lost`, what nobody read is a gap", recovery_s=round(recovery_s, 1), **figures)


def test_a_board_that_stands_still_for_half_a_minute_is_offline_and_stretches_nothing(scene):
    scene.add_broker()
    ball = scene.add_ball("ball-1", pace=PACE)
    scene.start()
    scene.settle()
    wait_in_hold(ball)
    ball.stall()
    stalled = time.monotonic()
    harness.wait_until(lambda: scene.witness.latest("knead/ball-1/availability") == b"offline", 10, "the device is offline")
    offline_s = time.monotonic() - stalled
    assert scene.witness.count("fault", kind="no_data") == 1
    time.sleep(STALL_S - offline_s)
    ball.wake(STALL_S)
    woke = time.monotonic()
    harness.wait_until(lambda: scene.witness.latest("knead/ball-1/availability") == b"online", 10, "the device is back")
    recovery_s = time.monotonic() - woke
    scene.wait_holds(2)
    ends = [t.record for t in scene.witness.told("ball-1") if t.record["event_type"] == "hold_end" and t.record["cause"] == "lost"]
    assert len(ends) == 1 and ends[0]["duration_s"] < 3.2 + live_ball.TICK_S + verdict.EDGE_S, "no longer than it was seen"
    figures = {**scene.healthy(), **scene.judge()}
    scenes.note(62, f"board stands still for {STALL_S} s", "after 2 s the `fault` `no_data`, `offline`, and the hold with cause `lost`",
                told_s=round(offline_s, 1), recovery_s=round(recovery_s, 1), **figures)
