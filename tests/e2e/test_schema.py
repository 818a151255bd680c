# SPDX-License-Identifier: MIT
"""docs/schema.json and docs/asyncapi.yaml against what is really sent: every message of a run, and every golden record."""
import json
import pathlib
import re
import warnings

import jsonschema
import pytest
import yaml

import harness
import played_ball
from test_commands import Ball, play_beside

DOCS = harness.TOP / "docs"
SCHEMA = json.loads((DOCS / "schema.json").read_text())
TOPICS = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
GOLDEN = sorted((harness.TOP / "tests/replay").glob("*.jsonl"))


def validator(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


def validators_of_records():
    """For each event_type the validator of its record."""
    ret = {}
    for name in (n for n in SCHEMA["$defs"] if n.startswith("event_")):
        event_type = SCHEMA["$defs"][name]["properties"]["event_type"]
        for word in event_type.get("enum") or [event_type["const"]]:
            ret[word] = validator(name)
    return ret


SENT = {op["channel"]["$ref"].rsplit("/", 1)[1] for op in TOPICS["operations"].values() if op["action"] == "send"}


def said(subscriber):
    """What the daemon published: a subscriber to everything sees the commands too."""
    return [m for m in subscriber.messages if not re.search(r"/(set|do|request)(/|$)", m.topic) or "/result/" in m.topic]


def channel_of(topic):
    """The row of what is sent on a topic below knead/, the most literal one first; None for none."""
    rows = sorted((TOPICS["channels"][name] for name in SENT), key=lambda row: row["address"].count("{"))
    for row in rows:
        pattern = re.sub(r"\{\w+\}", "[a-z0-9_-]+", row["address"])
        if re.fullmatch(pattern, topic):
            return row
    return None


def wrong_with(message):
    """What is wrong with a message by both documents; an empty list is good."""
    row = channel_of(message.topic.removeprefix("knead/"))
    if row is None:
        return [f"{message.topic} is no topic of the table"]
    payload = row["messages"]["message"]["payload"]
    if "$ref" not in payload:
        return []
    name = payload["$ref"].rsplit("/", 1)[1]
    document = message.payload.decode() if name == "availability" else json.loads(message.payload)
    return [f"{message.topic}: {error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]


def test_both_documents_are_what_they_say_they_are():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert TOPICS["asyncapi"] == "3.0.0"
    for row in TOPICS["channels"].values():
        ref = row["messages"]["message"]["payload"].get("$ref")
        assert ref is None or (ref.split("#/$defs/")[0] == "schema.json" and ref.split("#/$defs/")[1] in SCHEMA["$defs"])
    used = {operation["channel"]["$ref"].rsplit("/", 1)[1] for operation in TOPICS["operations"].values()}
    assert used == set(TOPICS["channels"])


def test_every_golden_record_is_as_the_schema_says():
    records = validators_of_records()
    seen = set()
    for path in GOLDEN:
        for line in path.read_text().splitlines():
            event = json.loads(line)
            seen.add(event["event_type"])
            assert [e.message for e in records[event["event_type"]].iter_errors(event)] == [], f"{path.name}: {line}"
    assert len(seen) >= 18


def test_the_schema_refuses_a_record_with_a_key_too_many_or_too_few_or_of_another_kind():
    line = next(line for path in GOLDEN for line in path.read_text().splitlines() if '"hold_end"' in line)
    check = validators_of_records()["hold_end"]
    assert check.is_valid(json.loads(line))
    for change in ({"extra": 1}, {"cause": "bored"}, {"confidence": 2}, {"ts": "yesterday"}, {"hold_id": 0}, {"mean_n": None}):
        assert not check.is_valid({**json.loads(line), **change}), change
    fewer = json.loads(line)
    del fewer["dips"]
    assert not check.is_valid(fewer)


@pytest.fixture
def ball(daemon, broker, subscriber, tmp_path):
    return Ball(daemon, broker, subscriber, tmp_path, mqtt="scalars = yes", over_soft_n=80, protocol="pulse3x10")


def test_every_message_of_a_run_is_as_both_documents_say(ball):
    ball.feed((0, 4), (60, 10), (0, 2), (60, 6), (0, 1.5), (90, 8), (0, 2), (50, 1), (0, 1), (50, 1), (0, 1), (50, 1), (0, 5))
    played_ball.seen(ball.subscriber, played_ball.is_event("press_set_end"))
    played_ball.seen(ball.subscriber, played_ball.is_event("warning"))
    for topic, payload in (("ball-1/set/target_s", "45"), ("ball-1/set", '{"live":"OFF"}'), ("ball-1/set/press_n", "x"),
                           ("ball-1/do/session_end", "PRESS"), ("bridge/request/health", '{"transaction":"1"}'),
                           ("ball-1/do/identify", "PRESS"), ("ball-1/do/calibrate", "PRESS")):
        ball.tell(topic, payload)
    player = play_beside(ball, (0, 1.5))
    ball.tell("ball-1/do/tare")
    for verb in ("set", "session_end", "identify", "calibrate", "tare"):
        played_ball.seen(ball.subscriber, lambda m: m.topic == f"knead/ball-1/result/{verb}")
    player.join()
    played_ball.seen(ball.subscriber, lambda m: m.topic == "knead/bridge/response/health")
    ball.running.stop()
    wrong = [what for message in said(ball.subscriber) for what in wrong_with(message)]
    assert wrong == []
    rows = {channel_of(m.topic.removeprefix("knead/"))["address"] for m in said(ball.subscriber)}
    assert len(rows) >= 18, rows


def test_retain_qos_and_expiry_of_the_table_are_those_on_the_wire(ball):
    ball.feed((0, 4), (60, 6), (0, 2), (50, 1), (0, 3))
    played_ball.seen(ball.subscriber, played_ball.is_event("press"))
    late = harness.Subscriber(ball.broker.port)
    played_ball.seen(late, lambda m: m.topic == "knead/ball-1/hold")
    late.close()
    kept = {m.topic for m in late.messages if m.retain}
    for message in said(ball.subscriber):
        row = channel_of(message.topic.removeprefix("knead/"))
        left_s = getattr(message.properties, "MessageExpiryInterval", None)
        assert message.qos == row["x-qos"], message.topic
        assert (message.topic in kept) == row["x-retain"], message.topic
        assert left_s is None if row["x-expiry-s"] is None else row["x-expiry-s"] - 1 <= left_s <= row["x-expiry-s"]


def test_the_readme_names_the_documents():
    text = (pathlib.Path(harness.TOP) / "README.md").read_text()
    assert "docs/schema.json" in text and "docs/asyncapi.yaml" in text
