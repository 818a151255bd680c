# SPDX-License-Identifier: MIT
"""Broker and kneadd on two machines, and a cable between them that loses packets, is slow, or carries nothing for a while."""
import time

import bad_link
import harness
import pytest
import scene as scenes
import verdict

PACE = 2
DELAY_S = 2.5  # each way
pytestmark = pytest.mark.skipif(bad_link.missing() is not None, reason=bad_link.missing() or "")


@pytest.fixture
def link(scene):
    one = bad_link.BadLink()
    scene.closers.append(one.close)
    return one


def begin(scene, link, pace=PACE):
    """The broker is on the machine here, and the witness beside it by a socket that is no part of the network."""
    path = scene.folder / "broker.sock"
    scene.add_broker(f"listener 1883 {bad_link.HERE}", f"listener 0 {path}", "allow_anonymous true",
                     around=link.here.around, path=path)
    scene.add_ball("ball-1", pace=pace)
    text = scene.config(port=1883, mqtt="keepalive_s = 10").replace("host = 127.0.0.1", f"host = {bad_link.HERE}")
    scene.start(text, around=link.there.around)
    scene.settle()


def end(scene, place, fault, sees, since, **figures):
    recovery_s = scene.recovery(since)
    scene.wait_holds(2)
    figures = {**figures, **scene.healthy(), **scene.judge(doubles=verdict.WINDOW)}
    scenes.note(place, fault, sees, recovery_s=round(recovery_s, 1), **figures)


def test_a_third_of_all_packets_lost_loses_no_event(scene, link):
    begin(scene, link)
    link.loss = 0.3
    scene.wait_holds(4, timeout_s=120)
    assert link.dropped > 20, "the link was as bad as it should be"
    link.loss = 0.0
    end(scene, 50, "30 % of all packets lost, each way", "the same events, some seconds later", time.monotonic(), dropped_packets=link.dropped)


def test_five_seconds_there_and_back_delay_events_by_that_and_lose_none(scene, link):
    begin(scene, link, pace=1)
    link.delay_s = DELAY_S
    slow = time.monotonic()
    scene.wait_holds(4, timeout_s=120)
    assert scene.daemon.log.count("connected with") == 1, "slow is not gone"
    fresh = [t for t in scene.witness.told() if t.at > slow + 2 * DELAY_S]
    assert fresh and {t.family for t in fresh} == {"event"}
    link.delay_s = 0.0
    end(scene, 51, "5 s latency, there and back", "the same events, 2.5 s later", time.monotonic())


def test_a_connection_is_made_over_five_seconds_there_and_back(scene, link):
    begin(scene, link, pace=1)
    scene.stop_broker()
    link.delay_s = DELAY_S
    since = time.monotonic()
    scene.broker.start()
    recovery_s = scene.recovery(since)
    scene.wait_holds(2, timeout_s=120)
    link.delay_s = 0.0
    end(scene, 52, "broker restarted, 5 s there and back", "events once it is back", since, connected_s=round(recovery_s, 1))


def test_a_cable_that_carries_nothing_for_half_a_minute_is_noticed_and_nothing_is_lost(scene, link):
    begin(scene, link)
    link.loss = 1.0
    harness.wait_until(lambda: "trying until it is back" in scene.daemon.log, 60, "the silence is noticed")
    time.sleep(3)
    link.loss = 0.0
    end(scene, 53, "all packets lost until the connection is given up", "nothing meanwhile, then all events", time.monotonic())
