#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What kneadd costs with several devices at 80 samples/s each: resident memory and its share of one core.

The devices are fed by this process, whose work is not counted; every ball holds, lets go and rolls, out of step with the
others. Measured after the first seconds, between two readings of /proc.
"""
import math
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from fake_ball import FakeBall, device_section  # noqa: E402

RATE_HZ = 80
SETTLE_S = 5


def force_n(t_s):
    into = t_s % 24
    if 2 <= into < 10:
        return 60 + 0.4 * math.sin(7 * t_s)
    if 12 <= into < 22:
        return 60 + 30 * math.sin(2 * math.pi * t_s / 2.5)
    return 0.05 * math.sin(7 * t_s)


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kb(pid, key):
    return int(next(line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith(key)))


def feed(balls, first, count):
    began = time.monotonic() - first / RATE_HZ
    for i in range(first, first + count):
        t_s = i / RATE_HZ
        time.sleep(max(0.0, began + t_s - time.monotonic()))
        for number, ball in enumerate(balls):
            ball.send(t_s, force_n(t_s + 5 * number))


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory() as folder:
        balls = [FakeBall() for _ in range(devices)]
        broker = harness.Broker(folder).start()
        sections = "".join(device_section(f"ball-{i}", ball) for i, ball in enumerate(balls, 1))
        daemon = harness.Daemon(folder, f"[mqtt]\nhost = 127.0.0.1\nport = {broker.port}\n{sections}")
        pid = daemon.process.pid
        try:
            time.sleep(0.5)
            feed(balls, 0, SETTLE_S * RATE_HZ)
            began, before = time.monotonic(), cpu_s(pid)
            feed(balls, SETTLE_S * RATE_HZ, seconds * RATE_HZ)
            share = (cpu_s(pid) - before) / (time.monotonic() - began)
            resident, peak = memory_kb(pid, "VmRSS"), memory_kb(pid, "VmHWM")
            own = memory_kb(pid, "RssAnon")
        finally:
            daemon.stop()
            broker.stop()
            for ball in balls:
                ball.close()
    print(
        f"bench-daemon devices={devices} rate_hz={RATE_HZ} seconds={seconds} rss_kb={resident} peak_kb={peak} "
        f"anon_kb={own} cpu_pct={100 * share:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
