# SPDX-License-Identifier: MIT
"""Minutes without a broker, four balls in use at 80 samples/s in real time: memory stays flat and nothing is lost."""
import time

import harness
import scene as scenes
import verdict

BALLS = 4
GROWN_KB = 1024  # the whole outage may cost so much
EVERY_S = 2
SHORT_S = 50  # between two of the tries to connect, which come ever more seldom


def resident_over(scene, seconds):
    """Resident memory in KiB, sampled."""
    samples, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        samples.append(verdict.Vitals(scene.daemon.process.pid).rss_kb)
        time.sleep(EVERY_S)
    return samples


def test_without_a_broker_memory_is_flat_and_all_is_told_afterwards(scene, long_run):
    away_s, late_after_s = (600, 60) if long_run else (SHORT_S, 20)
    scene.add_broker()
    for number in range(BALLS):
        scene.add_ball(f"ball-{number + 1}", first=60 * number)
    scene.start(scene.config(more=f"[journal]\nlate_after_s = {late_after_s}\n"))
    scene.settle()
    scene.stop_broker()
    resident = resident_over(scene, away_s)
    grown_kb = max(resident) - resident[0]
    assert grown_kb < GROWN_KB, f"grew while the broker was away: {resident}"
    since = time.monotonic()
    scene.broker.start()
    recovery_s = scene.recovery(since)
    for name in scene.balls:
        scene.wait_holds(2, name)
    scene.catch_up()
    figures = {**scene.healthy(grown_kb=GROWN_KB + 512), **scene.judge(doubles=verdict.WINDOW)}
    lost = sum(ball.lost for ball in scene.balls.values())
    assert lost == 0, f"{lost} samples found the port full"
    both = {t.key for t in scene.witness.told() if t.family == "late"} & {t.key for t in scene.witness.told() if t.family == "event"}
    assert figures["late"] > 0 and len(both) <= verdict.WINDOW, "old ones late, young ones fresh, none as both"
    figures["grown_kb"] = grown_kb
    scenes.note(31 if long_run else 30, f"{away_s} s without a broker, {BALLS} balls at 80 samples/s",
                f"what is older than {late_after_s} s (`late_after_s`) on `late/`, in order; the rest on `event/`",
                recovery_s=round(recovery_s, 1), samples=sum(ball.samples for ball in scene.balls.values()), **figures)
