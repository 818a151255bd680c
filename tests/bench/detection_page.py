# SPDX-License-Identifier: MIT
"""The pages of the detection benchmark: docs/accuracy.md whole, and the digest in the README between its two marks.

Text only: the same figures give the same bytes.
"""
import detection_cells
import detection_goals

BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"
GEOMETRY_NAMES = {"none": "one cell", "line2": "line 2", "line4": "line 4", "ring6": "ring 6", "sphere8": "sphere 8"}
MARKS = {"short": " ✗", "good": "", "stretch": " ✓", None: ""}


def number(value, decimals):
    return "-" if value is None else f"{value:.{decimals}f}"


def goal_text(value, decimals):
    """A goal with no more digits than it needs: 0.99, not 0.990."""
    if value is None:
        return "-"
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


class Results:
    """Figures by cell: {Cell: {detector: score}}, in the order of the run."""

    def __init__(self, by_cell):
        self.by_cell = by_cell
        cells = list(by_cell)
        self.strata, self.rates, self.geometries = (
            list(dict.fromkeys(getattr(cell, axis) for cell in cells)) for axis in ("stratum", "rate", "geometry")
        )
        self.detectors = list(next(iter(by_cell.values())))

    def cell(self, stratum, rate, geometry):
        return detection_cells.Cell(stratum, rate, geometry)

    def value(self, metric, cell, who="knead"):
        return metric.value(self.by_cell[cell][who]) if metric.asked(cell) else None

    def figure(self, metric, cell, who="knead"):
        """A value with its mark."""
        value = self.value(metric, cell, who)
        verdict = metric.verdict(value, metric.goal(cell)) if who == "knead" else None
        return number(value, metric.decimals) + MARKS[verdict]

    def judged(self):
        """(metric, cell, value, goal, verdict) of every figure that has a bar and a value."""
        for metric in detection_goals.METRICS:
            for cell in self.by_cell:
                value, goal = self.value(metric, cell), metric.goal(cell)
                verdict = metric.verdict(value, goal)
                if verdict:
                    yield metric, cell, value, goal, verdict


def goal_cells(metric, cells):
    """Bar and stretch goal of cells that share them, as two columns."""
    goals = {metric.goal(cell) for cell in cells if metric.asked(cell)} or {detection_goals.NO_GOAL}
    if len(goals) != 1:
        raise ValueError(f"{metric.key}: cells of one row have different goals")
    (goal,) = goals
    return [goal_text(goal.bar, metric.decimals), goal_text(goal.stretch, metric.decimals)]


def metric_table(results, metric):
    """Rows: stratum, rate, detector. Columns: geometries, with the goals of one cell and of more beside them."""
    more = [g for g in GEOMETRY_NAMES if g != "none" and g in results.geometries]
    parts = [part for part in (["none"] if "none" in results.geometries else [], more) if part]
    with_goals = any(metric.goal(cell).bar is not None for cell in results.by_cell)
    head = ["stratum", "rate", *(["detector"] if metric.naive else [])]
    for part in parts:
        head += [GEOMETRY_NAMES[g] for g in part] + (["bar", "stretch"] if with_goals else [])
    rows = []
    for stratum in results.strata:
        for rate in results.rates:
            if not any(metric.asked(results.cell(stratum, rate, g)) for g in results.geometries):
                continue
            for who in results.detectors if metric.naive else ["knead"]:
                row = [stratum, rate, *([who] if metric.naive else [])]
                for part in parts:
                    cells = [results.cell(stratum, rate, g) for g in part]
                    row += [results.figure(metric, cell, who) for cell in cells]
                    if with_goals:
                        row += goal_cells(metric, cells) if who == "knead" else ["", ""]
                rows.append(row)
    return table(head, rows)


def summary(results):
    rows = []
    for title, group in detection_goals.GROUPS:
        for stratum in results.strata:
            verdicts = [v for m, c, _, _, v in results.judged() if m in group and c.stratum == stratum]
            if verdicts:
                rows.append([title, stratum, str(len(verdicts)), str(len(verdicts) - verdicts.count("short")),
                             str(verdicts.count("stretch")), str(verdicts.count("short"))])
    return table(["group", "stratum", "figures with a bar", "reach it", "reach the stretch goal", "fall short"], rows)


def shortfalls(results):
    """One row per metric, stratum and rate that falls short anywhere."""
    rows = {}
    for metric, cell, value, goal, verdict in results.judged():
        if verdict == "short":
            what = f"{GEOMETRY_NAMES[cell.geometry]} {number(value, metric.decimals)} ({goal_text(goal.bar, metric.decimals)})"
            rows.setdefault((metric.title, cell.stratum, cell.rate), []).append(what)
    return table(["figure", "stratum", "rate", "value (bar)"], [[*key, ", ".join(what)] for key, what in rows.items()])


def confusions(scored):
    """What was taken for something else, most frequent first."""
    pairs = [(count, label, found) for label, row in scored["confusion"].items() for found, count in row.items()
             if count and label != found]
    return ", ".join(f"{label} as {found} {count}" for count, label, found in sorted(pairs, key=lambda p: (-p[0], p[1], p[2])))


def worst(scored, kind):
    f1, capture = (scored["kinds"][kind][key] for key in ("worst_f1", "worst_capture"))
    if f1 is None:
        return "-"
    return number(f1, 3) + (f" (seed {capture.rsplit('-', 1)[1]})" if f1 < 1 else "")


def cell_rows(results):
    for cell, by_detector in results.by_cell.items():
        scored = by_detector["knead"]
        labelled = " ".join(str(scored["kinds"][kind]["labelled"]) for kind in detection_cells.KINDS)
        yield [cell.stratum, cell.rate, GEOMETRY_NAMES[cell.geometry], labelled, worst(scored, "hold"), worst(scored, "roll"),
               confusions(scored) or "nothing"]


INTRODUCTION = """\
# How well detection does

Generated, every figure of it, by

    {command}

from {captures} simulated captures of {seconds} in each cell (`knead simulate --scenario {scenario}`, seeds {first} to {last}{idle}); for what
the body does during a hold half as many of `--scenario hold` are added.
A cell is a stratum (s0 clean, s1 typical, s2 hard, s3 harder) at one rate with one geometry, and nothing is ever averaged over
cells. What truly happened comes from the noise-free force and from the generator's own timeline, computed by code that
shares nothing with the detector; matching and errors are those of `knead score --help`.

Beside knead stand two plain detectors, made the way most projects with a load cell on a serial port do it
(`tests/bench/naive-detector.c`): *threshold* begins a hold above 22 N and ends it below 8 N, *mean* compares the mean of ten
samples with 15 N; both take the tare once, have no debounce and count what lasts 3 s. They read the same captures through
knead's decoding and clock. They know nothing but holds.

The bar and the stretch goal are those of the design (`detection.md`, section 13). ✗ marks a figure below its bar, ✓ one that reaches
the stretch goal, - what does not occur or is not known. Where the design lists s1 and s2 alone, s0 is held to s1's value and s3 to
none; a single value is asked of all four. Below 200 samples/s impacts and percussion cannot be told from other contacts and
are left out.

How late records come out is measured on every fourth capture (`tests/bench/publish-delay.c`), in stream time and without the
delay of the converter, from when the contract lets them be known; a hold whose decision waits for movement to rest is late by
that. Not measured here: the way from the port to a subscriber (`bench-latency`), the cost of a sample
([benchmarks.md](benchmarks.md)), time stamps under batching (`tests/unit/test-clock.c`).
"""


def page(results, about, real):
    """docs/accuracy.md. about: the fields of INTRODUCTION; real: lines on real recordings, or none."""
    yield INTRODUCTION.format(**about)
    yield "## In short\n"
    yield from summary(results)
    yield "\n### Where it falls short\n"
    yield from shortfalls(results)
    yield "\n### Each cell\n"
    yield ("Labelled: holds, rolls, presses, taps, impacts, percussion. Worst is the capture with the lowest F1. The last column says "
           "what was taken for what.\n")
    yield from table(["stratum", "rate", "geometry", "labelled", "worst hold F1", "worst roll F1", "confusion"], cell_rows(results))
    if real:
        yield "\n## Real recordings\n"
        yield from real
    for title, group in detection_goals.GROUPS:
        yield f"\n## {title}"
        for metric in group:
            yield f"\n### {metric.title}\n"
            yield from metric_table(results, metric)


DIGEST = (
    ("hold F1", "hold_f1"), ("start ms", "hold_start_median"), ("p95", "hold_start_p95"), ("duration p95 ms", "hold_duration_p95"),
    ("roll F1", "roll_f1"), ("strokes exact", "roll_exact"), ("press F1", "press_f1"), ("tap F1", "tap_f1"),
)


def digest(results, about):
    """What the README shows: every cell, its most telling figures."""
    metrics = {metric.key: metric for metric in detection_goals.METRICS}
    naive = [who for who in results.detectors if who != "knead"]
    head = ["stratum", "rate", "geometry", *(title for title, _ in DIGEST), *(f"hold F1, {who}" for who in naive)]
    rows = [
        [cell.stratum, cell.rate, GEOMETRY_NAMES[cell.geometry],
         *(results.figure(metrics[key], cell) for _, key in DIGEST),
         *(results.figure(metrics["hold_f1"], cell, who) for who in naive)]
        for cell in results.by_cell
    ]
    verdicts = [verdict for *_, verdict in results.judged()]
    yield f"`{about['command']}`: {about['captures']} captures of {about['seconds']} a row. Of {len(verdicts)} figures with a bar"
    yield f"{len(verdicts) - verdicts.count('short')} reach it; ✗ marks one that does not, ✓ one that reaches the stretch goal. The last columns are plain"
    yield "threshold detectors on the same captures. Every figure, with its bar: [docs/accuracy.md](docs/accuracy.md).\n"
    yield "<details><summary>the table</summary>\n"
    yield from table(head, rows)
    yield "\n</details>"


def between_marks(text, lines):
    """text with the lines between the marks replaced. ValueError where the marks are not there once each, in order."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end or BEGIN in tail or END in tail:
        raise ValueError(f"want one {BEGIN} and after it one {END}")
    return head + BEGIN + "\n" + "\n".join(lines) + "\n" + END + tail
