# SPDX-License-Identifier: MIT
"""The entities that are off until their owner switches them on: they work then, too."""
import json

import pytest

import entities
import harness
import played_ball

BACK_S = 60  # Home Assistant waits for 30 s before it takes over what was switched on
OFF = {**{f"knead_ball-1_{key}": entity for key, entity in entities.DEVICE.items() if not entity.enabled},
       **{f"knead_bridge_{key}": entity for key, entity in entities.BRIDGE.items() if not entity.enabled}}


@pytest.fixture(scope="module")
def switched_on(home):
    """The registered entities, all of them on; one has something to show."""
    found = home.house.entities()
    ids = {u: found[u]["entity_id"] for u in OFF}
    home.house.tell(*({"type": "config/entity_registry/update", "entity_id": entity, "disabled_by": None} for entity in ids.values()))
    harness.wait_until(lambda: all(home.house.value(entity) for entity in ids.values()), BACK_S, "all are there")
    home.house.wait("binary_sensor.ball_1_link", "on", BACK_S)
    home.begin_hold()
    home.end_hold()
    return ids


@pytest.mark.parametrize("unique_id", OFF)
def test_it_is_what_it_should_be(home, switched_on, unique_id):
    entity, wanted = switched_on[unique_id], OFF[unique_id]
    home.house.wait(entity, lambda value: value != "unavailable" or unique_id.endswith("_load"), BACK_S)
    attributes = home.house.state(entity)["attributes"]
    assert attributes.get("device_class") == wanted.device_class
    assert attributes.get("unit_of_measurement") == wanted.unit
    assert attributes.get("state_class") == wanted.state_class


def test_the_last_hold_is_there_in_full(home, switched_on):
    hold = json.loads(played_ball.latest(home.listener, "knead/ball-1/hold"))
    for key, field in {"mean_force": "mean_n", "impulse": "impulse_ns", "steadiness": "steadiness_pct"}.items():
        home.house.wait(f"sensor.ball_1_last_hold_{key}", lambda value: float(value) == hold[field])
    assert home.house.value("sensor.ball_1_last_hold_end")[:19] == hold["end"][:19]


def test_the_live_switch_and_its_rate_reach_the_ball(home, switched_on):
    def configured():
        return json.loads(played_ball.latest(home.listener, "knead/ball-1/config"))

    for service, wanted in (("switch.turn_off", "off"), ("switch.turn_on", "on")):
        home.house.call(service, entity_id="switch.ball_1_live")
        home.house.wait("switch.ball_1_live", wanted)
        assert configured()["live"] is (wanted == "on")
    for rate_hz in (5, 2):
        home.house.call("number.set_value", entity_id="number.ball_1_live_rate", value=rate_hz)
        home.house.wait("number.ball_1_live_rate", lambda value: float(value) == rate_hz)
        assert configured()["live_hz"] == rate_hz


def test_the_button_of_the_bridge_restarts_kneadd(home, switched_on):
    after, began = len(home.listener.messages), home.house.value("sensor.knead_bridge_started")
    home.house.call("button.press", entity_id="button.knead_bridge_restart_daemon")
    topic = "knead/bridge/response/restart_daemon"
    assert played_ball.seen(home.listener, lambda m: m.topic == topic, after=after).json["status"] == "ok"
    home.house.wait("sensor.knead_bridge_started", lambda value: value not in (began, "unknown", "unavailable"), BACK_S)
    home.house.wait("binary_sensor.ball_1_link", "on", BACK_S)
