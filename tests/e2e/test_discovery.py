# SPDX-License-Identifier: MIT
"""What Home Assistant is told, against its rules; its birth; and what is taken back."""
import json
import signal
import time

import jinja2
import pytest

import harness
import home
import played_ball

DEVICE_TOPIC = "homeassistant/device/knead_ball-1/config"
BRIDGE_TOPIC = "homeassistant/device/knead_bridge/config"


@pytest.fixture
def listener(broker):
    client = harness.Subscriber(broker.port, ["knead/#", "homeassistant/#"])
    yield client
    client.close()


def begin(daemon, broker, tmp_path, style="device", mqtt="", **keys):
    port = played_ball.Port(tmp_path / "ball")
    text = played_ball.config(broker.port, {"ball-1": port.link}, mqtt=mqtt, **keys)
    running = daemon(text.replace("discovery = off", f"discovery = {style}"))
    return running, port


def told(listener, topic, after=0):
    return played_ball.seen(listener, lambda m: m.topic == topic, after=after)


def test_a_device_and_its_bridge_are_told_as_home_assistant_wants_them(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path)
    device, bridge = told(listener, DEVICE_TOPIC), told(listener, BRIDGE_TOPIC)
    assert home.check_device(device.json) == []
    assert home.check_device(bridge.json) == []
    assert (device.qos, bridge.qos) == (1, 1)
    assert device.json["device"]["via_device"] == bridge.json["device"]["identifiers"][0] == "knead_bridge"
    assert listener.messages.index(bridge) < listener.messages.index(device)


def test_the_bridge_is_online_only_after_its_devices_were_told(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path)
    online = played_ball.seen(listener, lambda m: m.topic == "knead/bridge/availability" and m.payload == b"online")
    assert listener.messages.index(told(listener, DEVICE_TOPIC)) < listener.messages.index(online)


def test_every_template_gives_a_state_of_what_is_really_published(daemon, broker, listener, tmp_path):
    _, port = begin(daemon, broker, tmp_path)
    told(listener, "knead/bridge/info")  # connected: what is live is not kept for later
    ball = played_ball.Firmware()
    port.write(ball.k1((0, 4), (60, 6)))
    told(listener, "knead/ball-1/live")
    port.write(ball.k1((0, 3)))
    told(listener, "knead/ball-1/hold")
    told(listener, "knead/ball-1/session")
    environment = jinja2.Environment()
    looked_at = set()
    for topic in (DEVICE_TOPIC, BRIDGE_TOPIC):
        for key, c in told(listener, topic).json["components"].items():
            payload = played_ball.latest(listener, c.get("state_topic"))
            if "value_template" not in c or not payload:
                continue
            value = environment.from_string(c["value_template"]).render(value_json=json.loads(payload))
            looked_at.add(key)
            assert value != "", key
            if c["platform"] == "binary_sensor":
                assert value in ("ON", "OFF"), key
            elif c["platform"] == "select":
                assert value in c["options"], key
            elif c.get("device_class") == "enum":
                assert value in c["options"], key
            elif c["platform"] == "number" or c.get("state_class"):
                assert value == "None" or float(value) >= -10, key
    assert {"force", "phase", "holding", "last_hold_duration", "session_holds", "target_hold", "protocol", "problem",
            "started", "memory", "verbosity", "messages_dropped"} <= looked_at


def test_every_event_type_that_is_published_was_declared(daemon, broker, listener, tmp_path):
    _, port = begin(daemon, broker, tmp_path)
    port.write(played_ball.Firmware().k1((0, 4), (60, 6), (0, 2), (60, 1), (0, 3)))
    played_ball.seen(listener, played_ball.is_event("press"))
    declared = {c["state_topic"]: c["event_types"] for c in told(listener, DEVICE_TOPIC).json["components"].values()
                if c["platform"] == "event"}
    events = [m for m in listener.messages if "/event/" in m.topic]
    assert events
    for message in events:
        assert message.json["event_type"] in declared[message.topic]
        assert not message.retain


def test_a_device_without_pressure_has_no_entity_for_it(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path, contact_cm2=0)
    assert told(listener, DEVICE_TOPIC).json["components"]["pressure"] == {"platform": "sensor"}


def test_without_commands_nothing_can_be_set(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path, mqtt="commands = no")
    components = told(listener, DEVICE_TOPIC).json["components"]
    assert not [key for key, c in components.items() if "command_topic" in c]
    assert home.check_device(told(listener, DEVICE_TOPIC).json) == []


def test_components_are_told_one_by_one_with_the_same_ids(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path, style="components")
    told(listener, "homeassistant/sensor/knead_ball-1/force/config")
    told(listener, "homeassistant/switch/knead_ball-1/live/config")
    told(listener, "homeassistant/binary_sensor/knead_ball-1/problem/config")
    messages = [m for m in listener.messages if m.topic.startswith("homeassistant/") and m.payload]
    for message in messages:
        _, platform, node, key, _ = message.topic.split("/")
        payload = message.json
        assert payload["platform"] == platform
        assert home.check_head(payload) + home.check_component(key, payload, payload) == []
        if platform != "device_automation":
            assert payload["unique_id"] == f"{node}_{key}"
    assert not [m for m in messages if "/device/" in m.topic]


def test_off_tells_nothing(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path, style="off")
    told(listener, "knead/bridge/info")
    time.sleep(0.3)
    assert not [m for m in listener.messages if m.topic.startswith("homeassistant/")]


def test_a_birth_message_brings_everything_again_once_and_in_order(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path)
    told(listener, "knead/bridge/info")
    time.sleep(0.3)
    after, born = len(listener.messages), time.monotonic()
    for _ in range(3):
        listener.client.publish("homeassistant/status", "online")
    again = played_ball.seen(listener, lambda m: m.topic == DEVICE_TOPIC, timeout_s=15, after=after)
    assert 1.9 <= again.at - born <= 11
    info = played_ball.seen(listener, lambda m: m.topic == "knead/bridge/info", after=after)
    assert listener.messages.index(again) < listener.messages.index(info)
    time.sleep(1)
    assert len([m for m in listener.messages[after:] if m.topic == DEVICE_TOPIC]) == 1


def test_a_device_that_is_taken_out_of_the_configuration_is_taken_back(daemon, broker, listener, tmp_path):
    running, _ = begin(daemon, broker, tmp_path)
    told(listener, DEVICE_TOPIC)
    after = len(listener.messages)
    running.config.write_text(running.config.read_text().split("[device")[0])
    running.process.send_signal(signal.SIGHUP)
    assert played_ball.seen(listener, lambda m: m.topic == DEVICE_TOPIC, after=after).payload == b""


def test_a_broker_that_lost_what_it_kept_gets_the_announcement_again(daemon, broker, listener, tmp_path):
    begin(daemon, broker, tmp_path)
    told(listener, DEVICE_TOPIC)
    told(listener, "knead/bridge/info")
    time.sleep(0.3)
    broker.stop()
    broker.start()
    late = harness.Subscriber(broker.port, ["homeassistant/#"])
    try:
        late.wait_for(lambda m: m.topic == DEVICE_TOPIC, timeout_s=20)
    finally:
        late.close()
