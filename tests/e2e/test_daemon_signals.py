# SPDX-License-Identifier: MIT
"""SIGHUP, SIGTERM, and what the service manager hears."""
import json
import os
import signal
import socket
import subprocess
import time

import played_ball
import harness


def reload(running, text):
    running.config.write_text(text)
    running.process.send_signal(signal.SIGHUP)


def test_an_open_hold_outlives_a_reload_that_does_not_touch_its_device(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    text = played_ball.config(broker.port, {"ball-1": port.link})
    running = daemon(text)
    port.write(ball.k1((0, 4), (60, 5)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    other = played_ball.Port(tmp_path / "other")
    reload(running, text + f"[device ball-2]\nport = pty:{other.link}\ncounts_per_n = 100\n[log]\nlevel = debug\n")
    harness.wait_until(lambda: "read again" in running.log, 10, "the configuration is read again")
    other.write(played_ball.Firmware().k1((0, 4), (40, 4), (0, 2)))
    subscriber.wait_for(played_ball.is_event("hold_end", "ball-2"))
    port.write(ball.k1((60, 5), (0, 2)))
    end = subscriber.wait_for(played_ball.is_event("hold_end")).json
    assert end["cause"] == "lifted" and abs(end["duration_s"] - 10) < 0.05 and "gap" not in end["flags"]
    assert running.log.count("ball-1: " + os.path.realpath(port.link)) + running.log.count(f"ball-1: {port.link}") == 1


def test_a_hold_outlives_a_reload_that_changes_the_broker_section(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(ball.k1((0, 4), (60, 5)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    reload(running, played_ball.config(broker.port, {"ball-1": port.link}, mqtt="live_hz = 5\nclient_id = another"))
    harness.wait_until(lambda: "read again" in running.log, 10, "the configuration is read again")
    port.write(ball.k1((60, 5), (0, 2)))
    end = subscriber.wait_for(played_ball.is_event("hold_end")).json
    assert end["cause"] == "lifted" and abs(end["duration_s"] - 10) < 0.05
    late = harness.Subscriber(broker.port)
    late.wait_for(played_ball.is_availability("online"))
    late.close()


def test_a_device_that_changed_starts_again(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(ball.k1((0, 4), (60, 5)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    reload(running, played_ball.config(broker.port, {"ball-1": port.link}, target_s=4))
    assert subscriber.wait_for(played_ball.is_event("hold_end")).json["cause"] == "lost"
    harness.wait_until(lambda: running.log.count("is open") == 2, 10, "the port is opened again")
    port.write(ball.k1((0, 4), (60, 5), (0, 2)))
    end = subscriber.wait_for(played_ball.is_event("hold_end")).json
    assert end["target_met"] is True and end["hold_id"] == 1, "with the new target, counted anew"


def test_a_removed_device_is_offline(broker, subscriber, daemon, tmp_path):
    one, two = played_ball.Port(tmp_path / "one"), played_ball.Port(tmp_path / "two")
    running = daemon(played_ball.config(broker.port, {"ball-1": one.link, "ball-2": two.link}))
    two.write(played_ball.Firmware().k1((0, 4)))
    subscriber.wait_for(played_ball.is_availability("online", "ball-2"))
    reload(running, played_ball.config(broker.port, {"ball-1": one.link}))
    subscriber.wait_for(played_ball.is_availability("offline", "ball-2"))


def test_a_broken_new_configuration_changes_nothing(broker, subscriber, daemon, tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(ball.k1((0, 4), (60, 5)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    reload(running, "[mqtt]\nhots = x\n")
    harness.wait_until(lambda: "kneadd.conf:2: unknown key 'hots'" in running.log, 10, "the error is told")
    port.write(ball.k1((60, 5), (0, 2)))
    assert subscriber.wait_for(played_ball.is_event("hold_end")).json["cause"] == "lifted"


def test_sigterm_ends_the_hold_says_goodbye_and_is_quick(broker, subscriber, daemon, tmp_path):
    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    port.write(played_ball.Firmware().k1((0, 4), (60, 5)))
    subscriber.wait_for(played_ball.is_event("hold_start"))
    port.drain()
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 3
    assert subscriber.wait_for(played_ball.is_event("hold_end")).json["cause"] == "lost"
    late = harness.Subscriber(broker.port)
    for topic, holds in {
        "knead/bridge/availability": lambda payload: payload == b"offline",
        "knead/ball-1/availability": lambda payload: payload == b"offline",
        "knead/ball-1/hold": lambda payload: json.loads(payload)["cause"] == "lost",
        "knead/ball-1/session": lambda payload: json.loads(payload)["active"] is False,
        "knead/bridge/info": lambda payload: len(json.loads(payload)["devices"]) == 1,
    }.items():
        harness.wait_until(lambda: played_ball.latest(late, topic), 10, f"{topic} is retained")
        assert holds(played_ball.latest(late, topic)), topic
    late.close()


def test_the_service_manager_hears_of_readiness_reload_progress_and_stop(tmp_path):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    config = tmp_path / "kneadd.conf"
    config.write_text(f"[mqtt]\nhost =\n[device ball-1]\nport = pty:{port.link}\n")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(10)
    environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
    environment.pop("STATE_DIRECTORY", None)
    process = subprocess.Popen([harness.KNEADD, "-c", config], env=environment, stderr=subprocess.PIPE)

    def hear(wanted):
        message = ""
        while not any(line.startswith(wanted) for line in message.splitlines()):
            message = manager.recv(4096).decode()
        return message

    hear("READY=1")
    port.write(ball.k1((0, 2)))
    hear("WATCHDOG=1")
    process.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in hear("RELOADING=1")
    hear("READY=1")
    hear("STATUS=1 of 1 ports open")
    process.terminate()
    hear("STOPPING=1")
    assert process.wait(5) == 0
    log = process.stderr.read()
    assert log.count(b"STATE_DIRECTORY is not set") == 1
    assert all(line[:1] == b"<" and line[2:3] == b">" for line in log.splitlines()), "each with its priority"
