# SPDX-License-Identifier: MIT
"""A broker that is slow, dead, mute or cannot be found costs no sample and moves no event."""
import json
import socket
import subprocess
import time

import pytest

import played_ball
import harness

PATTERN = [(0, 4), (60, 5), (0, 3), (50, 4), (0, 3)] * 8


def recorded_bytes(recording):
    """All that the port sent, by a recording."""
    parts = [line.split(" < ", 1)[1] for line in recording.read_text().splitlines() if " < " in line]
    return "".join(parts).replace("\\r", "\r").replace("\\n", "\n").encode()


def replayed(recording):
    done = subprocess.run([harness.KNEAD, "replay", recording], capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def without_clock(event):
    """All of an event that does not hang on when the test ran."""
    return {key: value for key, value in event.items() if key not in ("ts", "start", "end", "boot", "n")}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The events of the stream without any daemon and any broker."""
    raw = tmp_path_factory.mktemp("expected") / "stream.txt"
    raw.write_bytes(played_ball.Firmware().k1(*PATTERN))
    options = ["-o", f"ball-1.counts_per_n={played_ball.COUNTS_PER_N}"]
    done = subprocess.run([harness.KNEAD, "replay", *options, raw], capture_output=True, check=True)
    return [without_clock(json.loads(line)) for line in done.stdout.splitlines()]


def mute_broker():
    """A port that takes connections and never says a word."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


@pytest.mark.parametrize("broken", ["nobody listens", "mute", "name does not resolve"])
def test_without_a_working_broker_no_sample_is_lost_and_no_event_moves(daemon, tmp_path, expected, broken):
    port, recording = played_ball.Port(tmp_path / "ball"), tmp_path / "session.kcap"
    mute = mute_broker()
    number = mute.getsockname()[1] if broken == "mute" else harness.free_port()
    text = played_ball.config(number, {"ball-1": port.link}, record=recording)
    if broken == "name does not resolve":
        text = text.replace("127.0.0.1", "no-such-broker.invalid")
    running = daemon(text)
    stream = played_ball.Firmware().k1(*PATTERN)
    port.write(stream)
    port.drain()
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 3
    mute.close()
    recorded = recorded_bytes(recording)
    assert stream.startswith(recorded), "nothing is changed or left out"
    assert len(recorded) == len(stream), "nothing is missing at the end"
    assert [without_clock(e) for e in replayed(recording)] == expected


def test_a_broker_that_goes_and_comes_back_gets_every_event_unchanged(broker, daemon, tmp_path, expected):
    port, recording = played_ball.Port(tmp_path / "ball"), tmp_path / "session.kcap"
    before = harness.Subscriber(broker.port)
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, record=recording))
    stream = played_ball.Firmware().k1(*PATTERN)
    third = len(stream) // 3
    port.write(stream[:third])
    before.wait_for(played_ball.is_event("hold_end"))
    port.drain()
    # What the broker has acknowledged, the subscriber may still miss when it stops in between: let it come through.
    harness.wait_until(lambda: len(before.events()) == reached(third, expected), 10, "the first third has come")
    broker.stop()
    port.write(stream[third:2 * third])
    port.drain()
    after = harness.listen_from_the_start(broker, running)
    port.write(stream[2 * third:])
    port.drain()
    after.wait_for(lambda m: played_ball.is_event("hold_end")(m) and m.json["hold_id"] == 16, timeout_s=20)
    assert running.stop() == 0
    after.wait_for(played_ball.is_event("session_end"))
    got = {e["n"]: e for e in before.events() + after.events()}
    assert sorted(got) == list(range(1, len(got) + 1)), "none is missing"
    # The stream may have ended before the broker was back: then the silence has been told as well.
    assert [without_clock(got[n]) for n in sorted(got) if got[n]["event_type"] != "fault"] == expected
    assert recorded_bytes(recording) == stream
    before.close()
    after.close()


def reached(n_bytes, expected):
    """How many events the first n bytes of the stream have decided: those of the whole, less the rest."""
    t_s = played_ball.Firmware().k1(*PATTERN)[:n_bytes].count(b"\n") / played_ball.RATE_HZ
    decided_after = {"hold_start": 3.0, "hold_end": 0.5, "release": 0.5, "session_end": 120}
    return sum(e["t_s"] + decided_after.get(e["event_type"], 0) < t_s for e in expected if e["event_type"] != "session_end")


@pytest.mark.parametrize("first", ["broker", "port"])
def test_neither_broker_nor_port_at_the_start_both_come_later(broker, daemon, tmp_path, first):
    broker.stop()
    link = tmp_path / "ball"
    running = daemon(played_ball.config(broker.port, {"ball-1": link}))
    harness.wait_until(lambda: "ball-1:" in running.log, 10, "the absent port is told")
    port = played_ball.Port(link) if first == "port" else None
    if first == "port":
        harness.wait_until(lambda: "is open" in running.log, 10, "the port is found")
    subscriber = harness.listen_from_the_start(broker, running)
    port = port or played_ball.Port(link)
    port.write(played_ball.Firmware().k1((0, 4), (60, 5), (0, 2)))
    subscriber.wait_for(played_ball.is_event("hold_end"), timeout_s=30)
    subscriber.close()
    assert running.stop() == 0
    assert running.log.count("is open") == 1
