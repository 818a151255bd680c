# SPDX-License-Identifier: MIT
"""The journal: no event is lost to a broker that is away, a daemon that is killed or a restart, and none comes on the wrong topic."""
import contextlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import time

import pytest

import harness
import played_ball

pytestmark = pytest.mark.skipif(not os.access("/usr/sbin/mosquitto", os.X_OK), reason="mosquitto is not installed")

REST = [(0, 4)]
TAP = [(60, 0.25), (0, 0.75)]
HOLD = [(60, 3.5), (0, 1)]


class Ball:
    """A port with the firmware behind it."""

    def __init__(self, link):
        self.port, self.firmware = played_ball.Port(link), played_ball.Firmware()
        self.play(*REST)

    def play(self, *levels):
        self.port.write(self.firmware.k1(*levels))

    def settle(self):
        self.port.drain()


class House:
    """A broker, balls, and a daemon that may be killed and started again on the same state directory."""

    def __init__(self, folder, broker, balls=1):
        self.folder, self.broker = pathlib.Path(folder), broker
        self.links = {f"ball-{i + 1}": self.folder / f"ball-{i + 1}" for i in range(balls)}
        self.balls, self.running = {}, None
        self.state = self.folder / "state"

    @property
    def ball(self):
        return self.balls["ball-1"]

    def start(self, *journal_lines):
        """With fresh balls, as their clocks begin with the daemon's run."""
        self.unplug()
        self.balls = {name: Ball(link) for name, link in self.links.items()}
        text = played_ball.config(self.broker.port, self.links) + "\n".join(["[journal]", *journal_lines, ""])
        self.running = harness.Daemon(self.folder, text)
        return self.running

    def unplug(self):
        for ball in self.balls.values():
            ball.port.unplug()

    def kill(self):
        self.running.process.kill()
        self.running.process.wait()

    def close(self):
        if self.running and self.running.process.poll() is None:
            self.running.stop()
        self.unplug()

    def open_journal(self, path=None):
        return contextlib.closing(sqlite3.connect(f"file:{path or self.state / 'journal.db'}?mode=ro", uri=True))

    def rows(self, where="1"):
        """(boot, n, device, group, record, done) of the journal, in its order."""
        with self.open_journal() as db:
            query = "SELECT boot, key & 0xffffffffff, device, grp, payload, done FROM event JOIN run ON no = key >> 40"
            found = db.execute(f"{query} WHERE {where} ORDER BY key").fetchall()
        return [(b, n, device, group, json.loads(payload), done) for b, n, device, group, payload, done in found]

    def waiting(self):
        with contextlib.suppress(sqlite3.OperationalError):
            return len(self.rows("done = 0"))
        return 0


@pytest.fixture
def house(tmp_path, broker):
    made = House(tmp_path, broker)
    yield made
    made.close()


def records(subscriber, families=("event", "late")):
    """(family, record) of each event record, as they came."""
    found = []
    for message in subscriber.messages:
        parts = message.topic.split("/")
        if len(parts) == 4 and parts[2] in families and parts[3] != "squeeze":
            found.append((parts[2], message.json))
    return found


def keys(subscriber, *families):
    return [(r["boot"], r["n"]) for _, r in records(subscriber, families or ("event", "late"))]


def wait_for_records(subscriber, count, *families, timeout_s=20):
    harness.wait_until(
        lambda: len(set(keys(subscriber, *families))) >= count, timeout_s,
        f"{count} records on {families or 'any topic'}")


def holes(seen):
    """{boot: the n that are missing below its largest}."""
    largest = {}
    for boot, n in seen:
        largest[boot] = max(n, largest.get(boot, 0))
    return {boot: lost for boot, top in largest.items() if (lost := set(range(1, top + 1)) - {n for b, n in seen if b == boot})}


# ---- what it holds ----


def test_every_record_is_kept_as_it_was_published(house, subscriber):
    house.start()
    ball = house.ball
    ball.play(*HOLD, *TAP, *TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    house.running.stop()
    rows = house.rows()
    sent = {(r["boot"], r["n"]): r for _, r in records(subscriber)}
    assert {(b, n): record for b, n, _, _, record, _ in rows} == sent
    assert [n for _, n, *_ in rows] == list(range(1, len(rows) + 1))
    assert {device for _, _, device, *_ in rows} == {"ball-1"}
    assert {(r["event_type"], group) for _, _, _, group, r, _ in rows} >= {("hold_end", "hold"), ("tap", "press")}
    assert {done for *_, done in rows} == {1}, "all was acknowledged"


def test_what_was_delivered_is_not_delivered_again_after_a_clean_restart(house, subscriber):
    house.start()
    house.ball.play(*HOLD, *TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    assert house.running.stop() == 0
    count = len(keys(subscriber))
    house.start()
    subscriber.wait_for(lambda m: m.topic == "knead/bridge/availability" and m.payload == b"online")
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    seen = keys(subscriber)
    assert len(seen) == len(set(seen)) > count


# ---- the broker is away ----


def test_events_of_an_outage_come_late_and_in_order_and_the_newest_of_them_fresh(house, broker):
    broker.stop()
    house.start("late_after_s = 4")
    ball = house.ball
    ball.play(*TAP * 300)
    ball.settle()
    harness.wait_until(lambda: house.waiting() >= 300, 10, "300 events are in the journal")
    time.sleep(4.5)  # the age of an event is real time
    ball.play(*TAP * 40)
    ball.settle()
    harness.wait_until(lambda: house.waiting() >= 340, 10, "40 more are in the journal")
    broker.start()
    subscriber = harness.Subscriber(broker.port)
    wait_for_records(subscriber, 340)
    subscriber.close()
    event, late = keys(subscriber, "event"), keys(subscriber, "late")
    assert late == sorted(late) and event == sorted(event)
    assert len(late) >= 295 and len(event) >= 40 and max(late) < min(event)
    assert not set(late) & set(event) and not holes(late + event)
    first_late = next(i for i, (family, _) in enumerate(records(subscriber)) if family == "late")
    assert all(family == "event" for family, _ in records(subscriber)[:first_late])
    late_message = next(m for m in subscriber.messages if "/late/" in m.topic)
    assert late_message.qos == 1 and not hasattr(late_message.properties, "MessageExpiryInterval")


def test_a_burst_beyond_the_window_keeps_its_order_and_loses_nothing(house, broker):
    broker.stop()
    house.start("late_after_s = 600")
    ball = house.ball
    ball.play(*TAP * 900)
    ball.settle()
    harness.wait_until(lambda: house.waiting() >= 900, 20, "900 events are in the journal")
    broker.start()
    subscriber = harness.Subscriber(broker.port)
    wait_for_records(subscriber, 900)
    ball.play(*TAP * 5)
    wait_for_records(subscriber, 905)
    subscriber.close()
    assert keys(subscriber, "late") == []
    assert keys(subscriber) == sorted(set(keys(subscriber))) and not holes(keys(subscriber))


def test_what_a_killed_daemon_could_not_deliver_the_next_one_does_under_its_old_name(house, broker):
    broker.stop()
    house.start("late_after_s = 3")
    house.ball.play(*TAP * 20)
    harness.wait_until(lambda: house.waiting() >= 20, 10, "20 events are in the journal")
    house.kill()
    old = house.rows()
    time.sleep(3.2)  # the age of an event is real time
    house.start("late_after_s = 3")
    house.ball.play(*TAP * 3)
    harness.wait_until(lambda: house.waiting() >= len(old) + 3, 10, "3 new ones are in the journal")
    broker.start()
    subscriber = harness.Subscriber(broker.port)
    wait_for_records(subscriber, len(old) + 3)
    subscriber.close()
    late = [r for family, r in records(subscriber) if family == "late"]
    assert late[:len(old)] == [record for *_, record, _ in old]
    assert {r["boot"] for r in late[:len(old)]}.isdisjoint({house.rows()[-1][0]})


def test_young_records_of_an_earlier_run_come_fresh_and_before_the_new_ones(house, broker):
    broker.stop()
    house.start("late_after_s = 600")
    house.ball.play(*TAP * 20)
    harness.wait_until(lambda: house.waiting() >= 20, 10, "20 events are in the journal")
    house.kill()
    old = [(b, n) for b, n, *_ in house.rows()]
    house.start("late_after_s = 600")
    house.ball.play(*TAP * 3)
    harness.wait_until(lambda: house.waiting() >= len(old) + 3, 10, "3 new ones are in the journal")
    broker.start()
    subscriber = harness.Subscriber(broker.port)
    wait_for_records(subscriber, len(old) + 3)
    subscriber.close()
    assert keys(subscriber, "late") == []
    assert keys(subscriber)[:len(old)] == old


# ---- killed ----


def test_a_daemon_killed_at_any_instant_leaves_no_hole(house, subscriber):
    rng = random.Random(5)
    for _ in range(20):
        house.start("late_after_s = 5")
        ball = house.ball
        subscriber.wait_for(lambda m: m.topic == "knead/bridge/availability" and m.payload == b"online")
        deadline = time.monotonic() + rng.uniform(0.02, 1.3)
        while time.monotonic() < deadline:
            ball.play(*TAP)
            time.sleep(rng.uniform(0, 0.1))
        house.kill()
    house.start("late_after_s = 5")
    harness.wait_until(lambda: house.waiting() == 0, 20, "all is delivered")
    house.running.stop()
    seen = set(keys(subscriber))
    assert holes(seen) == {}
    assert {(b, n) for b, n, *_ in house.rows()} <= seen
    assert len({b for b, _ in seen}) > 10, "runs that had something to say"


def test_events_of_a_stop_without_broker_are_delivered_by_the_next_run(house, broker):
    broker.stop()
    house.start()
    ball = house.ball
    ball.play(*HOLD, (60, 4))
    ball.settle()
    before = time.monotonic()
    assert house.running.stop() == 0
    assert time.monotonic() - before < 3
    rows = house.rows()
    assert [r["event_type"] for *_, r, _ in rows][-1] == "session_end", "what the stop itself ended is there too"
    broker.start()
    subscriber = harness.Subscriber(broker.port)
    house.start()
    wait_for_records(subscriber, len(rows))
    subscriber.close()
    assert keys(subscriber)[:len(rows)] == [(b, n) for b, n, *_ in rows]
