# SPDX-License-Identifier: MIT
"""What a real Home Assistant makes of the announcement: devices, entities, their classes; and what a hold does to them."""
import time

import pytest

import entities

# By now everything that is retained has come.
EARLY = 20


def test_the_ball_is_a_device_of_the_bridge(home):
    devices = home.house.devices()
    ball, bridge = devices["knead_ball-1"], devices["knead_bridge"]
    assert ball["via_device_id"] == bridge["id"]
    assert ball["name"] and bridge["name"]
    assert ball["manufacturer"] == bridge["manufacturer"] == "knead"
    assert bridge["sw_version"]


def expected():
    for key, entity in entities.DEVICE.items():
        yield f"knead_ball-1_{key}", f"{entity.domain}.ball_1_{key}", entity
    for key, entity in entities.BRIDGE.items():
        yield f"knead_bridge_{key}", f"{entity.domain}.knead_bridge_{key}", entity


def test_the_registry_has_these_entities_and_no_others(home):
    assert set(home.house.entities()) == {unique_id for unique_id, _, _ in expected()}


@pytest.mark.parametrize("unique_id, entity_id, wanted", expected(), ids=lambda value: value if isinstance(value, str) else "")
def test_an_entity_is_what_it_should_be(home, unique_id, entity_id, wanted):
    found = home.house.entities()[unique_id]
    assert found["entity_id"] == entity_id
    assert found["entity_category"] == wanted.category
    assert found["disabled_by"] == (None if wanted.enabled else "integration")
    if not wanted.enabled:
        return
    home.house.wait(found["entity_id"], lambda value: value not in (None, "unavailable") or unique_id.endswith(
        ("_force", "_pressure")), EARLY)
    attributes = home.house.state(found["entity_id"])["attributes"]
    assert attributes.get("device_class") == wanted.device_class
    assert attributes.get("unit_of_measurement") == wanted.unit
    assert attributes.get("state_class") == wanted.state_class


@pytest.mark.parametrize("key", entities.EVENTS)
def test_an_event_entity_knows_its_types(home, key):
    assert home.house.state(f"event.ball_1_{key}")["attributes"]["event_types"] == entities.EVENTS[key]


def test_at_rest_nothing_is_going_on(home):
    home.ball.force_n = 0.0
    home.house.wait("sensor.ball_1_phase", "idle")
    for entity, value in {"binary_sensor.ball_1_holding": "off", "binary_sensor.ball_1_link": "on",
                          "binary_sensor.ball_1_problem": "off", "number.ball_1_press_threshold": "8.0",
                          "select.ball_1_protocol": "no protocol"}.items():
        home.house.wait(entity, value)


def test_a_hold_shows_in_every_entity_that_has_to_do_with_it(home):
    house, began = home.house, time.time()
    home.begin_hold()
    house.wait("binary_sensor.ball_1_holding", "on")
    house.wait("sensor.ball_1_phase", "holding")
    house.wait("sensor.ball_1_force", lambda value: value not in ("unavailable", "unknown") and abs(float(value) - 60) < 3)
    home.end_hold()
    house.wait("binary_sensor.ball_1_holding", "off")
    hold = house.state("event.ball_1_hold")["attributes"]
    assert hold["target_met"] is True and hold["device"] == "ball-1"
    house.wait("sensor.ball_1_last_hold_duration", lambda value: float(value) == hold["duration_s"])
    house.wait("sensor.ball_1_last_hold_peak_force", lambda value: float(value) == hold["peak_n"])
    assert 4 <= hold["duration_s"] <= time.time() - began
    assert abs(hold["peak_n"] - 60) < 3
    house.wait("sensor.ball_1_session_holds", lambda value: int(value) >= 1)
    assert house.state("event.ball_1_release")["attributes"]["cause"] == "lifted"


def test_a_force_that_is_no_longer_told_is_unavailable_and_not_stale(home):
    home.house.wait("sensor.ball_1_phase", "idle")
    home.house.wait("sensor.ball_1_force", "unavailable", 25)


def test_home_assistant_found_nothing_to_complain_about(home):
    assert home.house.complaints() == []
