# SPDX-License-Identifier: MIT
"""
The golden captures, as scripts. Each is a capture of one page: straight lines of force in newton, 20 samples a second, a time
column in ms, one line of the capture a second. `tests/replay/golden bless` writes NAME.kcap from here and NAME.jsonl from
`knead replay`; the .kcap files are what the tests replay, and may be edited by hand as well.

A step is (seconds, from_n, to_n), or (seconds, from_n, to_n, from_mm, to_mm) with two cells at -100 and 100 mm, or a word:
"gap" leaves the seconds after it out, "close" unplugs for them, "text" puts a line of text in between.
"""
ONE = {"format": "columns", "unit": "n", "rate_hz": 20}
LINE = {**ONE, "cells": 2, "geometry": "line", "cell_mm": "-100 100"}
IDLE = (2, 0, 0)


def load(seconds, force_n=100):
    """On in half a second, held, off in a quarter."""
    return [(0.5, 0, force_n), (seconds, force_n, force_n), (0.25, force_n, 0)]


CAPTURES = {
    "tap": ("a contact of 0.25 s: a tap", ONE, [IDLE, (0.1, 0, 60), (0.1, 60, 60), (0.1, 60, 0), IDLE]),
    "press": ("a contact of 1.7 s: a press", ONE, [IDLE, *load(1), IDLE]),
    "hold": ("a contact just over hold_min_s: a hold, lifted", ONE, [IDLE, *load(2.5), IDLE]),
    "target": ("a hold of 31 s tells the target when it is reached", ONE, [IDLE, *load(31), IDLE]),
    "two-holds": ("two holds with a rest: ids count up, one session", ONE, [IDLE, *load(5), (4, 0, 0), *load(4, 60), IDLE]),
    "session": ("two minutes after the last contact the session ends", ONE, [IDLE, *load(1), (121, 0, 0), *load(1), IDLE]),
    "dip": ("0.3 s without force inside a hold: a dip, not an end", ONE,
            [IDLE, (0.5, 0, 100), (4, 100, 100), (0.1, 100, 0), (0.2, 0, 0), (0.1, 0, 100), (4, 100, 100), (0.25, 100, 0), IDLE]),
    "eased": ("eased to a third for two seconds, then lifted", ONE,
              [IDLE, (0.5, 0, 90), (5, 90, 90), (0.3, 90, 30), (2, 30, 30), (0.2, 30, 0), IDLE]),
    "eased-to-a-hold": ("eased to a third and kept there: a lighter hold of its own", ONE,
                        [IDLE, (0.5, 0, 90), (5, 90, 90), (0.3, 90, 30), (11, 30, 30), (0.2, 30, 0), IDLE]),
    "pulses": ("three pulses without lifting off", ONE,
               [IDLE, (0.5, 0, 90), (6, 90, 90), (0.3, 90, 20), (1.5, 20, 20), (0.3, 20, 90), (6, 90, 90), (0.3, 90, 20),
                (1.5, 20, 20), (0.3, 20, 90), (6, 90, 90), (0.3, 90, 0), IDLE]),
    "boot-loaded": ("loaded at the very first sample", ONE, [(6, 80, 80), (0.25, 80, 0), IDLE]),
    "gap-bridged": ("1.5 s of samples missing inside a hold: bridged and flagged", ONE,
                    [IDLE, (0.5, 0, 100), (4, 100, 100), "gap", 1.5, (4, 100, 100), (0.25, 100, 0), IDLE]),
    "gap-lost": ("3 s of samples missing: the hold ends lost, the rest is a contact of its own", ONE,
                 [IDLE, (0.5, 0, 100), (4, 100, 100), "gap", 3, (4, 100, 100), (0.25, 100, 0), IDLE]),
    "unplugged": ("unplugged inside a hold and plugged in again", ONE,
                  [IDLE, (0.5, 0, 100), (4, 100, 100), "close", 5, IDLE, *load(4), IDLE]),
    "text-between": ("lines of text between the samples are counted, never parsed", ONE,
                     [IDLE, "text", "HX711 not found.", *load(4), IDLE, "text", "rst:0x1 (POWERON_RESET),boot:0x13", IDLE]),
    "ends-loaded": ("the recording ends under load: lost, the session last", ONE, [IDLE, (0.5, 0, 100), (5, 100, 100)]),
    "swings": ("one cell: six swings of a third of the force are a roll, without direction", ONE,
               [IDLE, (0.5, 0, 80), *[(1.5, 80, 120), (1.5, 120, 80)] * 3, (0.25, 80, 0), IDLE]),
    "line-roll": ("two cells: four strokes of 100 mm, there and back, then lifted", LINE,
                  [IDLE, (0.5, 0, 100, -50, -50), (1, 100, 100, -50, -50),
                   *[(1.5, 100, 100, -50, 50), (1.5, 100, 100, 50, -50)] * 2, (0.25, 100, 0, -50, -50), IDLE]),
    "line-hold-roll-hold": ("two cells: a hold, three strokes, a hold, in one contact", LINE,
                            [IDLE, (0.5, 0, 100, -40, -40), (5, 100, 100, -40, -40), (1.5, 100, 100, -40, 40),
                             (1.5, 100, 100, 40, -40), (1.5, 100, 100, -40, 40), (9, 100, 100, 40, 40), (0.25, 100, 0, 40, 40),
                             IDLE]),
    "line-lean": ("two cells: leaning over by 15 mm and back is still a hold", LINE,
                  [IDLE, (0.5, 0, 100, 0, 0), (3, 100, 100, 0, 0), (2, 100, 100, 0, 15), (2, 100, 100, 15, 0),
                   (0.25, 100, 0, 0, 0), IDLE]),
}
