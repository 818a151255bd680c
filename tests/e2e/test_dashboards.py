# SPDX-License-Identifier: MIT
"""The shipped dashboards, blueprint, automations and flow: every entity, event, key and topic they name is really there."""
import json
import re

import pytest
import yaml

import harness
import played_ball
from test_schema import SCHEMA, channel_of

HOME = harness.TOP / "config/homeassistant"
FLOW = harness.TOP / "config/node-red/flow.json"
DASHBOARDS = ["dashboard.yaml", "dashboard-apexcharts.yaml"]
OWN_CARDS = {
    "attribute", "heading", "gauge", "tile", "markdown", "history-graph", "statistics-graph", "logbook", "conditional", "entities", "grid",
    "sections",
}


class Loader(yaml.SafeLoader):
    """Reads Home Assistant's !input as the name of the input."""


Loader.add_constructor("!input", lambda loader, node: f"!input {node.value}")


def read(path):
    return yaml.load(path.read_text(), Loader)


@pytest.fixture
def announced(daemon, broker, tmp_path):
    """The components of the device that is announced as ball-1, by entity id."""
    listener = harness.Subscriber(broker.port, ["homeassistant/#"])
    port = played_ball.Port(tmp_path / "ball")
    daemon(played_ball.config(broker.port, {"ball-1": port.link}).replace("discovery = off", "discovery = device"))
    message = played_ball.seen(listener, lambda m: m.topic == "homeassistant/device/knead_ball-1/config")
    listener.close()
    components = message.json["components"].values()
    return {c["default_entity_id"]: c for c in components if "default_entity_id" in c}


def entities_in(text):
    return set(re.findall(r"\b(?:sensor|binary_sensor|event|number|select|button|switch)\.ball_1_[a-z0-9_]+", text))


def test_every_entity_that_is_named_is_announced_and_enabled(announced):
    for path in [*(HOME / name for name in DASHBOARDS), HOME / "automations.yaml"]:
        named = entities_in(path.read_text())
        assert named, path
        for entity in named:
            known = entity if entity in announced else entity.rsplit(".", 1)[0]
            assert known in announced, f"{path.name}: {entity}"
            assert announced[known].get("enabled_by_default", True), f"{path.name}: {entity} is off by default"


def test_the_main_dashboard_is_made_of_home_assistants_own_cards():
    def types(node):
        if isinstance(node, dict):
            if isinstance(node.get("type"), str) and ("cards" in node or "entity" in node or "entities" in node or "content" in node):
                yield node["type"]
            for value in node.values():
                yield from types(value)
        elif isinstance(node, list):
            for value in node:
                yield from types(value)

    found = set(types(read(HOME / "dashboard.yaml")))
    assert found and found <= OWN_CARDS


def test_events_and_keys_that_automations_look_at_are_those_of_the_records():
    for path in (HOME / "automations.yaml", HOME / "blueprints/hold-target.yaml"):
        text = path.read_text()
        keys = set(re.findall(r"attributes\.([a-z_]+)", text))
        known = {key for d in SCHEMA["$defs"].values() for key in d.get("properties", {})}
        assert keys and keys <= known, path
        for word in re.findall(r"event_type == '(\w+)'", text):
            assert word in ("hold_target", "hold_end")


def test_the_blueprint_uses_every_input_it_asks_for_and_no_other():
    text = (HOME / "blueprints/hold-target.yaml").read_text()
    asked = set(read(HOME / "blueprints/hold-target.yaml")["blueprint"]["input"])
    assert asked == set(re.findall(r"!input (\w+)", text))


def test_the_flow_is_wired_and_names_real_topics():
    nodes = json.loads(FLOW.read_text())
    ids = {n["id"] for n in nodes}
    assert len(ids) == len(nodes)
    for node in nodes:
        for key in ("z", "broker", "group", "page", "ui", "theme"):
            if node["type"] != "mqtt-broker":  # its broker is a host
                assert node.get(key, "") in ids | {""}, node["id"]
        assert all(target in ids for wire in node.get("wires", []) for target in wire), node["id"]
        if node["type"] == "mqtt in":
            assert channel_of(node["topic"].removeprefix("knead/")), node["topic"]
    kinds = {n["type"] for n in nodes}
    assert {"ui-base", "ui-theme", "ui-page", "ui-group", "ui-gauge", "ui-text", "ui-button", "ui-chart"} <= kinds
    assert not any("password" in json.dumps(n) for n in nodes)
