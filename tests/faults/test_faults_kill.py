# SPDX-License-Identifier: MIT
"""
kneadd is killed at random instants while somebody holds, lets go and holds again, and is started again each time; part of the
kills fall into times without a broker. What is missing afterwards may only be what a boot had decided last.
"""
import os
import random
import sqlite3
import time

import harness
import scene as scenes
import verdict

KILLS = int(os.environ.get("KNEAD_FAULTS_KILLS", "200"))
SEED = int(os.environ.get("KNEAD_FAULTS_SEED", "20261120"))
PACE = 20  # seconds of the hand per second of ours: several events between two kills
LONGEST_S = 0.5  # from the start to the kill
LONGEST_AWAY_S = 1.2  # the same while there is no broker: most of what is decided then is in the journal
LATE_AFTER_S = 4
KNOWN_AFTER_S = 2  # the journal soon writes down what the broker has acknowledged; the rest is a slow machine
DOUBLED_PER_KILL = 2  # on the average
AWAY_EVERY, AWAY_FOR = 25, 6  # of so many kills, so many are without a broker


def start(scene, text):
    at = len(scene.daemon.log) if scene.daemon else 0
    began = time.monotonic()
    scene.start(text)
    harness.wait_until(lambda: ", boot " in scene.daemon.log[at:], 20, "kneadd starts")
    return time.monotonic() - began


def kill(scene):
    scene.daemon.process.kill()
    scene.daemon.process.wait()


def journal(scene):
    """The (boot, n) that the journal holds, and how many of them wait."""
    db = sqlite3.connect(f"file:{scene.folder}/state/journal.db?mode=ro", uri=True)
    try:
        rows = db.execute("SELECT boot, key & 0xffffffffff, done FROM event JOIN run ON no = key >> 40").fetchall()
    finally:
        db.close()
    return {(boot, n) for boot, n, _ in rows}, sum(done == 0 for *_, done in rows)


def doubles_without_a_kill(told, kills):
    """Records that came again although no kill followed their first coming soon enough to have come before the journal knew."""
    came, odd = {}, []
    for t in told:
        if t.key in came and not any(came[t.key] < at < came[t.key] + KNOWN_AFTER_S for at in kills):
            odd.append(t)
        came[t.key] = t.at
    return odd


def test_two_hundred_kills_at_random_instants_leave_no_hole_but_at_the_end_of_a_boot(scene):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    scene.add_broker()
    ball = scene.add_ball("ball-1", pace=PACE)
    text = "\n".join(line for line in scene.config(zero_raw=1000).splitlines() if not line.startswith("record"))
    text += f"\n[journal]\nlate_after_s = {LATE_AFTER_S}\n"
    starts_s, kills, waited, away = [start(scene, text)], [], 0, False
    for number in range(KILLS):
        wanted = number % AWAY_EVERY >= AWAY_EVERY - AWAY_FOR
        if wanted != away:
            scene.stop_broker() if wanted else scene.broker.start()
            away = wanted
        time.sleep(rng.uniform(0, LONGEST_AWAY_S if away else LONGEST_S))
        kill(scene)
        kills.append(time.monotonic())
        waited = max(waited, journal(scene)[1])
        starts_s.append(start(scene, text))
    if away:
        scene.broker.start()
    since = time.monotonic()
    harness.wait_until(lambda: journal(scene)[1] == 0, 120, "the journal has nothing left to deliver")
    recovery_s = time.monotonic() - since
    scene.settle()
    scene.wait_holds(2)
    health = scene.healthy(cpu_share=0.4)
    assert scene.daemon.stop() == 0
    harness.wait_until(lambda: journal(scene)[0] <= {t.key for t in scene.witness.told()}, 20, "all that the journal holds was told")
    told = scene.witness.told()
    assert verdict.holes(told) == [], "a hole that is not at the end of its boot"
    assert verdict.check_holds(told, ball.holds) > 0
    assert doubles_without_a_kill(told, kills) == [] and verdict.doubled(told) <= DOUBLED_PER_KILL * KILLS
    families = {t.key: {u.family for u in told if u.key == t.key} for t in told}
    assert {"late"} in families.values() and waited > 3, "there were kills with events that waited"
    for boot in {t.boot for t in told}:
        verdict.check_order(told, boot)
    boots = len({t.boot for t in told})
    scenes.note(10, f"kill -9 at {KILLS} random instants, {KILLS * AWAY_FOR // AWAY_EVERY} of them without a broker",
                "events up to the kill, without a broker up to half a second before it; what waited comes from the next start, with its old "
                "`boot` and `n`", events=len(families), lost=0,
                doubled=verdict.doubled(told), late=sum(f == {"late"} for f in families.values()), boots=boots,
                recovery_s=round(sorted(starts_s)[len(starts_s) // 2], 2), drained_s=round(recovery_s, 1), waited=waited, **health)
