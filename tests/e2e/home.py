# SPDX-License-Identifier: MIT
"""The rules that Home Assistant puts on MQTT discovery, written down apart from the code that has to keep them.

check_device() and check_component() return a list of what is wrong with a message, in sentences.
"""
import re

ID = re.compile(r"^[a-zA-Z0-9_-]+$")
ROOT_KEYS = {
    "device", "origin", "components", "availability", "availability_mode", "availability_topic", "payload_available",
    "payload_not_available", "state_topic", "command_topic", "qos", "encoding", "message_expiry_interval",
}
DEVICE_KEYS = {
    "identifiers", "connections", "name", "manufacturer", "model", "model_id", "hw_version", "sw_version", "serial_number",
    "via_device", "suggested_area", "configuration_url",
}
ORIGIN_KEYS = {"name", "sw_version", "support_url"}
PLATFORMS = {"sensor", "binary_sensor", "event", "button", "number", "select", "switch", "device_automation"}
UNITS = {
    "sensor": {
        "pressure": {"kPa"}, "weight": {"kg"}, "duration": {"s"}, "frequency": {"Hz"}, "data_size": {"kB"}, "enum": {None},
        "timestamp": {None},
    },
    "number": {"duration": {"s"}, "area": {"cm²"}, "frequency": {"Hz"}},
}
BINARY_CLASSES = {"running", "occupancy", "connectivity", "problem"}
BUTTON_CLASSES = {"identify", "restart", "update"}
STATE_CLASSES = {"measurement", "total", "total_increasing"}
BUTTON_EVENTS = {
    "press_start", "press_end", "long_press_start", "long_press_end", "multi_press_ongoing", "multi_press_end",
}


def check_head(payload):
    wrong = []
    device, origin = payload.get("device", {}), payload.get("origin", {})
    if not (device.get("identifiers") or device.get("connections")):
        wrong.append("the device has no identifiers")
    if set(device) - DEVICE_KEYS:
        wrong.append(f"unknown keys of the device: {set(device) - DEVICE_KEYS}")
    if not origin.get("name") or set(origin) - ORIGIN_KEYS:
        wrong.append(f"the origin is not right: {origin}")
    return wrong


def check_device(payload):
    wrong = check_head(payload)
    if set(payload) - ROOT_KEYS:
        wrong.append(f"unknown keys at the root, which drop the whole message: {set(payload) - ROOT_KEYS}")
    if not payload.get("components"):
        wrong.append("no components")
    for key, component in payload.get("components", {}).items():
        wrong += [f"{key}: {what}" for what in check_component(key, component, payload)]
    ids = [c["unique_id"] for c in payload["components"].values() if "unique_id" in c]
    entities = [c["default_entity_id"] for c in payload["components"].values() if "default_entity_id" in c]
    if len(ids) != len(set(ids)) or len(entities) != len(set(entities)):
        wrong.append("an id stands twice")
    return wrong


def check_component(key, component, around):
    wrong = []
    platform = component.get("platform")
    if not ID.match(key):
        wrong.append("its key is no id")
    if platform not in PLATFORMS:
        wrong.append(f"platform {platform}")
    if set(component) == {"platform"}:
        return wrong  # takes the component away
    if platform == "device_automation":
        needed = {"automation_type", "topic", "type", "subtype", "payload", "value_template"}
        return wrong + ([f"lacks {needed - set(component)}"] if needed - set(component) else [])
    if not component.get("unique_id") or not component.get("name"):
        wrong.append("needs unique_id and name")
    if not component.get("default_entity_id", "").startswith(platform + "."):
        wrong.append("default_entity_id begins with another domain")
    elif not re.match(r"^[a-z0-9_]+$", component["default_entity_id"].split(".", 1)[1]):
        wrong.append("default_entity_id is no slug")
    if not (component.get("availability", around.get("availability")) or component.get("availability") == []):
        wrong.append("is never unavailable")
    return wrong + check_platform(platform, component)


def check_platform(platform, c):
    wrong = []
    needs = {
        "sensor": ["state_topic"], "binary_sensor": ["state_topic", "payload_on"], "event": ["state_topic", "event_types"],
        "button": ["command_topic"], "number": ["command_topic", "state_topic", "min", "max", "step"],
        "select": ["command_topic", "options"], "switch": ["command_topic"],
    }[platform]
    for key in needs:
        if key not in c and not (key == "payload_on" and "value_template" in c):
            wrong.append(f"{platform} needs {key}")
    device_class, unit = c.get("device_class"), c.get("unit_of_measurement")
    if platform in UNITS and device_class is not None:
        if device_class not in UNITS[platform]:
            wrong.append(f"device class {device_class}")
        elif unit not in UNITS[platform][device_class]:
            wrong.append(f"unit {unit} does not go with class {device_class}")
    if platform == "binary_sensor" and device_class not in BINARY_CLASSES:
        wrong.append(f"device class {device_class}")
    if platform == "button" and device_class is not None and device_class not in BUTTON_CLASSES:
        wrong.append(f"device class {device_class}")
    if device_class == "identify" and c.get("entity_category") != "diagnostic":
        wrong.append("identify must be diagnostic")
    if platform == "select" and "none" in [option.lower() for option in c.get("options", [])]:
        wrong.append("an option called none, which a select takes for unknown")
    if device_class == "enum" and not c.get("options"):
        wrong.append("enum needs options")
    if c.get("state_class") is not None and (c["state_class"] not in STATE_CLASSES or platform != "sensor"):
        wrong.append(f"state class {c['state_class']}")
    if device_class == "pressure" and c.get("state_class") not in (None, "measurement"):
        wrong.append("a pressure is a measurement")
    if platform == "event" and device_class == "button" and set(c["event_types"]) - BUTTON_EVENTS:
        wrong.append(f"no words of a button: {set(c['event_types']) - BUTTON_EVENTS}")
    if c.get("entity_category") not in (None, "config", "diagnostic"):
        wrong.append(f"category {c['entity_category']}")
    if c.get("entity_category") == "config" and "command_topic" not in c:
        wrong.append("config without a command")
    if platform == "number" and not (c["min"] < c["max"] and c["step"] >= 0.001):
        wrong.append("range or step")
    return wrong
