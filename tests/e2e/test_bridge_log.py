# SPDX-License-Identifier: MIT
"""The log on bridge/log: only where it is asked for, never too much of it, nothing secret, no echo of itself."""
import collections
import signal

import harness
import played_ball
from mqtt_probe import settle
from test_commands import Ball
from test_schema import validator

TOPIC = "knead/bridge/log"


def lines(subscriber):
    return [m for m in subscriber.messages if m.topic == TOPIC]


def asking_for(level):
    return f"[log]\nmqtt = {level}"


def test_nothing_is_on_the_topic_where_nobody_asked_for_it(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path)
    assert ball.ask("ball-1/do/levitate")["code"] == "unknown"
    settle()
    assert not lines(subscriber)


def test_a_warning_is_one_message_as_the_table_says(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, mqtt=asking_for("warning"))
    ball.ask("ball-1/do/levitate")
    message = played_ball.seen(subscriber, lambda m: m.topic == TOPIC)
    assert list(validator("log").iter_errors(message.json)) == []
    assert message.json["message"].startswith("ball-1: do levitate: unknown")
    assert (message.json["level"], message.json["count"], message.retain, message.qos) == ("warning", 1, False, 0)
    assert 299 <= message.properties.MessageExpiryInterval <= 300
    assert message.properties.ContentType == "application/json"


def test_errors_alone_come_where_only_errors_are_asked_for(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, mqtt=asking_for("error"))
    ball.ask("ball-1/do/levitate")  # a warning
    text = ball.running.config.read_text()
    ball.running.config.write_text(text + "\nnonsense = 1\n")
    ball.running.process.send_signal(signal.SIGHUP)  # an error
    message = played_ball.seen(subscriber, lambda m: m.topic == TOPIC)
    assert (message.json["level"], "nonsense" in message.json["message"]) == ("error", True)


def test_a_reload_switches_it_on_and_off_without_a_new_connection(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path)
    text = ball.running.config.read_text()
    played_ball.seen(subscriber, lambda m: m.topic == "knead/bridge/availability")
    after = len(subscriber.messages)
    for level, said in (("warning", 1), ("off", 1)):
        ball.running.config.write_text(f"{asking_for(level)}\n{text}")
        seen = ball.running.log.count("read again")
        ball.running.process.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: ball.running.log.count("read again") > seen, 10, "the configuration is read again")
        ball.ask(f"ball-1/do/levitate-{level}")
        harness.wait_until(lambda: len(lines(subscriber)) == said, 10, f"{said} lines in {lines(subscriber)}")
    settle()
    assert len(lines(subscriber)) == 1
    assert not [m for m in subscriber.messages[after:] if m.topic == "knead/bridge/availability"]


def test_a_flood_is_folded_and_counted(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, mqtt=asking_for("warning"))
    for i in range(40):
        ball.tell("ball-1/do/levitate")
    harness.wait_until(lambda: len([m for m in subscriber.messages if m.topic.endswith("/result/levitate")]) == 40, 20, "40 answers")
    refused = ball.running.log.count("do levitate: rate_limited")
    assert refused > 10
    harness.wait_until(lambda: sum(m.json["count"] for m in lines(subscriber) if "rate_limited" in m.json["message"]) == refused,
                       30, f"all {refused} are counted in {lines(subscriber)}")
    assert len(lines(subscriber)) <= 6


def test_no_second_brings_more_than_five_lines(daemon, broker, subscriber, tmp_path):
    ball = Ball(daemon, broker, subscriber, tmp_path, mqtt=asking_for("warning"))
    for i in range(30):
        ball.tell(f"ball-1/do/verb-{i}")  # each line another one
    harness.wait_until(lambda: any("left out" in m.json["message"] for m in lines(subscriber)), 20, "what was left out is told")
    seconds = collections.Counter(m.json["ts"][:19] for m in lines(subscriber))
    assert max(seconds.values()) <= 2 * 5  # a second of the clock may have the ends of two
    assert sum(m.json["count"] for m in lines(subscriber)) == 30, lines(subscriber)


def test_a_broker_that_refuses_messages_does_not_bring_lines_about_them(daemon, tmp_path):
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write knead/bridge/#\n")  # nothing of the device's topics
    broker = harness.Broker(tmp_path, f"acl_file {acl}", "user root").start()
    subscriber = harness.Subscriber(broker.port)
    try:
        port = played_ball.Port(tmp_path / "ball")
        running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, mqtt=asking_for("warning")))
        harness.wait_until(lambda: "refuse" in running.log, 10, f"the refusal is logged: {running.log}")
        settle(1)
        assert not lines(subscriber)
    finally:
        subscriber.close()
        broker.stop()


def test_no_line_holds_the_password(daemon, tmp_path):
    secret = "correct-horse-battery"
    (tmp_path / "secret").write_text(secret + "\n")
    broker = harness.Broker(tmp_path).start()
    subscriber = harness.Subscriber(broker.port)
    try:
        ball = Ball(daemon, broker, subscriber, tmp_path,
                    mqtt=f"username = somebody\npassword_file = {tmp_path}/secret\n{asking_for('warning')}")
        ball.tell("ball-1/set/password_file", "x")
        ball.tell("ball-1/do/levitate")
        harness.wait_until(lambda: len(lines(subscriber)) == 2, 10, "two lines")
        assert not [m for m in subscriber.messages if secret.encode() in m.payload]
        assert secret not in ball.running.log
    finally:
        subscriber.close()
        broker.stop()
