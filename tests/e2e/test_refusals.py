# SPDX-License-Identifier: MIT
"""What tare, calibration and every other command refuse, with a real input each; and where the answers go."""
import json
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import harness
import played_ball
from test_commands import Ball, play_beside

RAIL = 8388607  # the end of a 24-bit converter


@pytest.fixture
def ball(daemon, broker, subscriber, tmp_path):
    return Ball(daemon, broker, subscriber, tmp_path)


def raw_of(ball):
    """What must not change when a tare or a calibration is refused."""
    kept = json.loads((ball.running.folder / "state/ball-1.json").read_text()) if (ball.running.folder / "state/ball-1.json").exists() else {}
    return kept.get("zero_raw"), kept.get("counts_per_n")


@pytest.mark.parametrize("verb, payload", [("tare", {"force": True}), ("calibrate", {"known_n": 100})])
def test_a_converter_at_its_end_gives_no_zero_and_no_scale(ball, verb, payload):
    ball.feed((0, 4))
    ball.firmware.raw = lambda force_n: RAIL
    before = raw_of(ball)
    player = play_beside(ball, (0, 3))
    time.sleep(0.3)
    answer = ball.ask(f"ball-1/do/{verb}", payload)
    player.join()
    assert answer["code"] == "saturated", answer
    assert "limit" in answer["error"]
    assert raw_of(ball) == before


def test_a_zero_that_moves_by_more_than_the_device_bears_is_implausible(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, capacity_n=50)
    ball.feed((0, 4))
    player = play_beside(ball, (70, 4))  # within 1.5 times the capacity, where readings still count
    time.sleep(0.5)
    answer = ball.ask("ball-1/do/tare", {"force": True})
    player.join()
    assert answer["code"] == "implausible", answer


def test_a_calibration_is_refused_while_the_ball_is_shaken(ball):
    ball.feed((0, 4))
    shaken = play_beside(ball, *[(50 + 20 * (i % 2), 0.1) for i in range(40)])
    time.sleep(0.3)
    answer = ball.ask("ball-1/do/calibrate", {"known_n": 100, "timeout_s": 2})
    shaken.join()
    assert answer["code"] == "unsteady", answer


def test_a_calibration_of_a_silent_device_has_no_data(ball):
    assert ball.ask("ball-1/do/calibrate", {"known_n": 100})["code"] == "no_data"


def test_a_weight_under_one_percent_of_full_scale_says_too_little(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, capacity_n=500)
    ball.feed((0, 4))
    player = play_beside(ball, (4.9, 4))
    time.sleep(0.5)
    answer = ball.ask("ball-1/do/calibrate", {"known_n": 4.9})
    player.join()
    assert (answer["code"], "1 %" in answer["error"]) == ("implausible", True), answer


def test_two_points_less_than_one_percent_apart_are_refused(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, capacity_n=500)
    ball.feed((0, 4))
    before = raw_of(ball)
    for point, load_n in ((1, 20), (2, 24)):
        player = play_beside(ball, (load_n, 3))
        time.sleep(0.5)
        answer = ball.ask("ball-1/do/calibrate", {"known_n": load_n, "point": point})
        player.join()
    assert answer["code"] == "implausible", answer
    assert raw_of(ball)[1] == before[1]


def test_a_second_measurement_meanwhile_is_busy_and_the_first_ends_well(ball):
    ball.feed((0, 4))
    player = play_beside(ball, (0, 4))
    time.sleep(0.3)
    ball.tell("ball-1/do/tare")
    answer = ball.ask("ball-1/do/calibrate", {"known_n": 100})
    first = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/result/tare").json
    player.join()
    assert answer["code"] == "busy", answer
    assert first["status"] == "ok", first


@pytest.mark.parametrize("topic", ["ball-1/set/target_s", "ball-1/set", "ball-1/do/tare", "ball-1/do/protocol_start", "bridge/request/health"])
def test_a_payload_beyond_4_kib_is_refused_whatever_it_says(ball, topic):
    answer = ball.ask(topic, '{"x":"' + "x" * 4090 + '"}')
    assert (answer["code"], "4096" in answer["error"]) == ("bad_value", True), answer
    assert ball.running.process.poll() is None


@pytest.mark.parametrize("topic, payload, code", [
    ("ball-1/set", '{"target_s":45,"nonsense":1}', "unknown"),
    ("ball-1/set", "{}", "bad_value"),
    ("ball-1/set", '{"target_s":[45]}', "bad_value"),
    ("ball-1/do/tare", '{"timeout_s":0}', "out_of_range"),
    ("ball-1/do/tare", "x" * 64, "bad_value"),
    ("ball-1/do/protocol_start", "nobody", "bad_value"),
    ("bridge/request/forget", "{}", "bad_value"),
    ("bridge/request/log_level", '{"args":{"level":7}}', "bad_value"),
    ("bridge/request/health", "[1]", "bad_value"),
])
def test_what_cannot_be_is_an_error_with_a_sentence(ball, topic, payload, code):
    ball.feed((0, 4))
    harness.wait_until(lambda: played_ball.latest(ball.subscriber, "knead/ball-1/availability") == b"online", 10, "the ball is online")
    answer = ball.ask(topic, payload)
    assert (answer["status"], answer["code"]) == ("error", code), answer
    assert len(answer["error"]) > 10
    assert ball.latest("ball-1/config")["changed"] == []


@pytest.mark.parametrize("verb", ["do/tare", "do/calibrate", "set/target_s", "set"])
def test_every_retained_command_is_ignored_without_an_answer(ball, verb):
    ball.feed((0, 4))
    ball.tell(f"ball-1/{verb}", '{"target_s":50}', retain=True)
    harness.wait_until(lambda: f"retained command on knead/ball-1/{verb}" in ball.running.log, 10, "the log names it")
    time.sleep(0.3)
    assert not [m for m in ball.subscriber.messages if "/result/" in m.topic]
    assert ball.latest("ball-1/config")["target_s"] == 30


@pytest.mark.parametrize("response_topic", ["$SYS/answers", "$share/a/b", "x" * 300, ""])
def test_an_answer_does_not_go_where_nobody_may_publish(ball, response_topic):
    properties = Properties(PacketTypes.PUBLISH)
    if response_topic:
        properties.ResponseTopic = response_topic
    properties.CorrelationData = b"token"
    ball.tell("ball-1/set/target_s", "41", properties=properties)
    message = played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/result/set")
    assert message.json["data"]["value"] == "41"
    assert getattr(message.properties, "CorrelationData", None) is None  # whose it is the topic says


@pytest.mark.parametrize("response_topic", ["some/+/answers", "some/#"])
def test_a_response_topic_with_a_wildcard_is_no_way_out(ball, response_topic):
    """A broker that knows the rules ends the connection of who sends it; kneadd answers in its usual place, or hears nothing."""
    properties = Properties(PacketTypes.PUBLISH)
    client = mqtt.Client(protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", ball.broker.port)
    client.loop_start()
    properties.ResponseTopic = response_topic
    client.publish("knead/ball-1/set/target_s", "42", qos=1, properties=properties)
    time.sleep(0.5)
    client.loop_stop()
    client.disconnect()
    ball.tell("ball-1/set/press_n", "9")
    played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/ball-1/result/set" and m.json["data"].get("key") == "press_n")
    assert not [m for m in ball.subscriber.messages if m.topic.startswith("some/")]


def test_correlation_data_of_any_bytes_comes_back_as_it_was(ball):
    client, answers = mqtt.Client(protocol=mqtt.MQTTv5), []
    client.on_message = lambda c, u, m: answers.append(m)
    client.connect("127.0.0.1", ball.broker.port)
    client.subscribe("my/answers", qos=1)
    client.loop_start()
    time.sleep(0.2)
    tokens = [b"\x00\xff\x80", b"x" * 200, b"\n"]
    for token in tokens:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = "my/answers", token
        client.publish("knead/ball-1/set/target_s", "43", qos=1, properties=properties)
    harness.wait_until(lambda: len(answers) == 3, 10, "three answers")
    client.loop_stop()
    client.disconnect()
    assert [m.properties.CorrelationData for m in answers] == tokens


def test_read_only_takes_no_command_and_announces_none(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, mqtt="commands = no")
    ball.feed((0, 4))
    for topic in ("ball-1/set/target_s", "ball-1/set", "ball-1/do/tare", "ball-1/do/session_end", "bridge/request/restart_daemon"):
        ball.tell(topic, '{"target_s":50}')
    time.sleep(1)
    assert not [m for m in ball.subscriber.messages if "/result/" in m.topic or "/response/" in m.topic]
    assert ball.latest("ball-1/config")["target_s"] == 30
    assert ball.running.process.poll() is None
