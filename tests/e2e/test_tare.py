# SPDX-License-Identifier: MIT
"""Whose zero it is: devices that tare themselves, by command or at a button, and those that cannot."""
import os
import threading
import time

import pytest

import harness
import played_ball
from test_commands import Ball

TARE = {"k1": b"tare*F227\r\n", "labelled": b"t"}


class Scale(Ball):
    """A ball that sends what lies on it all the time, and reads what it is told; it may have a tare of its own."""

    def __init__(self, *fixtures, obeys=True, labelled=False, **keys):
        super().__init__(*fixtures, **keys)
        self.firmware.zero = 0
        self.obeys, self.labelled, self.load_n, self.told, self.playing = obeys, labelled, 0.0, b"", True
        self.player = threading.Thread(target=self.run)
        self.player.start()

    def run(self):
        while self.playing:
            if self.labelled:
                value = self.firmware.raw(self.load_n)
                self.port.write(b"Load_cell output val: %d\r\n" % value)
                time.sleep(0.02)
            else:
                self.port.write(self.firmware.k1((self.load_n, 0.1)))
                time.sleep(0.1)
            self.listen()

    def listen(self):
        try:
            self.told += os.read(self.port.host, 4096)
        except OSError:
            return  # nothing was said, or nobody has the port
        if self.obeys and any(word in self.told for word in TARE.values()):
            self.tare()

    def tare(self):
        """What its button does: from now on it reads 0."""
        self.firmware.zero = round(-played_ball.COUNTS_PER_N * self.load_n)
        if self.labelled:
            self.port.write(b"Tare complete\r\n")

    def wait_force(self, force_n, what):
        def is_there():
            state = self.latest("ball-1/state")
            return state and abs(state["force_n"] - force_n) < 0.7

        harness.wait_until(is_there, 15, f"{what}: {force_n} N in {self.latest('ball-1/state')}; {self.running.log}")

    def wait_owner(self, owner):
        harness.wait_until(lambda: self.latest("bridge/info")["devices"][0]["zero_owner"] == owner, 40, f"the zero is the {owner}'s")

    def end(self):
        self.playing = False
        self.player.join()


@pytest.fixture
def scale(daemon, broker, subscriber, tmp_path):
    scales = []

    def start(**options):
        scales.append(Scale(daemon, broker, subscriber, tmp_path, **options))
        return scales[-1]

    yield start
    for one in scales:
        one.end()


@pytest.mark.parametrize("labelled", [False, True])
def test_a_device_that_owns_its_zero_is_told_to_tare(scale, labelled):
    one = scale(unit="g", labelled=labelled)
    one.wait_owner("device")
    one.firmware.zero = 250  # 2.5 N, which it has drifted
    time.sleep(1)
    answer = one.ask("ball-1/do/tare")
    assert (answer["status"], answer["data"]["zero_raw"], answer["data"]["zero_owner"]) == ("ok", [0], "device")
    assert one.told == TARE["labelled" if labelled else "k1"]
    assert one.firmware.zero == 0
    one.wait_force(0, "nothing lies on it")
    one.load_n = 60
    one.wait_force(60, "what lies on it is what it is")


def test_one_that_does_not_obey_gets_its_zero_from_knead(scale):
    one = scale(unit="g", obeys=False)
    one.wait_owner("device")
    one.firmware.zero = 300
    time.sleep(1)
    answer = one.ask("ball-1/do/tare", timeout_s=20)
    assert (answer["status"], answer["data"]["zero_owner"]) == ("ok", "knead")
    assert abs(answer["data"]["zero_raw"][0] - 300) < 5
    assert one.told == TARE["k1"]
    one.wait_owner("knead")
    one.wait_force(0, "nothing lies on it")
    assert one.ask("ball-1/do/tare")["data"]["zero_owner"] == "knead"
    assert one.told == TARE["k1"]  # it is not asked again


@pytest.mark.parametrize("keys", [{}, {"unit": "g", "read_only": "yes"}])
def test_counts_and_devices_that_may_not_be_written_to_have_their_zero_from_knead(scale, keys):
    one = scale(**keys)
    one.wait_owner("knead")
    one.firmware.zero = 200
    time.sleep(1)
    answer = one.ask("ball-1/do/tare")
    assert (answer["status"], answer["data"]["zero_owner"]) == ("ok", "knead")
    assert one.told == b""


def test_a_device_is_not_told_to_tare_under_a_load(scale):
    one = scale(unit="g")
    one.wait_owner("device")
    one.load_n = 60
    one.wait_force(60, "it is loaded")
    assert one.ask("ball-1/do/tare")["code"] == "loaded"
    assert one.told == b""


def test_a_tare_at_a_button_is_no_event_and_outlives_a_crash(scale, daemon):
    one = scale()
    one.firmware.zero = 0  # until its first zero is known
    harness.wait_until(lambda: (one.latest("ball-1/state") or {}).get("force_n") is not None, 15, "samples")
    one.end()
    one = scale_of(one, zero=9000)
    one.wait_force(0, "its zero is known")
    one.tare()
    harness.wait_until(lambda: "has tared itself" in one.running.log, 40, f"it is noticed: {one.running.log}")
    one.wait_force(0, "nothing lies on it")
    one.running.process.kill()
    one.running.process.wait()
    text = one.running.config.read_text()
    after = len(one.subscriber.messages)
    one.running = daemon(text)
    harness.wait_until(lambda: any(m.topic == "knead/ball-1/state" for m in one.subscriber.messages[after:]), 40,
                       f"samples again: {one.running.log}")
    one.load_n = 60
    one.wait_force(60, "what lies on it is what it is")
    one.load_n = 0
    one.wait_force(0, "nothing lies on it")
    assert {e["event_type"] for e in one.subscriber.events()} <= {"session_start", "press", "hold_start", "hold_end", "release", "fault"}
    one.end()


def scale_of(one, zero):
    """The same, played on with another zero of the converter, which is found and set first."""
    one.playing, one.firmware.zero, one.load_n = True, zero, 0.0
    one.player = threading.Thread(target=one.run)
    one.player.start()
    answer = one.ask("ball-1/do/tare", {"force": True, "timeout_s": 20}, timeout_s=30)
    assert answer["status"] == "ok", answer
    return one
