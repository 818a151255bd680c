# SPDX-License-Identifier: MIT
"""knead history: what it tells of a journal, while kneadd runs, after it was killed, and of what is no journal."""
import csv
import io
import json
import os
import sqlite3
import subprocess

import pytest

import harness
import played_ball

REST = [(0, 4)]
HOLD = [(60, 5), (0, 2)]
RUN = ("CREATE TABLE run (no INTEGER PRIMARY KEY, boot, kernel, started_us);"
       "CREATE TABLE event (key INTEGER PRIMARY KEY, decided_us, wall_us, done, device, grp, payload);"
       f"PRAGMA application_id = {0x6b6e6a31}; PRAGMA user_version = 1;")


def history(*arguments, state, zone="UTC", status=0):
    done = subprocess.run(
        [harness.KNEAD, "history", "-c", "", "--state", state, *arguments], capture_output=True, text=True,
        env={**os.environ, "TZ": zone})
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def as_json(*arguments, **more):
    return json.loads(history("--json", *arguments, **more))


class Written:
    """A journal with records of chosen times, as kneadd would have written them."""

    def __init__(self, folder):
        self.folder, self.n = folder, 0
        self.db = sqlite3.connect(folder / "journal.db")
        self.db.executescript(RUN)
        self.run = 0

    def start(self, boot, at_s):
        self.run += 1
        self.n = 0
        self.boot = boot
        self.db.execute("INSERT INTO run VALUES (?, ?, 'kernel', ?)", (self.run, boot, at_s * 1_000_000))

    def add(self, group, event_type, ts, device="ball-1", **fields):
        self.n += 1
        record = {"v": 1, "event_type": event_type, "device": device, "ts": ts, "boot": self.boot, "n": self.n, **fields}
        self.db.execute(
            "INSERT INTO event VALUES (?, 0, 0, 1, ?, ?, ?)", (self.run << 40 | self.n, device, group, json.dumps(record)))

    def hold(self, start, end, hold_id=1, device="ball-1", **fields):
        values = dict(
            hold_id=hold_id, start=start, end=end, duration_s=30.5, target_s=30, target_met=True, peak_n=92.1, peak_kpa=146.7,
            mean_n=84.9, impulse_ns=2500.0, steadiness_pct=96.8, cause="lifted")
        self.add("hold", "hold_end", end, device, **{**values, **fields})

    def done(self):
        self.db.commit()
        self.db.close()
        return self.folder


@pytest.fixture
def written(tmp_path):
    return Written(tmp_path)


def test_it_tells_what_the_daemon_published_while_it_runs(broker, subscriber, daemon, tmp_path):
    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, session_gap_s=5))
    firmware = played_ball.Firmware()
    port.write(firmware.k1(*REST, *HOLD, *HOLD, (0, 8), *HOLD))
    ended = subscriber.wait_for(played_ball.is_event("session_end")).json
    harness.wait_until(lambda: len(holds_of(subscriber)) == 3, 10, "three holds")
    state = tmp_path / "state"
    told = harness.wait_until(
        lambda: (found := maybe_json(state)) and len(found["holds"]) == 3 and found, 10, "all is in the journal")
    assert [h["duration_s"] for h in told["holds"]] == [h["duration_s"] for h in holds_of(subscriber)]
    assert [h["session_id"] for h in told["holds"]] == [1, 1, 2]
    first, second = told["sessions"]
    assert first["complete"] and not second["complete"]
    for key in ("session_id", "holds", "holds_met", "strokes", "rolls", "loaded_s", "dose_ns", "peak_n", "longest_hold_s"):
        assert first[key] == ended[key], key
    assert (second["session_id"], second["holds"]) == (2, 1)
    assert sum(d["holds"] for d in told["days"]) == 3
    assert running.stop() == 0
    assert as_json(state=state)["sessions"][1]["complete"]
    assert sorted(p.name for p in state.glob("journal.db*")) == ["journal.db", "journal.db.lock"], "it leaves nothing behind"


def maybe_json(state):
    return as_json(state=state) if (state / "journal.db").exists() else None


def holds_of(subscriber):
    return [e for e in subscriber.events() if e["event_type"] == "hold_end"]


def test_a_session_that_a_power_cut_ended_has_the_sums_of_its_parts(written):
    written.start("aaaaaaaa", 1_700_000_000)
    written.add("session", "session_start", "2026-11-20T08:00:00.000Z", session_id=1)
    written.hold("2026-11-20T08:00:00.000Z", "2026-11-20T08:00:30.500Z")
    written.hold("2026-11-20T08:01:00.000Z", "2026-11-20T08:01:10.000Z", 2, duration_s=10.0, target_met=False, peak_n=110.0)
    for index in (1, 2):
        written.add("stroke", "stroke", "2026-11-20T08:02:00.000Z", roll_id=1, index=index, duration_s=1.2, peak_n=70.0)
    written.add("stroke", "roll_end", "2026-11-20T08:02:10.000Z", roll_id=1, strokes=2, duration_s=8.5, impulse_ns=500.0, peak_n=70.0)
    written.start("bbbbbbbb", 1_700_000_100)
    written.add("session", "session_start", "2026-11-20T09:00:00.000Z", session_id=1)
    told = as_json("--since", "2026-11-20", state=written.done())
    cut, running = told["sessions"]
    assert cut == {
        "device": "ball-1", "boot": "aaaaaaaa", "session_id": 1, "day": "2026-11-20", "start": "2026-11-20T08:00:00.000Z",
        "end": "2026-11-20T08:02:10.000Z", "complete": False, "holds": 2, "holds_met": 1, "strokes": 2, "rolls": 1,
        "loaded_s": 49.0, "dose_ns": 5500.0, "peak_n": 110.0, "longest_hold_s": 30.5,
    }
    assert (running["boot"], running["holds"]) == ("bbbbbbbb", 0)


def test_days_are_those_of_the_local_calendar_also_when_the_clock_changes(written):
    written.start("aaaaaaaa", 1_700_000_000)
    # Berlin: 25 hours on 2026-10-25, and its midnights are at 22:00 and 23:00 UTC.
    for hold_id, start in enumerate(["24T21:59:00", "24T22:01:00", "25T22:59:00", "25T23:01:00"], 1):
        written.hold(f"2026-10-{start}.000Z", f"2026-10-{start[:-2]}30.000Z", hold_id)
    folder = written.done()
    told = as_json("--since", "2026-10-01", state=folder, zone="Europe/Berlin")
    assert {d["day"]: d["holds"] for d in told["days"]} == {"2026-10-24": 1, "2026-10-25": 2, "2026-10-26": 1}
    one_day = as_json("--since", "2026-10-25", "--until", "2026-10-25", state=folder, zone="Europe/Berlin")
    assert [h["hold_id"] for h in one_day["holds"]] == [2, 3]
    hours = as_json("--since", "2026-10-24 23:59:30", "--until", "2026-10-25 01:00", state=folder, zone="Europe/Berlin")
    assert [h["hold_id"] for h in hours["holds"]] == [2]
    exact = as_json("--since", "2026-10-25T22:59:00Z", "--until", "2026-10-25T22:59:00.001Z", state=folder)
    assert [h["hold_id"] for h in exact["holds"]] == [3]


def test_one_device_alone_or_all_of_them(written):
    written.start("aaaaaaaa", 1_700_000_000)
    written.hold("2026-11-20T08:00:00.000Z", "2026-11-20T08:00:30.500Z")
    written.hold("2026-11-20T08:00:00.000Z", "2026-11-20T08:00:30.500Z", device="roller")
    folder = written.done()
    assert [d["device"] for d in as_json("--since", "2026-11-20", state=folder)["days"]] == ["ball-1", "roller"]
    assert [h["device"] for h in as_json("--since", "2026-11-20", "--device", "roller", state=folder)["holds"]] == ["roller"]
    assert as_json("--since", "2026-11-20", "--device", "nobody", state=folder) == {"v": 1, "sessions": [], "holds": [], "days": []}


def test_the_table_has_headers_with_units_and_lines_that_stand_below_them(written):
    written.start("aaaaaaaa", 1_700_000_000)
    written.add("session", "session_start", "2026-11-20T08:00:00.000Z", session_id=1)
    written.hold("2026-11-20T08:00:00.000Z", "2026-11-20T08:00:30.500Z", steadiness_pct=None)
    written.add(
        "session", "session_end", "2026-11-20T08:00:30.500Z", session_id=1, holds=1, holds_met=1, strokes=0, rolls=0,
        loaded_s=30.5, dose_ns=2500.0, peak_n=92.1, longest_hold_s=30.5)
    text = history("--since", "2026-11-20", "--until", "2026-11-20", state=written.done())
    sessions, holds, days = (part.splitlines() for part in text.strip().split("\n\n"))
    assert (sessions[0], holds[0], days[0]) == ("Sessions", "Holds", "Days")
    assert sessions[2].split() == ["2026-11-20", "08:00", "08:00", "ball-1", "1", "1", "0", "0", "30.5", "2500.0", "92.1", "30.50"]
    assert holds[2].split() == ["2026-11-20", "08:00:00", "ball-1", "30.50", "30", "yes", "92.1", "146.7", "84.9", "-", "lifted"]
    assert days[2].split() == ["2026-11-20", "ball-1", "1", "1", "1", "30.5", "30.50", "0", "0", "30.5", "2500.0", "92.1"]
    assert "peak N" in holds[1] and "loaded s" in days[1] and "dose N*s" in sessions[1]
    for part in (sessions, days):
        assert len(part[1]) == len(part[2])


def test_csv_is_one_table_that_says_of_each_row_what_it_is(written):
    written.start("aaaaaaaa", 1_700_000_000)
    written.add("session", "session_start", "2026-11-20T08:00:00.000Z", session_id=7)
    written.hold("2026-11-20T08:00:00.000Z", "2026-11-20T08:00:30.500Z", 4, peak_kpa=None)
    rows = list(csv.DictReader(io.StringIO(history("--csv", "--since", "2026-11-20", state=written.done()))))
    assert [r["kind"] for r in rows] == ["session", "hold", "day"]
    session, hold, day = rows
    assert all(None not in r and None not in r.values() for r in rows), "each row has all columns"
    assert (session["session_id"], session["complete"], session["holds"]) == ("7", "false", "1")
    assert (hold["hold_id"], hold["session_id"], hold["duration_s"], hold["peak_kpa"], hold["mean_n"]) == ("4", "7", "30.500", "", "84.9")
    assert (hold["cause"], hold["target_met"], hold["peak_n"], hold["steadiness_pct"]) == ("lifted", "true", "92.1", "96.8")
    assert (day["day"], day["holds"], day["held_s"], day["peak_n"]) == ("2026-11-20", "1", "30.500", "92.1")


def test_without_a_time_it_is_the_last_seven_days(written):
    written.start("aaaaaaaa", 1_700_000_000)
    written.hold("2020-01-01T08:00:00.000Z", "2020-01-01T08:00:30.500Z")
    folder = written.done()
    assert "goes back further" in history(state=folder)
    assert len(as_json("--until", "2020-01-01", state=folder)["holds"]) == 1


@pytest.mark.parametrize("arguments", [
    ("--days", "0"), ("--days", "x"), ("--since", "yesterday"), ("--since", "2026-02-30"), ("--until", "2026-13-01"),
    ("--days", "3", "--since", "2026-11-20"), ("--json", "--csv"), ("word",), ("--nonsense",),
])
def test_what_makes_no_sense_is_refused(written, arguments):
    assert "see 'knead history --help'" in history(*arguments, state=written.done(), status=2)


def test_what_is_no_journal_is_told_and_left_alone(tmp_path):
    assert "is not there" in history(state=tmp_path, status=1)
    journal = tmp_path / "journal.db"
    for content in (b"", b"not a database" * 500):
        journal.write_bytes(content)
        assert "is no journal of kneadd" in history(state=tmp_path, status=1)
        assert journal.read_bytes() == content
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE recipes (name)")
    assert "is no journal of kneadd" in history("-o", f"journal.path={tmp_path / 'other.db'}", state=tmp_path, status=1)


def test_a_journal_of_a_newer_knead_is_not_guessed_at(written):
    written.db.execute("PRAGMA user_version = 99")
    assert "is of a newer knead" in history(state=written.done(), status=1)


def test_the_totals_of_the_last_session_are_shown_after_a_restart(broker, daemon, tmp_path):
    def session(client):
        return next((m.json for m in reversed(client.messages) if m.topic == "knead/ball-1/session" and m.payload), None)

    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}, mqtt="scalars = yes"))
    before = harness.Subscriber(broker.port)
    port.write(played_ball.Firmware().k1(*REST, *HOLD, *HOLD))
    harness.wait_until(lambda: len(holds_of(before)) == 2, 10, "two holds")
    state = tmp_path / "state"
    harness.wait_until(lambda: len(maybe_json(state)["holds"]) == 2, 10, "both are in the journal")
    running.process.kill()  # as a power cut does: no end of the session is written
    running.process.wait()
    before.close()
    broker.stop()
    broker.start()  # it has forgotten everything
    port.unplug()
    daemon(played_ball.config(broker.port, {"ball-1": tmp_path / "ball"}, mqtt="scalars = yes"))
    after = harness.Subscriber(broker.port)
    shown = harness.wait_until(lambda: session(after), 10, "the session of the run before")
    assert (shown["active"], shown["holds"], shown["session_id"]) == (False, 2, 1)
    assert shown["longest_hold_s"] == max(h["duration_s"] for h in holds_of(before))
    harness.wait_until(
        lambda: played_ball.latest(after, "knead/ball-1/value/session_holds") == b"2", 10, "its scalars too")
    after.close()


def test_totals_that_were_reset_do_not_come_back_with_the_next_start(broker, daemon, tmp_path):
    port = played_ball.Port(tmp_path / "ball")
    running = daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    heard = harness.Subscriber(broker.port)
    port.write(played_ball.Firmware().k1(*REST, *HOLD))
    harness.wait_until(lambda: len(holds_of(heard)) == 1, 10, "a hold")
    heard.client.publish("knead/ball-1/do/session_reset", "PRESS", qos=1)
    harness.wait_until(lambda: played_ball.latest(heard, "knead/ball-1/result/session_reset"), 10, "it is reset")
    assert json.loads(played_ball.latest(heard, "knead/ball-1/session"))["holds"] == 0
    assert running.stop() == 0
    assert len(maybe_json(tmp_path / "state")["holds"]) == 1, "history keeps what was reset"
    heard.close()
    broker.stop()
    broker.start()  # it has forgotten everything
    daemon(played_ball.config(broker.port, {"ball-1": port.link}))
    after = harness.Subscriber(broker.port)
    port.write(played_ball.Firmware().k1(*REST))
    harness.wait_until(lambda: played_ball.latest(after, "knead/ball-1/availability") == b"online", 20, "the ball is there")
    shown = played_ball.latest(after, "knead/ball-1/session")
    assert shown is None or json.loads(shown)["holds"] == 0
    after.close()
    port.unplug()
