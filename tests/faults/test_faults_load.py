# SPDX-License-Identifier: MIT
"""Many fast devices at once: every sample is taken, and memory stays where it was. How fast is fast: tests/bench/bench-load.py."""
import harness
import many_balls
import scene as scenes
import verdict

DEVICES, RATE_HZ, SECONDS = 8, 500, 10


def test_eight_devices_at_500_samples_a_second_lose_no_sample(scene):
    scene.add_broker()
    balls = many_balls.ManyBalls(scene.folder, DEVICES, RATE_HZ, SECONDS + many_balls.WARM_S)
    scene.closers.append(balls.close)
    scene.daemon = harness.Daemon(scene.folder, balls.config(scene.broker.port))
    scene.closers.append(scene.end_daemon)
    harness.wait_until(lambda: scene.daemon.log.count("is open") == DEVICES, 20, "all ports are open")
    balls.play(many_balls.WARM_S)
    before = verdict.Vitals(scene.daemon.process.pid)
    balls.play(SECONDS)
    share = verdict.Vitals(before.pid).share_since(before)
    balls.drain()
    grown_kb = verdict.Vitals(before.pid).rss_kb - before.rss_kb
    assert grown_kb < 1024, f"grew by {grown_kb} KiB"
    assert scene.daemon.stop() == 0
    told = scene.witness.told()
    assert verdict.holes(told) == [] and verdict.doubled(told) == 0
    for name in balls.names:
        taken = balls.taken(scene.witness, name)
        assert taken == (balls.sent, 0, 0), f"{name}: samples, errors, gaps are {taken}, sent were {balls.sent}"
        ends = [t.record for t in told if t.device == name and t.record["event_type"] == "hold_end"]
        assert [round(e["duration_s"], 1) for e in ends if e["cause"] == "lifted"] == balls.durations(), "each hold at its length"
    scenes.note(80, f"{DEVICES} devices at {RATE_HZ} samples/s", "every sample taken", samples=balls.sent * DEVICES, lost=0, doubled=0,
                cpu_pct=round(100 * share, 1), grown_kb=grown_kb)
