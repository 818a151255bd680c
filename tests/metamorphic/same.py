# SPDX-License-Identifier: MIT
"""Whether two streams of events are the same but for what a change explains: times shifted, forces scaled, directions swapped."""
import math

INSTANTS = {"t_s", "start_s", "end_s", "peak_t_s"}
WALL = {"ts", "start", "end"}
FORCES = ("_n", "_kpa", "_ns", "_n_per_s")
SWAPPED = {"+": "-", "-": "+", "?": "?"}


def is_force(key):
    return key.endswith(FORCES)


def explained(key, value, shift_s, gain, mirrored):
    """What the value of a key becomes by the change."""
    if key in INSTANTS:
        return value + shift_s
    if key == "direction" and mirrored:
        return SWAPPED[value]
    if is_force(key) and value is not None:
        return value * gain
    return value


def equal(key, want, got, loose):
    """Numbers may differ in their last digit, or as loose says: s, n (relative), abs_n, other."""
    if isinstance(want, bool) or not (isinstance(want, (int, float)) and isinstance(got, (int, float))):
        return want == got
    if is_force(key):
        return math.isclose(want, got, rel_tol=loose.get("n", 0), abs_tol=loose.get("abs_n", 0.101))
    if key.endswith("_s") and not key.endswith("_mm_s"):
        return math.isclose(want, got, abs_tol=loose.get("s", 0) + 0.0011)
    return math.isclose(want, got, abs_tol=loose.get("other", 0.101))


def by_a_roll(event):
    """Its times are those of reversals, which are not as sharp as the edges of a contact."""
    return event["event_type"] in ("roll_start", "stroke", "roll_end") or event.get("cause") in ("rolled", "stopped")


def differences(before, after, shift_s=0.0, gain=1.0, mirrored=False, skip=(), **loose):
    """Sentences on what the change does not explain; none if the events are the same."""
    kinds = [e["event_type"] for e in before], [e["event_type"] for e in after]
    if kinds[0] != kinds[1]:
        return [f"other events: {' '.join(kinds[0])} became {' '.join(kinds[1])}"]
    found = []
    for a, b in zip(before, after):
        if list(a) != list(b):
            found.append(f"{a['event_type']} {a['n']}: other keys")
        if by_a_roll(a) and "roll_s" in loose:
            limits = {**loose, "s": loose["roll_s"]}
        else:
            limits = loose
        for key in a:
            if key in WALL or key in skip or key == "detail":
                continue
            # the limits of the user are scaled with the force; value may be one of both
            scaled = a["event_type"] == "warning" and key in ("value", "limit") and a["kind"] in ("over_soft", "over_hard", "fast_load")
            want = a[key] * gain if scaled else explained(key, a[key], shift_s, gain, mirrored)
            if not equal(key + "_n" if scaled else key, want, b.get(key), limits):
                found.append(f"{a['event_type']} {a['n']} at {a['t_s']}: {key} {a[key]} became {b.get(key)}")
    return found
