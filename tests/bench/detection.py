# SPDX-License-Identifier: MIT
"""The detection benchmark; scripts/benchmark-detection builds what it needs and runs it."""
import argparse
import difflib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

import detection_cells
import detection_goals
import detection_page

TOP = pathlib.Path(__file__).resolve().parents[2]
DEFAULTS = {"seeds": 20, "first_seed": 1, "idle_hours": 8.0, "strata": list(detection_cells.STRATA), "rates": list(detection_cells.RATES),
            "geometries": list(detection_cells.GEOMETRIES)}
SWEEP = {"seeds": 10, "rates": ["80", "320"], "geometries": ["none", "line2"]}
QUICK = {"seeds": 4, "rates": ["80", "320"], "geometries": ["none", "line2"], "idle_hours": 1.0}


def words(allowed, aliases=None):
    """Of a list with commas, each word one of those allowed."""
    def parse(text):
        chosen = [(aliases or {}).get(word, word) for word in text.split(",")]
        wrong = [word for word in chosen if word not in allowed]
        if wrong:
            raise argparse.ArgumentTypeError(f"{wrong[0]}: want of {','.join(allowed)}")
        return chosen
    return parse


def options():
    parser = argparse.ArgumentParser(
        prog="benchmark-detection", description="Measures detection on simulated captures, cell by cell of stratum, rate and "
        "geometry, beside two plain threshold detectors, and writes docs/accuracy.md and the table of the README.")
    parser.add_argument("--seeds", type=int, metavar="N", help="captures of each cell (default 20; --sweep: 10)")
    parser.add_argument("--first-seed", type=int, metavar="N", help="seed of the first (default 1)")
    parser.add_argument("--quick", action="store_true", help="4 seeds, 80 and 320 samples/s, one cell and line of 2, 1 h of idle")
    parser.add_argument("--strata", type=words(detection_cells.STRATA), metavar="LIST", help="of s0,s1,s2,s3 (default all)")
    parser.add_argument("--rates", type=words(detection_cells.RATES), metavar="LIST", help="of 10,80,320,1000 (default all)")
    parser.add_argument("--geometries", type=words(detection_cells.GEOMETRIES, detection_cells.ALIASES), metavar="LIST",
                        help="of none,line2,line4,ring6,sphere8 (default all)")
    parser.add_argument("--idle-hours", type=float, metavar="H", help="idle at 80 samples/s with one cell; as many readings "
                        "elsewhere, and at least an eighth of it (default 8; 0: none)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="captures at a time (default: processors)")
    parser.add_argument("--json", metavar="FILE", help="write every figure there too; - is standard output")
    parser.add_argument("--page", default=TOP / "docs/accuracy.md", metavar="FILE", help="the page to write (default docs/accuracy.md)")
    parser.add_argument("--readme", default=TOP / "README.md", metavar="FILE", help="the file whose table is replaced (default README.md)")
    parser.add_argument("--check", action="store_true", help="write neither, say how they differ from what would be written")
    parser.add_argument("--build", default=os.environ.get("KNEAD_BUILD", TOP / "build"), metavar="DIR", help="build directory")
    sweep = parser.add_argument_group("for work on detection")
    sweep.add_argument("--sweep", action="store_true", help="no pages, no idle, no plain detectors: a line of text for each cell; "
                       "by default 80 and 320 samples/s, one cell and line of 2")
    sweep.add_argument("--scenario", default="mixed", metavar="NAME", help="of knead simulate (default mixed)")
    sweep.add_argument("--format", default="k1", metavar="F", help="of knead simulate (default k1)")
    sweep.add_argument("--seconds", metavar="S", help="length of each capture (default: by scenario)")
    sweep.add_argument("--fault", action="append", default=[], metavar="F", help="of knead simulate")
    sweep.add_argument("--option", "-o", action="append", default=[], metavar="S.K=V", help="setting for the replay")
    sweep.add_argument("--keep", metavar="DIR", help="keep captures, labels and records there")
    return complete(parser, parser.parse_args())


def complete(parser, args):
    chosen = {**DEFAULTS, **(QUICK if args.quick else SWEEP if args.sweep else {})}
    args.command = shlex.join(["scripts/benchmark-detection", *own_words(args, chosen)])
    for key, default in chosen.items():
        if getattr(args, key) is None:
            setattr(args, key, default)
    if args.seeds < 1 or args.first_seed < 0 or args.jobs < 1 or args.idle_hours < 0:
        parser.error("--seeds and --jobs want at least 1, --first-seed and --idle-hours at least 0")
    return args


def own_words(args, chosen):
    """The options that decide about the figures, where they are not those chosen anyway, as the page names them."""
    for key in ("seeds", "first_seed", "idle_hours"):
        if getattr(args, key) not in (None, chosen[key]):
            yield from (f"--{key.replace('_', '-')}", f"{getattr(args, key):g}")
    if args.quick:
        yield "--quick"
    for key in ("strata", "rates", "geometries"):
        if getattr(args, key) and getattr(args, key) != chosen[key]:
            yield from (f"--{key}", ",".join(getattr(args, key)))
    for key in ("scenario", "format", "seconds"):
        if getattr(args, key) not in (None, "mixed", "k1"):
            yield from (f"--{key}", getattr(args, key))
    for key in ("fault", "option"):
        for value in getattr(args, key):
            yield from (f"--{key}", value)


# ---- a line for each cell ----

LINE = (
    ("holds", 6, lambda s: s["kinds"]["hold"]["labelled"], 0), ("F1", 7, "hold_f1", 3), ("start", 7, "hold_start_median", 1),
    ("p95", 7, "hold_start_p95", 1), ("durat", 7, "hold_duration_p95", 1), ("torn", 7, "hold_torn", 3), ("peak%", 7, "hold_peak_p95", 1),
    ("imp%", 6, "hold_impulse_p95", 1), ("rolls", 6, lambda s: s["kinds"]["roll"]["labelled"], 0), ("F1", 7, "roll_f1", 3),
    ("exact", 7, "roll_exact", 3), ("+-1", 7, "roll_within_one", 3), ("turn", 5, "turn_p95", 0), ("tap", 7, "tap_f1", 3),
    ("press", 7, "press_f1", 3), ("percus", 7, "percussion_f1", 3), ("impact", 7, "impact_f1", 3),
    ("false", 6, lambda s: sum(k["detected"] - k["matched"] for k in s["kinds"].values()), 0),
)


def sweep(plan, args):
    values = {metric.key: metric.value for metric in detection_goals.METRICS}
    print(f"{'stratum':8}{'rate':>5} {'geometry':8}" + "".join(f"{title:>{width}}" for title, width, _, _ in LINE), flush=True)
    for cell, by_detector in detection_cells.run(plan, cells_of(args), args.jobs):
        scored = by_detector["knead"]
        texts = (f"{detection_page.number((values[what] if isinstance(what, str) else what)(scored), decimals):>{width}}"
                 for _, width, what, decimals in LINE)
        print(f"{cell.stratum:8}{cell.rate:>5} {cell.geometry:8}" + "".join(texts), flush=True)


# ---- pages ----

def cells_of(args):
    return detection_cells.cells_of(args.strata, args.rates, args.geometries)


def measure(plan, args):
    cells, began = cells_of(args), time.monotonic()
    results = {}
    for cell, by_detector in detection_cells.run(plan, cells, args.jobs):
        results[cell] = by_detector
        f1 = by_detector["knead"]["kinds"]["hold"]["f1"]
        print(f"{len(results):3}/{len(cells)} {cell.name:16} hold F1 {detection_page.number(f1, 3)}  "
              f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return detection_page.Results(results)


def as_json(results, about):
    cells = [
        {"stratum": cell.stratum, "rate_hz": cell.rate_hz, "geometry": cell.geometry, "detectors": by_detector,
         "figures": {metric.key: {"value": results.value(metric, cell), "bar": metric.goal(cell).bar,
                                  "stretch": metric.goal(cell).stretch,
                                  "verdict": metric.verdict(results.value(metric, cell), metric.goal(cell))}
                     for metric in detection_goals.METRICS if metric.asked(cell)}}
        for cell, by_detector in results.by_cell.items()
    ]
    return json.dumps({"command": about["command"], "cells": cells})


def real_recordings(args):
    """Lines on the real recordings, where they are; none otherwise."""
    os.environ["KNEAD_BUILD_ROOT"] = str(pathlib.Path(args.build).resolve())
    sys.path.insert(0, str(TOP / "tests/e2e"))
    try:
        import real_table
    except ImportError as error:  # it needs what end-to-end tests need
        print(f"benchmark-detection: no real recordings: {error}", file=sys.stderr)
        return []
    return list(real_table.markdown())


def put(path, text, check):
    """Writes the file, or says how it differs. Returns whether it is now as it should be."""
    path = pathlib.Path(path)
    if not check:
        path.write_text(text)
        return True
    old = path.read_text() if path.exists() else ""
    sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), str(path), "measured"))
    return old == text


def write(results, args):
    about = {
        "command": args.command, "captures": args.seeds, "first": args.first_seed, "last": args.first_seed + args.seeds - 1,
        "scenario": args.scenario, "seconds": f"{args.seconds} s" if args.seconds else "five minutes" if args.scenario == "mixed" else "their usual length",
        "idle": f"; idle of {args.idle_hours:g} h at 80 samples/s with one cell, as many readings elsewhere, at least an eighth of that time"
        if args.idle_hours else "",
    }
    readme = pathlib.Path(args.readme)
    good = put(readme, detection_page.between_marks(readme.read_text(), detection_page.digest(results, about)), args.check)
    good &= put(args.page, "\n".join(detection_page.page(results, about, real_recordings(args))) + "\n", args.check)
    if args.json == "-":
        print(as_json(results, about))
    elif args.json:
        pathlib.Path(args.json).write_text(as_json(results, about) + "\n")
    return good


def run(args, where):
    plan = detection_cells.Plan(
        build=pathlib.Path(args.build), where=where, seeds=range(args.first_seed, args.first_seed + args.seeds),
        idle_hours=0 if args.sweep else args.idle_hours, naive=not args.sweep,
        body=not args.sweep and args.scenario == "mixed", scenario=args.scenario, format=args.format,
        seconds=args.seconds, faults=tuple(args.fault), options=tuple(args.option), keep=args.keep is not None)
    if args.sweep:
        sweep(plan, args)
        return True
    detection_page.between_marks(pathlib.Path(args.readme).read_text(), [])  # before the work, not after it
    return write(measure(plan, args), args)


def main():
    args = options()
    try:
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
            return not run(args, pathlib.Path(args.keep))
        with tempfile.TemporaryDirectory(prefix="knead-benchmark-") as where:
            return not run(args, pathlib.Path(where))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"benchmark-detection: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
