# SPDX-License-Identifier: MIT
"""Nothing of what is gone stays with the broker: devices, styles, names, prefixes; and what a user has deleted stays deleted."""
import json
import signal

import pytest

import harness
import played_ball
from mqtt_probe import settle
from test_commands import Ball

DEVICE = "homeassistant/device/knead_ball-1/config"
FORCE = "homeassistant/sensor/knead_ball-1/force/config"


@pytest.fixture
def listener(broker):
    client = harness.Subscriber(broker.port, ["knead/#", "homeassistant/#", "elsewhere/#"])
    yield client
    client.close()


class House:
    """A daemon that is configured anew, running or not, and a look at what the broker keeps."""

    def __init__(self, daemon, broker, tmp_path):
        self.daemon, self.broker, self.folder, self.running = daemon, broker, tmp_path, None
        self.ports = {}

    def text(self, *devices, style="device", prefix="homeassistant", mqtt="", **keys):
        for name in devices:
            if name not in self.ports:
                self.ports[name] = played_ball.Port(self.folder / name)
        text = played_ball.config(self.broker.port, {name: self.ports[name].link for name in devices}, mqtt=mqtt, **keys)
        return text.replace("discovery = off", f"discovery = {style}\nprefix = {prefix}")

    def start(self, *devices, **options):
        """Stops what runs, starts anew."""
        if self.running:
            assert self.running.stop() == 0
        self.running = self.daemon(self.text(*devices, **options))

    def reload(self, *devices, **options):
        self.running.config.write_text(self.text(*devices, **options))
        self.running.process.send_signal(signal.SIGHUP)

    def kept(self):
        late = harness.Subscriber(self.broker.port, ["knead/#", "homeassistant/#", "elsewhere/#"])
        settle(0.2)
        late.close()
        return {m.topic: m.payload for m in late.messages if m.retain and m.payload}

    def wait_kept(self, condition, what, timeout_s=30):
        try:
            harness.wait_until(lambda: condition(self.kept()), timeout_s, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; kept: {sorted(self.kept())}; log: {self.running.log}") from None

    def wait_gone(self, word):
        self.wait_kept(lambda kept: not [topic for topic in kept if word in topic], f"nothing of {word}")


@pytest.fixture
def house(daemon, broker, tmp_path):
    return House(daemon, broker, tmp_path)


def play(house, name="ball-1"):
    house.ports[name].write(played_ball.Firmware().k1((0, 4), (60, 6), (0, 3)))


@pytest.mark.parametrize("style", ["device", "components", "off"])
def test_a_device_taken_out_while_the_daemon_was_down_leaves_nothing(house, style):
    house.start("ball-1", "ball-12", style=style, mqtt="scalars = yes")
    play(house, "ball-12")
    house.wait_kept(lambda kept: "knead/ball-12/hold" in kept and "knead/ball-12/value/last_hold_peak_n" in kept, "a hold")
    before = house.kept()
    house.start("ball-1", style=style, mqtt="scalars = yes")
    house.wait_gone("ball-12")
    after = house.kept()
    assert {topic for topic in before if "ball-12" not in topic} <= set(after)


def test_a_device_taken_out_by_a_reload_is_offline_first_and_then_gone(house, listener):
    house.start("ball-1", "ball-12")
    house.wait_kept(lambda kept: "knead/ball-12/config" in kept, "two balls")
    house.reload("ball-1")
    house.wait_gone("ball-12")
    said = [m.payload for m in listener.messages if m.topic == "knead/ball-12/availability"]
    assert said[-2:] == [b"offline", b""]


def test_a_reload_that_changes_a_device_or_the_rates_takes_nothing_back(house, listener):
    house.start("ball-1")
    house.wait_kept(lambda kept: DEVICE in kept and "knead/bridge/info" in kept, "the announcement")
    after = len(listener.messages)
    house.reload("ball-1", press_n=12)
    house.wait_kept(lambda kept: b'"press_n":12' in kept["knead/ball-1/config"], "the new limit")
    house.reload("ball-1", press_n=12, mqtt="live_hz = 5")
    house.wait_kept(lambda kept: b'"live_hz":5' in kept["knead/ball-1/config"], "the new rate")
    settle(4)
    assert [m.topic for m in listener.messages[after:] if not m.payload] == []


@pytest.mark.parametrize("while_down", [True, False])
def test_a_section_that_is_renamed_leaves_no_ghost(house, while_down):
    house.start("ball-1", mqtt="scalars = yes")
    house.wait_kept(lambda kept: DEVICE in kept, "the announcement")
    house.ports["kugel"] = house.ports["ball-1"]
    (house.start if while_down else house.reload)("kugel", mqtt="scalars = yes")
    house.wait_gone("ball-1")
    house.wait_kept(lambda kept: "homeassistant/device/knead_kugel/config" in kept and "knead/kugel/config" in kept, "the new name")


def test_another_name_for_people_is_the_same_device(house, listener):
    house.start("ball-1", name="Red")
    house.wait_kept(lambda kept: DEVICE in kept, "the announcement")
    red = json.loads(house.kept()[DEVICE])
    house.start("ball-1", name="Blue")
    house.wait_kept(lambda kept: json.loads(kept[DEVICE])["device"]["name"] == "Blue", "the new name")
    blue = json.loads(house.kept()[DEVICE])
    assert blue["device"]["identifiers"] == red["device"]["identifiers"]
    assert blue["components"].keys() <= red["components"].keys()
    assert not [m for m in listener.messages if m.topic == DEVICE and not m.payload]


@pytest.mark.parametrize("while_down", [True, False])
@pytest.mark.parametrize("old, new", [("device", "components"), ("components", "device")])
def test_another_style_is_migrated_to(house, listener, while_down, old, new):
    was, now = (DEVICE, FORCE) if old == "device" else (FORCE, DEVICE)
    house.start("ball-1", style=old)
    house.wait_kept(lambda kept: was in kept and "knead/bridge/info" in kept, "the old announcement")
    ids = entity_ids(house.kept())
    after = len(listener.messages)
    (house.start if while_down else house.reload)("ball-1", style=new)
    house.wait_kept(lambda kept: now in kept and was not in kept, "the new announcement")
    places = [(m.topic, m.payload) for m in listener.messages[after:]]
    told = next(i for i, (topic, payload) in enumerate(places) if topic == now and payload)
    assert places.index((was, b'{"migrate_discovery":true}')) < told < places.index((was, b""))
    assert entity_ids(house.kept()) == ids
    device_style = [topic for topic in house.kept() if topic.startswith("homeassistant/device/")]
    assert len(device_style) == (2 if new == "device" else 0)


def entity_ids(kept):
    """unique_id of all that is announced: of one message a device, or of one a component."""
    messages = [json.loads(payload) for topic, payload in kept.items() if topic.startswith("homeassistant/")]
    components = [c for m in messages for c in m.get("components", {None: m}).values()]
    return {c["unique_id"] for c in components if "unique_id" in c}


@pytest.mark.parametrize("style", ["device", "components"])
def test_off_takes_back_what_was_announced_and_keeps_the_topics(house, style):
    house.start("ball-1", style=style)
    house.wait_kept(lambda kept: (DEVICE if style == "device" else FORCE) in kept and "knead/ball-1/config" in kept, "the announcement")
    house.start("ball-1", style="off")
    house.wait_gone("homeassistant/")
    assert {"knead/ball-1/config", "knead/ball-1/availability", "knead/bridge/info"} <= set(house.kept())


def test_another_prefix_leaves_the_old_one_empty(house):
    house.start("ball-1")
    house.wait_kept(lambda kept: DEVICE in kept, "the announcement")
    house.start("ball-1", prefix="elsewhere")
    house.wait_gone("homeassistant/")
    assert "elsewhere/device/knead_ball-1/config" in house.kept()


def test_an_entity_that_no_longer_applies_is_taken_back_once(house):
    house.start("ball-1")
    house.wait_kept(lambda kept: DEVICE in kept, "the announcement")
    settle(2)
    house.start("ball-1", contact_cm2=0)
    house.wait_kept(lambda kept: json.loads(kept[DEVICE])["components"].get("pressure") == {"platform": "sensor"}, "it is taken back")
    harness.wait_until(lambda: "sensor/pressure" not in (house.folder / "state/bridge.json").read_text(), 10, "that is noted")
    house.start("ball-1", contact_cm2=0)
    house.wait_kept(lambda kept: "pressure" not in json.loads(kept[DEVICE])["components"], "nothing is said of it any more")


@pytest.mark.parametrize("style, topic", [("device", DEVICE), ("components", FORCE)])
def test_what_a_user_deletes_stays_deleted_until_home_assistant_starts_again(house, listener, style, topic):
    house.start("ball-1", style=style)
    house.wait_kept(lambda kept: topic in kept and "knead/bridge/info" in kept, "the announcement")
    listener.client.publish(topic, b"", qos=1, retain=True)
    house.wait_kept(lambda kept: topic not in kept, "it is deleted")
    play(house)
    house.wait_kept(lambda kept: "knead/ball-1/hold" in kept, "a hold")
    settle(2)
    assert topic not in house.kept()
    listener.client.publish("homeassistant/status", "online")
    house.wait_kept(lambda kept: topic in kept, "it is announced again")


def test_what_a_user_deletes_comes_back_with_rediscover_and_with_a_restart(house, listener):
    house.start("ball-1")
    house.wait_kept(lambda kept: DEVICE in kept and "knead/bridge/info" in kept, "the announcement")
    for bring_back in (lambda: listener.client.publish("knead/bridge/request/rediscover", "{}", qos=1), lambda: house.start("ball-1")):
        listener.client.publish(DEVICE, b"", qos=1, retain=True)
        house.wait_kept(lambda kept: DEVICE not in kept, "it is deleted")
        bring_back()
        house.wait_kept(lambda kept: DEVICE in kept, "it is announced again")


def test_a_broker_that_was_away_at_the_change_hears_of_it_later(house):
    house.start("ball-1", "ball-12")
    house.wait_kept(lambda kept: "homeassistant/device/knead_ball-12/config" in kept, "two balls")
    kept = house.kept()
    house.running.stop()
    house.broker.stop()
    house.start("ball-1")
    settle(1)
    house.start("ball-1")
    house.broker.start()
    client = harness.Subscriber(house.broker.port, ["nothing"])  # the broker remembered, as one with persistence does
    for topic, payload in kept.items():
        if "ball-12" in topic:
            client.client.publish(topic, payload, qos=1, retain=True)
    house.wait_kept(lambda now: DEVICE in now, "connected")
    house.wait_gone("ball-12")
    client.close()


def test_forget_clears_garbage_of_which_nothing_is_known(daemon, broker, tmp_path):
    listener = harness.Subscriber(broker.port, ["knead/#", "homeassistant/#"])
    ball = Ball(daemon, broker, listener, tmp_path)
    garbage = ["knead/old/state", "knead/old/hold", "knead/old/session", "knead/old/diag", "knead/old/config", "knead/old/availability",
               "knead/old/value/phase", "knead/old/value/last_hold_id", "knead/old/value/session_holds", "knead/old/value/hold_id",
               "homeassistant/device/knead_old/config", "homeassistant/sensor/knead_old/force/config",
               "homeassistant/device_automation/knead_old/trigger_hold_end/config"]
    others = ["knead/older/state", "knead/ol/state", "homeassistant/device/knead_older/config", "homeassistant/device/zigbee_old/config"]
    for topic in garbage + others:
        listener.client.publish(topic, "{}", qos=1, retain=True)
    try:
        assert ball.ask("bridge/request/forget", {"args": {"device": "ball-1"}})["code"] == "busy"
        for name in ("", "bridge", "+", "#", "old/state", "OLD", "x" * 33, "../old"):
            assert ball.ask("bridge/request/forget", {"args": {"device": name}})["code"] == "bad_value", name
        assert ball.ask("bridge/request/forget", {"args": {"device": "old"}})["status"] == "ok"
        harness.wait_until(lambda: all(played_ball.latest(listener, topic) == b"" for topic in garbage), 10, "all of it is cleared")
        assert [played_ball.latest(listener, topic) for topic in others] == [b"{}"] * len(others)
    finally:
        listener.close()


def test_forget_of_a_device_that_is_taken_out_clears_its_values_too(house, listener):
    house.start("ball-1", "ball-12", mqtt="scalars = yes")
    play(house, "ball-12")
    house.wait_kept(lambda kept: "knead/ball-12/value/last_hold_id" in kept, "values")
    house.running.stop()
    (house.folder / "state/bridge.json").unlink()  # as if it had been taken out long ago
    house.start("ball-1", mqtt="scalars = yes")
    house.wait_kept(lambda kept: DEVICE in kept, "the announcement")
    assert [topic for topic in house.kept() if "ball-12" in topic]
    listener.client.publish("knead/bridge/request/forget", '{"args":{"device":"ball-12"}}', qos=1)
    house.wait_gone("ball-12")
