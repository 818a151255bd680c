# SPDX-License-Identifier: MIT
"""The rows that Home Assistant's recorder stores, worked out from what was announced and published, in stream time.

A state that changes is a row, and so is every event; a sensor that expires changes too. tests/homeassistant/rates.py counts
those of the real recorder.
"""
import collections
import json

import jinja2


class Entity:
    """One that is enabled by default, and reads a topic."""

    def __init__(self, component):
        template = component.get("value_template")
        self.template = jinja2.Environment().from_string(template) if template else None
        self.is_event = component["platform"] == "event"
        self.expire_s = component.get("expire_after")
        self.state, self.told_s, self.rows = None, 0.0, 0

    def expire(self, now_s):
        if self.expire_s and self.state is not None and now_s > self.told_s + self.expire_s:
            self.state, self.rows = None, self.rows + 1

    def take(self, now_s, payload):
        self.expire(now_s)
        self.told_s = now_s
        state = payload
        if self.template and not self.is_event:
            state = self.template.render(value=payload, value_json=json.loads(payload))
        if self.is_event or state != self.state:
            self.state, self.rows = state, self.rows + 1


def enabled(topic, payload):
    """The components of an announcement that show something unasked, by entity id."""
    if not topic.endswith("/config") or "/device/" not in topic:
        return {}
    return {c["default_entity_id"]: c for c in json.loads(payload)["components"].values()
            if "default_entity_id" in c and "state_topic" in c and c.get("enabled_by_default", True)}


def rows(transcript, since_s):
    """By entity, how many rows the lines "SECONDS TOPIC PAYLOAD" make from a moment on."""
    readers, entities, before = collections.defaultdict(list), {}, collections.Counter()
    for line in transcript:
        seconds, topic, payload = line.rstrip("\n").split(" ", 2)
        for entity_id, component in enabled(topic, payload).items():
            if entity_id in entities:
                continue  # it was announced before
            entities[entity_id] = Entity(component)
            readers[component["state_topic"]].append(entities[entity_id])
        for entity in readers[topic]:
            entity.take(float(seconds), payload)
        if float(seconds) < since_s:
            before.update({entity_id: e.rows - before[entity_id] for entity_id, e in entities.items()})
    return {entity_id: e.rows - before[entity_id] for entity_id, e in entities.items()}
