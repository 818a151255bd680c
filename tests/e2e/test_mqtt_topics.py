# SPDX-License-Identifier: MIT
"""The topics of the real daemon, as a subscriber finds them: the table of the contract, row by row."""
import json
import re
import signal
import subprocess

import pytest
import yaml

import harness
import played_ball
from mqtt_probe import settle

# topic: (retain, QoS, expiry in s or None, JSON)
TABLE = {
    "bridge/availability": (True, 1, None, False),
    "bridge/info": (True, 1, None, True),
    "bridge/health": (True, 0, 180, True),
    "ball-1/availability": (True, 1, None, False),
    "ball-1/config": (True, 1, None, True),
    "ball-1/state": (True, 1, None, True),
    "ball-1/hold": (True, 1, None, True),
    "ball-1/session": (True, 1, None, True),
    "ball-1/diag": (True, 0, 90, True),
    "ball-1/live": (False, 0, 5, True),
    "ball-1/event/hold": (False, 1, 60, True),
    "ball-1/event/release": (False, 1, 60, True),
    "ball-1/event/session": (False, 1, 60, True),
    "ball-1/event/squeeze": (False, 1, 60, True),
}
DISCOVERY = {"x-retain": True, "x-qos": 1, "x-expiry-s": None}  # below another prefix, and so not among the topics
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def play_a_hold(daemon, broker, subscriber, tmp_path, mqtt=""):
    port, ball = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, mqtt=mqtt))
    subscriber.wait_for(lambda m: m.topic == "knead/bridge/info")
    port.write(ball.k1((0, 4), (60, 6), (0, 3)))
    subscriber.wait_for(lambda m: m.topic == "knead/ball-1/hold")
    harness.wait_until(lambda: b'"holds":1' in (played_ball.latest(subscriber, "knead/ball-1/session") or b""), 10,
                       "the session counts the hold")
    return running, port, ball


def late_view(broker, awaited="knead/ball-1/hold"):
    """What a subscriber who comes late finds retained; waits until awaited is there."""
    late = harness.Subscriber(broker.port)
    late.wait_for(lambda m: m.topic == awaited)
    settle(0.1)
    late.close()
    return {m.topic.removeprefix("knead/"): m for m in late.messages if m.retain}


def test_each_topic_has_the_retain_qos_expiry_and_properties_of_the_contract(daemon, broker, subscriber, tmp_path):
    play_a_hold(daemon, broker, subscriber, tmp_path)
    live = {m.topic.removeprefix("knead/"): m for m in subscriber.messages}
    assert set(live) == set(TABLE)
    stored = late_view(broker)
    assert set(stored) == {topic for topic, row in TABLE.items() if row[0]}
    for topic, (retain, qos, expiry_s, is_json) in TABLE.items():
        message, properties = live[topic], live[topic].properties
        assert message.qos == qos, topic
        left_s = getattr(properties, "MessageExpiryInterval", None)
        assert left_s is None if expiry_s is None else expiry_s - 1 <= left_s <= expiry_s, topic
        assert getattr(properties, "ContentType", None) == ("application/json" if is_json else None), topic
        assert getattr(properties, "PayloadFormatIndicator", None) == (1 if is_json else None), topic
        assert getattr(properties, "UserProperty", None) == ([("schema", "knead/1")] if retain and is_json else None), topic


def test_every_document_is_one_object_of_version_1_without_nan(daemon, broker, subscriber, tmp_path):
    def no_constant(name):
        raise AssertionError(f"{name} is no JSON")

    play_a_hold(daemon, broker, subscriber, tmp_path)
    for message in subscriber.messages:
        if message.topic.endswith("/availability"):
            assert message.payload in (b"online", b"offline")
            continue
        document = json.loads(message.payload.decode(), parse_constant=no_constant)
        assert document["v"] == 1, message
        for key in ("ts", "start", "end", "hold_since"):
            assert document.get(key) is None or ISO.fullmatch(document[key]), message


def test_hold_is_the_hold_end_record_as_published_and_squeeze_its_translation(daemon, broker, subscriber, tmp_path):
    play_a_hold(daemon, broker, subscriber, tmp_path)
    record = next(m for m in subscriber.messages if played_ball.is_event("hold_end")(m))
    assert played_ball.latest(subscriber, "knead/ball-1/hold") == record.payload
    words = [m.json for m in subscriber.messages if m.topic.endswith("/squeeze")]
    assert [w["event_type"] for w in words] == ["long_press_start", "long_press_end"]
    assert (words[1]["boot"], words[1]["n"], words[1]["ts"]) == tuple(record.json[k] for k in ("boot", "n", "ts"))


def test_state_is_there_before_the_device_is_online(daemon, broker, subscriber, tmp_path):
    play_a_hold(daemon, broker, subscriber, tmp_path)
    places = [(m.topic, m.payload) for m in subscriber.messages]
    online = places.index(("knead/ball-1/availability", b"online"))
    assert any(topic == "knead/ball-1/state" for topic, _ in places[:online])


def test_restart_of_a_broker_without_memory_brings_every_document_back(daemon, broker, subscriber, tmp_path):
    _, port, ball = play_a_hold(daemon, broker, subscriber, tmp_path)
    before = late_view(broker)
    subscriber.close()
    broker.stop()
    broker.start()
    late_view(broker)  # sees it come back
    port.write(ball.k1((0, 1)))  # silent for so long, it counted as gone
    harness.wait_until(lambda: late_view(broker)["ball-1/availability"].payload == b"online", 5, "the ball is online")
    after = late_view(broker)
    assert set(after) == set(before)
    for topic in ("bridge/availability", "ball-1/hold", "ball-1/config"):
        assert after[topic].payload == before[topic].payload


def test_killed_daemon_is_offline_by_its_will_and_a_stopped_one_by_its_word(daemon, broker, subscriber, tmp_path):
    running, *_ = play_a_hold(daemon, broker, subscriber, tmp_path)
    running.process.kill()
    running.process.wait()
    subscriber.wait_for(lambda m: m.topic == "knead/bridge/availability" and m.payload == b"offline")
    assert late_view(broker)["bridge/availability"].payload == b"offline"

    (tmp_path / "ball").unlink()
    running, *_ = play_a_hold(daemon, broker, subscriber, tmp_path)
    assert running.stop() == 0
    subscriber.wait_for(lambda m: m.topic == "knead/bridge/availability" and m.payload == b"offline")
    stopped = late_view(broker)
    assert stopped["ball-1/availability"].payload == stopped["bridge/availability"].payload == b"offline"


def test_reload_of_the_broker_section_ends_online(daemon, broker, subscriber, tmp_path):
    running, port, _ = play_a_hold(daemon, broker, subscriber, tmp_path)
    running.config.write_text(played_ball.config(broker.port, {"ball-1": port.link}, mqtt="live_hz = 5"))
    running.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: b'"live_hz":5' in (played_ball.latest(subscriber, "knead/ball-1/config") or b""), 10,
                       "the new configuration is published")
    settle(0.5)
    assert late_view(broker)["bridge/availability"].payload == b"online"


@pytest.mark.parametrize("scalars", ["no", "yes"])
def test_scalar_topics_hold_scalars_and_exist_only_when_asked_for(daemon, broker, subscriber, tmp_path, scalars):
    play_a_hold(daemon, broker, subscriber, tmp_path, mqtt=f"scalars = {scalars}")
    stored = late_view(broker)
    values = {t: m.payload.decode() for t, m in stored.items() if "/value/" in t}
    if scalars == "no":
        assert not values
        return
    assert values["ball-1/value/phase"] in ("idle", "touch", "holding")
    assert float(values["ball-1/value/last_hold_duration_s"]) == stored["ball-1/hold"].json["duration_s"]
    assert values["ball-1/value/session_holds"] == "1"
    assert not any(set(v) & set('{}[]"') for v in values.values())


def transcript_of(broker, tmp_path):
    """mosquitto_sub on everything, as a person would run it."""
    out = open(tmp_path / "transcript", "wb")
    return subprocess.Popen(["mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-t", "#",
                             "-F", "%t\t%r\t%q\t%C\t%E\t%F\t%P"], stdout=out)


def test_the_transcript_of_mosquitto_sub_agrees_with_the_table_topic_by_topic(daemon, broker, subscriber, tmp_path):
    table = yaml.safe_load((harness.TOP / "docs/asyncapi.yaml").read_text())
    sent = {op["channel"]["$ref"].rsplit("/", 1)[1] for op in table["operations"].values() if op["action"] == "send"}
    rows = sorted((table["channels"][name] for name in sent), key=lambda row: row["address"].count("{"))
    listening = transcript_of(broker, tmp_path)
    try:
        _, port, ball = play_a_hold(lambda text: daemon(text.replace("discovery = off", "discovery = device")), broker, subscriber,
                                    tmp_path, mqtt="scalars = yes\n[log]\nmqtt = warning")
        port.write(ball.k1((60, 1), (0, 3)))
        subscriber.wait_for(lambda m: m.topic == "knead/ball-1/event/press")
        for topic, payload in (("ball-1/set/target_s", "40"), ("ball-1/do/levitate", "PRESS"), ("bridge/request/health", "{}")):
            subscriber.client.publish(f"knead/{topic}", payload, qos=1)
        for topic in ("ball-1/result/set", "ball-1/result/levitate", "bridge/response/health", "bridge/log"):
            played_ball.seen(subscriber, lambda m: m.topic == f"knead/{topic}")
        harness.wait_until(lambda: b"bridge/log" in (tmp_path / "transcript").read_bytes(), 10, "the transcript is as far")
    finally:
        listening.terminate()
        listening.wait()
    kept = late_view(broker)
    lines = [line.split("\t") for line in (tmp_path / "transcript").read_text().splitlines()]
    seen = set()
    for topic, _, qos, content_type, expiry_s, payload_format, schema in lines:
        if re.search(r"/(do|request)/|ball-1/set", topic):
            continue  # what was asked
        leaf = topic.removeprefix("knead/")
        row = next((r for r in rows if re.fullmatch(re.sub(r"\{\w+\}", "[a-z0-9_-]+", r["address"]), leaf)), DISCOVERY)
        is_json = row is DISCOVERY or "availability" not in leaf and "/value/" not in leaf
        seen.add(row.get("address", "discovery"))
        assert int(qos) == row["x-qos"], topic
        assert content_type == ("application/json" if is_json else ""), topic
        assert payload_format == ("1" if is_json else ""), topic
        assert (expiry_s == "" if row["x-expiry-s"] is None else row["x-expiry-s"] - 1 <= int(expiry_s) <= row["x-expiry-s"]), topic
        assert schema == ("schema:knead/1" if is_json and row["x-retain"] else ""), topic
        assert row is DISCOVERY or (leaf in kept) == row["x-retain"], topic
    assert {"bridge/log", "bridge/info", "bridge/health", "{device}/hold", "{device}/live", "discovery"} <= seen, seen
    assert len(seen) >= 18, seen
