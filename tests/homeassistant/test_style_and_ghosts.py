# SPDX-License-Identifier: MIT
"""Devices that come and go, are renamed, deleted by their owner, announced in another style: nothing is lost, no ghost stays."""
import itertools
import json
import time

import pytest

import harness
import house as houses
import played_ball

FIRST = "knead_ball-1"
BACK_S = 30
QUIET_S = 8


def of_device(house, identifier):
    """Its entities, by unique_id; none without the device."""
    device = house.devices().get(identifier)
    return {u: e for u, e in house.entities().items() if device and e["device_id"] == device["id"]}


def request(home, verb, **args):
    """Asks the bridge, and waits for its answer."""
    after = len(home.listener.messages)
    home.listener.client.publish(f"knead/bridge/request/{verb}", json.dumps({"args": args}), qos=1)
    topic = f"knead/bridge/response/{verb}"
    assert played_ball.seen(home.listener, lambda m: m.topic == topic, after=after).json["status"] == "ok"


def retained(home, pattern):
    """Topics that the broker keeps."""
    client = harness.Subscriber(home.broker.port, pattern)
    time.sleep(1)
    client.close()
    return {m.topic: m.payload for m in client.messages if m.retain and m.payload}


def wait_until_gone(home, identifier):
    harness.wait_until(lambda: identifier not in home.house.devices(), BACK_S, f"{identifier} is gone")
    assert not [u for u in home.house.entities() if u.startswith(identifier + "_")]


def names(home, ball):
    return {u: e["entity_id"] for u, e in of_device(home.house, ball.identifier).items()}


NUMBERS = itertools.count(2)


@pytest.fixture
def second(home):
    """Another ball beside the first, of a name that Home Assistant has never seen. Afterwards there is only the first again."""
    ball = houses.LivingBall(home.folder / "second")
    ball.name = f"ball-{next(NUMBERS)}"
    ball.identifier, ball.link = f"knead_{ball.name}", f"binary_sensor.{ball.name.replace('-', '_')}_link"
    ball.start()
    home.restart_daemon(ball)
    # the last of its entities, once it is known what the ball can do
    harness.wait_until(lambda: f"{ball.identifier}_identify" in names(home, ball), BACK_S, "it is announced in full")
    home.house.wait(ball.link, "on", BACK_S)
    yield ball
    home.restart_daemon()
    ball.end()
    wait_until_gone(home, ball.identifier)
    home.house.wait("binary_sensor.ball_1_link", "on", BACK_S)


def keys(entities, identifier):
    """What of them does not depend on whose they are."""
    slug = identifier.removeprefix("knead_").replace("-", "_")
    return {(u.removeprefix(identifier), e["entity_id"].replace(slug, "*"), e["entity_category"], e["disabled_by"])
            for u, e in entities.items()}


def test_a_second_ball_is_a_device_of_its_own_and_leaves_nothing_when_it_is_taken_out(home, second):
    assert keys(of_device(home.house, second.identifier), second.identifier) == keys(of_device(home.house, FIRST), FIRST)
    home.restart_daemon()
    wait_until_gone(home, second.identifier)
    assert not retained(home, f"knead/{second.name}/#")
    home.house.wait("binary_sensor.ball_1_link", "on", BACK_S)


def test_forget_clears_a_ghost_with_all_its_entities(home):
    announced = retained(home, "homeassistant/device/#")["homeassistant/device/knead_ball-1/config"]
    publish = home.listener.client.publish
    # as somebody's kneadd of long ago left it
    ghost = announced.replace(b"ball-1", b"old-ball").replace(b"ball_1", b"old_ball")
    publish("homeassistant/device/knead_old-ball/config", ghost, qos=1, retain=True)
    publish("knead/old-ball/availability", b"offline", qos=1, retain=True)
    harness.wait_until(lambda: len(of_device(home.house, "knead_old-ball")) > 20, BACK_S, "the ghost is there")
    request(home, "forget", device="old-ball")
    wait_until_gone(home, "knead_old-ball")
    assert not retained(home, "knead/old-ball/#")
    home.house.wait("binary_sensor.ball_1_link", "on")


@pytest.mark.parametrize("how", ["rediscover", "restart of kneadd", "restart of Home Assistant"])
def test_a_device_that_its_owner_deletes_stays_away_until_it_is_asked_for(home, second, how):
    before = names(home, second)
    home.house.delete(home.house.devices()[second.identifier])
    wait_until_gone(home, second.identifier)
    second.press(60.0, 4)  # in spite of whatever it has to tell
    time.sleep(QUIET_S)
    assert second.identifier not in home.house.devices()
    assert f"homeassistant/device/{second.identifier}/config" not in retained(home, "homeassistant/device/#")
    if how == "rediscover":
        request(home, "rediscover")
    elif how == "restart of kneadd":
        home.restart_daemon(second)
    else:
        home.house.stop()
        home.house.start()
    harness.wait_until(lambda: names(home, second) == before, BACK_S, "it is back")
    home.house.wait(second.link, "on")


def test_a_device_that_gets_another_name_keeps_its_entities(home):
    before = of_device(home.house, FIRST)
    home.restart_daemon(name="Red ball")
    harness.wait_until(lambda: home.house.devices()[FIRST]["name"] == "Red ball", BACK_S, "the new name")
    now = of_device(home.house, FIRST)
    assert {u: (e["id"], e["entity_id"]) for u, e in now.items()} == {u: (e["id"], e["entity_id"]) for u, e in before.items()}
    home.house.wait("sensor.ball_1_phase", "idle")
    assert home.house.state("sensor.ball_1_phase")["attributes"]["friendly_name"] == "Red ball Phase"
    home.restart_daemon()
    harness.wait_until(lambda: home.house.devices()[FIRST]["name"] != "Red ball", BACK_S, "the old name")


def test_a_name_that_its_owner_gave_it_stays(home):
    device = home.house.devices()[FIRST]["id"]
    home.house.tell({"type": "config/device_registry/update", "device_id": device, "name_by_user": "Mine"})
    home.restart_daemon()
    request(home, "rediscover")
    time.sleep(QUIET_S)
    assert home.house.devices()[FIRST]["name_by_user"] == "Mine"
    home.house.tell({"type": "config/device_registry/update", "device_id": device, "name_by_user": None})
    home.house.wait("binary_sensor.ball_1_link", "on", BACK_S)


def whole(home):
    """
    Entities of ball and bridge as they are registered, and the states of those that do not move. When an event was last or a
    button was pressed is not taken over by Home Assistant itself: that they are there is in the registry.
    """
    registry = {u: (e["id"], e["entity_id"], e["entity_category"], e["disabled_by"]) for u, e in home.house.entities().items()}
    moving = ("_force", "_pressure", "_sample_rate", "_started", "_dropped")
    states = {entity: home.house.state(entity) for _, entity, _, disabled in registry.values()
              if not disabled and not entity.endswith(moving) and not entity.startswith(("event.", "button."))}
    return registry, {entity: s and (s["state"], s["attributes"].get("device_class"), s["attributes"].get("unit_of_measurement"))
                      for entity, s in states.items()}


def wait_until_whole(home, before):
    try:
        harness.wait_until(lambda: whole(home) == before, BACK_S, "all entities are as before")
    except AssertionError:
        now = whole(home)
        raise AssertionError([(k, then.get(k), new.get(k)) for then, new in zip(before, now) for k in {*then, *new}
                              if then.get(k) != new.get(k)]) from None


def styles(home):
    return {"device" if topic.startswith("homeassistant/device/") else "components" for topic in retained(home, "homeassistant/#")}


def test_another_style_of_announcement_is_the_same_for_the_owner(home):
    home.begin_hold()
    home.end_hold()
    home.house.wait("sensor.ball_1_phase", "idle")
    home.house.call("button.press", entity_id="button.ball_1_session_end")
    home.house.wait("binary_sensor.ball_1_in_use", "off")
    time.sleep(2)
    before, fired = whole(home), home.fired()
    for style in ("components", "device"):
        home.restart_daemon(style=style)
        harness.wait_until(lambda: styles(home) == {style}, BACK_S, f"only the style {style}")
        wait_until_whole(home, before)
        time.sleep(QUIET_S)
        wait_until_whole(home, before)
        assert home.fired() == fired
        counters, _ = fired
        home.begin_hold()
        home.end_hold()
        time.sleep(2)
        assert home.fired()[0] == tuple(count + 1 for count in counters), "each automation fires once"
        home.house.call("button.press", entity_id="button.ball_1_session_end")
        home.house.wait("binary_sensor.ball_1_in_use", "off")
        time.sleep(2)
        before, fired = whole(home), home.fired()


def test_a_ball_that_was_never_announced_otherwise_has_the_same_entities_as_components(home, second):
    as_device = names(home, second)
    home.restart_daemon()
    wait_until_gone(home, second.identifier)
    home.restart_daemon(second, style="components")
    harness.wait_until(lambda: names(home, second) == as_device, BACK_S, "all of it is there")
    assert home.house.devices()[second.identifier]["via_device_id"] == home.house.devices()["knead_bridge"]["id"]
