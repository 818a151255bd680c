# SPDX-License-Identifier: MIT
"""Commands over MQTT, and their answers: settings, tare, calibration, session, protocol, the bridge."""
import json
import os
import re
import signal
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import harness
import played_ball


@pytest.fixture
def ball(daemon, broker, subscriber, tmp_path):
    return Ball(daemon, broker, subscriber, tmp_path)


class Ball:
    """A daemon with one ball that is played in real time where a command needs samples."""

    def __init__(self, daemon, broker, subscriber, tmp_path, mqtt="", **keys):
        self.broker, self.subscriber = broker, subscriber
        self.port, self.firmware = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
        self.running = daemon(played_ball.config(broker.port, {"ball-1": self.port.link}, mqtt=mqtt, **keys))
        subscriber.wait_for(lambda m: m.topic == "knead/bridge/info")

    def ask(self, topic, payload="PRESS", timeout_s=10, retain=False):
        """Sends a command; returns the answer, which comes to a response topic with correlation data."""
        token = f"{time.monotonic_ns()}".encode()
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = "somebody/answers", token
        client, answers = mqtt.Client(protocol=mqtt.MQTTv5), []
        client.on_message = lambda c, u, m: answers.append(m)
        client.connect("127.0.0.1", self.broker.port)
        client.subscribe("somebody/answers", qos=1)
        client.loop_start()
        time.sleep(0.1)
        client.publish(f"knead/{topic}", payload if isinstance(payload, str) else json.dumps(payload), qos=1, retain=retain,
                       properties=properties)
        try:
            message = harness.wait_until(lambda: answers and answers[0], timeout_s, f"an answer to {topic}: {self.running.log}")
        finally:
            client.loop_stop()
            client.disconnect()
        assert message.properties.CorrelationData == token
        return json.loads(message.payload)

    def tell(self, topic, payload="PRESS", **options):
        self.subscriber.client.publish(f"knead/{topic}", payload, qos=1, **options)

    def play(self, *levels):
        """Writes samples in real time, a tenth of a second at a time."""
        for force_n, seconds in levels:
            for _ in range(round(10 * seconds)):
                self.port.write(self.firmware.k1((force_n, 0.1)))
                time.sleep(0.1)

    def feed(self, *levels):
        self.port.write(self.firmware.k1(*levels))

    def latest(self, topic):
        payload = played_ball.latest(self.subscriber, f"knead/{topic}")
        return json.loads(payload) if payload else None

    def wait_config(self, key, value):
        harness.wait_until(lambda: (self.latest("ball-1/config") or {}).get(key) == value, 5, f"{key} = {value} in config")


def test_a_setting_is_applied_answered_and_kept_over_a_restart(ball, daemon):
    answer = ball.ask("ball-1/set/target_s", "45")
    assert answer == {"v": 1, "status": "ok", "data": {"key": "target_s", "value": "45"}}
    ball.wait_config("target_s", 45)
    assert ball.latest("ball-1/config")["changed"] == ["target_s"]
    text = ball.running.config.read_text()
    ball.running.stop()
    after = len(ball.subscriber.messages)
    daemon(text)
    config = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/config", after=after).json
    assert (config["target_s"], config["changed"]) == (45, ["target_s"])


def test_the_dump_shows_what_was_commanded(ball, tmp_path):
    ball.ask("ball-1/set", {"target_s": 45, "protocol": "hold30"})
    ball.running.stop()
    dump = subprocess.run([harness.KNEADD, "-c", ball.running.config, "--dump-config"], capture_output=True, text=True, check=True,
                          env={**os.environ, "STATE_DIRECTORY": str(tmp_path / "state")}).stdout
    assert "# [device ball-1] target_s: by command" in dump
    assert re.search(r"^target_s *= *45$", dump, re.M)
    assert re.search(r"^protocol *= *hold30$", dump, re.M)


def test_an_empty_value_gives_the_setting_back_to_the_configuration(ball):
    ball.ask("ball-1/set/press_n", "12")
    ball.wait_config("press_n", 12)
    assert ball.ask("ball-1/set/press_n", "")["data"] == {"key": "press_n", "value": None}
    ball.wait_config("press_n", 8)
    assert ball.latest("ball-1/config")["changed"] == []


@pytest.mark.parametrize("key, value, code", [
    ("target_s", "0", "out_of_range"),
    ("target_s", "601", "out_of_range"),
    ("target_s", "soon", "bad_value"),
    ("release_n", "9", "out_of_range"),
    ("profile", "brick", "bad_value"),
    ("protocol", "nobody", "bad_value"),
    ("live", "maybe", "bad_value"),
    ("port", "/dev/null", "unknown"),
    ("target_s", "nan", "bad_value"),
    ("target_s", "1e999", "bad_value"),
])
def test_a_setting_that_cannot_be_is_refused_with_the_reason(ball, key, value, code):
    answer = ball.ask(f"ball-1/set/{key}", value)
    assert (answer["status"], answer["code"]) == ("error", code)
    assert key in answer["error"]
    assert ball.latest("ball-1/config")["changed"] == []


def test_several_settings_go_together_or_not_at_all(ball):
    assert ball.ask("ball-1/set", {"press_n": 20, "release_n": 15, "live": "OFF"})["status"] == "ok"
    ball.wait_config("press_n", 20)
    assert ball.latest("ball-1/config")["live"] is False
    assert ball.ask("ball-1/set", {"press_n": 30, "target_s": 0})["code"] == "out_of_range"
    assert ball.latest("ball-1/config")["press_n"] == 20


def test_a_new_target_is_reached_by_the_hold_under_way(ball):
    ball.feed((0, 4), (60, 4))
    played_ball.seen(ball.subscriber, played_ball.is_event("hold_start"))
    ball.ask("ball-1/set/target_s", "6")
    ball.feed((60, 3))
    assert played_ball.seen(ball.subscriber, played_ball.is_event("hold_target")).json["target_s"] == 6


def play_beside(ball, *levels):
    player = threading.Thread(target=ball.play, args=levels)
    player.start()
    return player


def test_a_tare_takes_the_place_of_the_zero_and_is_kept(ball, daemon):
    ball.feed((0, 4))
    ball.firmware.zero += 3000  # by the old zero 30 N lie on it
    player = play_beside(ball, (0, 3))
    time.sleep(0.5)
    assert ball.ask("ball-1/do/tare")["code"] == "loaded"
    answer = ball.ask("ball-1/do/tare", {"force": True})
    player.join()
    assert answer["status"] == "ok"
    assert abs(answer["data"]["zero_raw"][0] - ball.firmware.zero) < 10
    text = ball.running.config.read_text()
    ball.running.stop()
    after = len(ball.subscriber.messages)
    ball.running = daemon(text)
    ball.play((0, 1))
    state = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/state", after=after).json
    assert abs(state["force_n"]) < 1


def test_a_tare_is_refused_while_the_ball_is_shaken_or_silent(ball):
    assert ball.ask("ball-1/do/tare")["code"] == "no_data"
    ball.feed((0, 4))
    shaken = play_beside(ball, *[(4 * (i % 2), 0.1) for i in range(35)])
    answer = ball.ask("ball-1/do/tare", {"timeout_s": 2})
    shaken.join()
    assert answer["code"] == "unsteady"


def test_a_known_weight_sets_the_scale(ball):
    ball.feed((0, 4))
    player = play_beside(ball, (50, 3))  # the scale in force says 50 N, the weight is known to be 100 N
    time.sleep(0.4)
    answer = ball.ask("ball-1/do/calibrate", {"known_n": 100})
    player.join()
    assert answer["status"] == "ok", answer
    assert abs(answer["data"]["counts_per_n"][0] - played_ball.COUNTS_PER_N / 2) < 0.1


def test_two_points_set_scale_and_zero(ball):
    ball.feed((0, 4))
    player = play_beside(ball, (20, 2))
    time.sleep(0.3)
    assert ball.ask("ball-1/do/calibrate", {"known_n": 10, "point": 1})["data"] == {"point": 1}
    player.join()
    player = play_beside(ball, (120, 2))
    time.sleep(0.3)
    answer = ball.ask("ball-1/do/calibrate", {"known_kg": 60 / 9.80665, "point": 2})
    player.join()
    assert abs(answer["data"]["counts_per_n"][0] - 2 * played_ball.COUNTS_PER_N) < 0.5


@pytest.mark.parametrize("payload, code", [
    ("PRESS", "bad_value"), ({"known_n": -1}, "out_of_range"), ({"known_n": 0}, "out_of_range"),
    ({"known_n": "ten"}, "bad_value"), ({"known_n": 10, "point": 2}, "not_calibrated"), ({"known_n": 10, "point": 3}, "out_of_range"),
    ({"known_n": 100}, "implausible"),
])
def test_a_calibration_that_cannot_be_is_refused_with_the_reason(ball, payload, code):
    ball.feed((0, 4))
    player = play_beside(ball, (0, 1.5))
    time.sleep(0.2)
    answer = ball.ask("ball-1/do/calibrate", payload)
    player.join()
    assert answer["code"] == code, answer


def test_a_session_can_be_ended_and_reset(ball):
    ball.feed((0, 4), (60, 5), (0, 2))
    played_ball.seen(ball.subscriber, played_ball.is_event("hold_end"))
    answer = ball.ask("ball-1/do/session_end")
    assert (answer["status"], answer["data"]["holds"], answer["data"]["active"]) == ("ok", 1, False)
    assert played_ball.seen(ball.subscriber, played_ball.is_event("session_end")).json["holds"] == 1
    assert ball.ask("ball-1/do/session_reset")["status"] == "ok"
    harness.wait_until(lambda: (ball.latest("ball-1/session") or {}).get("holds") == 0, 5, "the totals are cleared")


def test_a_protocol_is_started_by_name_followed_and_stopped(ball):
    assert ball.ask("ball-1/do/protocol_start")["code"] == "bad_value"
    assert ball.ask("ball-1/do/protocol_start", "pulse3x10")["data"] == {"protocol": "pulse3x10", "step": 1, "of": 1}
    ball.wait_config("protocol", "pulse3x10")
    ball.feed((0, 4), (60, 10), (0, 3))
    step = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/event/protocol").json
    assert (step["protocol"], step["done"], step["target"]) == ("pulse3x10", 1, 3)
    assert ball.ask("ball-1/do/protocol_stop")["data"] == {"protocol": None, "step": 0, "of": 0}
    ball.wait_config("protocol", None)


def test_identify_makes_a_k1_device_blink(ball):
    ball.feed((0, 1))
    harness.wait_until(lambda: ball.latest("ball-1/state"), 5, "samples are taken")
    assert ball.ask("ball-1/do/identify")["status"] == "ok"
    assert b"blink*" in os.read(ball.port.host, 4096)


def test_an_unknown_verb_device_or_request_is_an_error_and_never_silence(ball):
    assert ball.ask("ball-1/do/levitate")["code"] == "unknown"
    assert ball.ask("ball-9/do/tare")["code"] == "unknown"
    assert ball.ask("ball-9/set/target_s", "30")["code"] == "unknown"
    assert ball.ask("bridge/request/levitate", {})["code"] == "unknown"
    assert ball.ask("ball-1/set", "[1]")["code"] == "bad_value"
    assert ball.ask("ball-1/set/target_s", "3" * 5000)["code"] == "bad_value"
    assert ball.running.process.poll() is None


def test_without_a_response_topic_the_answer_goes_to_the_result_topics(ball):
    ball.tell("ball-1/set/target_s", "40")
    answer = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/result/set")
    assert (answer.json["data"], answer.retain) == ({"key": "target_s", "value": "40"}, False)
    ball.tell("bridge/request/health", '{"transaction":"t-1"}')
    answer = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/bridge/response/health").json
    assert (answer["transaction"], answer["status"]) == ("t-1", "ok")
    assert answer["data"]["uptime_s"] >= 0


def test_a_retained_command_is_ignored_and_logged(ball):
    ball.tell("ball-1/set/target_s", "50", retain=True)
    harness.wait_until(lambda: "retained command" in ball.running.log, 5, "the log names it")
    assert ball.latest("ball-1/config")["target_s"] == 30
    ball.tell("ball-1/set/target_s", "", retain=True)


def test_more_than_ten_commands_in_a_second_are_refused(ball):
    for i in range(40):
        ball.tell("ball-1/set/target_s", str(30 + i))
    harness.wait_until(lambda: len([m for m in ball.subscriber.messages if m.topic.endswith("/result/set")]) == 40, 10, "40 answers")
    codes = [m.json.get("code") for m in ball.subscriber.messages if m.topic.endswith("/result/set")]
    assert codes.count("rate_limited") >= 25


def test_commands_no_makes_it_read_only(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, mqtt="commands = no")
    ball.tell("ball-1/set/target_s", "50")
    ball.tell("ball-1/do/tare")
    time.sleep(0.5)
    assert ball.latest("ball-1/config")["target_s"] == 30
    assert not [m for m in ball.subscriber.messages if "/result/" in m.topic]


def test_the_log_level_is_set_and_shown(ball):
    assert ball.ask("bridge/request/log_level", {"args": {"level": "debug"}})["data"] == {"level": "debug"}
    harness.wait_until(lambda: ball.latest("bridge/info")["log_level"] == "debug", 5, "info shows it")
    assert ball.ask("bridge/request/log_level", {"args": {"level": "loud"}})["code"] == "bad_value"


def test_a_device_that_is_gone_is_forgotten_one_that_is_there_is_not(ball):
    ball.tell("old/state", '{"v":1}', retain=True)
    assert ball.ask("bridge/request/forget", {"args": {"device": "ball-1"}})["code"] == "busy"
    assert ball.ask("bridge/request/forget", {"args": {"device": "old"}})["status"] == "ok"
    harness.wait_until(lambda: played_ball.latest(ball.subscriber, "knead/old/state") == b"", 5, "its topic is cleared")


def test_the_daemon_starts_again_when_it_is_asked_to(ball):
    boot = ball.latest("bridge/info")["boot"]
    assert ball.ask("bridge/request/restart_daemon", {})["status"] == "ok"
    harness.wait_until(lambda: ball.latest("bridge/info")["boot"] != boot, 10, "another boot")
    harness.wait_until(lambda: played_ball.latest(ball.subscriber, "knead/bridge/availability") == b"online", 5, "online")
    ball.running.process.send_signal(signal.SIGTERM)
    assert ball.running.process.wait(10) == 0
