#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Shows the shipped dashboard in a real Home Assistant to a headless Chromium while somebody holds, and takes its picture.

pictures.py FILE.png: needs scripts/setup --homeassistant, root, and Debian's chromium.
"""
import json
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import yaml  # noqa: E402

import conftest  # noqa: E402
import harness  # noqa: E402
from browser import Browser  # noqa: E402

DASHBOARD = harness.TOP / "config/homeassistant/dashboard.yaml"
BROKEN = ("Configuration error", "Entity not found", "Unknown type", "hui-error", "Entity is unavailable", "Custom element")


def open_dashboard(home, browser):
    """Adds the shipped dashboard as a person would paste it, and looks at it signed in."""
    house = home.house
    house.finish_onboarding()
    house.tell(
        {"type": "lovelace/dashboards/create", "url_path": "massage-ball", "title": "Massage", "mode": "storage",
         "require_admin": False, "show_in_sidebar": True},
        {"type": "lovelace/config/save", "url_path": "massage-ball", "config": yaml.safe_load(DASHBOARD.read_text())})
    browser.go(house.url + "/manifest.json")
    time.sleep(1)
    token = {"hassUrl": house.url, "clientId": house.url + "/", "access_token": house.token, "token_type": "Bearer",
             "refresh_token": "", "expires_in": 86400, "expires": int((time.time() + 86400) * 1000)}
    browser.run(f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(token))})")
    browser.go(house.url + "/massage-ball/ball")


def timer(browser):
    """Seconds that the page shows of the hold."""
    found = re.search(r"Held for\s+(\d+) seconds", browser.text())
    return int(found.group(1)) if found else None


def main(path):
    with tempfile.TemporaryDirectory() as folder:
        home, browser = conftest.Home(pathlib.Path(folder)), None
        try:
            home.set_up()
            home.restart_daemon(over_hard_n=300)  # where the dashboard's red begins
            home.house.wait("binary_sensor.ball_1_link", "on", 30)
            for force_n in (85.0, 120.0):
                home.ball.press(force_n, 6)
                time.sleep(3)
            browser = Browser(1440, 960)
            open_dashboard(home, browser)
            try:
                harness.wait_until(lambda: "Under load" in browser.text(), 60, "the dashboard shows")
            except AssertionError:
                browser.picture(path)
                raise AssertionError(f"no dashboard but: {browser.text()}") from None
            home.house.call("number.set_value", entity_id="number.ball_1_target_hold", value=30)
            home.ball.force_n = 110.0
            time.sleep(8)
            held_s = timer(browser)
            time.sleep(4)
            assert held_s and timer(browser) >= held_s + 3, "the hold timer stands still"
            browser.picture(path)
            shown = browser.text()
            print(shown)
            for word in BROKEN:
                if word in shown:
                    sys.exit(f"the dashboard says: {word}")
        finally:
            if browser:
                browser.close()
            home.tear_down()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
