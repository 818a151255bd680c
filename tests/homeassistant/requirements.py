# SPDX-License-Identifier: MIT
"""Prints what the named integrations of Home Assistant, those that it always starts and those they depend on, need from pip.

What an integration only comes after is among them: mqtt reads modules of hassio, though it runs without.

Runs in Home Assistant's own environment, so that a start needs no network.
"""
import json
import pathlib
import sys

import homeassistant
from homeassistant import bootstrap

COMPONENTS = pathlib.Path(homeassistant.__path__[0]) / "components"


def requirements(names):
    """Of the integrations and of all that they depend on."""
    asked, left, seen, found = set(names), list(names), set(), set()
    while left:
        name = left.pop()
        manifest = COMPONENTS / name / "manifest.json"
        if name in seen or not manifest.exists():
            continue
        seen.add(name)
        said = json.loads(manifest.read_text())
        left += said.get("dependencies", []) + (said.get("after_dependencies", []) if name in asked else [])
        found.update(said.get("requirements", []))
    return found


def always():
    """What Home Assistant starts without being asked."""
    groups = (bootstrap.CORE_INTEGRATIONS, bootstrap.LOGGING_AND_HTTP_DEPS_INTEGRATIONS, bootstrap.FRONTEND_INTEGRATIONS,
              bootstrap.DEFAULT_INTEGRATIONS)
    return {name for group in groups for name in group}


print("\n".join(sorted(requirements(always() | set(sys.argv[1:])))))
