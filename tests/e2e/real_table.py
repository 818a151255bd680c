#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints how the real recordings score, file by file and folder by folder. KNEAD_BUILD_ROOT names the build, KNEAD_SHARED the
recordings. docs/accuracy.md has the folders from here."""
import recordings

READINGS = {"contacts": "holds, presses", "strokes": "strokes, two for each pulse", "quiet": "nothing"}


def seconds(value):
    return "" if value is None else f"{value:.3f}"


def settings(rule):
    return " ".join(f"{key}={value}" for key, value in rule.options.items())


def verdict(rule, scores):
    """What the folder came to, and whether that is good."""
    if rule.reading == "quiet":
        false = len(list(recordings.false_ones(scores)))
        return f"{false} false", false == 0
    f1 = recordings.f1(scores)
    return f"F1 {f1:.3f}", f1 >= rule.bar


def markdown():
    """Lines of the section on real recordings; none where there are no recordings."""
    if not recordings.CAPTURES.is_dir():
        return
    yield ("Published recordings of other things than massage balls, kept beside the project and not in it. Their labels were made by a reader "
           "with a share of each event's own rise, so each folder gets its settings once, by the rule named here; starts and ends must "
           "agree within 0.1 s or two samples, whichever is longer. A pulse on a load that never lets go is two strokes, up to its peak "
           "and down from it; its ends must lie in the labelled pulse and in the pauses beside it. Where nothing is labelled "
           "nothing may be found but one hold that was there at the start and ends with the data. ✗ marks what falls short.\n")
    yield "| folder | taken as | rule | settings | labelled | found | matched | result | bar |"
    yield "|" + " --- |" * 9
    for folder, rule in recordings.RULES.items():
        scores = recordings.scores(folder)
        result, good = verdict(rule, scores)
        counts = (sum(s.wanted for s in scores), sum(len(s.found) for s in scores), sum(len(s.pairs) for s in scores))
        if rule.reading == "quiet":
            counts = ("-", "-", "-")
        cells = [folder, READINGS[rule.reading], rule.why, f"`{settings(rule)}`", *map(str, counts),
                 result + ("" if good else " ✗"), "0 false" if rule.reading == "quiet" else f"{rule.bar:g}"]
        yield "| " + " | ".join(cells) + " |"


def main():
    print(f"{'recording':58}{'labelled':>9}{'found':>7}{'matched':>9}{'extra':>7}{'rolls':>7}{'start s':>9}{'end s':>8}{'allowed':>9}")
    for folder, rule in recordings.RULES.items():
        scores = recordings.scores(folder)
        print(f"{folder}, {READINGS[rule.reading]}: {rule.why}: {settings(rule)}")
        for s in scores:
            allowed = "overlap" if rule.overlap else "turns" if rule.reading == "strokes" else seconds(s.recording.tolerance_s)
            print(
                f"  {s.recording.name:56}{s.wanted:9}{len(s.found):7}{len(s.pairs):9}{len(s.extra):7}{s.rolls:7}"
                f"{seconds(s.worst(False)):>9}{seconds(s.worst(True)):>8}{allowed:>9}"
            )
        result, good = verdict(rule, scores)
        print(f"  {result}, {'good' if good else 'falls short'}")


if __name__ == "__main__":
    main()
