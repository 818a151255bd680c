# SPDX-License-Identifier: MIT
"""What Home Assistant can do to a ball: its buttons, numbers and selects arrive, are kept, and are refused where they must be."""
import json

import pytest

import played_ball


def answer(home, verb, after):
    """The next result of a command."""
    topic = f"knead/ball-1/result/{verb}"
    return played_ball.seen(home.listener, lambda m: m.topic == topic, after=after).json


def configured(home, key):
    return json.loads(played_ball.latest(home.listener, "knead/ball-1/config"))[key]


def test_the_tare_button_takes_the_zero_anew(home):
    home.house.wait("sensor.ball_1_phase", "idle")
    after = len(home.listener.messages)
    home.house.call("button.press", entity_id="button.ball_1_tare")
    result = answer(home, "tare", after)
    assert result["status"] == "ok"
    assert result["data"]["zero_raw"] == pytest.approx([played_ball.ZERO], abs=3)


def test_a_tare_under_load_is_refused_with_the_reason(home):
    home.house.wait("sensor.ball_1_phase", "idle")
    after = len(home.listener.messages)
    home.ball.force_n = 60.0
    try:
        home.house.wait("sensor.ball_1_phase", lambda value: value != "idle")
        home.house.call("button.press", entity_id="button.ball_1_tare")
        result = answer(home, "tare", after)
    finally:
        home.ball.force_n = 0.0
    assert (result["status"], result["code"]) == ("error", "loaded")


def test_the_target_is_set_from_its_number_and_shown(home):
    home.house.call("number.set_value", entity_id="number.ball_1_target_hold", value=7)
    home.house.wait("number.ball_1_target_hold", lambda value: float(value) == 7)
    assert configured(home, "target_s") == 7
    home.house.call("number.set_value", entity_id="number.ball_1_target_hold", value=4)
    home.house.wait("number.ball_1_target_hold", lambda value: float(value) == 4)


def test_a_number_takes_nothing_out_of_its_range(home):
    with pytest.raises(AssertionError):
        home.house.call("number.set_value", entity_id="number.ball_1_target_hold", value=601)
    assert configured(home, "target_s") == 4


@pytest.mark.parametrize("number, key, value, back", [
    ("press_threshold", "press_n", 9.5, 8), ("release_threshold", "release_n", 4.5, 5), ("shortest_hold", "hold_min_s", 2.5, 2),
    ("contact_area", "contact_cm2", 12.5, 10), ("soft_limit", "over_soft_n", 45, 40), ("hard_limit", "over_hard_n", 55, 50),
])
def test_a_number_is_set_and_set_back(home, number, key, value, back):
    for wanted in (value, back):
        home.house.call("number.set_value", entity_id=f"number.ball_1_{number}", value=wanted)
        home.house.wait(f"number.ball_1_{number}", lambda state: state != "unknown" and float(state) == wanted)
        assert configured(home, key) == wanted


def test_a_number_that_kneadd_refuses_keeps_what_it_was(home):
    after = len(home.listener.messages)
    home.house.call("number.set_value", entity_id="number.ball_1_release_threshold", value=150)
    assert answer(home, "set", after)["status"] == "error"
    home.house.wait("number.ball_1_release_threshold", lambda value: float(value) < 150)


@pytest.mark.parametrize("entity, option, back", [
    ("select.ball_1_protocol", "hold30", "no protocol"), ("select.ball_1_profile", "gentle", "ball"),
    ("select.knead_bridge_verbosity", "debug", "info"),
])
def test_a_select_is_set_and_set_back(home, entity, option, back):
    before = home.house.value(entity)
    for word in (option, back):
        home.house.call("select.select_option", entity_id=entity, option=word)
        home.house.wait(entity, word)
    assert before is not None


def test_a_protocol_is_started_and_stopped_by_its_buttons(home):
    home.house.call("select.select_option", entity_id="select.ball_1_protocol", option="hold30")
    home.house.wait("select.ball_1_protocol", "hold30")
    for verb in ("protocol_start", "protocol_stop"):
        after = len(home.listener.messages)
        home.house.call("button.press", entity_id=f"button.ball_1_{verb}")
        assert answer(home, verb, after)["status"] == "ok"
    home.house.call("select.select_option", entity_id="select.ball_1_protocol", option="no protocol")
    home.house.wait("select.ball_1_protocol", "no protocol")


def test_the_session_is_ended_by_its_button(home):
    home.begin_hold()
    home.end_hold()
    after = len(home.listener.messages)
    home.house.call("button.press", entity_id="button.ball_1_session_end")
    assert answer(home, "session_end", after)["status"] == "ok"
