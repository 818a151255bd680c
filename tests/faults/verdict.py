# SPDX-License-Identifier: MIT
"""
What must hold after any fault: nothing lost, nothing invented, no hold stretched, the service healthy.

The measure of "nothing lost, nothing invented" is what detection confirmed, and that is known to the last digit: kneadd records
what its ports sent, and a recording replays to the very events of the live run. The measure of "not stretched" is what was played.
"""
import json
import os
import subprocess
import time

import harness
import played_ball

WINDOW = 10  # messages that may be unacknowledged when a link breaks: each fault may double as many
EDGE_S = 0.1  # how far a clean hold may be from what was played: two samples at each end, and the noise
FORCE_N = 0.24  # how near the peak of a hold is to the force played; the forces played lie 0.5 N apart
STARTS_LATER = 1  # thread: the one that writes the state, with the first zero worth keeping
NOISE_N = 0.1  # of which a peak holds so much


# ---- what was told ----

def by_key(told):
    """{(boot, n): payload}; the same record twice must be the same to the last byte."""
    once = {}
    for t in told:
        assert once.setdefault(t.key, t.payload) == t.payload, f"{t.key} came with different content: {once[t.key]} and {t.payload}"
    return once


def doubled(told):
    return len(told) - len(by_key(told))


def holes(told):
    """The (boot, n) that are missing below the highest n of their boot."""
    numbers = {}
    for boot, n in by_key(told):
        numbers.setdefault(boot, set()).add(n)
    return sorted((boot, n) for boot, seen in numbers.items() for n in range(1, max(seen)) if n not in seen)


def check_order(told, boot=None):
    """Late records come in order, apart from those that were under way when a link broke and are sent again."""
    late = [t.n for t in told if t.family == "late" and boot in (None, t.boot)]
    first = list(dict.fromkeys(late))
    assert first == sorted(first), f"late records out of order: {late}"


def replayed(recording, *options):
    """The records of a recording as a live run told them, but for boot and n."""
    done = subprocess.run([harness.KNEAD, "replay", *options, recording], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def plain(record):
    return {key: value for key, value in record.items() if key not in ("boot", "n")}


def check_against(confirmed, told):
    """Of one device and one boot. Returns how many records there are; each was told, none was invented."""
    confirmed = [plain(r) for r in confirmed]
    records = [plain(json.loads(payload)) for _, payload in sorted(by_key(told).items(), key=lambda item: item[0][1])]
    lost = [r for r in confirmed if r not in records]
    assert not lost, f"{len(lost)} of {len(confirmed)} confirmed events were never told: {lost[:3]}"
    invented = [r for r in records if r not in confirmed]
    assert not invented, f"{len(invented)} told that were not confirmed: {invented[:3]}"
    assert records == confirmed, "told in another order than confirmed"
    return len(confirmed)


# ---- what was played ----

def played_at(holds, peak_n):
    near = [h for h in holds if abs(h.level_n + NOISE_N - peak_n) <= FORCE_N]
    return near[0] if near else None


def check_holds(told, holds):
    """
    Every hold that ended was played, is no longer than it was played, and is as long if nothing cut it. Returns the number of
    whole ones.
    """
    whole = 0
    for payload in by_key(told).values():
        record = json.loads(payload)
        if record["event_type"] != "hold_end":
            continue
        hold = played_at(holds, record["peak_n"])
        assert hold, f"nobody held {record['peak_n']} N: {record}"
        assert record["duration_s"] <= hold.duration_s + EDGE_S, f"stretched: played {hold}, told {record}"
        excused = record["cause"] == "lost" or set(record["flags"]) & {"gap", "boot_loaded"}
        assert excused or record["duration_s"] >= hold.duration_s - EDGE_S, f"cut without a word: played {hold}, told {record}"
        whole += not excused
    return whole


# ---- the service ----

class Vitals:
    """What a process uses now. Threads and descriptors come back to what they were, memory nearly."""

    def __init__(self, pid):
        self.pid = pid
        status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status").read().splitlines())
        self.rss_kb, self.threads = int(status["VmRSS"].split()[0]), int(status["Threads"])
        self.fds = len(os.listdir(f"/proc/{pid}/fd"))
        self.cpu_s, self.at = played_ball.cpu_s(pid), time.monotonic()

    def share_since(self, before):
        """Of one core."""
        return (self.cpu_s - before.cpu_s) / (self.at - before.at)


def check_vitals(before, grown_kb=1536, cpu_share=0.2, over_s=1.0, more_fds=0):
    """Against Vitals from before the fault. Returns the growth of memory in KiB and the share of a core."""
    pid = before.pid
    most = before.fds + more_fds
    harness.wait_until(lambda: Vitals(pid).fds <= most, 10, f"at most {most} descriptors again")
    now = Vitals(pid)
    assert now.threads <= before.threads + STARTS_LATER, f"{now.threads} threads, {before.threads} before"
    sanitized = os.environ.get("KNEAD_SANITIZE", "none") != "none"
    assert sanitized or now.rss_kb - before.rss_kb <= grown_kb, f"grew from {before.rss_kb} to {now.rss_kb} KiB"
    time.sleep(over_s)
    share = Vitals(pid).share_since(now)
    assert sanitized or share <= cpu_share, f"uses {100 * share:.0f} % of a core"
    return now.rss_kb - before.rss_kb, share


def check_health(witness, online=(), offline=(), dropped=0):
    """The bridge answers, its counters and every availability are right. Returns the health document."""
    for device, word in [*((d, b"online") for d in online), *((d, b"offline") for d in offline), ("bridge", b"online")]:
        topic = f"knead/{device}/availability"
        harness.wait_until(lambda: witness.latest(topic) == word, 20, f"{topic} is {word.decode()}")
    health = witness.ask_health()
    assert health["mqtt"]["dropped"]["event"] == dropped, health
    for device, want in [*((d, True) for d in online), *((d, False) for d in offline)]:
        assert health["devices"][device]["online"] is want, health
    return health
