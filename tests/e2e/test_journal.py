# SPDX-License-Identifier: MIT
"""The journal: no event is lost to a broker that is away, a daemon that is killed or a restart, and none comes on the wrong topic."""
import contextlib
import json
import os
import pathlib
import random
import signal
import shutil
import sqlite3
import subprocess
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


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte, of its own."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk needs root and mount")
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no small disk here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def health(subscriber):
    found = [m.json for m in subscriber.messages if m.topic == "knead/bridge/health"]
    return found[-1]["journal"] if found else None


def wait_for_health(subscriber, test):
    """Asks for it, as it comes by itself only once a minute."""
    def asked():
        subscriber.client.publish("knead/bridge/request/health", "{}", qos=1)
        time.sleep(0.3)  # ten commands a second at most
        return (found := health(subscriber)) is not None and test(found)

    harness.wait_until(asked, 30, "bridge/health says so")


def journal_faults(subscriber):
    return [r for _, r in records(subscriber) if r["event_type"] == "fault" and r["kind"] == "journal"]


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


def stop(house, subscriber):
    """Stops kneadd; all it said has come when its goodbye has, which is the last of it. Its exit status."""
    status = house.running.stop()

    def gone():
        said = [m.payload for m in list(subscriber.messages) if m.topic == "knead/bridge/availability"]
        return said[-1:] == [b"offline"]

    harness.wait_until(gone, 10, "its goodbye")
    return status


def wait_for_all(subscriber, house):
    """All that the journal has is delivered."""
    harness.wait_until(lambda: {(b, n) for b, n, *_ in house.rows()} <= set(keys(subscriber)), 60, "all has come")


def wait_for_records(subscriber, count, *families, timeout_s=60):  # a broker that was away is tried again after up to 38 s
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
    stop(house, subscriber)
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
    assert stop(house, subscriber) == 0
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
    subscriber = harness.listen_from_the_start(broker, house.running)
    wait_for_records(subscriber, 1)
    ball.play(*TAP)  # while the others are still on their way
    wait_for_records(subscriber, 342)
    wait_for_all(subscriber, house)
    subscriber.close()
    event, late = keys(subscriber, "event"), keys(subscriber, "late")
    assert late == sorted(late) and event == sorted(event)
    assert len(late) >= 300 and event and max(late) < min(event)
    assert not set(late) & set(event) and not holes(late + event)
    first_late = next(m for m in subscriber.messages if "/late/" in m.topic)
    first_event = next(m for m in subscriber.messages if "/event/tap" in m.topic or "/event/press" in m.topic)
    last_late = next(m for m in reversed(subscriber.messages) if "/late/" in m.topic)
    assert first_event.at < last_late.at, "late ones held up a fresh one"
    assert last_late.at - first_late.at > 2, "they came all at once"
    late_message = next(m for m in subscriber.messages if "/late/" in m.topic)
    assert late_message.qos == 1 and not hasattr(late_message.properties, "MessageExpiryInterval")


def test_a_burst_beyond_the_window_keeps_its_order_and_loses_nothing(house, broker):
    broker.stop()
    house.start("late_after_s = 600")
    ball = house.ball
    ball.play(*TAP * 900)
    ball.settle()
    harness.wait_until(lambda: house.waiting() >= 900, 20, "900 events are in the journal")
    start_with_room(broker)
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
    subscriber = harness.listen_from_the_start(broker, house.running)
    wait_for_all(subscriber, house)
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
    subscriber = harness.listen_from_the_start(broker, house.running)
    wait_for_all(subscriber, house)
    subscriber.close()
    assert keys(subscriber, "late") == []
    assert keys(subscriber)[:len(old)] == old


def test_records_of_an_earlier_boot_of_the_machine_come_late_where_no_clock_tells_their_age(house, broker, monkeypatch):
    broker.stop()
    monkeypatch.setenv("KNEADD_BOOT_ID", "0f0e0d0c-0000-4000-8000-000000000001")
    house.start("late_after_s = 600")
    house.ball.play(*TAP * 5)
    harness.wait_until(lambda: house.waiting() >= 5, 10, "5 events are in the journal")
    house.kill()
    old = [(b, n) for b, n, *_ in house.rows()]
    # The wall clock says "seconds ago", the kernel has been up for longer: the clock stood still while the machine was off.
    monkeypatch.setenv("KNEADD_BOOT_ID", "0f0e0d0c-0000-4000-8000-000000000002")
    house.start("late_after_s = 600")
    house.ball.play(*TAP)
    subscriber = harness.listen_from_the_start(broker, house.running)
    wait_for_records(subscriber, 2, "event")
    wait_for_all(subscriber, house)
    subscriber.close()
    assert keys(subscriber, "late") == old
    assert not set(keys(subscriber, "event")) & set(old)


def test_a_long_outage_takes_no_memory(house, broker):
    broker.stop()
    house.start()
    house.ball.play(*TAP * 300)
    harness.wait_until(lambda: house.waiting() >= 300, 20, "the window is full")
    before_kb = resident_kb(house.running.process.pid)
    for count in range(600, 3001, 300):
        house.ball.play(*TAP * 300)
        harness.wait_until(lambda: house.waiting() >= count, 20, f"{count} events are in the journal")
    grown_kb = resident_kb(house.running.process.pid) - before_kb
    if not os.environ.get("KNEAD_SANITIZE", "none").strip("none"):
        assert grown_kb < 1024
    start_with_room(broker)
    subscriber = harness.Subscriber(broker.port)
    wait_for_records(subscriber, 3001)
    wait_for_all(subscriber, house)
    subscriber.close()
    assert not holes(keys(subscriber)) and len(set(keys(subscriber))) == len(keys(subscriber))


def start_with_room(broker):
    """Of thousands at once, which no balls ever said in an instant, mosquitto would keep the first for a slow subscriber."""
    broker.config.write_text(broker.config.read_text() + "max_queued_messages 0\n")
    broker.start()


def resident_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


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
    stop(house, subscriber)
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


# ---- the disk fails ----


def test_a_full_disk_costs_no_event_and_is_told_and_written_again_when_there_is_room(house, subscriber, small_disk):
    house.start(f"path = {small_disk / 'journal.db'}")
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    harness.wait_until(lambda: rows_of(house, small_disk / "journal.db"), 10, "the first event is written")
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(b"x" * 4096)
    house.ball.play(*TAP * 50)
    wait_for_records(subscriber, 50)
    fault = harness.wait_until(lambda: journal_faults(subscriber), 20, "the fault is published")[0]
    assert fault["detail"] == "the disk is full" and fault["device"] == "ball-1"
    wait_for_health(subscriber, lambda j: not j["ok"] and j["problem"] == "the disk is full")
    assert house.running.log.count("kept in memory until") == 1
    filler.unlink()
    wait_for_health(subscriber, lambda j: j["ok"] and j["problem"] is None and j["pending"] == 0)
    house.ball.play(*TAP * 2)
    stop(house, subscriber)
    assert not holes(keys(subscriber))
    kept = {(b, n) for b, n, *_ in rows_of(house, small_disk / "journal.db")}
    assert kept == set(keys(subscriber)), "what waited in memory is written in the end"


def rows_of(house, path):
    with house.open_journal(path) as db:
        query = "SELECT boot, key & 0xffffffffff, payload, done FROM event JOIN run ON no = key >> 40 ORDER BY key"
        return db.execute(query).fetchall()


def test_a_disk_that_turns_read_only_and_back_costs_no_event(house, subscriber, small_disk):
    house.start(f"path = {small_disk / 'journal.db'}")
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    house.running.stop()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    house.start(f"path = {small_disk / 'journal.db'}")
    house.ball.play(*TAP * 5)
    harness.wait_until(lambda: len(keys(subscriber)) >= 8, 20, "events come without a journal")
    harness.wait_until(lambda: journal_faults(subscriber), 20, "the fault is published")
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    wait_for_health(subscriber, lambda j: j["ok"])
    stop(house, subscriber)
    assert {(b, n) for b, n, *_ in rows_of(house, small_disk / "journal.db")} == set(keys(subscriber))
    assert not holes(keys(subscriber))


@pytest.mark.parametrize("content", ["garbage", "cut", "damaged"])
def test_a_broken_journal_is_set_aside_and_a_new_one_begun(house, subscriber, content):
    house.start()
    house.ball.play(*TAP * 60)
    wait_for_records(subscriber, 60)
    house.running.stop()
    journal = house.state / "journal.db"
    whole = journal.read_bytes()
    journal.write_bytes({
        "garbage": b"\xa5" * len(whole), "cut": whole[:4096], "damaged": whole[:4096] + b"\xa5" * (len(whole) - 4096),
    }[content])
    house.start()
    house.ball.play(*TAP * 3)
    count = len(set(keys(subscriber)))
    harness.wait_until(lambda: list(house.state.glob("journal.db.corrupt-*")), 20, "it is set aside")
    wait_for_records(subscriber, count + 3)
    stop(house, subscriber)
    assert house.running.log.count("was corrupt; it is now") == 1
    newest = keys(subscriber)[-1][0]
    assert {(b, n) for b, n, *_ in house.rows()} == {(b, n) for b, n in keys(subscriber) if b == newest}


@pytest.mark.parametrize("what", ["another program's", "a newer kneadd's"])
def test_a_file_that_is_not_ours_is_left_as_it_is(house, subscriber, what):
    house.state.mkdir()
    journal = house.state / "journal.db"
    with contextlib.closing(sqlite3.connect(journal)) as db:
        db.execute("CREATE TABLE recipes (name)")
        if what == "a newer kneadd's":
            db.execute(f"PRAGMA application_id = {0x6b6e6a31}")
            db.execute("PRAGMA user_version = 99")
    before = journal.read_bytes()
    house.start()
    house.ball.play(*TAP * 3)
    wait_for_records(subscriber, 3)
    harness.wait_until(lambda: journal_faults(subscriber), 20, "the fault is published")
    house.running.stop()
    assert journal.read_bytes() == before
    assert ("is another program's database" if what == "another program's" else "is of a newer kneadd") in house.running.log


def test_a_journal_that_is_taken_away_is_begun_anew(house, subscriber):
    house.start()
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    harness.wait_until(lambda: house.rows(), 10, "the first event is written")
    for part in house.state.glob("journal.db*"):
        part.unlink()
    house.ball.play(*TAP * 3)
    wait_for_records(subscriber, 5)
    stop(house, subscriber)
    assert len(house.rows()) >= 3 and not journal_faults(subscriber)


def test_two_daemons_do_not_share_a_journal(house, subscriber, tmp_path):
    house.start()
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "state").symlink_to(house.state)
    text = played_ball.config(house.broker.port, {}, mqtt="base = other")
    second = harness.Daemon(other, text)
    harness.wait_until(lambda: "in use by another kneadd" in second.log, 10, "the second one sees the first")
    second.stop()
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))


SLOW_FLUSH = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fdatasync(int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	sleep(3);
	return next(fd);
}
int fsync(int fd)
{
	return fdatasync(fd);
}
"""


@pytest.fixture
def slow_flush(tmp_path, monkeypatch):
    """Every flush of a disk takes three seconds."""
    if os.environ.get("KNEAD_SANITIZE", "none") != "none" or not shutil.which("cc"):
        pytest.skip("nothing can be put in front of a program with sanitizers, or there is no compiler")
    (tmp_path / "slow.c").write_text(SLOW_FLUSH)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "slow.so", tmp_path / "slow.c"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "slow.so"))


def test_a_disk_that_takes_seconds_for_a_flush_delays_no_event_and_no_sample(house, subscriber, slow_flush):
    house.start()
    subscriber.wait_for(lambda m: m.topic == "knead/bridge/availability" and m.payload == b"online")
    harness.wait_until(lambda: (house.state / "journal.db").exists() and house.waiting() == 0, 20, "the journal is made")
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"), timeout_s=20)
    waits = []
    for _ in range(20):
        before = time.monotonic()
        house.ball.play(*TAP)
        waits.append(subscriber.wait_for(played_ball.is_event("tap")).at - before)
    assert max(waits) < 2, waits  # some of these came in the midst of a flush
    harness.wait_until(lambda: len(house.rows()) >= 22, 20, "all is written in the end")
    assert not holes(keys(subscriber)) and not journal_faults(subscriber)


def test_a_broker_that_hangs_at_the_stop_costs_neither_time_nor_events(house, broker, subscriber):
    house.start()
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        house.ball.play(*TAP * 30)
        house.ball.settle()
        before = time.monotonic()
        assert house.running.stop() == 0
        assert time.monotonic() - before < 3
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    everything = {(b, n) for b, n, *_ in house.rows()}
    assert len(everything) >= 32
    house.start()
    wait_for_records(subscriber, len(everything))
    assert everything <= set(keys(subscriber)) and not holes(keys(subscriber))


# ---- the rest ----


def test_without_a_state_directory_it_is_said_and_events_come_all_the_same(broker, subscriber, tmp_path):
    ball = Ball(tmp_path / "ball-1")
    config = tmp_path / "kneadd.conf"
    config.write_text(played_ball.config(broker.port, {"ball-1": tmp_path / "ball-1"}))
    environment = {k: v for k, v in os.environ.items() if k != "STATE_DIRECTORY"}
    log = tmp_path / "log"
    with open(log, "wb") as err:
        process = subprocess.Popen([harness.KNEADD, "-c", config], stderr=err, env=environment)
    try:
        ball.play(*TAP)
        subscriber.wait_for(played_ball.is_event("tap"))
        assert "events wait for the broker in memory, and there is no history" in log.read_text()
        assert health(subscriber) is None
    finally:
        harness.stop(process)
        ball.port.unplug()


def test_without_a_broker_the_journal_keeps_the_history(house):
    house.broker.stop()
    text = played_ball.config(1, {"ball-1": house.links["ball-1"]}).replace("host = 127.0.0.1", "host =")
    ball = Ball(house.links["ball-1"])
    house.running = harness.Daemon(house.folder, text)
    ball.play(*TAP * 400)
    harness.wait_until(lambda: (house.state / "journal.db").exists() and len(house.rows()) >= 400, 20, "all is written")
    house.running.stop()
    assert [n for _, n, *_ in house.rows()] == list(range(1, len(house.rows()) + 1))
    assert house.waiting() == 0
    ball.port.unplug()


def test_another_broker_by_reload_gets_what_the_first_one_never_took(house, broker, tmp_path):
    broker.stop()
    house.start()
    house.ball.play(*TAP * 20)
    harness.wait_until(lambda: house.waiting() >= 20, 10, "20 events are in the journal")
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    other = harness.Broker(other_folder).start()
    try:
        subscriber = harness.Subscriber(other.port)
        config = house.running.config
        config.write_text(config.read_text().replace(f"port = {broker.port}", f"port = {other.port}"))
        house.running.process.send_signal(signal.SIGHUP)
        wait_for_records(subscriber, 21)
        house.ball.play(*TAP)
        wait_for_records(subscriber, 22)
        assert keys(subscriber) == sorted(set(keys(subscriber))) and not holes(keys(subscriber))
        subscriber.close()
    finally:
        house.close()
        other.stop()


def test_a_replay_to_the_broker_leaves_the_journal_alone(house, subscriber, tmp_path):
    house.start()
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    raw = tmp_path / "stream.txt"
    raw.write_bytes(played_ball.Firmware().k1(*REST, *TAP * 3))
    options = ["-o", f"mqtt.port={house.broker.port}", "-o", f"ball-1.counts_per_n={played_ball.COUNTS_PER_N}"]
    subprocess.run(
        [harness.KNEAD, "replay", "--publish", *options, raw], check=True, capture_output=True,
        env={**os.environ, "STATE_DIRECTORY": str(house.state)})
    harness.wait_until(lambda: any(b == "replay" for b, _ in keys(subscriber)), 10, "the replay is published")
    stop(house, subscriber)
    assert "replay" not in {b for b, *_ in house.rows()}


def test_nothing_is_written_while_nothing_happens(house, subscriber):
    house.start()
    house.ball.play(*TAP)
    subscriber.wait_for(played_ball.is_event("tap"))
    harness.wait_until(lambda: house.rows(), 10, "the first event is written")
    time.sleep(2.5)  # what follows it is written within two seconds

    def sizes_and_times():
        return {p.name: (p.stat().st_size, p.stat().st_mtime_ns) for p in house.state.glob("journal.db*")}

    before = sizes_and_times()
    time.sleep(3)
    assert sizes_and_times() == before
