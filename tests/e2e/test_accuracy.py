# SPDX-License-Identifier: MIT
"""A small part of scripts/benchmark-detection as a floor: nobody changes how well detection does without noticing."""
import os
import subprocess

import pytest

import harness

COMMAND = [harness.TOP / "scripts/benchmark-detection", "--build", harness.BUILD, "--sweep", "--seeds", "5"]
CELLS = ["--strata", "s0,s1,s2", "--rates", "80,1000", "--geometries", "none,line2"]
# By stratum: F1 of holds, of rolls, of all that is brief; p95 of a hold's start in ms. Measured is 1.000 throughout but for
# one hold and one roll of s2 at 1000/s with two cells.
FLOORS = {"s0": (1, 1, 1, 3), "s1": (1, 1, 1, 8), "s2": (0.95, 0.85, 1, 15)}


@pytest.fixture(scope="module")
def rows():
    if os.environ.get("KNEAD_SANITIZE", "none") != "none":
        pytest.skip("figures are the same under a sanitizer, and take ten times as long")
    out = subprocess.run([*COMMAND, *CELLS], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    _, *lines = out.stdout.splitlines()
    return [line.split() for line in lines]


def test_every_cell_was_measured(rows):
    assert [row[:3] for row in rows] == [[s, r, g] for s in FLOORS for r in ("80", "1000") for g in ("none", "line2")]


@pytest.mark.parametrize("stratum", FLOORS)
def test_holds_rolls_and_what_is_brief_are_found_as_well_as_ever(rows, stratum):
    holds, rolls, brief, start_ms = FLOORS[stratum]
    for row in (row for row in rows if row[0] == stratum):
        _, _, _, _, hold_f1, _, start_p95, _, torn, _, _, _, roll_f1, exact, _, _, *rest = row
        assert float(hold_f1) >= holds and float(torn) == 0, row
        assert float(roll_f1) >= rolls and float(exact) == 1, row
        assert all(float(f1) >= brief for f1 in rest[:4] if f1 != "-"), row
        assert float(start_p95) <= start_ms, row
        assert int(rest[4]) == 0 or stratum == "s2", f"events that nobody made: {row}"
