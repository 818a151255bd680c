# SPDX-License-Identifier: MIT
"""The real recordings beside the project: how each is fed to `knead replay`, and how what comes out is scored.

The labels were not made with the contract's thresholds but with a share of each event's own rise. So each folder gets
settings once, by the rule that its notes give, and never per event; `RULES` holds rule and settings side by side. Label
time becomes stream time by the first row: two lines that are no data stand in front of every stream, so that what
recognition drops costs no sample.
"""
import csv
import dataclasses
import json
import math
import os
import pathlib
import re
import statistics
import subprocess

import harness

CAPTURES = pathlib.Path(os.environ.get("KNEAD_SHARED", harness.TOP.parent / "shared")) / "captures"
WALK = "subject01_walk1_grf.mot"
CONTACTS = ("hold_end", "press", "tap", "impact")


@dataclasses.dataclass
class Rule:
    why: str
    options: dict
    reading: str = "contacts"  # or "strokes": of a load that swings; or "quiet": nothing may be found
    overlap: bool = False  # found = overlaps: the labels' limits lie elsewhere by construction
    bar: float = 0.95  # F1 that the folder has to reach


RULES = {
    "hangboard": Rule("10 % of the load", {"unit": "kg", "press_n": 60, "release_n": 55}),
    "hand-grip": Rule("10 % of the presses, gaps shorter than bridge_s", {"unit": "n", "press_n": 1.5, "release_n": 1.5, "bridge_s": 0.2}),
    "four-cell-plate": Rule("above what remains between presses, gaps of one or two samples", {"unit": "g", "press_n": 33, "release_n": 31, "bridge_s": 0.02}),
    "grip-pulses": Rule("below the lowest floor, 6 N: one contact that swings", {"unit": "n", "press_n": 5, "release_n": 4}, reading="strokes", bar=0.9),
    "grip-pulses, above a level": Rule("40 % between floor and peak of the file", {"unit": "n", "bridge_s": 0.05, "tap_max_s": 0.05}, overlap=True),
    "wheel-pushes": Rule("10 % of the pushes, above the idle blips", {"unit": "n", "press_n": 16, "release_n": 8, "bridge_s": 0.1, "tap_max_s": 0.3}),
    # One of them begins with a force that only rises, as a time column would: the columns are named.
    "walking": Rule("2 to 5 % of the stance", {"unit": "n", "press_n": 20, "release_n": 20, "bridge_s": 0.1, "columns": "1 2"}),
    # The centre of pressure makes two cells of one force: heel and toe, as far apart as it ever goes.
    "walking, with its place": Rule("2 to 5 % of the stance", {"unit": "n", "press_n": 20, "release_n": 20, "bridge_s": 0.1,
                                                              "columns": "1 2 3", "cells": 2, "geometry": "line"}),
    "jumps": Rule("foot contact", {"unit": "n", "press_n": 20, "release_n": 10, "bridge_s": 0.1}),
    "standing": Rule("the defaults", {"unit": "n"}, reading="quiet"),
    "balance-board": Rule("the defaults", {"unit": "kg"}, reading="quiet"),
}


@dataclasses.dataclass
class Label:
    start_s: float
    end_s: float
    ambiguous: bool


@dataclasses.dataclass
class Recording:
    folder: str
    name: str
    stream: bytes  # as fed to replay, after the two lines that are no data
    options: dict
    period_s: float
    labels: list
    rate_hz: float = 0
    travel_mm: list = dataclasses.field(default_factory=list)  # of each label, where the recording tells it

    @property
    def tolerance_s(self):
        return max(0.1, 2 * self.period_s)

    @property
    def rule(self):
        return RULES[self.folder]


@dataclasses.dataclass
class Score:
    recording: Recording
    found: list  # (kind, start_s, end_s)
    pairs: list  # (label, found)
    extra: list
    rolls: int
    events: list
    strokes_per_label: int = 1

    @property
    def labelled(self):
        return [label for label in self.recording.labels if not label.ambiguous]

    @property
    def wanted(self):
        return self.strokes_per_label * len(self.labelled)

    def worst(self, end):
        if self.recording.rule.overlap or self.recording.rule.reading == "strokes":
            return None
        errors = [abs((f[2] - l.end_s) if end else (f[1] - l.start_s)) for l, f in self.pairs]
        return max(errors) if errors else None


def labels_of(folder, name, event=None):
    with open(CAPTURES / folder / "labels.csv", newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["file"] == name and r["event"] != "none"]
    if event is not None:
        rows = [r for r in rows if r["event"] == event]
    return [Label(float(r["start_s"]), float(r["end_s"]), "ambiguous" in (r["note"] or "")) for r in rows]


def lines_of(folder, name):
    return (CAPTURES / folder / name).read_text().splitlines()


def table(times, values):
    return "".join(f"{t:.6f},{v:.6f}\n" for t, v in zip(times, values)).encode()


def period(times):
    return statistics.median(b - a for a, b in zip(times, times[1:]))


def recording(folder, name, times, stream, labels, label_zero=None, **options):
    """label_zero: label time of time 0 of the file's own clock, taken off; by default labels start with the first row."""
    zero = times[0] if label_zero is None else label_zero
    shift = times[0] - zero
    shifted = [Label(label.start_s - shift, label.end_s - shift, label.ambiguous) for label in labels]
    settings = {"zero_raw": 0, **RULES[folder].options, **options}
    return Recording(folder, name, stream, settings, period(times), shifted)


def hangboard():
    name = "hang_left_right_slowpull_fastpull.txt"
    numbers = [re.search(r"Current time (\S+) load (\S+)", line) for line in lines_of("hangboard", name)]
    rows = [(float(m.group(1)), float(m.group(2))) for m in numbers if m]
    times, loads = zip(*rows)
    yield recording("hangboard", name, times, table(times, loads), labels_of("hangboard", name))


def hand_grip():
    for name in ("LogFile_2025-03-13_21.21.22.txt", "LogFile_2025-03-13_21.28.49.txt"):
        rows = [r for r in csv.reader(lines_of("hand-grip", name)[1:]) if r[1]]
        times, forces = [float(r[0]) for r in rows], [float(r[1]) for r in rows]
        yield recording("hand-grip", name, times, table(times, forces), labels_of("hand-grip", name))


def four_cell_plate():
    for path in sorted((CAPTURES / "four-cell-plate").glob("LC*.csv")):
        lines = path.read_text().splitlines()
        if not lines[0].startswith("time"):
            rows = [line.split(",") for line in lines[1:]]
            stamped = [[str(i * 98), *row] for i, row in enumerate(rows)]
        else:
            stamped = [line.split(",") for line in lines[1:]]
        times = [float(r[0]) / 1000 for r in stamped]
        # The dead load is the zero: what the plate carries before the first press.
        dead = [statistics.median(float(r[1 + cell]) for r in stamped[:10]) for cell in range(4)]
        stream = "".join(",".join(r) + "\n" for r in stamped).encode()
        zero = " ".join(f"{d:.2f}" for d in dead)
        labels = labels_of("four-cell-plate", path.name)
        yield recording("four-cell-plate", path.name, times, stream, labels, label_zero=0, zero_raw=zero, time_unit="ms")


def grip_files():
    for path in sorted((CAPTURES / "grip-pulses").glob("P*.csv")):
        rows = [r for r in csv.reader(path.read_text().splitlines()[1:])][:294]
        yield path.name, [float(r[0]) for r in rows], [float(r[3]) for r in rows], labels_of("grip-pulses", path.name)


def grip_pulses():
    for name, times, forces, labels in grip_files():
        yield recording("grip-pulses", name, times, table(times, forces), labels, label_zero=0)


def grip_pulses_above_a_level():
    for name, times, forces, labels in grip_files():
        level = round(min(forces) + 0.4 * (max(forces) - min(forces)), 1)
        made = table(times, forces)
        yield recording("grip-pulses, above a level", name, times, made, labels, label_zero=0, press_n=level, release_n=level)


def wheel_pushes():
    name = "sample_sw_csvtxt.csv"
    rows = [line.split(";") for line in lines_of("wheel-pushes", name) if line]
    times = [int(r[0]) / 240 for r in rows]
    forces = [math.hypot(*(float(v) for v in r[18:21])) for r in rows]
    yield recording("wheel-pushes", name, times, table(times, forces), labels_of("wheel-pushes", name), label_zero=0)


def steps():
    """(foot, its column of force, its column of place, rows) of the walk."""
    lines = lines_of("walking", WALK)
    head = next(i for i, line in enumerate(lines) if line.strip() == "endheader") + 1
    columns = lines[head].split()
    rows = [[float(v) for v in line.split()] for line in lines[head + 1:] if line.strip()]
    for foot in ("", "l_"):
        yield f"{foot}ground_force_vy", columns.index(f"{foot}ground_force_vy"), columns.index(f"{foot}ground_force_px"), rows


def walking():
    for foot, force, _, rows in steps():
        times, forces = [r[0] for r in rows], [r[force] for r in rows]
        labels = labels_of("walking", WALK, event=f"foot_contact_{foot}")
        yield recording("walking", f"{WALK} {foot}", times, table(times, forces), labels, label_zero=0)


def walking_with_its_place():
    for foot, force, place, rows in steps():
        places = [r[place] for r in rows if r[force] > 20]
        heel, toe = min(places), max(places)
        shares = [min(1, max(0, (r[place] - heel) / (toe - heel))) for r in rows]
        stream = "".join(f"{r[0]:.6f},{r[force] * (1 - share):.6f},{r[force] * share:.6f}\n" for r, share in zip(rows, shares)).encode()
        labels = labels_of("walking", WALK, event=f"foot_contact_{foot}")
        made = recording("walking, with its place", f"{WALK} {foot}", [r[0] for r in rows], stream, labels, label_zero=0,
                         zero_raw="0 0", cell_mm=f"0 {1000 * (toe - heel):.0f}")
        for label in labels:
            within = [r[place] for r in rows if label.start_s <= r[0] <= label.end_s and r[force] > 100]
            made.travel_mm.append(1000 * (max(within) - min(within)))
        yield made


def jumps():
    for name in ("Dual-CMJ-Fz.txt", "Dual-DJ-Fz.txt", "Dual-SJ-Fz.txt"):
        rows = [line.split() for line in lines_of("jumps", name)[1:] if line.strip()]
        times = [i / 1000 for i in range(len(rows))]
        stream = "".join("\t".join(r) + "\n" for r in rows).encode()
        made = recording("jumps", name, times, stream, labels_of("jumps", name), zero_raw="0 0", columns="- 1 2", cells=2)
        made.rate_hz = 1000
        yield made


def standing():
    for name in ("BDS00020.txt", "BDS00021.txt"):
        rows = [line.split() for line in lines_of("standing", name)[1:] if line.strip()]
        times, forces = [float(r[0]) for r in rows], [float(r[3]) for r in rows]
        yield recording("standing", name, times, table(times, forces), [])


def balance_board():
    name = "complex_20250515_154051.csv"
    rows = list(csv.reader(lines_of("balance-board", name)))
    starts = [i for i, r in enumerate(rows) if r and r[0] == "RealTimestamp"] + [len(rows)]
    for trial, (first, last) in enumerate(zip(starts, starts[1:]), 1):
        part = [r for r in rows[first + 1:last] if r]
        times, loads = [float(r[1]) for r in part], [float(r[6]) for r in part]
        yield recording("balance-board", f"{name} trial {trial}", times, table(times, loads), [])


FOLDERS = {
    "hangboard": hangboard, "hand-grip": hand_grip, "four-cell-plate": four_cell_plate, "grip-pulses": grip_pulses,
    "grip-pulses, above a level": grip_pulses_above_a_level, "wheel-pushes": wheel_pushes, "walking": walking,
    "walking, with its place": walking_with_its_place, "jumps": jumps, "standing": standing, "balance-board": balance_board,
}


def replay(stream, options, rate_hz=0):
    """Event records of a stream of bytes, as `knead replay` prints them."""
    command = [harness.KNEAD, "replay", "--device", "ball-1"]
    for key, value in options.items():
        command += ["-o", f"ball-1.{key}={value}"]
    if rate_hz:
        command += ["--rate", f"{rate_hz:g}"]
    out = subprocess.run([*command, "-"], input=stream, capture_output=True)
    if out.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {out.stderr.decode()}")
    return [json.loads(line) for line in out.stdout.splitlines()]


def agree(label, found, recording):
    if recording.rule.overlap:
        return min(label.end_s, found[2]) > max(label.start_s, found[1])
    return max(abs(found[1] - label.start_s), abs(found[2] - label.end_s)) <= recording.tolerance_s


def strokes_agree(label, before, after, stroke, tolerance_s):
    """'up' or 'down' when a stroke is the way to the peak of a pulse, or the way from it; else None. A peak lies in the
    label, the other end of a stroke between it and its neighbour (before: end of the last label; after: start of the next)."""
    def within(t_s, from_s, to_s):
        return from_s - tolerance_s <= t_s <= to_s + tolerance_s

    if within(stroke[1], before, label.start_s) and within(stroke[2], label.start_s, label.end_s):
        return "up"
    if within(stroke[1], label.start_s, label.end_s) and within(stroke[2], label.end_s, after):
        return "down"
    return None


def score_strokes(recording):
    """Each labelled pulse is two strokes: up to its peak and down from it. Each may be found once."""
    events = replay(b"no data\nno data\n" + recording.stream, recording.options, recording.rate_hz)
    found = [(e["event_type"], e["start_s"], e["end_s"]) for e in events if e["event_type"] == "stroke"]
    ends = [-math.inf, *(label.end_s for label in recording.labels)]
    starts = [*(label.start_s for label in recording.labels[1:]), math.inf]
    pairs, extra, taken = [], [], set()
    for stroke in found:
        ways = ((i, strokes_agree(label, ends[i], starts[i], stroke, recording.tolerance_s)) for i, label in enumerate(recording.labels))
        way = next((way for way in ways if way[1] and way not in taken), None)
        if way:
            taken.add(way)
            pairs.append((recording.labels[way[0]], stroke))
        else:
            extra.append(stroke)
    rolls = sum(e["event_type"] == "roll_end" for e in events)
    return Score(recording, found, pairs, extra, rolls, events, strokes_per_label=2)


def score_contacts(recording):
    events = replay(b"no data\nno data\n" + recording.stream, recording.options, recording.rate_hz)
    found = [(e["event_type"], e["start_s"], e["end_s"]) for e in events if e["event_type"] in CONTACTS]
    pairs, left = [], list(found)
    for label in recording.labels:
        near = [f for f in left if agree(label, f, recording)]
        if near:
            best = min(near, key=lambda f: abs(f[1] - label.start_s))
            left.remove(best)
            if not label.ambiguous:
                pairs.append((label, best))
    # What lies in a stretch that its labeller would not judge is not judged here either.
    unclear = [label for label in recording.labels if label.ambiguous]
    extra = [f for f in left if not any(f[2] > u.start_s - 0.5 and f[1] < u.end_s + 0.5 for u in unclear)]
    rolls = sum(e["event_type"] == "roll_end" for e in events)
    return Score(recording, found, pairs, extra, rolls, events)


def scores(folder):
    score = score_strokes if RULES[folder].reading == "strokes" else score_contacts
    return [score(r) for r in FOLDERS[folder]()]


def false_ones(scores):
    """What a quiet recording may not have: all but one hold that was there at the start and ends with the data."""
    for s in scores:
        for e in s.events:
            still = e["event_type"] == "hold_end" and e["cause"] == "lost" and "boot_loaded" in e["flags"]
            if e["event_type"] in (*CONTACTS, "stroke", "roll_end", "percussion_end") and not still:
                yield e


def f1(scores):
    """Over all files of a folder; None where nothing is labelled and nothing was found."""
    both = sum(s.wanted for s in scores) + sum(len(s.pairs) + len(s.extra) for s in scores)
    return 2 * sum(len(s.pairs) for s in scores) / both if both else None
