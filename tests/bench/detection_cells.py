# SPDX-License-Identifier: MIT
"""Cells of the detection benchmark: stratum x rate x geometry, each simulated, replayed, scored apart from the others.

A cell's captures are made one at a time and thrown away once knead and both plain detectors have seen them; what remains
are labels and records, which `knead score` turns into the figures of the cell.
"""
import concurrent.futures
import dataclasses
import itertools
import json
import math
import pathlib
import subprocess

GEOMETRIES = {"none": ("none", 1), "line2": ("line", 2), "line4": ("line", 4), "ring6": ("ring", 6), "sphere8": ("sphere", 8)}
ALIASES = {"line": "line2", "ring": "ring6", "sphere": "sphere8"}
STRATA = ("s0", "s1", "s2", "s3")
RATES = ("10", "80", "320", "1000")
NAIVE = ("threshold", "mean")
# Tighter collars of detection.md section 13, and the rate from which each is asked for.
COLLARS_MS = {"50": 80, "25": 320}
# The figures of what the body does come from captures of long holds besides, half as many: few holds of a mixed capture
# are long enough for a breath or a slope to show.
BODY_SCENARIO, BODY_KEYS = "hold", ("breathing", "relaxation", "softening", "dips")
LATE_KINDS = ("session_start", "hold_start", "hold_target", "hold_end", "press", "tap", "stroke", "roll_start", "roll_end", "impact",
              "percussion_end")
KINDS = ("hold", "roll", "press", "tap", "impact", "percussion")


@dataclasses.dataclass(frozen=True)
class Cell:
    stratum: str
    rate: str
    geometry: str  # a key of GEOMETRIES

    @property
    def name(self):
        return f"{self.stratum} {self.rate} {self.geometry}"

    @property
    def rate_hz(self):
        return float(self.rate)

    @property
    def one_cell(self):
        return self.geometry == "none"

    def idle_lengths_s(self, hours):
        """Captures of idle, an hour each at most: the same number of readings everywhere, and at least an eighth of the hours."""
        share = max(1 / 8, min(1, 80 / self.rate_hz) / GEOMETRIES[self.geometry][1])
        captures = math.ceil(hours * share)
        return [round(3600 * hours * share / captures, 1) for _ in range(captures)]


@dataclasses.dataclass
class Plan:
    """What is run, and with which programs."""

    build: pathlib.Path
    where: pathlib.Path  # for what is made on the way
    seeds: range
    idle_hours: float = 0
    naive: bool = True
    body: bool = True
    scenario: str = "mixed"
    format: str = "k1"
    seconds: str | None = None
    faults: tuple = ()
    options: tuple = ()
    keep: bool = False

    @property
    def knead(self):
        return self.build / "src/tool/knead"

    @property
    def naive_detector(self):
        return self.build / "tests/bench/naive-detector"

    def simulate(self, cell, scenario, seed, capture, *more):
        geometry, cells = GEOMETRIES[cell.geometry]
        command = [self.knead, "simulate", "--scenario", scenario, "--stratum", cell.stratum, "--rate", cell.rate,
                   "--seed", str(seed), "--geometry", geometry, "--cells", str(cells), "--format", self.format,
                   "-O", capture, *more]
        command += [word for fault in self.faults for word in ("--fault", fault)]
        subprocess.run(command, check=True)

    def detect(self, who, capture, events):
        replay = [self.knead, "replay", *(word for option in self.options for word in ("-o", option))]
        command = replay if who == "knead" else [self.naive_detector, who]
        with open(events, "wb") as out:
            subprocess.run([*command, capture], check=True, stdout=out)

    def delays(self, capture):
        """How late each record came, in ms, by its type."""
        out = subprocess.run([self.build / "tests/bench/publish-delay", capture], check=True, stdout=subprocess.PIPE, text=True)
        late = {}
        for kind, ms in (line.split() for line in out.stdout.splitlines()):
            late.setdefault(kind, []).append(float(ms))
        return late

    @property
    def detectors(self):
        return ("knead", *(NAIVE if self.naive else ()))


def run_seed(plan, cell, scenario, detectors, seed):
    """One capture seen by the detectors; returns {detector: (labels, events)}, and how late knead's records came."""
    base = f"{scenario}-{cell.stratum}-{cell.rate}-{cell.geometry}-{seed}"
    capture, labels = plan.where / f"{base}.kcap", plan.where / f"{base}.csv"
    plan.simulate(cell, scenario, seed, capture, "--details", labels, *(("--for", plan.seconds) if plan.seconds else ()))
    seen = {}
    for who in detectors:
        events = plan.where / f"{base}{'' if who == 'knead' else '-' + who}.jsonl"
        plan.detect(who, capture, events)
        seen[who] = (labels, events)
    late = plan.delays(capture) if plan.naive and scenario == plan.scenario and seed % 4 == plan.seeds.start % 4 else {}
    if not plan.keep:
        capture.unlink()
    return seen, late


def run_idle(plan, cell, seed, length_s):
    """Idle of that length; returns {detector: number of false events}. Sessions follow from contacts: not counted twice."""
    base = f"idle-{cell.stratum}-{cell.rate}-{cell.geometry}-{seed}"
    capture, events = plan.where / f"{base}.kcap", plan.where / f"{base}.jsonl"
    plan.simulate(cell, "idle", seed, capture, "--for", str(length_s))
    found = {}
    for who in plan.detectors:
        plan.detect(who, capture, events)
        types = [json.loads(line)["event_type"] for line in events.read_text().splitlines()]
        found[who] = sum(t in ("hold_end", "roll_end", "press", "tap", "impact", "percussion_end") for t in types)
    capture.unlink()
    events.unlink()
    return found


def score(plan, cell, files, collar_ms=None):
    command = [plan.knead, "score", "--json", "--rate", cell.rate]
    if collar_ms:
        command += ["--collar-ms", collar_ms]
    for labels, events in files:
        command += ["--labels", labels, events]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def bare_names(scored):
    """The worst captures by their name alone."""
    for kind in scored["kinds"].values():
        if kind["worst_capture"]:
            kind["worst_capture"] = pathlib.PurePath(kind["worst_capture"]).stem
    return scored


def quantile(values, q):
    """The value that the fraction q of all does not exceed; None without any."""
    return sorted(values)[max(0, math.ceil(q * len(values)) - 1)] if values else None


def lateness(lates):
    """{record type: {count, median_ms, p95_ms, most_ms}} over captures."""
    out = {}
    for kind in LATE_KINDS:
        values = [ms for late in lates for ms in late.get(kind, ())]
        out[kind] = {"count": len(values), "median_ms": quantile(values, 0.5), "p95_ms": quantile(values, 0.95), "most_ms": quantile(values, 1)}
    return out


def figures(plan, cell, seen, holds, idle):
    """What a cell came to: {detector: score}, where knead's has more: hold_f1_ms, idle, late. holds: seen for the body's sake."""
    out = {}
    lates = [late for _, late in seen]
    seen, holds = [one for one, _ in seen], [one for one, _ in holds]
    for who in plan.detectors:
        files = [one[who] for one in seen]
        scored = bare_names(score(plan, cell, files))
        scored["hold_f1_ms"] = {
            ms: score(plan, cell, files, ms)["kinds"]["hold"]["f1"] for ms, from_hz in COLLARS_MS.items()
            if cell.rate_hz >= from_hz
        }
        hours = sum(cell.idle_lengths_s(plan.idle_hours)) / 3600
        scored["idle"] = {"hours": round(hours, 3), "events": sum(one[who] for one in idle)} if idle else None
        scored["late"] = lateness(lates if who == "knead" else ())
        if who == "knead" and holds:
            body = score(plan, cell, files + [one[who] for one in holds])
            scored.update({key: body[key] for key in BODY_KEYS})
        out[who] = scored
    if not plan.keep:
        for path in {path for one in seen + holds for pair in one.values() for path in pair}:
            path.unlink()
    return out


def cells_of(strata, rates, geometries):
    return [Cell(*words) for words in itertools.product(strata, rates, geometries)]


def run(plan, cells, jobs):
    """Runs all cells; gives (cell, figures) in their order, each as soon as it and those before it are through."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        started = []
        for cell in cells:
            seen = [pool.submit(run_seed, plan, cell, plan.scenario, plan.detectors, seed) for seed in plan.seeds]
            holds = [pool.submit(run_seed, plan, cell, BODY_SCENARIO, ("knead",), seed)
                     for seed in plan.seeds[:(len(plan.seeds) + 1) // 2]] if plan.body else []
            idle = [pool.submit(run_idle, plan, cell, plan.seeds.start + i, length_s)
                    for i, length_s in enumerate(cell.idle_lengths_s(plan.idle_hours))]
            started.append((cell, seen, holds, idle))
        try:
            for cell, *parts in started:
                yield cell, figures(plan, cell, *([one.result() for one in part] for part in parts))
        finally:
            pool.shutdown(cancel_futures=True)
