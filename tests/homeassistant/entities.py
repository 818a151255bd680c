# SPDX-License-Identifier: MIT
"""What Home Assistant has to end up with: each entity's domain, class, unit, state class, category, and whether it is on.

Written down by hand from the table of entities of the design page, apart from the code that announces them.
"""
import collections

Entity = collections.namedtuple("Entity", "domain device_class unit state_class category enabled")


def sensor(device_class, unit, state_class="measurement", category=None, on=True):
    return Entity("sensor", device_class, unit, state_class, category, on)


def plain(domain, device_class=None, unit=None, category=None, on=True):
    return Entity(domain, device_class, unit, None, category, on)


DEVICE = {
    "force": sensor(None, "N"),
    "pressure": sensor("pressure", "kPa"),
    "load": sensor("weight", "kg", on=False),
    "holding": plain("binary_sensor", "running"),
    "in_use": plain("binary_sensor", "occupancy"),
    "phase": plain("sensor", "enum"),
    "cadence": sensor(None, "1/min"),
    "last_hold_duration": sensor("duration", "s"),
    "last_hold_peak_force": sensor(None, "N"),
    "last_hold_peak_pressure": sensor("pressure", "kPa"),
    "last_hold_mean_force": sensor(None, "N", on=False),
    "last_hold_impulse": sensor(None, "N·s", on=False),
    "last_hold_steadiness": sensor(None, "%", on=False),
    "last_hold_end": plain("sensor", "timestamp", on=False),
    "session_holds": sensor(None, "holds", "total_increasing"),
    "session_strokes": sensor(None, "strokes", "total_increasing"),
    "session_loaded_time": sensor("duration", "s", "total_increasing"),
    "hold": plain("event"),
    "release": plain("event"),
    "stroke": plain("event"),
    "press": plain("event"),
    "protocol_progress": plain("event"),
    "session": plain("event", on=False),
    "warning": plain("event"),
    "fault": plain("event", category="diagnostic"),
    "squeeze": plain("event", "button", on=False),
    "tare": plain("button"),
    "session_end": plain("button"),
    "protocol_start": plain("button"),
    "protocol_stop": plain("button"),
    "identify": plain("button", "identify", category="diagnostic"),
    "target_hold": plain("number", "duration", "s"),
    "press_threshold": plain("number", None, "N", "config"),
    "release_threshold": plain("number", None, "N", "config"),
    "shortest_hold": plain("number", "duration", "s", "config"),
    "contact_area": plain("number", "area", "cm²", "config"),
    "soft_limit": plain("number", None, "N", "config"),
    "hard_limit": plain("number", None, "N", "config"),
    "live_rate": plain("number", "frequency", "Hz", "config", on=False),
    "profile": plain("select", category="config"),
    "protocol": plain("select"),
    "live": plain("switch", category="config", on=False),
    "link": plain("binary_sensor", "connectivity", category="diagnostic"),
    "problem": plain("binary_sensor", "problem", category="diagnostic"),
    "sample_rate": sensor("frequency", "Hz", category="diagnostic"),
    "noise": sensor(None, "N", category="diagnostic", on=False),
    "frame_errors": sensor(None, None, "total_increasing", "diagnostic", on=False),
}
BRIDGE = {
    "connection": plain("binary_sensor", "connectivity"),
    "started": plain("sensor", "timestamp", category="diagnostic"),
    "messages_dropped": sensor(None, "messages", "total_increasing", "diagnostic"),
    "messages_late": sensor(None, "messages", "total_increasing", "diagnostic"),
    "memory": sensor("data_size", "kB", category="diagnostic", on=False),
    "verbosity": plain("select", category="config"),
    "restart_daemon": plain("button", "restart", category="config", on=False),
}
EVENTS = {
    "hold": ["hold_start", "hold_target", "hold_end"],
    "release": ["release"],
    "stroke": ["roll_start", "stroke", "roll_end", "press_set_end"],
    "press": ["contact_start", "press", "tap", "impact", "pulse_set_end", "percussion_end"],
    "protocol_progress": ["protocol_step", "protocol_done"],
    "warning": ["warning"],
    "fault": ["fault"],
}
