# SPDX-License-Identifier: MIT
"""Ports that go and come back, many at once, and the state that outlives a restart."""
import json
import subprocess
import time

import pytest

import played_ball
import harness


def test_a_port_that_hangs_up_is_offline_within_a_second_and_found_again(broker, subscriber, daemon, tmp_path):
    link = tmp_path / "ball"
    port, ball = played_ball.Port(link), played_ball.Firmware()
    running = daemon(played_ball.config(broker.port, {"ball-1": link}))
    port.write(ball.k1((0, 4), (60, 5)))
    played_ball.seen(subscriber, played_ball.is_availability("online"))
    played_ball.seen(subscriber, played_ball.is_event("hold_start"))
    port.drain()
    known = len(subscriber.messages)
    began = time.monotonic()
    port.unplug()
    end = played_ball.seen(subscriber, played_ball.is_event("hold_end"), after=known).json
    gone = played_ball.seen(subscriber, played_ball.is_availability("offline"), after=known)
    assert gone.at - began < 1
    assert end["cause"] == "lost" and abs(end["end_s"] - 9) < 0.05, "it ends at the last real sample"

    before = played_ball.cpu_s(running.process.pid)
    time.sleep(2)
    assert played_ball.cpu_s(running.process.pid) - before < 0.1, "no busy loop while it is away"

    known = len(subscriber.messages)
    port = played_ball.Port(link)
    port.write(ball.k1((0, 4), (60, 5), (0, 2)))
    played_ball.seen(subscriber, played_ball.is_availability("online"), after=known)
    again = played_ball.seen(subscriber, played_ball.is_event("hold_end"), after=known).json
    assert again["cause"] == "lifted" and again["hold_id"] == end["hold_id"] + 1
    assert again["start_s"] > end["end_s"] + 4, "stream time goes on by the host's clock"
    assert running.stop() == 0
    told = [line for line in running.log.splitlines() if "ball-1" in line]
    assert len(told) == 3, "one line per change: open, gone, open again"


def test_silence_is_a_fault_and_takes_the_device_offline(broker, subscriber, daemon, tmp_path):
    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(played_ball.Firmware().k1((0, 4), (60, 5)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    began = time.monotonic()
    fault = subscriber.wait_for(played_ball.is_event("fault"))
    end = next(e for e in subscriber.events() if e["event_type"] == "hold_end")
    assert end["cause"] == "lost" and fault.json["kind"] == "no_data"
    harness.wait_until(lambda: played_ball.latest(subscriber, "knead/ball-1/availability") == b"offline", 2, "the device is offline")
    assert 1.5 < fault.at - began < 4
    assert running.stop() == 0
    assert running.log.count("no_data") == 1


def test_thirty_two_devices_in_one_daemon(broker, subscriber, daemon, tmp_path):
    names = [f"ball-{i}" for i in range(32)]
    ports = {name: played_ball.Port(tmp_path / name) for name in names}
    running = daemon(played_ball.config(broker.port, {name: port.link for name, port in ports.items()}))
    streams = {name: played_ball.Firmware(seed=i).k1((0, 4), (30 + i, 6), (0, 2)) for i, name in enumerate(names)}
    for at in range(0, max(map(len, streams.values())), 1500):
        for name in names:
            ports[name].write(streams[name][at:at + 1500])
    for name in names:
        ports[name].drain()

    def all_ended():
        return len([e for e in subscriber.events() if e["event_type"] == "hold_end"]) == 32

    harness.wait_until(all_ended, 20, "every device has ended its hold")
    assert running.stop() == 0
    harness.wait_until(lambda: sum(e["event_type"] == "session_end" for e in subscriber.events()) == 32, 10, "all sessions end")
    for i, name in enumerate(names):
        end = next(e for e in subscriber.events(name) if e["event_type"] == "hold_end")
        assert abs(end["duration_s"] - 6) < 0.05 and abs(end["mean_n"] - 30 - i) < 0.5
    assert [e["n"] for e in subscriber.events()] == list(range(1, len(subscriber.events()) + 1)), "n counts over all devices"


def test_the_zero_is_kept_across_restarts(broker, subscriber, daemon, tmp_path):
    link = tmp_path / "ball"
    text = played_ball.config(broker.port, {"ball-1": link})
    port, ball = played_ball.Port(link), played_ball.Firmware(zero=83121)
    running = daemon(text)
    port.write(ball.k1((0, 5)))
    port.drain()
    assert running.stop() == 0
    port.unplug()
    kept = json.loads((tmp_path / "state/ball-1.json").read_text())
    assert abs(kept["zero_raw"][0] - 83121) < 5
    assert not list((tmp_path / "state").glob(".*")), "nothing lies beside it"

    port = played_ball.Port(link)
    running = daemon(text)
    port.write(ball.k1((60, 6), (0, 3)))
    end = subscriber.wait_for(played_ball.is_event("hold_end")).json
    assert abs(end["mean_n"] - 60) < 0.5 and "boot_loaded" in end["flags"]
    running.stop()


def test_another_ball_plugged_in_while_nobody_looked_gets_a_zero_of_its_own(broker, subscriber, daemon, tmp_path):
    link = tmp_path / "ball"
    text = played_ball.config(broker.port, {"ball-1": link}, record="ball.kcap")
    for serial, zero, n in (("A1", 83121, 1), ("B2", 83121 + 40 * played_ball.COUNTS_PER_N, 2)):
        port, ball = played_ball.Port(link), played_ball.Firmware(zero=zero, serial=serial)
        running = daemon(text)
        port.write(ball.k1((0, 6), (60, 5), (0, 3)))
        port.drain()
        harness.wait_until(lambda: len([e for e in subscriber.events() if e["event_type"] == "hold_end"]) == n, 10, f"a hold of {serial}")
        assert running.stop() == 0
        port.unplug()
        kept = json.loads((tmp_path / "state/ball-1.json").read_text())
        assert abs(kept["zero_raw"][0] - zero) < 5 and kept["zero_serial"] == serial
    told = [e for e in subscriber.events() if e["boot"] == subscriber.events()[-1]["boot"]]
    end = next(e for e in told if e["event_type"] == "hold_end")
    assert abs(end["mean_n"] - 60) < 0.5 and abs(end["duration_s"] - 5) < 0.05
    assert [e["event_type"] for e in told] == ["session_start", "hold_start", "hold_end", "release", "session_end"]
    replayed = subprocess.run([harness.KNEAD, "replay", tmp_path / "state/ball.kcap"], capture_output=True, text=True, check=True).stdout
    assert [json.loads(line) for line in replayed.splitlines()] == [{**e, "boot": "replay", "n": i + 1} for i, e in enumerate(told)]


@pytest.mark.parametrize("seconds", [0.5, 6])
def test_a_ball_that_does_not_say_its_name_is_taken_for_the_one_whose_zero_is_kept(broker, subscriber, daemon, tmp_path, seconds):
    (tmp_path / "state").mkdir()
    kept = tmp_path / "state/ball-1.json"
    kept.write_text('{"v": 1, "unit": "", "zero_raw": [1234.5], "zero_serial": "A1"}')
    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(played_ball.Firmware(zero=1234.5).k1((0, seconds)))
    port.drain()
    played_ball.seen(subscriber, played_ball.is_availability("online"))
    assert running.stop() == 0
    assert json.loads(kept.read_text())["zero_serial"] == "A1"
    port.unplug()


def test_a_garbled_state_is_told_and_replaced(broker, subscriber, daemon, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/ball-1.json").write_text('{"zero_raw": [1')
    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(played_ball.Firmware().k1((0, 4), (60, 5), (0, 2)))
    assert abs(subscriber.wait_for(played_ball.is_event("hold_end")).json["mean_n"] - 60) < 0.5
    assert running.stop() == 0
    assert running.log.count("ball-1.json: is no state") == 1
    assert abs(json.loads((tmp_path / "state/ball-1.json").read_text())["zero_raw"][0] - played_ball.ZERO) < 5


def test_the_kept_zero_survives_a_start_without_the_ball(broker, subscriber, daemon, tmp_path):
    (tmp_path / "state").mkdir()
    kept = tmp_path / "state/ball-1.json"
    kept.write_text('{"v": 1, "unit": "", "zero_raw": [1234.5], "settings": {"target_s": "6"}}')
    running = daemon(played_ball.config(broker.port, {"ball-1": tmp_path / "ball"}))
    played_ball.seen(subscriber, played_ball.is_availability("offline"))
    assert running.stop() == 0
    assert json.loads(kept.read_text())["zero_raw"] == [1234.5]
