# SPDX-License-Identifier: MIT
"""knead calibrate: a person at the keyboard, a ball on a pseudo-terminal."""
import json
import subprocess
import threading
import time

import pytest

import harness
import played_ball

SCALE = played_ball.COUNTS_PER_N


class Sitting:
    """knead calibrate with a ball that goes on sending what lies on it."""

    def __init__(self, tmp_path, *arguments, capacity_n=0):
        self.port, self.firmware = played_ball.Port(tmp_path / "ball"), played_ball.Firmware()
        self.config, self.state = tmp_path / "kneadd.conf", tmp_path / "state"
        self.state.mkdir()
        self.config.write_text(f"[device ball-1]\nport = pty:{self.port.link}\ncounts_per_n = {2 * SCALE}\n"
                               f"capacity_n = {capacity_n}\n")
        self.load_n, self.shake_n, self.playing = 0.0, 0.0, True
        self.tool = subprocess.Popen(
            [harness.KNEAD, "calibrate", "-c", self.config, "--device", "ball-1", "--state", self.state, *arguments],
            stdin=subprocess.PIPE, stdout=open(tmp_path / "out", "wb"), stderr=subprocess.STDOUT, text=True,
        )
        self.out = tmp_path / "out"
        self.player = threading.Thread(target=self.play)
        self.player.start()

    def play(self):
        sign = 1
        while self.playing:
            sign = -sign
            self.port.write(self.firmware.k1((self.load_n + sign * self.shake_n, 0.1)))
            time.sleep(0.1)

    def wait(self, text, timeout_s=15):
        harness.wait_until(lambda: text in self.out.read_text(), timeout_s, f"{text!r} in {self.out.read_text()}")

    def answer(self, line=""):
        self.tool.stdin.write(line + "\n")
        self.tool.stdin.flush()

    def end(self):
        try:
            return self.tool.wait(20)
        finally:
            self.playing = False
            self.player.join()
            self.tool.kill()

    @property
    def kept(self):
        path = self.state / "ball-1.json"
        return json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def sit(tmp_path):
    sittings = []

    def start(*arguments, **options):
        sittings.append(Sitting(tmp_path, *arguments, **options))
        return sittings[-1]

    yield start
    for sitting in sittings:
        sitting.playing = False
        sitting.tool.kill()
        sitting.player.join()


def test_zero_weight_and_check_are_measured_and_kept(sit):
    sitting = sit()
    sitting.wait("1. Take everything off")
    sitting.answer()
    sitting.wait("2. Put a known weight")
    sitting.load_n = 98.0665
    time.sleep(0.5)
    sitting.answer("ten")
    sitting.wait("A number of kg")
    sitting.answer("10")
    sitting.wait("3. It reads 98.1 N, 10.00")
    assert sitting.kept is None
    sitting.answer()
    assert sitting.end() == 0
    assert abs(sitting.kept["counts_per_n"][0] - SCALE) < 0.1
    assert abs(sitting.kept["zero_raw"][0] - played_ball.ZERO) < 3


def test_a_weight_that_is_not_there_is_refused_and_nothing_changes(sit):
    sitting = sit("--known-kg", "10")
    sitting.wait("1. Take")
    sitting.answer()
    sitting.wait("2. Put 10.000 kg")
    sitting.answer()
    assert sitting.end() == 1
    assert "hardly shows" in sitting.out.read_text()
    assert sitting.kept is None


def test_a_ball_that_is_shaken_gives_no_zero(sit):
    sitting = sit()
    sitting.shake_n = 5
    sitting.wait("1. Take")
    sitting.answer()
    assert sitting.end() == 1
    assert "do not stand still" in sitting.out.read_text()
    assert sitting.kept is None


def test_a_weight_too_light_for_the_device_is_refused(sit):
    sitting = sit("--known-n", "4", capacity_n=500)
    sitting.wait("1. Take")
    sitting.answer()
    sitting.wait("2. Put")
    sitting.load_n = 4
    time.sleep(0.3)
    sitting.answer()
    assert sitting.end() == 1
    assert "less than 1 %" in sitting.out.read_text()


def test_unplugged_or_without_an_answer_nothing_changes(sit):
    sitting = sit()
    sitting.wait("1. Take")
    sitting.tool.stdin.close()
    assert sitting.end() == 1
    assert "no answer" in sitting.out.read_text()
    assert sitting.kept is None


@pytest.mark.parametrize("arguments, words", [
    ([], "which device"),
    (["--device", "nobody"], "no device nobody"),
    (["--device", "ball-1", "--known-kg", "0"], "--known-kg 0"),
    (["--device", "ball-1", "extra"], "options only"),
])
def test_wrong_usage_is_named(tmp_path, arguments, words):
    config = tmp_path / "kneadd.conf"
    config.write_text("[device ball-1]\nport = pty:/nowhere\n")
    done = subprocess.run([harness.KNEAD, "calibrate", "-c", config, *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert words in done.stderr
