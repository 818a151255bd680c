# SPDX-License-Identifier: MIT
"""scripts/run and scripts/setup as a newcomer uses them."""
import os
import pathlib
import re
import signal
import subprocess
import time

import harness

RUN = harness.TOP / "scripts/run"


def environment(folder):
    """The test's own temporary folder and a mark, by which what was left behind is found."""
    mark = f"KNEAD_TEST_MARK={folder}"
    own = {"KNEAD_BUILD": str(harness.BUILD), "KNEAD_BUILT": "yes", "TMPDIR": str(folder), "KNEAD_TEST_MARK": str(folder)}
    return {**os.environ, **own}, mark


def processes_with(mark):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass  # gone, or not ours to see
    return found


def left_behind(folder, mark):
    return processes_with(mark) + [p.name for p in folder.iterdir()]


def test_run_shows_events_of_a_simulated_ball_and_leaves_nothing_behind(tmp_path):
    env, mark = environment(tmp_path)
    out = subprocess.run([RUN, "--scenario", "taps", "--for", "12"], env=env, capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    assert "kneadd    is online" in out.stdout
    assert "ball-1    is online" in out.stdout
    assert re.search(r"ball-1 +(tap|press) +[0-9.]+ s, peak [0-9.]+ N", out.stdout), out.stdout
    assert left_behind(tmp_path, mark) == []


def test_run_ended_by_ctrl_c_leaves_nothing_behind(tmp_path):
    env, mark = environment(tmp_path)
    process = subprocess.Popen([RUN, "--for", "0"], env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
    for line in process.stdout:
        if "ball-1    is online" in line:
            break
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole foreground group
    assert process.wait(20) == 0
    process.stdout.close()
    assert left_behind(tmp_path, mark) == []


def test_run_says_what_is_wrong_with_its_options():
    out = subprocess.run([RUN, "--speed", "2"], capture_output=True, text=True)
    assert (out.returncode, out.stdout) == (2, "")
    assert "no option --speed" in out.stderr
    out = subprocess.run([RUN, "--capture", "/nowhere.kcap"], capture_output=True, text=True)
    assert out.returncode == 2
    assert "cannot read /nowhere.kcap" in out.stderr


def test_setup_with_nothing_missing_asks_nobody_and_is_quick(tmp_path):
    for name in ("apt-get", "sudo"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 99\n")
        (tmp_path / name).chmod(0o755)
    began = time.monotonic()
    out = subprocess.run(
        [harness.TOP / "scripts/setup"], env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True
    )
    assert (out.returncode, out.stdout, out.stderr) == (0, "", "")
    assert time.monotonic() - began < 5
