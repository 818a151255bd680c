# SPDX-License-Identifier: MIT
"""The disk with the state is full, or cannot be written any more, while holds go on and the broker goes and comes back."""
import os
import pathlib
import subprocess
import time

import harness
import pytest
import scene as scenes
import verdict

PACE = 4
AWAY_S = 4
DISK = "4m"


def may_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not may_mount(), reason="a small disk for one process needs a mount namespace, and so root")


class SmallDisk:
    """A disk of its own for the state, that only kneadd sees; and how to spoil it. Read-only it can be made before the start only."""

    def __init__(self, folder, kind):
        self.state, self.daemon = folder / "state", None
        self.state.mkdir()
        words = "ro" if kind == "read-only" else "rw"
        mount = f"mount -t tmpfs -o {words},size={DISK},mode=700 none {self.state}"
        self.around = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]

    @property
    def inside(self):
        return pathlib.Path(f"/proc/{self.daemon.process.pid}/root{self.state}")

    def spoil(self, kind):
        if kind == "read-only":
            return
        with open(self.inside / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def mend(self, kind):
        if kind == "read-only":
            namespace = f"--mount=/proc/{self.daemon.process.pid}/ns/mnt"
            subprocess.run(["nsenter", namespace, "mount", "-o", "remount,rw", self.state], check=True)
        else:
            (self.inside / "filler").unlink()


KINDS = {"full": 90, "read-only": 91}


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_takes_nothing_any_more_is_told_and_costs_no_event(scene, kind):
    scene.add_broker()
    scene.add_ball("ball-1", pace=PACE)
    scene.add_ball("ball-2", pace=PACE, first=120)
    disk = SmallDisk(scene.folder, kind)
    disk.daemon = scene.start(around=disk.around)
    scene.settle()
    assert scene.witness.ask_health()["journal"]["ok"] is (kind == "full")
    disk.spoil(kind)
    spoilt = time.monotonic()
    harness.wait_until(lambda: scene.witness.count("fault", kind="journal") == len(scene.balls), 30, "each device tells the fault")
    told_s = time.monotonic() - spoilt
    assert scene.witness.ask_health()["journal"]["ok"] is False
    scene.stop_broker()
    time.sleep(AWAY_S)
    scene.broker.start()
    scene.wait_holds(3)
    disk.mend(kind)
    since = time.monotonic()
    while not scene.witness.ask_health()["journal"]["ok"]:
        assert time.monotonic() - since < 120, "the journal is written again"
        time.sleep(0.5)
    recovery_s = time.monotonic() - since
    scene.wait_holds(2)
    assert scene.daemon.log.count("journal:") <= 6, scene.daemon.log
    journal_fds = 4 if kind == "read-only" else 0  # it could not be opened at the start
    figures = {**scene.healthy(more_fds=journal_fds), **scene.judge(doubles=verdict.WINDOW, besides=("journal",))}
    scenes.note(KINDS[kind], f"disk {kind}, and {AWAY_S} s without broker meanwhile",
                "the `fault` `journal` once, `journal.ok` false in `bridge/health`; all events", told_s=round(told_s, 1),
                recovery_s=round(recovery_s, 1), **figures)
