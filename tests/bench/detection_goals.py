# SPDX-License-Identifier: MIT
"""Figures of the detection benchmark, and the bar and stretch goal that detection.md section 13 sets for each.

Where that table lists four values they are those of s0, s1, s2 and s3; where it names only s1 and s2, s0 has to be as good
as s1 and s3 has no goal; a single value holds for all four. Rates and geometries that a line does not name have no goal
there either, with one exception: geometry at 80 samples/s has to be as good as one cell.
"""
import dataclasses
from typing import Callable, Optional

from detection_cells import STRATA


@dataclasses.dataclass(frozen=True)
class Goal:
    bar: Optional[float] = None
    stretch: Optional[float] = None


NO_GOAL = Goal()


@dataclasses.dataclass(frozen=True)
class Metric:
    key: str
    title: str
    decimals: int
    value: Callable  # of the score of one detector in one cell; None where unknown
    goal: Callable = lambda cell: NO_GOAL  # of a cell
    high: bool = True  # the more the better
    naive: bool = False  # plain detectors have it too
    asked: Callable = lambda cell: True  # whether it is looked at in this cell at all

    def reaches(self, value, goal):
        return value >= goal - 1e-9 if self.high else value <= goal + 1e-9

    def verdict(self, value, goal):
        """'short' of the bar, 'good', or 'stretch' where that is reached too; None where nothing is asked for or known."""
        if value is None or goal.bar is None:
            return None
        if not self.reaches(value, goal.bar):
            return "short"
        return "stretch" if goal.stretch is not None and self.reaches(value, goal.stretch) else "good"


def lists(bars, stretches=()):
    """Goals by stratum."""
    stretches = (*stretches, *(None,) * (4 - len(stretches)))
    return {s: Goal(b, t) for s, b, t in zip(STRATA, bars, stretches)}


def fixed(bar, stretch=None):
    return lists((bar,) * 4, (stretch,) * 4)


def s1_s2(bars, stretches=(None, None)):
    return lists((bars[0], *bars, None), (stretches[0], *stretches, None))


def by(one_cell, geometry=None, from_hz=0):
    """A goal of these lists: for one cell, and for more where that differs; from that rate on."""
    def goal(cell):
        if cell.rate_hz < from_hz:
            return NO_GOAL
        return (one_cell if cell.one_cell or geometry is None else geometry)[cell.stratum]
    return goal


ONE_CELL_HOLDS = lists((.99, .99, .98, .90), (1, .995, .99, .95))
GEOMETRY_HOLDS = lists((1, 1, 1, .95), (None, None, None, .98))
SLOW_HOLDS = fixed(.99, 1)


def hold_goal(cell):
    if cell.rate_hz <= 12:
        return SLOW_HOLDS[cell.stratum]
    return (GEOMETRY_HOLDS if not cell.one_cell and cell.rate_hz >= 320 else ONE_CELL_HOLDS)[cell.stratum]


def tight_goal(cell):
    """.99, and 1.00 as the stretch; no more than the wider collar asks for."""
    wide = hold_goal(cell)
    return Goal(min(.99, wide.bar), wide.stretch or 1)


def start_goal(quantile):
    fast = {"median": s1_s2((3, 5), (1, 2)), "p95": s1_s2((8, 15), (4, 8))}[quantile]
    slow = {"median": lists((25, 25, None, None), (10, 10)), "p95": lists((60, 60, None, None), (30, 30))}[quantile]
    return lambda cell: (fast if cell.rate_hz >= 80 else slow)[cell.stratum]


def torn_goal(cell):
    """Share of the labelled holds."""
    return Goal(.01 if cell.stratum == "s3" else 0, 0)


def kind(name, key):
    return lambda s: s["kinds"][name][key]


def inner(part, key):
    return lambda s: s[part][key]


def torn(s):
    hold = s["kinds"]["hold"]
    return (hold["fragmented"] + hold["merged"]) / hold["labelled"] if hold["labelled"] else None


def late(kind, key):
    return lambda s: s["late"][kind][key]


def extra(name):
    """Detections that are no label's."""
    return lambda s: s["kinds"][name]["detected"] - s["kinds"][name]["matched"]


def idle_rate(s):
    return s["idle"] and s["idle"]["events"] * 24 / s["idle"]["hours"]


def from_80(cell):
    return cell.rate_hz >= 80


def from_200(cell):
    return cell.rate_hz >= 200


ROLL_ONE = lists((.98, .98, .96, .88), (.99, .99, .98, .93))
ROLL_MORE = lists((1, 1, 1, .97), (None, None, None, .99))
EXACT_ONE = lists((.95, .95, .92, .85), (.98,) * 4)
EXACT_MORE = lists((1, 1, .99, .93), (None, None, None, .97))

HOLDS = (
    Metric("hold_f1", "Hold F1, collar 150 ms (250 ms at 10 samples/s)", 3, kind("hold", "f1"), hold_goal, naive=True),
    Metric("hold_f1_50ms", "Hold F1, collar 50 ms", 3, lambda s: s["hold_f1_ms"].get("50"), tight_goal, naive=True, asked=from_80),
    Metric("hold_f1_25ms", "Hold F1, collar 25 ms", 3, lambda s: s["hold_f1_ms"].get("25"), tight_goal, naive=True, asked=from_200),
    Metric("hold_precision", "Hold precision", 3, kind("hold", "precision"), naive=True),
    Metric("hold_recall", "Hold recall", 3, kind("hold", "recall"), naive=True),
    Metric("hold_overlap_f1", "Hold F1 by overlap of 95 %", 3, kind("hold", "overlap_f1"), naive=True),
    Metric("hold_worst_f1", "Hold F1 of the worst capture", 3, kind("hold", "worst_f1"), naive=True),
    Metric("hold_torn", "Holds fragmented or merged, part of all", 3, torn, torn_goal, high=False, naive=True),
    Metric("hold_inserted", "Holds inserted (over no labelled hold), count", 0, kind("hold", "inserted"), high=False, naive=True),
    Metric("hold_deleted", "Holds deleted (no detected hold over them), count", 0, kind("hold", "deleted"), high=False, naive=True),
    Metric("hold_start_median", "Hold start error, median, ms", 1, kind("hold", "start_median_ms"), start_goal("median"), high=False, naive=True),
    Metric("hold_start_p95", "Hold start error, p95, ms", 1, kind("hold", "start_p95_ms"), start_goal("p95"), high=False, naive=True),
    Metric("hold_end_median", "Hold end error, median, ms", 1, kind("hold", "end_median_ms"), high=False, naive=True),
    Metric("hold_end_p95", "Hold end error, p95, ms", 1, kind("hold", "end_p95_ms"), high=False, naive=True),
    Metric("hold_duration_median", "Hold duration error, median, ms", 1, kind("hold", "duration_median_ms"), high=False, naive=True),
    Metric("hold_duration_p95", "Hold duration error, p95, ms", 1, kind("hold", "duration_p95_ms"),
           by(s1_s2((15, 30), (8, 15)), from_hz=80), high=False, naive=True),
    Metric("hold_peak_median", "Hold peak error, median, %", 2, kind("hold", "peak_median_pct"), high=False, naive=True),
    Metric("hold_peak_p95", "Hold peak error, p95, %", 2, kind("hold", "peak_p95_pct"),
           by(s1_s2((1, 3), (.5, 1)), from_hz=80), high=False, naive=True),
    Metric("hold_impulse_median", "Hold impulse error, median, %", 2, kind("hold", "impulse_median_pct"), high=False, naive=True),
    Metric("hold_impulse_p95", "Hold impulse error, p95, %", 2, kind("hold", "impulse_p95_pct"),
           by(s1_s2((1, 2), (.5, 1))), high=False, naive=True),
)

ROLLS = (
    Metric("roll_f1", "Roll F1, collar 1 s", 3, kind("roll", "f1"), by(ROLL_ONE, ROLL_MORE), naive=True),
    Metric("roll_precision", "Roll precision", 3, kind("roll", "precision")),
    Metric("roll_recall", "Roll recall", 3, kind("roll", "recall")),
    Metric("roll_worst_f1", "Roll F1 of the worst capture", 3, kind("roll", "worst_f1")),
    Metric("roll_exact", "Stroke count exact, part of matched rolls", 3, kind("roll", "strokes_exact"), by(EXACT_ONE, EXACT_MORE)),
    Metric("roll_within_one", "Stroke count within one, part of matched rolls", 3, kind("roll", "strokes_within_one"), by(fixed(.99, 1))),
    Metric("turn_f1", "Turns of rolls within 350 ms, F1", 3, inner("turns", "f1")),
    Metric("turn_median", "Time of turns, median, ms", 0, inner("turns", "median_ms"), by(fixed(60, 30), fixed(25, 10)), high=False),
    Metric("turn_p95", "Time of turns, p95, ms", 0, inner("turns", "p95_ms"), by(fixed(250, 150), fixed(100, 50)), high=False),
    Metric("roll_start_median", "Roll start error, median, ms", 0, kind("roll", "start_median_ms"), high=False),
    Metric("roll_end_median", "Roll end error, median, ms", 0, kind("roll", "end_median_ms"), high=False),
    Metric("roll_travel_median", "Travel of rolls, error, median, %", 1, kind("roll", "travel_median_pct"), high=False,
           asked=lambda cell: not cell.one_cell),
    Metric("border_median", "Sides of holds at rolls, median error, ms", 0, kind("hold", "border_median_ms"), high=False),
)

BRIEF = (
    Metric("tap_f1", "Tap F1", 3, kind("tap", "f1"), by(fixed(.98, 1), from_hz=80)),
    Metric("press_f1", "Press F1", 3, kind("press", "f1"), by(fixed(.99, 1), from_hz=80)),
    Metric("percussion_f1", "Percussion F1", 3, kind("percussion", "f1"), by(fixed(.98, 1), from_hz=320), asked=from_200),
    Metric("impact_f1", "Impact F1", 3, kind("impact", "f1"), asked=from_200),
    Metric("tap_extra", "Taps that are no label's, count", 0, extra("tap"), high=False),
    Metric("press_extra", "Presses that are no label's, count", 0, extra("press"), high=False),
    Metric("idle", "False events in idle with drift and handling, per 24 h", 1, idle_rate, by(fixed(0, 0)), high=False, naive=True),
)

BODY = (
    Metric("breath_due", "Breathing: holds of 30 s and 2 % or more, count", 0, inner("breathing", "due")),
    Metric("breath_within", "Breathing: answers within 1 per minute, part of those due", 3, inner("breathing", "within_one"), by(fixed(.95))),
    Metric("breath_answers", "Breathing: answers within 1 per minute, part of the answers where due", 3, inner("breathing", "answers_within_one")),
    Metric("breath_p95", "Breathing: error of answers where due, p95, per minute", 2, inner("breathing", "p95_per_min"), high=False),
    Metric("breath_wrong", "Breathing: reports more than 2 per minute off, part of all reports", 3, inner("breathing", "wrong_share"),
           by(fixed(.02)), high=False),
    Metric("relax_median", "`relax_pct` error, median, points", 2, inner("relaxation", "median_points"), by(fixed(1.5, .7)), high=False),
    Metric("relax_p95", "`relax_pct` error, p95, points", 2, inner("relaxation", "p95_points"), by(fixed(4, 2.5)), high=False),
    Metric("soft_due", "Softening: holds whose slope breaks, count", 0, inner("softening", "due")),
    Metric("soft_answered", "Softening: found, part of those", 3, inner("softening", "answered")),
    Metric("soft_median", "Softening: error, median, s", 2, inner("softening", "median_s"), by(fixed(3, 2)), high=False),
    Metric("soft_false", "Softening: reported where there was none, part of such holds", 3, inner("softening", "false_share"),
           by(fixed(.05)), high=False),
    Metric("dips_exact", "Dips counted exactly, part of holds", 3, inner("dips", "exact")),
)

LATE = tuple(
    Metric(f"late_{kind}_{key}", f"{title} late by, {name}, ms", 0, late(kind, f"{key}_ms"), high=False)
    for kind, title in (("session_start", "First contact of a session (from its crossing)"), ("hold_start", "`hold_start` (from start + `hold_min_s`)"),
                        ("hold_end", "`hold_end` (from the crossing + `bridge_s`)"), ("press", "`press` (from the crossing + `bridge_s`)"),
                        ("stroke", "`stroke` (from its turn)"), ("roll_start", "`roll_start` (from the start)"))
    for key, name in (("median", "median"), ("p95", "p95"))
)

GROUPS = (("Holds", HOLDS), ("Rolls", ROLLS), ("Presses, taps, vibration, idle", BRIEF), ("What the body does during a hold", BODY),
          ("Time to publish", LATE))
METRICS = tuple(metric for _, group in GROUPS for metric in group)
