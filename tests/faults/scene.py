# SPDX-License-Identifier: MIT
"""Broker, witness, balls in use, and kneadd that records what they send: what nearly every fault happens to."""
import json
import os
import pathlib
import signal
import time

import harness
import live_ball
import played_ball
import verdict
import witness as witnesses

MEASURED = pathlib.Path(os.environ.get("KNEAD_FAULTS_MEASURED", harness.BUILD / "meson-logs/faults"))


class Scene:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.broker = self.witness = self.daemon = self.before = None
        self.balls, self.closers = {}, []
        self.parts = {}  # where a device started again under one boot: its recordings, in order

    # ---- who takes part ----

    def add_broker(self, *lines, port=None, credentials=None, around=(), path=None):
        """
        lines: of its configuration; port or path: of a listener among them for the witness. Unless they say otherwise it keeps over a
        restart what the witness has not heard yet: kneadd may be back before the witness is.
        """
        if "persistence false" not in lines:
            lines = (*lines, "persistence true", f"persistence_location {self.folder}/", "max_queued_messages 0")
        lines = (*lines, "user root")
        self.broker = harness.Broker(self.folder, *lines, around=around, path=path)
        self.broker.port = port or self.broker.port
        self.closers.append(self.broker.stop)
        self.broker.start()
        self.witness = witnesses.Witness(self.broker.port, credentials=credentials, path=path)
        self.closers.append(self.witness.close)
        return self.broker

    def add_ball(self, name="ball-1", **options):
        ball = self.balls[name] = live_ball.LiveBall(options.pop("link", self.folder / name), seed=len(self.balls) + 1, **options)
        self.closers.append(ball.stop)
        return ball

    def recording(self, name="ball-1"):
        return self.folder / f"{name}.kcap"

    def confirmed(self, name):
        """The records that detection confirmed, by what the port sent."""
        return [r for part in self.parts.get(name, [self.recording(name)]) for r in verdict.replayed(part)]

    def config(self, mqtt="", port=None, more="", **keys):
        links = {name: ball.link for name, ball in self.balls.items()}
        text = played_ball.config(port or self.broker.port, links, mqtt, format="k1", **keys)
        for name in self.balls:
            text = text.replace(f"[device {name}]", f"[device {name}]\nrecord = {self.recording(name)}")
        return text + more

    def start(self, text=None, around=(), env=None, play=True):
        """Starts kneadd, then the balls; returns when each is online."""
        self.daemon = harness.Daemon(self.folder, text or self.config(), around, env)
        self.closers.append(self.end_daemon)
        if play:
            self.play()
        return self.daemon

    def play(self):
        for ball in self.balls.values():
            if not ball.is_alive():
                ball.start()

    def settle(self):
        """Waits for the first hold of each ball; from here on memory and descriptors are compared."""
        for name in self.balls:
            harness.wait_until(lambda: self.ended(name) > 0, 40, f"{name} ends a hold; log: {self.daemon.log}")
        self.before = verdict.Vitals(self.daemon.process.pid)

    def ended(self, name="ball-1"):
        return len([t for t in self.witness.told(name) if t.record["event_type"] == "hold_end"])

    def wait_holds(self, more, name="ball-1", timeout_s=60):
        wanted = self.ended(name) + more
        harness.wait_until(lambda: self.ended(name) >= wanted, timeout_s, f"{more} more holds of {name}; log: {self.daemon.log}")

    def catch_up(self, timeout_s=120):
        """Waits until the broker has all that waited for it: late records go a hundred a second."""
        def caught_up():
            time.sleep(0.25)  # a bridge takes ten questions a second
            return self.witness.ask_health()["journal"]["pending"] == 0

        harness.wait_until(caught_up, timeout_s, f"the journal has nothing left to tell; log: {self.daemon.log}")

    def stop_broker(self):
        """
        Stops it with nothing on its way to the witness: mosquitto 2.0.11 forgets over a restart what has an expiry and was sent to
        a subscriber but not yet acknowledged by it, although it has acknowledged it to kneadd.
        """
        kneadd = self.daemon.process if self.daemon and self.daemon.process.poll() is None else None
        if kneadd:
            kneadd.send_signal(signal.SIGSTOP)
        try:
            time.sleep(0.05)
            self.witness.catch_up()
            self.broker.stop()
        finally:
            if kneadd:
                kneadd.send_signal(signal.SIGCONT)

    # ---- how it ends ----

    def end_daemon(self):
        if self.daemon.process.poll() is None:
            self.daemon.stop()

    def finish(self):
        """A clean stop; returns all that was told. What the recording confirms has been told by then, or it never will be."""
        assert self.daemon.stop() == 0, self.daemon.log
        confirmed = sum(len(self.confirmed(name)) for name in self.balls)  # and no less may come
        boot = self.boot()
        try:
            harness.wait_until(lambda: len(verdict.by_key(self.witness.told(boot=boot))) >= confirmed, 20, "all has come")
        except AssertionError:
            pass  # check_against() says what is missing
        return self.witness.told(boot=boot)

    def boot(self):
        """Of the kneadd that runs, or ran last."""
        return next(w for line in reversed(self.daemon.log.splitlines()) if ", boot " in line for w in [line.split(", boot ")[1][:8]])

    def judge(self, doubles=0, besides=()):
        """
        After a clean stop: nothing lost, nothing invented, no hold stretched. doubles: how many at most; besides: kinds of
        faults that kneadd itself tells, and no recording knows of. Returns figures for the table.
        """
        told = self.finish()
        confirmed = 0
        for name, ball in self.balls.items():
            own = [t for t in told if t.device == name and t.record.get("kind") not in besides]
            confirmed += verdict.check_against(self.confirmed(name), own)
            assert verdict.check_holds(own, ball.holds) > 0, "at least one hold was whole"
        assert verdict.holes(told) == []
        assert verdict.doubled(told) <= doubles, f"{verdict.doubled(told)} doubles"
        verdict.check_order(told)
        late = len({t.key for t in told if t.family == "late"})
        return {"events": confirmed, "lost": 0, "doubled": verdict.doubled(told), "late": late}

    def healthy(self, online=None, offline=(), dropped=0, **limits):
        online = self.balls if online is None else online
        verdict.check_health(self.witness, online, offline, dropped)
        grown_kb, share = verdict.check_vitals(self.before, **limits)
        return {"grown_kb": grown_kb, "cpu_pct": round(100 * share, 1)}

    def recovery(self, since):
        """Seconds from a monotonic time until the broker had something new from kneadd."""
        return harness.wait_until(lambda: self.witness.first_live(since), 150, f"kneadd is back; log: {self.daemon.log}") - since

    def reconnected(self, since):
        """The same where a broker that is back has something to say itself, of before: until it hears that kneadd is online."""
        def online():
            return next((m.at for m in list(self.witness.messages) if m.at > since and m.topic == "knead/bridge/availability"
                         and m.payload == b"online"), None)

        return harness.wait_until(online, 150, f"kneadd is back; log: {self.daemon.log}") - since

    def close(self):
        for closer in reversed(self.closers):
            closer()


def note(place, fault, sees, **figures):
    """Keeps what was measured, for the table of the README. place: where in it the row stands."""
    MEASURED.mkdir(parents=True, exist_ok=True)
    row = {"place": place, "fault": fault, "sees": sees, "at": int(time.time()), **figures}
    (MEASURED / f"{place:03d}.json").write_text(json.dumps(row, indent=1) + "\n")
