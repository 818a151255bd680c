# SPDX-License-Identifier: MIT
"""Runs inside Home Assistant: stands in for a voice and a telephone, and counts what automations ask of them and of the logbook.

stand_in.speak, stand_in.notify, stand_in.logbook: how often since the start of Home Assistant; attributes: the last call.
"""
ASKED = {"stand_in.speak": ("tts", "speak"), "stand_in.notify": ("notify", "notify")}


async def async_setup(hass, config):
    counts = {}

    def note(entity, data):
        counts[entity] = counts.get(entity, 0) + 1
        hass.states.async_set(entity, str(counts[entity]), dict(data))

    def taker(entity):
        async def take(call):
            note(entity, call.data)

        return take

    async def take_over(_event):
        """When all else is set up: some of it brings these services along."""
        for entity, service in ASKED.items():
            hass.services.async_register(*service, taker(entity))

    for entity in (*ASKED, "stand_in.logbook"):
        hass.states.async_set(entity, "0")
    hass.bus.async_listen_once("homeassistant_started", take_over)

    async def take_entry(event):
        note("stand_in.logbook", event.data)

    hass.bus.async_listen("logbook_entry", take_entry)
    return True
