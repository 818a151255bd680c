#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""From the last byte on the pseudo-terminal to the message at a local subscriber, in milliseconds.

Contacts of 0.5 s at 80 samples/s; each press changes the phase, which kneadd publishes at once on the state topic.
Counted from the write of the very sample that lets knead decide: the last one written before the message came, which
for every press is the same one after the step (the line says which, and in how many of them).
"""
import collections
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from fake_ball import FakeBall, device_section  # noqa: E402

RATE_HZ = 80
PERIOD_S = 1.2
PRESS_S = 0.5


def feed(ball, presses):
    """Plays the presses in real time; returns when each sample was written: [(monotonic s, samples since the step)]."""
    written = []
    began = time.monotonic()
    since = 0
    for i in range(int((2 + presses * PERIOD_S) * RATE_HZ)):
        t_s = i / RATE_HZ
        pressed = t_s >= 2 and (t_s - 2) % PERIOD_S < PRESS_S
        time.sleep(max(0.0, began + t_s - time.monotonic()))
        since = since + 1 if pressed else 0
        ball.send(t_s, 60.0 if pressed else 0.0)
        written.append((time.monotonic(), since))
    return written


def latencies(written, messages):
    """(ms, samples since the step) of each message that tells of a press."""
    out = []
    touched = False
    for message in messages:
        phase = message.json["phase"]
        if phase == "touch" and not touched:
            at, since = max((w for w in written if w[0] <= message.at), default=(None, 0))
            if since:
                out.append((1000 * (message.at - at), since))
        touched = phase == "touch"
    return out


def main():
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        ball = FakeBall()
        broker = harness.Broker(folder).start()
        subscriber = harness.Subscriber(broker.port, "knead/+/state")
        daemon = harness.Daemon(folder, f"[mqtt]\nhost = 127.0.0.1\nport = {broker.port}\n" + device_section("ball", ball))
        try:
            time.sleep(0.5)
            written = feed(ball, presses)
            time.sleep(0.5)
        finally:
            daemon.stop()
            subscriber.close()
            broker.stop()
            ball.close()
    found = latencies(written, subscriber.messages)
    ms = sorted(m for m, _ in found)
    if not ms:
        print("bench-latency: no press was seen", file=sys.stderr)
        return 1
    which, how_many = collections.Counter(since for _, since in found).most_common(1)[0]
    p = {q: ms[min(len(ms) - 1, int(q * len(ms)))] for q in (0.5, 0.95, 0.99)}
    print(
        f"bench-latency presses={presses} seen={len(ms)} deciding_sample={which} of_them={how_many} "
        f"p50_ms={p[0.5]:.2f} p95_ms={p[0.95]:.2f} p99_ms={p[0.99]:.2f} worst_ms={ms[-1]:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
