#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
What the last run of the suite faults measured, as the table of the README: table.py [README]. With a file the table there is replaced,
between its two marks; without one it goes to standard output.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import scene  # noqa: E402

BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def measured(row):
    """The figures of a row in words."""
    words = []
    if "told_s" in row:
        words.append(f"told after {row['told_s']:.1f} s" if row["told_s"] >= 0.05 else "told at once")
    if "recovery_s" in row:
        words.append(f"back after {row['recovery_s']:.1f} s" if row["recovery_s"] >= 0.05 else "back at once")
    if "samples" in row:
        words.append(f"{row['samples']} samples")
    if "events" in row:
        words.append(f"{row['events']} events" + (f", {row['late']} of them late" if row.get("late") else ""))
    words.append(f"{row['lost']} lost, {row['doubled']} doubled")
    if "grown_kb" in row:
        words.append(f"memory {row['grown_kb']:+d} KiB")
    return "; ".join(words)


def table(rows):
    yield "| fault | what a subscriber sees | measured |"
    yield "| --- | --- | --- |"
    for row in rows:
        yield f"| {row['fault']} | {row['sees']} | {measured(row)} |"


def main():
    rows = [json.loads(path.read_text()) for path in sorted(scene.MEASURED.glob("*.json"))]
    if not rows:
        sys.exit(f"{scene.MEASURED}: nothing there; run scripts/test faults first")
    text = "\n".join(table(rows)) + "\n"
    if len(sys.argv) < 2:
        sys.stdout.write(text)
        return
    readme = pathlib.Path(sys.argv[1])
    head, rest = readme.read_text().split(BEGIN)
    readme.write_text(f"{head}{BEGIN}\n{text}{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
