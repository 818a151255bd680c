# SPDX-License-Identifier: MIT
"""The service as installed, under a real systemd as PID 1: a container boots it, with a pseudo-terminal bound in as port.

The container is Debian's minimal system, made once by debootstrap and kept under ~/.cache/knead; what is built now is
installed into it at boot. It has a network of its own without a way out, a broker inside, and forgets everything after.
"""
import binascii
import fcntl
import hashlib
import math
import os
import pathlib
import platform
import pty
import re
import shutil
import subprocess
import threading
import time
import tty

import pytest

import harness

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = "systemd systemd-sysv dbus mosquitto mosquitto-clients libserialport0 libcjson1 libinih1 libmosquitto1 libsqlite3-0"
DIALOUT_GID = 20  # fixed in Debian
CONFIG = """\
[mqtt]
host = 127.0.0.1
[homeassistant]
discovery = off
[device ball-1]
port = pty:/dev/ttyKNEAD
format = k1
zero_raw = 83000
"""
# The unit allows serial devices; the port of this test is a pseudo-terminal. And a watchdog as fast as a test wants it.
DROP_IN = """\
[Service]
DeviceAllow=char-pts rw
WatchdogSec=2
RestartSec=200ms
"""
CHECK_UNIT = """\
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh /check/inside.sh
"""


def skip_unless_possible():
    if os.geteuid() != 0:
        pytest.skip("not root: a container cannot be booted")
    for program in ("systemd-nspawn", "debootstrap"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: scripts/setup --check installs it")
    if os.environ.get("KNEAD_SANITIZE", "none") != "none":
        pytest.skip("built with sanitizers, whose libraries are not in the container")


def cached_root(packages=PACKAGES):
    """The folder with a minimal Debian of this machine's release and these packages, made if it is not there yet."""
    release = platform.freedesktop_os_release()
    if release.get("ID") != "debian":
        pytest.skip("not Debian: what is built here would not run in a Debian container")
    suite = release["VERSION_CODENAME"]
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "knead"
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / f"boot-{suite}-{hashlib.sha256(packages.encode()).hexdigest()[:12]}"
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            new = root.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            include = f"--include={packages.replace(' ', ',')}"
            made = subprocess.run(["debootstrap", "--variant=minbase", include, suite, new], capture_output=True, text=True)
            if made.returncode != 0:
                pytest.skip(f"debootstrap cannot make a Debian here: {made.stdout[-300:]}")
            new.rename(root)
    return root


def nspawn(root, *rest):
    # Also where no systemd runs on the host: nothing registered, no scope asked for, no network shared.
    return ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "-D", root, *rest]


def skip_unless_containers_work(root):
    tried = subprocess.run(nspawn(root, "--volatile=overlay", "--pipe", "/bin/true"), capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"systemd-nspawn cannot run a container here: {tried.stderr[-300:]}")


class Ball(threading.Thread):
    """A pseudo-terminal that speaks K1 as a ball does: every 8 s a hold of 4 s at 60 N, 80 lines a second."""

    RATE_HZ = 80
    COUNTS_PER_N = 420
    RAMP_S = 0.2
    HOLD_S = 4 - RAMP_S * (8 + 5) / 60  # from 8 N on the way up to 5 N on the way down

    def __init__(self):
        super().__init__(daemon=True)
        self.host, self.device = pty.openpty()
        tty.setraw(self.device)
        self.path = os.ttyname(self.device)
        os.chown(self.path, 0, DIALOUT_GID)
        os.chmod(self.path, 0o660)
        self.ended = threading.Event()

    @staticmethod
    def frame(text):
        return f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n".encode()

    def force_n(self, t_s):
        into = t_s % 8 - 2
        return 60 * max(0.0, min(1.0, into / self.RAMP_S, (4 - into) / self.RAMP_S)) + 0.05 * math.sin(7 * t_s)

    def run(self):
        began = time.monotonic()
        os.set_blocking(self.host, False)
        for seq in range(10**9):
            t_s = seq / self.RATE_HZ
            if self.ended.wait(max(0.0, began + t_s - time.monotonic())):
                return
            lines = self.frame(f"KI,1,test,1,{self.RATE_HZ},{self.COUNTS_PER_N},B00T") if seq % self.RATE_HZ == 0 else b""
            raw = round(83000 + self.force_n(t_s) * self.COUNTS_PER_N)
            lines += self.frame(f"K1,{seq % 2**16},{round(t_s * 1e6) % 2**32},{raw}")
            try:
                os.write(self.host, lines)
            except BlockingIOError:
                pass  # nobody listens yet: a real port drops it too


def stage(folder):
    """What `meson install` would put on a system, with the configuration of this test."""
    subprocess.run(["meson", "install", "-C", harness.BUILD, "--no-rebuild", "--destdir", folder], check=True, capture_output=True)
    for path, text in (("etc/knead/kneadd.conf", CONFIG), ("etc/systemd/system/kneadd.service.d/test.conf", DROP_IN)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Boots once; the files that inside.sh wrote, by name."""
    skip_unless_possible()
    root = cached_root()
    skip_unless_containers_work(root)
    folder = tmp_path_factory.mktemp("boot")
    stage(folder / "stage")
    (folder / "results").mkdir()
    (folder / "check.service").write_text(CHECK_UNIT)
    ball = Ball()
    ball.start()
    binds = {
        "--bind-ro": {folder / "stage": "/stage", HERE / "boot": "/check", folder / "check.service": "/etc/systemd/system/check.service"},
        "--bind": {folder / "results": "/results", ball.path: "/dev/ttyKNEAD"},
    }
    options = [f"{option}={source}:{place}" for option, pairs in binds.items() for source, place in pairs.items()]
    command = nspawn(root, "--volatile=overlay", "--console=pipe", *options, "--boot", "systemd.wants=check.service")
    try:
        booted = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
    finally:
        ball.ended.set()
        ball.join()
        os.close(ball.host)
        os.close(ball.device)
    results = {p.name: p.read_text() for p in (folder / "results").iterdir()}
    assert "complete" in results, f"{booted.stdout[-3000:]}\n{booted.stderr[-3000:]}\n{results}"
    return results


def properties(text):
    return dict(line.split("=", 1) for line in text.splitlines())


def test_systemd_is_the_first_process(seen):
    assert seen["init"] == "systemd\n"


def test_the_service_becomes_active_by_saying_so(seen):
    started = properties(seen["started"])
    assert seen["start-status"] == "0\n", seen["journal"]
    assert (started["ActiveState"], started["SubState"]) == ("active", "running")
    assert "NOTIFY_SOCKET=" in seen["environment"]


def test_it_runs_as_its_own_user_with_its_own_state_directory(seen):
    assert properties(seen["started"])["User"] == "knead"
    assert seen["running-as"] == "knead\n"
    assert seen["state-directory"].split()[0] == "knead"
    assert "STATE_DIRECTORY=/var/lib/knead" in seen["environment"]


def test_events_of_the_ball_reach_the_broker(seen):
    assert "knead/bridge/availability online" in seen["messages"]
    assert "knead/ball-1/availability online" in seen["messages"]
    # A hold that was already on when the service started carries a flag; a whole one is known to 20 ms.
    whole = re.search(r'knead/ball-1/event/hold .*"hold_end".*"flags":\[\].*"duration_s":([0-9.]+)', seen["messages"])
    assert whole, seen["messages"][-3000:]
    assert abs(float(whole.group(1)) - Ball.HOLD_S) < 0.02


def test_a_frozen_daemon_is_restarted_by_the_watchdog(seen):
    assert "WATCHDOG_USEC=2000000" in seen["environment"]
    restarted = properties(seen["restarted"])
    assert int(restarted["NRestarts"]) == 1
    assert restarted["ActiveState"] == "active"


def test_it_stops_within_three_seconds_and_says_goodbye(seen):
    stopped = properties(seen["stopped"])
    assert (stopped["ActiveState"], stopped["Result"]) == ("inactive", "success"), seen["journal"]
    assert int(seen["stop-ms"]) < 3000
    assert [line for line in seen["messages"].splitlines() if "bridge/availability" in line][-1].endswith(" offline")
