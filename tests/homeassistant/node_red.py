#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Shows the page of the shipped flow, run by a real Node-RED, to a headless Chromium while somebody holds; takes its picture.

node_red.py FOLDER FILE.png: in FOLDER, `npm install node-red@4 @flowfuse/node-red-dashboard` was run. Needs Debian's chromium.
Fails unless the live force and the hold timer move.
"""
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import conftest  # noqa: E402
import harness  # noqa: E402
import house  # noqa: E402
from browser import Browser  # noqa: E402

FLOW = harness.TOP / "config/node-red/flow.json"


def start(installed, folder, broker_port, port):
    """Node-RED with the shipped flow, whose broker is that one."""
    nodes = json.loads(FLOW.read_text())
    for node in nodes:
        if node["type"] == "mqtt-broker":
            node.update(broker="127.0.0.1", port=str(broker_port))
    (folder / "flows.json").write_text(json.dumps(nodes))
    (folder / "settings.js").write_text("module.exports = {flowFile: 'flows.json', uiHost: '127.0.0.1', uiPort: %d, nodesDir: %s}"
                                        % (port, json.dumps(str(installed / "node_modules/@flowfuse"))))
    (folder / "node_modules").symlink_to(installed / "node_modules")
    (folder / "package.json").write_text('{"name": "flow", "dependencies": {"@flowfuse/node-red-dashboard": "*"}}')
    log = open(folder / "node-red.log", "ab")
    return subprocess.Popen(["node", installed / "node_modules/node-red/red.js", "--userDir", folder, "--settings",
                             folder / "settings.js"], cwd=folder, stdout=log, stderr=log)


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def timer(browser):
    """Seconds that the page shows of the hold."""
    found = re.search(r"(\d+) s of", browser.text())
    return int(found.group(1)) if found else None


def main(installed, path):
    with tempfile.TemporaryDirectory() as name:
        folder, port = pathlib.Path(name), harness.free_port()
        broker, ball = harness.Broker(folder).start(), house.LivingBall(folder / "ball")
        ball.start()
        daemon = harness.Daemon(folder, conftest.configuration(broker.port, {"ball-1": ball.port.link}, target_s=10))
        process, browser = start(installed, folder, broker.port, port), None
        try:
            harness.wait_until(lambda: answers(port), 120, "Node-RED answers")
            time.sleep(10)
            browser = Browser(1100, 900)
            browser.go(f"http://127.0.0.1:{port}/dashboard/massage")
            try:
                harness.wait_until(lambda: "Phase" in browser.text(), 60, "the page shows")
            except AssertionError:
                sys.exit(f"no page but {browser.text()}\n{(folder / 'node-red.log').read_text()}")
            for force_n in (85.0, 120.0):
                ball.press(force_n, 6)
                time.sleep(3)
            ball.force_n = 110.0
            first = harness.wait_until(lambda: timer(browser), 20, "the timer runs")
            harness.wait_until(lambda: (timer(browser) or 0) >= first + 3, 20, "the timer moves")
            time.sleep(2)
            browser.picture(path)
            print(browser.text())
            assert re.search(r"\b1(09|10|11)\b", browser.text()), "the force is not that on the ball"
        finally:
            if browser:
                browser.close()
            harness.stop(process)
            daemon.stop()
            ball.end()
            broker.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
