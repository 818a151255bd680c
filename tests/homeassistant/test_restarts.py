# SPDX-License-Identifier: MIT
"""Automations fire once for each event, never for an old one; and whatever restarts, everything is right again by itself."""
import json
import re
import time

import pytest

import entities
import harness

BACK_S = 30  # Home Assistant asks for a delay of up to 10 s after its birth, the back-off to a broker may stand at some seconds
QUIET_S = 8  # time for what should not happen
# What a contact alone tells, and what carries a moment.
LIVE = {"force", "pressure"}


def steady(house):
    """States of what is enabled and not live, by entity."""
    keys = [(e.domain, key) for key, e in entities.DEVICE.items() if e.enabled and key not in LIVE | {"sample_rate"}]
    return {f"{domain}.ball_1_{key}": house.value(f"{domain}.ball_1_{key}") for domain, key in keys}


def wait_until_as_before(house, before, but=()):
    """Waits until every state is again what it was, but for those; returns how long that took."""
    began, now = time.monotonic(), {}

    def same():
        now.update(steady(house))
        return all(now[entity] == value for entity, value in before.items() if entity not in but)

    try:
        harness.wait_until(same, BACK_S, "the states are as before")
    except AssertionError:
        raise AssertionError({k: (v, now[k]) for k, v in before.items() if now[k] != v}) from None
    return time.monotonic() - began


def hold_once(home):
    """A hold to its target: each automation fires once more, and not again."""
    counters, _ = home.fired()
    home.begin_hold()
    home.end_hold()
    time.sleep(2)
    assert home.fired()[0] == tuple(count + 1 for count in counters)
    home.house.wait("sensor.ball_1_phase", "idle")


@pytest.fixture
def calm(home):
    """After at least one hold, with nothing on the ball; what then is, and how often automations had fired."""
    if home.house.value("event.ball_1_hold") in (None, "unknown"):
        hold_once(home)
    home.house.wait("sensor.ball_1_phase", "idle")
    home.house.call("button.press", entity_id="button.ball_1_session_end")
    home.house.wait("binary_sensor.ball_1_in_use", "off")
    time.sleep(2)
    return steady(home.house), home.fired()


def number(house, entity):
    """The state as a number; NaN, which equals nothing, for one that is not known."""
    try:
        return float(house.value(entity))
    except ValueError:
        return float("nan")


def check_nothing_fired(home, before):
    """What the stand-in counts begins at 0 with Home Assistant, what was triggered last does not."""
    counters, triggered = home.fired()
    assert triggered == before[1], "an automation fired though nothing happened"
    assert all(now in (0, then) for now, then in zip(counters, before[0]))


def check_afterwards(home, calm, what, but=()):
    before, fired = calm
    took = wait_until_as_before(home.house, before, but)
    print(f"\n{what}: as before after {took:.1f} s")
    time.sleep(QUIET_S)
    wait_until_as_before(home.house, before, but)
    check_nothing_fired(home, fired)
    hold_once(home)


def test_a_target_reached_fires_each_automation_once(home):
    home.house.call("light.turn_off", entity_id="light.lamp")
    hold_once(home)
    home.house.wait("light.lamp", "on")


def test_the_automations_say_what_they_were_told_to(home):
    hold_once(home)
    hold = home.house.state("event.ball_1_hold")["attributes"]
    spoken, told, entry = (home.house.state(f"stand_in.{name}")["attributes"] for name in ("speak", "notify", "logbook"))
    assert spoken["entity_id"] == ["tts.voice"] and spoken["media_player_entity_id"] == ["media_player.kitchen"]
    assert spoken["message"] == "Time. Let go slowly."
    assert told["title"] == "Ease off" and re.fullmatch(r"\d\d N is above your own limit\.", told["message"])
    assert entry["name"] == "Massage"
    assert entry["message"] == f"held {hold['duration_s']:.0f} s at {hold['mean_n']:.0f} N, target met"


def test_a_retained_event_is_no_event_of_its_entity(home, calm):
    # The entity drops it; a device trigger would take it. kneadd retains none: here somebody else did.
    event = {"v": 1, "event_type": "hold_target", "device": "ball-1", "hold_id": 1, "target_s": 4}
    home.house.stop()
    home.listener.client.publish("knead/ball-1/event/hold", json.dumps(event), qos=1, retain=True)
    home.house.start()
    wait_until_as_before(home.house, calm[0])
    time.sleep(QUIET_S)
    home.house.stop()
    home.listener.client.publish("knead/ball-1/event/hold", b"", qos=1, retain=True)
    home.house.start()
    wait_until_as_before(home.house, calm[0])
    assert home.fired()[0][0] == calm[1][0][0]


def test_a_restart_of_home_assistant_changes_nothing(home, calm):
    home.house.stop()
    home.house.start()
    check_afterwards(home, calm, "restart of Home Assistant")


def test_what_happens_while_home_assistant_is_away_does_not_fire_afterwards(home, calm):
    home.house.stop()
    home.ball.press(60.0, 7)
    time.sleep(1)
    home.house.start()
    harness.wait_until(lambda: number(home.house, "sensor.ball_1_session_holds") >= 1, BACK_S, "the session is known")
    time.sleep(QUIET_S)
    check_nothing_fired(home, calm[1])
    hold_once(home)


def test_a_restart_of_the_broker_changes_nothing(home, calm):
    home.broker.stop()
    home.house.wait("binary_sensor.ball_1_holding", "unavailable", 30)
    home.broker.start()
    check_afterwards(home, calm, "restart of the broker, which forgot everything")


def test_a_restart_of_a_broker_that_keeps_what_is_retained_changes_nothing(home, calm):
    lasting = home.broker.config.read_text().replace(
        "persistence false", f"persistence true\npersistence_location {home.broker.folder}/\nuser root")
    home.broker.stop()
    home.broker.config.write_text(lasting)
    home.broker.start()
    wait_until_as_before(home.house, calm[0])
    home.broker.stop()
    assert (home.broker.folder / "mosquitto.db").stat().st_size > 1000
    home.house.wait("binary_sensor.ball_1_holding", "unavailable", 30)
    home.broker.start()
    check_afterwards(home, calm, "restart of the broker, which kept everything")


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_restart_of_kneadd_changes_nothing(home, calm, how):
    if how == "killed":
        home.daemon.process.kill()
        home.daemon.process.wait()
    else:
        home.daemon.stop()
    home.house.wait("binary_sensor.ball_1_holding", "unavailable")
    home.house.wait("binary_sensor.knead_bridge_connection", "off")
    home.start_daemon()
    check_afterwards(home, calm, f"kneadd {how} and started")


def test_a_ball_that_falls_silent_is_unavailable_and_its_link_says_so(home, calm):
    home.ball.silent = True
    home.house.wait("binary_sensor.ball_1_link", "off")
    assert home.house.value("binary_sensor.ball_1_holding") == "unavailable"
    assert home.house.value("binary_sensor.knead_bridge_connection") == "on"
    home.ball.silent = False
    check_afterwards(home, calm, "a ball that speaks again", but=["event.ball_1_fault"])


def test_home_assistant_found_nothing_to_complain_about_in_all_this(home):
    # its client's own words about a broker that was stopped or killed
    allowed = ("Connection refused", "Connection reset", "Failed to connect", "Disconnected", "MQTT client", "connection was lost")
    assert [line for line in home.house.complaints() if not any(word in line for word in allowed)] == []
