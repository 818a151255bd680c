# SPDX-License-Identifier: MIT
"""What SECURITY.md promises, apart from the fences of the unit in a real systemd, which test_boot.py tries."""
import json
import re
import shutil
import subprocess

import pytest

import harness

UNIT = harness.BUILD / "systemd/kneadd.service"


def rating(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    asked = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", *arguments, UNIT],
                           capture_output=True, text=True)
    if "unrecognized option" in asked.stderr or "Unknown" in asked.stderr:
        pytest.skip("systemd-analyze is older than version 250 and rates no files")
    return asked.stdout


def test_the_unit_is_rated_at_most_1_0():
    overall = re.search(r"Overall exposure level for kneadd.service: ([0-9.]+)", rating())
    assert overall and float(overall.group(1)) <= 1.0, rating()


def test_every_line_that_stays_open_says_why():
    open_lines = [row["name"].split("=")[0] for row in json.loads(rating("--json=short")) if row["set"] is False]
    assert open_lines, "nothing is open: then this test and the comments have nothing to say"
    reasons = " ".join(line for line in UNIT.read_text().splitlines() if line.startswith("# OPEN"))
    assert [name for name in open_lines if name not in reasons] == []
