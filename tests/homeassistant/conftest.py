# SPDX-License-Identifier: MIT
"""One house for all tests: Home Assistant, a broker, kneadd and a living ball; set up once, as a person would."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import house as houses  # noqa: E402
import played_ball  # noqa: E402


def configuration(broker_port, link):
    text = played_ball.config(broker_port, {"ball-1": link}, format="k1", target_s=4, hold_min_s=2)
    return text.replace("discovery = off", "discovery = device")


def automations(house, device_id):
    """The shipped blueprint with a lamp, and a device trigger without a template."""
    house.automate("blueprint", use_blueprint={
        "path": "knead/hold-target.yaml", "input": {"hold_event": "event.ball_1_hold", "light": ["light.lamp"]},
    })
    house.automate("device_trigger", triggers=[{
        "trigger": "device", "domain": "mqtt", "device_id": device_id, "type": "hold_target", "subtype": "hold",
    }], actions=[{"action": "counter.increment", "target": {"entity_id": "counter.triggered"}}])


class Home:
    """Home Assistant, a broker, a ball and kneadd: .house .broker .ball .daemon, and .listener at the broker."""

    def __init__(self, folder):
        self.folder, self.daemon = folder, None
        self.broker = harness.Broker(folder).start()
        self.ball = houses.LivingBall(folder / "ball")
        self.ball.start()
        self.house = houses.HomeAssistant(folder)

    def set_up(self):
        self.house.start().onboard()
        self.house.add_broker(self.broker.port)
        self.listener = harness.Subscriber(self.broker.port)
        self.start_daemon()
        self.house.wait("binary_sensor.ball_1_link", "on", 60)
        automations(self.house, self.house.devices()["knead_ball-1"]["id"])
        return self

    def start_daemon(self):
        self.daemon = harness.Daemon(self.folder, configuration(self.broker.port, self.ball.port.link))

    def begin_hold(self):
        """Until the target is reached."""
        self.house.wait("sensor.ball_1_phase", "idle")
        before = self.house.value("event.ball_1_hold")
        self.ball.force_n = 60.0
        self.wait_for_event("hold", "hold_target", before)

    def end_hold(self):
        before = self.house.value("event.ball_1_hold")
        self.ball.force_n = 0.0
        self.wait_for_event("hold", "hold_end", before)

    def wait_for_event(self, group, event_type, before, timeout_s=20):
        """Waits for one that is not the one of the state before."""
        def came():
            now = self.house.state(f"event.ball_1_{group}")
            return now["state"] != before and now["attributes"].get("event_type") == event_type

        harness.wait_until(came, timeout_s, f"the event {event_type}")

    def fired(self):
        """How often the automations did what they are for, and when last."""
        counters = tuple(int(self.house.value(f"counter.{name}")) for name in ("flashes", "triggered"))
        return counters, tuple(self.house.state(f"automation.{name}")["attributes"]["last_triggered"]
                               for name in ("blueprint", "device_trigger"))

    def tear_down(self):
        if self.daemon:
            self.daemon.stop()
        self.house.stop()
        self.ball.end()
        self.broker.stop()


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    if reason := houses.why_not():
        pytest.skip(reason)
    everything = Home(tmp_path_factory.mktemp("house"))
    try:
        yield everything.set_up()
    finally:
        everything.tear_down()
