# SPDX-License-Identifier: MIT
"""A broker that goes, comes back, forgets, or has its place taken by something else, while two balls are in use."""
import signal
import time

import fake_broker
import harness
import pytest
import scene as scenes
import verdict

AWAY_S = 5
PACE = 4  # seconds of the hand per second of ours: more events in less time


def begin(scene, *lines):
    scene.add_broker(*lines)
    scene.add_ball("ball-1", pace=PACE)
    scene.add_ball("ball-2", pace=PACE, first=120)
    scene.start()
    scene.settle()


def end(scene, place, fault, sees, since):
    recovery_s = scene.reconnected(since)
    scene.wait_holds(2)
    figures = {**scene.healthy(), **scene.judge(doubles=verdict.WINDOW)}
    scenes.note(place, fault, sees, recovery_s=round(recovery_s, 1), **figures)


def retained(port):
    """What the broker has kept, by topic."""
    late = harness.Subscriber(port)
    harness.wait_until(lambda: any(m.topic == "knead/bridge/info" for m in late.messages), 10, "bridge/info is kept")
    time.sleep(0.5)
    late.close()
    return {m.topic for m in late.messages if m.retain}


@pytest.mark.parametrize("keeps", [True, False])
def test_a_broker_that_stops_and_starts_again_gets_all_that_happened_meanwhile(scene, keeps):
    begin(scene, *([] if keeps else ["persistence false"]))
    before = retained(scene.broker.port)
    if keeps:
        scene.stop_broker()
    else:
        scene.broker.process.send_signal(signal.SIGKILL)
        scene.broker.process.wait()
    time.sleep(AWAY_S)
    since = time.monotonic()
    scene.broker.start()
    scene.reconnected(since)
    scene.wait_holds(1)
    assert before <= retained(scene.broker.port), "everything retained is there again"
    if keeps:
        end(scene, 20, f"broker stopped for {AWAY_S} s, persistence on", "events of the gap on `event/` once it is back", since)
    else:
        end(scene, 21, f"broker killed for {AWAY_S} s, persistence off", "the same, and every retained topic again", since)


IMPOSTORS = {
    "mute": (None, True, "accepts and never answers"),
    "unavailable": (fake_broker.CONNACK_UNAVAILABLE, False, "refuses every connection"),
    "drops": (fake_broker.CONNACK_GOOD, False, "drops the connection after CONNACK"),
    "swallows": (fake_broker.CONNACK_GOOD, True, "says hello and acknowledges nothing"),
}


@pytest.mark.parametrize("kind", IMPOSTORS)
def test_something_else_in_the_place_of_the_broker_takes_nothing_away(scene, kind):
    answer, stays, words = IMPOSTORS[kind]
    begin(scene)
    scene.stop_broker()
    impostor = fake_broker.FakeBroker(scene.broker.port, answer, stays)
    try:
        harness.wait_until(lambda: impostor.connects >= 2 or kind in ("mute", "swallows") and impostor.connects, 30, "kneadd tries it")
        time.sleep(AWAY_S)
    finally:
        impostor.stop()
    since = time.monotonic()
    scene.broker.start()
    end(scene, 22 + list(IMPOSTORS).index(kind), f"something else in its place: {words}", "nothing meanwhile, then all events", since)
    assert impostor.connects < 20, "no storm of connections"
    told = [line for line in scene.daemon.log.splitlines() if "broker 127.0.0.1" in line and "connected with" not in line]
    assert len(told) <= 3, told
