#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints how the real recordings score: one row per file. KNEAD_BUILD_ROOT names the build, KNEAD_SHARED the recordings."""
import recordings


def seconds(value):
    return "" if value is None else f"{value:.3f}"


def main():
    head = f"{'recording':58}{'labelled':>9}{'found':>7}{'matched':>9}{'extra':>7}{'rolls':>7}{'start s':>9}{'end s':>8}{'allowed':>9}"
    print(head)
    for folder, rule in recordings.RULES.items():
        options = " ".join(f"{key}={value}" for key, value in rule.options.items())
        print(f"{folder}: {rule.why}: {options}")
        for s in recordings.scores(folder):
            allowed = "overlap" if rule.overlap else seconds(s.recording.tolerance_s)
            print(
                f"  {s.recording.name:56}{len(s.labelled):9}{len(s.found):7}{len(s.pairs):9}{len(s.extra):7}{s.rolls:7}"
                f"{seconds(s.worst(False)):>9}{seconds(s.worst(True)):>8}{allowed:>9}"
            )


if __name__ == "__main__":
    main()
