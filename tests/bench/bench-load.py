#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Many fast devices in one kneadd that has one core: samples lost, share of that core, memory. Arguments: seconds, devices, samples
per second of each. The devices are played by this process, on another core where there is one; its work is not counted.
"""
import os
import pathlib
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "faults")]
import harness  # noqa: E402
import many_balls  # noqa: E402
import verdict  # noqa: E402
import witness as witnesses  # noqa: E402


def main():
    seconds, devices, rate_hz = (int(word) for word in (sys.argv[1:] + ["20", "32", "1000"][len(sys.argv) - 1:]))
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        balls = many_balls.ManyBalls(folder, devices, rate_hz, seconds + many_balls.WARM_S)
        broker = harness.Broker(folder).start()
        witness = witnesses.Witness(broker.port)
        daemon = harness.Daemon(folder, balls.config(broker.port), around=["taskset", "-c", str(cores[-1])])
        try:
            os.sched_setaffinity(0, set(cores[:-1] or cores))
            harness.wait_until(lambda: daemon.log.count("is open") == devices, 30, "all ports are open")
            balls.play(many_balls.WARM_S)
            before = verdict.Vitals(daemon.process.pid)
            balls.play(seconds)
            after = verdict.Vitals(before.pid)
            balls.drain()
            time.sleep(1)
            daemon.stop()
            taken = [balls.taken(witness, ball) for ball in balls.names]
        finally:
            if daemon.process.poll() is None:
                daemon.stop()
            witness.close()
            broker.stop()
            balls.close()
    sent, got = balls.sent * devices, sum(frames for frames, _, _ in taken)
    print(
        f"bench-load devices={devices} rate_hz={rate_hz} seconds={seconds} cores=1 samples={sent} lost={sent - got} "
        f"port_full={balls.lost} errors={sum(errors for _, errors, _ in taken)} cpu_pct={100 * after.share_since(before):.1f} "
        f"rss_kb={after.rss_kb} grown_kb={after.rss_kb - before.rss_kb}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
