# SPDX-License-Identifier: MIT
"""The key promise: a recording of a live session replays to the session's own events, byte for byte."""
import subprocess
import time

import pytest

import played_ball
import harness


def replay(*args):
    done = subprocess.run([harness.KNEAD, "replay", *args], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.splitlines()


def assert_replays_the_same(recording, live):
    assert live, "nothing came over the broker"
    for chunk in ([], ["--chunk", "1"], ["--chunk", "7"], ["--chunk", "4096"]):
        assert replay(*chunk, recording) == live, f"with {chunk}"


def events_of(live):
    return [line.split(b'"event_type":"')[1].split(b'"')[0].decode() for line in live]


def test_a_session_with_device_time_replays_byte_for_byte(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    recording = tmp_path / "session.kcap"
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, record=recording, session_gap_s=20))
    subscriber.wait_for(played_ball.is_availability("offline"))
    stream = ball.k1((0, 4), (60, 12), (0, 6), (80, 1), (0, 3), (40, 35), (15, 4), (0, 30), (55, 5))
    port.write_in_pieces(stream, seed=4)
    subscriber.wait_for(played_ball.is_event("session_end"))
    port.drain()
    assert running.stop() == 0
    subscriber.wait_for(played_ball.is_event("session_end"))

    live = played_ball.records(subscriber)
    assert_replays_the_same(recording, live)
    seen = events_of(live)
    assert seen.count("hold_end") == 3 and seen.count("hold_target") == 1 and seen.count("press") == 1
    assert seen[-1] == "session_end", "the stop ends the session last"
    assert b'"cause":"lost"' in live[-2] and b'"cause":"lost"' in live[-3], "the stop ends the hold"


def test_a_stream_without_any_time_replays_byte_for_byte(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    recording = tmp_path / "session.kcap"
    keys = {"record": recording, "hold_min_s": 0.6, "bridge_s": 0.1, "tap_max_s": 0.2, "session_gap_s": 1}
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, **keys))
    subscriber.wait_for(played_ball.is_availability("offline"))
    # The samples have no time but that of their arrival: here time must really pass.
    began = time.monotonic()
    for i, line in enumerate(ball.numbers((0, 2.6), (60, 0.9), (0, 0.4), (60, 0.4), (0, 1.4), (60, 0.9))):
        time.sleep(max(0.0, began + i / played_ball.RATE_HZ - time.monotonic()))
        port.write(line[:2])
        port.write(line[2:])
    port.drain()
    assert running.stop() == 0
    subscriber.wait_for(lambda m: played_ball.is_event("session_end")(m) and m.json["session_id"] == 2)

    live = played_ball.records(subscriber)
    assert_replays_the_same(recording, live)
    assert events_of(live).count("hold_end") == 2 and events_of(live).count("session_end") == 2


def test_a_session_with_an_unplugging_in_it_replays_byte_for_byte(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    recording = tmp_path / "session.kcap"
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, record=recording))
    port.write(ball.k1((0, 4), (60, 8)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    port.unplug()
    subscriber.wait_for(played_ball.is_event("hold_end"))
    again = played_ball.Port(tmp_path / "ball")
    again.write(ball.k1((0, 4), (60, 8), (0, 4)))
    subscriber.wait_for(played_ball.is_event("hold_end"), timeout_s=20)
    again.drain()
    assert running.stop() == 0
    subscriber.wait_for(played_ball.is_event("session_end"))

    live = played_ball.records(subscriber)
    assert_replays_the_same(recording, live)
    assert sum(b'"cause":"lost"' in line and b"hold_end" in line for line in live) == 1


@pytest.mark.parametrize("zero", [played_ball.ZERO, 83121])
def test_a_recording_carries_the_zero_that_was_in_force(broker, subscriber, daemon, tmp_path, zero):
    link, recording = tmp_path / "ball", tmp_path / "session.kcap"
    text = played_ball.config(broker.port, {"ball-1": link}, record=recording)
    port, ball = played_ball.Port(link), played_ball.Firmware(zero)
    first = daemon(text)
    port.write(ball.k1((0, 6)))
    port.drain()
    first.stop()
    port.unplug()
    port = played_ball.Port(link)
    second = daemon(text)
    # Loaded from the first sample on: only the kept zero tells how much.
    port.write(ball.k1((60, 8), (0, 3)))
    end = subscriber.wait_for(played_ball.is_event("hold_end")).json
    port.drain()
    second.stop()
    subscriber.wait_for(played_ball.is_event("session_end"))

    boots = [e["boot"] for e in subscriber.events()]
    live = [r for r, boot in zip(played_ball.records(subscriber), boots) if boot == boots[-1]]
    assert abs(end["mean_n"] - 60) < 0.5 and "boot_loaded" in end["flags"]
    assert_replays_the_same(recording, live)
