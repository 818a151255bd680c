# SPDX-License-Identifier: MIT
"""Cables are pulled and boards reset in the middle of a hold: what was seen is told, no longer than it was seen, and life goes on."""
import json
import os
import time

import harness
import played_ball
import pytest
import scene as scenes
import verdict

PACE = 2
CHATTER = b"\r\n ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n\x00\xfe\x80K1,,\x1b[0;32mI (29) boot: ok\r\n"


def begin(scene, **options):
    scene.add_broker()
    ball = scene.add_ball("ball-1", pace=PACE, **options)
    other = scene.add_ball("ball-2", first=120, pace=PACE)
    scene.start()
    scene.settle()
    return ball, other


def wait_in_hold(ball):
    """Into a hold that is long confirmed and has some time to go."""
    harness.wait_until(lambda: ball.in_hold(3.05) and not ball.in_hold(3.15), 60, "a hold goes on")


def lost_hold(scene, since, timeout_s=10):
    """The end of the hold that was cut, and when it was told."""
    def cut():
        return next((t for t in scene.witness.told("ball-1") if t.at > since and t.record["event_type"] == "hold_end"), None)

    told = harness.wait_until(cut, timeout_s, "the hold ends")
    assert told.record["cause"] == "lost", told
    return told


def end(scene, place, fault, sees, **figures):
    scene.wait_holds(2, timeout_s=40)
    scene.wait_holds(1, "ball-2")
    figures = {**figures, **scene.healthy(), **scene.judge()}
    scenes.note(place, fault, sees, **figures)


@pytest.mark.parametrize("mid_line", [False, True])
def test_a_cable_that_is_pulled_ends_the_hold_and_nothing_else(scene, mid_line):
    ball, _ = begin(scene)
    wait_in_hold(ball)
    ball.unplug(mid_line)
    pulled = time.monotonic()
    told = lost_hold(scene, pulled)
    harness.wait_until(lambda: scene.witness.latest("knead/ball-1/availability") == b"offline", 10, "the device is offline")
    assert scene.witness.latest("knead/ball-2/availability") == b"online"
    time.sleep(1)
    ball.plug()
    plugged = time.monotonic()
    harness.wait_until(lambda: scene.witness.latest("knead/ball-1/availability") == b"online", 40, "the device is back")
    recovery_s = time.monotonic() - plugged
    end(scene, 41 if mid_line else 40, "cable pulled in the middle of a " + ("line" if mid_line else "hold"),
        "`hold_end` with cause `lost`, the device `offline`; `online` with the next sample",
        told_s=round(told.at - pulled, 2), recovery_s=round(recovery_s, 2))


def test_a_ball_that_comes_back_as_another_node_is_found_by_its_name(scene):
    ball, _ = begin(scene, link=scene.folder / "usb-knead_ball_A1-if00")
    wait_in_hold(ball)
    node = os.readlink(ball.link)
    ball.unplug()
    pulled = time.monotonic()
    lost_hold(scene, pulled)
    ball.plug(not_as=node)
    plugged = time.monotonic()
    harness.wait_until(lambda: scene.witness.latest("knead/ball-1/availability") == b"online", 40, "the device is back")
    recovery_s = time.monotonic() - plugged
    end(scene, 42, "pulled, and back as another node", "the same, by the name under `/dev/serial/by-id/`", recovery_s=round(recovery_s, 2))


def test_a_board_that_resets_in_the_middle_of_a_hold_ends_it_and_its_chatter_is_no_sample(scene):
    ball, _ = begin(scene)
    wait_in_hold(ball)
    ball.reset(CHATTER)
    reset = time.monotonic()
    told = lost_hold(scene, reset)
    diag = scene.witness.ask_health()
    assert diag["devices"]["ball-1"]["online"] is True
    end(scene, 44, "board resets in the middle of a hold, with boot chatter",
        "`hold_end` with cause `lost`; what is still pressed is another hold, flagged `gap`", told_s=round(told.at - reset, 2))


def test_another_ball_in_the_place_of_the_first_has_a_zero_of_its_own(scene):
    ball, _ = begin(scene, serial="A1")
    wait_in_hold(ball)
    ball.unplug()
    lost_hold(scene, time.monotonic() - 1)
    other_zero_n = 30
    ball.change(serial="B2", zero_n=other_zero_n, at_rest_s=4)
    ball.plug()
    plugged = time.monotonic()
    harness.wait_until(lambda: scene.witness.latest("knead/ball-1/availability") == b"online", 40, "the device is back")
    recovery_s = time.monotonic() - plugged
    info = harness.wait_until(lambda: next((d for d in json.loads(scene.witness.latest("knead/bridge/info"))["devices"]
                                            if d["id"] == "ball-1" and d["serial"] == "B2"), None), 10, "its serial number is told")
    assert info["serial"] == "B2"
    end(scene, 43, "pulled, and another ball in its place", "the same; its serial number in `bridge/info`, and its own zero",
        recovery_s=round(recovery_s, 2))
    kept = json.loads((scene.folder / "state/ball-1.json").read_text())
    assert abs(kept["zero_raw"][0] - ball.zero) < 20, "the zero of the ball that is there is the one that is kept"
