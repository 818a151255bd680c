# SPDX-License-Identifier: MIT
"""The sketches of the README work with knead as they stand: compiled against a stand-in board, replayed."""
import re
import subprocess

import pytest

import harness
import recordings

SKETCHES = re.findall(r"^```cpp\n(.*?)^```", (harness.TOP / "README.md").read_text(), re.M | re.S)
# A board of 80 samples/s with a load cell: 3 s empty, 5 s under load, 2 s empty.
BOARD = """\
#include <stdint.h>
#include <stdio.h>
static long sample;
struct Serial {
  void begin(long) {}
  void print(const char *text) { fputs(text, stdout); }
  void println(long value) { printf("%ld\\r\\n", value); }
};
static Serial Serial;
struct HX711 {
  void begin(int, int) {}
  long read() { long i = sample++; return 83000 + i % 3 + (i >= 240 && i < 640 ? 420 * 60 : 0); }
};
[[maybe_unused]] static uint32_t micros() { return (uint32_t)(4294000000u + sample * 12500); }
"""
MAIN = "int main() { setup(); while (sample < 800) loop(); }\n"


def stream_of(sketch, folder):
    source = sketch.replace("#include <HX711.h>", BOARD) + MAIN
    program = folder / "sketch"
    built = subprocess.run(["g++", "-Wall", "-Wextra", "-Werror", "-x", "c++", "-o", program, "-"], input=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return subprocess.run([program], capture_output=True, check=True).stdout


@pytest.mark.parametrize("sketch", SKETCHES, ids=["plain numbers", "K1"])
def test_a_hold_on_the_readmes_sketch_is_found(sketch, tmp_path):
    stream = stream_of(sketch, tmp_path)
    events = recordings.replay(stream, {"counts_per_n": 420}, rate_hz=80)
    (hold,) = [e for e in events if e["event_type"] == "hold_end"]
    assert abs(hold["duration_s"] - 5.0) < 0.03
    assert abs(hold["peak_n"] - 60) < 0.2
    assert hold["cause"] == "lifted"
