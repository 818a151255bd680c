# SPDX-License-Identifier: MIT
"""
What must hold of any stream of events, whatever was pressed (events.md section 3), and the short lines of what a capture
is expected to show. check_records() and check_expectations() return sentences of what is wrong; none is good.

An expectation is one line an event:   KIND [START-END | T] [WORD...] [KEY=VALUE...] [+FLAG...] [~SECONDS]

    hold 2.040-9.580 lifted dips=1 +gap      roll 3.0-9.2 lifted strokes=4 ~0.1      warning 2.5 over_soft

Times are met within 5 ms or what ~ says, numbers within half of the last digit given, words are the values of cause, kind
or direction, and the flags are just those given. Kinds that are always compared, in order: see ALWAYS. Any other kind is
compared where it is named at all.
"""
import math
import re

ALWAYS = ["hold", "roll", "press", "tap", "impact", "percussion", "pulse_set", "press_set", "warning", "fault", "protocol_done"]
TIME_TOLERANCE_S = 0.005
SPAN = r"(-?\d+\.?\d*)(?:-(\d+\.?\d*))?"
FLAGS = {"gap", "saturated", "spike", "percussion", "boot_loaded", "over_soft", "over_hard", "prior"}
COMMON = ["v", "event_type", "device", "ts", "t_s", "boot", "n", "confidence", "flags"]
KEYS = {
    "contact_start": "",
    "hold_start": "hold_id start_s start",
    "hold_target": "hold_id target_s",
    "hold_end": """hold_id start_s end_s start end duration_s peak_n peak_kpa peak_t_s mean_n min_n impulse_ns time_to_peak_s
        onset_n_per_s steadiness_pct relax_pct softening_s breath_per_min dips target_s target_met cause""",
    "release": "hold_id cause duration_s peak_n peak_kpa from_n residual_n release_n_per_s fall_s",
    "roll_start": "roll_id start_s start",
    "stroke": "roll_id index start_s end_s duration_s direction travel_mm speed_mm_s peak_n mean_n",
    "roll_end": """roll_id start_s end_s duration_s strokes cadence_per_min travel_mm speed_mm_s peak_n mean_n impulse_ns
        peak_trend_pct_per_stroke cause""",
    "press": "start_s end_s duration_s peak_n peak_kpa travel_mm",
    "tap": "start_s end_s duration_s peak_n peak_kpa",
    "impact": "start_s end_s duration_s peak_n peak_kpa",
    "pulse_set_end": "start_s end_s pulses mean_duration_s hold_ids",
    "press_set_end": "start_s end_s presses",
    "percussion_end": "start_s end_s duration_s rate_hz mean_n",
    "protocol_step": "protocol step of done target completed",
    "protocol_done": "protocol step of done target completed",
    "session_start": "session_id",
    "session_end": "session_id holds holds_met strokes rolls loaded_s dose_ns peak_n longest_hold_s",
    "warning": "kind value limit",
    "fault": "kind detail",
}
CAUSES = {
    "hold_end": {"lifted", "eased", "rolled", "lost"},
    "release": {"lifted", "eased", "rolled", "lost"},
    "roll_end": {"lifted", "stopped", "lost"},
}
WHOLE = {"dips", "strokes", "pulses", "presses", "rolls", "holds", "holds_met", "hold_id", "roll_id", "session_id", "index", "n"}


def near(a, b, tolerance):
    return math.isclose(a, b, abs_tol=tolerance + 1e-9)


class Records:
    """Goes through the events once and keeps what is open."""

    def __init__(self, hold_min_s):
        self.hold_min_s = hold_min_s
        self.wrong, self.n, self.hold, self.roll, self.session = [], 0, None, None, None
        self.ids = {"hold_id": 0, "roll_id": 0, "session_id": 0}
        self.ended = None  # the hold_end whose release must come next
        self.index, self.seen = 0, {}

    def fail(self, event, sentence):
        self.wrong.append(f"event {event['n']}, {event['event_type']}: {sentence}")

    def expect(self, condition, event, sentence):
        if not condition:
            self.fail(event, sentence)

    def push(self, e):
        kind = e["event_type"]
        self.expect(list(e) == COMMON + KEYS[kind].split(), e, f"has the keys {list(e)}")
        self.n += 1
        self.expect(e["v"] == 1 and e["n"] == self.n, e, f"does not count on from {self.n - 1}")
        self.expect(0 <= e["confidence"] <= 1 and set(e["flags"]) <= FLAGS, e, "has a confidence or flag that is none")
        self.expect(len(e["flags"]) == len(set(e["flags"])), e, "has a flag twice")
        for key, value in e.items():
            self.expect(not isinstance(value, float) or math.isfinite(value), e, f"{key} is no number")
            if key in WHOLE:
                self.expect(isinstance(value, int) and value >= 0, e, f"{key} is no count")
        if "cause" in e:
            self.expect(e["cause"] in CAUSES[kind], e, f"has the cause {e['cause']}")
        self.times(e)
        if self.ended:
            self.expect(kind == "release", e, "comes between hold_end and its release")
        if kind not in ("session_start", "fault", "warning", "protocol_step", "protocol_done"):
            self.expect(self.session is not None, e, "lies outside a session")
        getattr(self, "on_" + kind, lambda event: None)(e)

    def times(self, e):
        if "end_s" in e:
            self.expect(e["start_s"] < e["end_s"], e, "ends before it starts")
            self.expect(e["t_s"] == e["end_s"], e, "is not about its end")
            if "duration_s" in e:
                self.expect(near(e["duration_s"], e["end_s"] - e["start_s"], 0.0011), e, "duration_s is not end less start")
        elif "start_s" in e:
            self.expect(e["t_s"] == e["start_s"], e, "is not about its start")
        if e.get("impulse_ns") is not None:
            self.expect(near(e["mean_n"] * e["duration_s"], e["impulse_ns"], 0.06 + 0.06 * e["duration_s"] + 0.002 * e["peak_n"]),
                        e, "mean_n is not impulse_ns by duration_s")
            self.expect(e["mean_n"] <= e["peak_n"] + 0.1, e, "mean_n is above peak_n")
        for key in ("peak_n", "duration_s", "loaded_s", "dose_ns", "fall_s", "time_to_peak_s"):
            self.expect(e.get(key) is None or e[key] >= 0, e, f"{key} is negative")

    def on_session_start(self, e):
        self.expect(self.session is None, e, "begins in a session")
        self.take_id(e, "session_id")
        self.session, self.totals = e, {"holds": 0, "holds_met": 0, "strokes": 0, "rolls": 0, "longest_hold_s": 0, "peak_n": 0}

    def take_id(self, e, key):
        self.ids[key] += 1
        self.expect(e[key] == self.ids[key], e, f"{key} is not {self.ids[key]}")

    def on_session_end(self, e):
        if self.session is None:
            return
        self.expect(e["session_id"] == self.session["session_id"], e, "is of another session")
        self.expect(self.hold is None and self.roll is None, e, "leaves a hold or roll open")
        for key, value in self.totals.items():
            good = e[key] >= value - 0.05 if key == "peak_n" else near(e[key], value, 0.0011)
            self.expect(good, e, f"{key} is {e[key]}, the events say {value}")
        self.session = None

    def on_hold_start(self, e):
        self.expect(self.hold is None, e, "begins in a hold")
        self.expect(self.roll is None, e, "begins in a roll")
        self.take_id(e, "hold_id")
        self.hold, self.target = e, None

    def on_hold_target(self, e):
        self.expect(self.hold and e["hold_id"] == self.hold["hold_id"] and not self.target, e, "belongs to no hold, or is the second")
        self.expect(self.hold and near(e["t_s"], self.hold["start_s"] + e["target_s"], 0.0011), e, "is not at start + target_s")
        self.target = e

    def on_hold_end(self, e):
        hold = self.hold
        self.expect(hold and e["hold_id"] == hold["hold_id"] and e["start_s"] == hold["start_s"], e, "belongs to no hold_start")
        self.expect(e["target_met"] == (self.target is not None) == (e["duration_s"] >= e["target_s"] - 0.0005), e, "target_met is wrong")
        self.expect(e["min_n"] is None or e["min_n"] <= e["peak_n"], e, "min_n is above peak_n")
        self.expect(e["start_s"] <= e["peak_t_s"] <= e["end_s"], e, "peak_t_s lies outside")
        self.expect(e["relax_pct"] is None or e["duration_s"] >= 10, e, "relax_pct of less than 10 s")
        self.expect(e["breath_per_min"] is None or e["duration_s"] >= 30, e, "breath_per_min of less than 30 s")
        self.expect(e["duration_s"] >= self.hold_min_s - 0.001, e, "is shorter than hold_min_s")
        self.totals["holds"] += 1
        self.totals["holds_met"] += e["target_met"]
        self.totals["longest_hold_s"] = max(self.totals["longest_hold_s"], e["duration_s"])
        self.totals["peak_n"] = max(self.totals["peak_n"], e["peak_n"])
        self.hold, self.ended = None, e

    def on_release(self, e):
        end, self.ended = self.ended, None
        same = end and all(e[k] == end[k] for k in ("hold_id", "cause", "duration_s", "peak_n", "peak_kpa", "t_s", "flags"))
        self.expect(same, e, "is not that of the hold_end before it")

    def on_roll_start(self, e):
        self.expect(self.roll is None and self.hold is None, e, "begins in a roll or hold")
        self.take_id(e, "roll_id")
        self.roll, self.strokes = e, []

    def on_stroke(self, e):
        before = self.strokes[-1] if self.roll and self.strokes else None
        self.expect(self.roll and e["roll_id"] == self.roll["roll_id"], e, "belongs to no roll")
        if not self.roll:
            return
        self.expect(e["index"] == len(self.strokes) + 1, e, "is out of count")
        self.expect(e["start_s"] == (before["end_s"] if before else self.roll["start_s"]), e, "does not begin where the one before ended")
        if before and e["direction"] != "?":
            self.expect(e["direction"] != before["direction"], e, "goes the same way as the one before")
        self.expect((e["direction"] == "?") <= (e["travel_mm"] is None), e, "has travel without direction")
        self.strokes.append(e)
        self.totals["strokes"] += 1

    def on_roll_end(self, e):
        self.expect(self.roll and e["roll_id"] == self.roll["roll_id"] and e["start_s"] == self.roll["start_s"], e, "belongs to no roll")
        if not self.roll:
            return
        self.expect(e["strokes"] == len(self.strokes) >= 2, e, f"{len(self.strokes)} strokes were told")
        if e["travel_mm"] is not None:
            travel_mm = sum(s["travel_mm"] for s in self.strokes)
            self.expect(near(e["travel_mm"], travel_mm, 0.06 * len(self.strokes) + 0.05), e, "travel_mm is no sum")
        self.expect(near(e["peak_n"], max(s["peak_n"] for s in self.strokes), 0.001), e, "peak_n is not that of its strokes")
        self.expect(near(e["cadence_per_min"], 60 * e["strokes"] / e["duration_s"], 0.2), e, "cadence_per_min is not strokes by time")
        self.totals["rolls"] += 1
        self.totals["peak_n"] = max(self.totals["peak_n"], e["peak_n"])
        self.roll = None

    def on_press(self, e):
        self.totals["peak_n"] = max(self.totals["peak_n"], e["peak_n"])

    on_tap = on_press

    def close(self):
        if self.hold or self.roll or self.session or self.ended:
            self.wrong.append("the end left something open")
        return self.wrong


def check_records(events, hold_min_s=3.0):
    """Sentences on what is wrong with a whole stream of events."""
    records = Records(hold_min_s)
    for e in events:
        records.push(e)
    return records.close()


def kind_of(event):
    return re.sub("(?<!protocol)_end$", "", event["event_type"]) if event["event_type"] != "session_end" else "session_end"


def decimals(text):
    return len(text.partition(".")[2])


def compare_times(event, span, tolerance):
    want = [float(t) for t in re.fullmatch(SPAN, span).groups() if t]
    got = [event["start_s"], event["end_s"]] if len(want) == 2 else [event["t_s"]]
    if len(want) == 2 and "end_s" not in event:
        return f"{kind_of(event)} has no end"
    if not all(near(w, g, tolerance) for w, g in zip(want, got)):
        return f"at {got}, not {want}"
    return ""


def compare_value(event, word):
    key, _, value = word.partition("=")
    got = event[key]
    if got is None or value in ("null", "true", "false") or isinstance(got, (str, list)):
        words = {None: "null", True: "true", False: "false"}
        shown = ",".join(map(str, got)) if isinstance(got, list) else words.get(got, got)
        return "" if str(shown) == value else f"{key} is {shown}, not {value}"
    value, _, tolerance = value.partition("±")
    tolerance = float(tolerance) if tolerance else 0.5 * 10 ** -decimals(value)
    return "" if near(got, float(value), tolerance) else f"{key} is {got}, not {value}"


def compare(event, line):
    """What differs between an event and a line of expectation; empty if nothing."""
    words = line.split()
    flags = {w[1:] for w in words if w[0] == "+" and w != "+"}
    tolerance = next((float(w[1:]) for w in words if w[0] == "~"), TIME_TOLERANCE_S)
    known = {"+" + f for f in flags} | {event.get(key) for key in ("cause", "kind", "direction", "protocol")}
    wrong = []
    if set(event["flags"]) != flags:
        wrong.append(f"flags are {event['flags']}")
    for word in words[1:]:
        if re.fullmatch(SPAN, word):
            wrong.append(compare_times(event, word, tolerance))
        elif "=" in word:
            wrong.append(compare_value(event, word))
        elif word[:1] != "~" and word not in known:
            wrong.append(f"is not {word}")
    return ", ".join(w for w in wrong if w)


def check_expectations(events, lines):
    """Sentences on where the events are not what the lines say."""
    lines = [] if lines == ["nothing"] else lines
    kinds = set(ALWAYS) | {line.split()[0] for line in lines}
    got = [e for e in events if kind_of(e) in kinds]
    found = [kind_of(e) for e in got]
    wanted = [line.split()[0] for line in lines]
    if found != wanted:
        return [f"expected {', '.join(wanted) or 'nothing'}; found {', '.join(found) or 'nothing'}"]
    return [f"{line}: {wrong}" for e, line in zip(got, lines) if (wrong := compare(e, line))]
