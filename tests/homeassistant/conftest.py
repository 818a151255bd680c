# SPDX-License-Identifier: MIT
"""One house for all tests: Home Assistant, a broker, kneadd and a living ball; set up once, as a person would."""
import pathlib
import sys

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import house as houses  # noqa: E402
import played_ball  # noqa: E402


EXAMPLES = harness.TOP / "config/homeassistant/automations.yaml"
# What counts how often an automation did what it is for; those of the stand-in begin anew when Home Assistant does.
COUNTERS = ["counter.flashes", "counter.triggered", "stand_in.speak", "stand_in.notify", "stand_in.logbook"]
AUTOMATIONS = ["blueprint", "device_trigger", "too_hard", "summary"]


def configuration(broker_port, links, style="device", **keys):
    """Of balls by name. Every hold of the tests passes the hard limit."""
    keys = {"format": "k1", "target_s": 4, "hold_min_s": 2, "over_hard_n": 50, **keys}
    return played_ball.config(broker_port, links, **keys).replace("discovery = off", f"discovery = {style}")


def automations(house, device_id):
    """The shipped blueprint with a lamp and a voice, a device trigger without a template, and the shipped examples."""
    house.automate("blueprint", use_blueprint={"path": "knead/hold-target.yaml", "input": {
        "hold_event": "event.ball_1_hold", "light": ["light.lamp"], "speaker": ["media_player.kitchen"], "voice": "tts.voice",
    }})
    for name, example in zip(["too_hard", "summary"], yaml.safe_load(EXAMPLES.read_text()), strict=True):
        house.automate(name, **example)
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
        # a broker that was restarted knows of no subscription
        self.listener.client.on_connect = lambda client, *_: client.subscribe("knead/#", qos=1)
        self.start_daemon()
        self.house.wait("binary_sensor.ball_1_link", "on", 60)
        automations(self.house, self.house.devices()["knead_ball-1"]["id"])
        return self

    def start_daemon(self, *balls, **options):
        """Until it is at the broker, and its balls with it. Stop the one before first."""
        links = {"ball-1": self.ball.port.link, **{ball.name: ball.port.link for ball in balls}}
        after = len(self.listener.messages)
        self.daemon = harness.Daemon(self.folder, configuration(self.broker.port, links, **options))
        for name in links:
            played_ball.seen(self.listener, played_ball.is_availability("online", name), 30, after)

    def restart_daemon(self, *balls, **options):
        """With the balls beside the first, and settings of all."""
        self.daemon.stop()
        self.start_daemon(*balls, **options)

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
        counters = tuple(int(self.house.value(name)) for name in COUNTERS)
        return counters, tuple(self.house.state(f"automation.{name}")["attributes"]["last_triggered"] for name in AUTOMATIONS)

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
