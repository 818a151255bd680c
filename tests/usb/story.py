# SPDX-License-Identifier: MIT
"""What happens to the machine, chapter by chapter; each returns what was seen, for the tests to judge."""
import subprocess
import time
import types

import harness
import machine as machines
import played_ball
from wired_ball import WiredBall

LINK = f"/dev/knead/{machines.SERIAL}"
HOLD_N, TARGET_S, OTHER_TARGET_S = 60.0, 4, 6
CONFIG = f"""\
[mqtt]
host = {machines.HOST}
port = {{port}}
[homeassistant]
discovery = off
[device ball-1]
port = {LINK}
format = k1
counts_per_n = {played_ball.COUNTS_PER_N}
target_s = {TARGET_S}
"""
HOLD_S = 5
HOLD = [(0, 3.5), (HOLD_N, HOLD_S), (0, 4)]  # a thousand samples
LATE_AFTER_S = 60  # the default
PATIENCE_S = 120  # for what takes a moment; emulated, on a busy machine, at boot


class Story:
    """The machine, a broker and a subscriber on this side of its network, and the ball at the end of its cable."""

    def __init__(self, folder):
        self.folder = folder
        self.broker, self.subscriber = harness.Broker(folder), None
        self.machine = machines.Machine(folder, folder / "parcel.tar")
        self.ball = WiredBall(folder / "line")

    def end(self):
        self.ball.power_off()
        self.machine.cut_power()
        if self.subscriber:
            self.subscriber.close()
        self.broker.stop()
        for big in ("disk.qcow2", "disk.raw"):
            (self.folder / big).unlink(missing_ok=True)

    # ---- looking ----

    def listen(self):
        """A subscriber who knows nothing yet."""
        if self.subscriber:
            self.subscriber.close()
        self.subscriber = harness.Subscriber(self.broker.port)

    def wait(self, test, what, after=0, timeout_s=PATIENCE_S):
        """The first message from number after on for which test(message) holds."""
        try:
            return harness.wait_until(lambda: next((m for m in self.subscriber.messages[after:] if test(m)), None), timeout_s, what)
        except AssertionError as error:
            heard = [m for m in self.subscriber.messages[after:] if not m.topic.endswith("/live")][-15:]
            told = "\n".join(f"{m.topic} {m.payload[:400]!r}" for m in heard)
            raise AssertionError(f"{error}; heard:\n{told}\nits log:\n{self.log()}\nit keeps:\n{self.kept()}") from None

    def event(self, event_type, after=0, family="event"):
        def test(message):
            return message.topic.startswith(f"knead/ball-1/{family}/") and message.json["event_type"] == event_type

        return self.wait(test, f"{family} {event_type}", after).json

    def document(self, leaf, test, what, after=0):
        """The first of knead/ball-1/LEAF for whose contents test holds."""
        return self.wait(lambda m: m.topic == f"knead/ball-1/{leaf}" and test(m.json), what, after).json

    def available(self, value, after=0, who="ball-1"):
        self.wait(lambda m: m.topic == f"knead/{who}/availability" and m.payload == value.encode(), f"{who} is {value}", after)

    def count(self):
        return len(self.subscriber.messages)

    def log(self):
        return self.machine.tried("journalctl -b --no-pager -o cat -u kneadd | tail -n 40")[1]

    def kept(self):
        """What it knows of the ball when it starts again."""
        return self.machine.tried("cat /var/lib/knead/ball-1.json")[1]

    def service(self):
        """What systemd says of it."""
        keys = "ActiveState,SubState,UnitFileState,NRestarts,MainPID,User"
        return dict(line.split("=", 1) for line in self.machine.run(f"systemctl show kneadd -p {keys}").splitlines())

    def links(self):
        return types.SimpleNamespace(
            target=self.machine.run(f"readlink -f {LINK}").strip(),
            by_id=self.machine.run("for l in /dev/serial/by-id/*; do echo $l $(readlink -f $l); done").split(),
            node=self.machine.run(f"stat -L -c '%F, %U, %G, %a' {LINK}").strip(),
        )

    def wait_until_the_port_is_open(self):
        return self.machine.wait_for(f"readlink /proc/$(systemctl show -P MainPID kneadd)/fd/* | grep -x $(readlink -f {LINK})").strip()

    def order(self, verb, payload):
        """Gives a command; its answer."""
        after = self.count()
        self.subscriber.client.publish(f"knead/ball-1/{verb}", payload, qos=1)
        leaf = "result/set" if verb.startswith("set") else verb.replace("do/", "result/")
        return self.wait(lambda m: m.topic == f"knead/ball-1/{leaf}", f"an answer to {verb}", after).json

    # ---- chapters ----

    def install(self):
        """A machine without a ball and without a broker gets the package, then its settings."""
        seen = types.SimpleNamespace()
        self.machine.start(plugged=False).wait_until_up()
        seen.kernel = self.machine.run("uname -r").strip()
        seen.said = self.machine.run("mkdir /run/parcel && tar -C /run/parcel -xf /dev/vdb && dpkg -i /run/parcel/knead.deb")
        seen.status, seen.service = self.machine.run("dpkg-query -W -f '${db:Status-Status}' knead"), self.service()
        self.broker.start()
        self.listen()
        settings = CONFIG.format(port=self.broker.port)
        seen.check = self.machine.run(f"cat >/etc/knead/kneadd.conf.d/ball.conf <<'X'\n{settings}X\nsync && kneadd --check-config")
        self.machine.run("systemctl restart kneadd")
        self.available("online", who="bridge")
        self.available("offline")
        seen.configured = self.service()
        return seen

    def plug(self):
        """The adapter comes; the ball behind it says nothing yet."""
        seen = types.SimpleNamespace()
        self.ball.power_on()
        self.machine.plug()
        seen.opened = self.wait_until_the_port_is_open()
        seen.links, seen.ports = self.links(), self.machine.run("knead list")
        return seen

    def play_a_thousand(self):
        """A thousand samples with a hold among them, then silence: then all are counted."""
        seen, after = types.SimpleNamespace(), self.count()
        seen.sent = self.ball.play(*HOLD)
        self.available("offline", self.count())
        seen.diag = self.document("diag", lambda d: d["frames"] >= seen.sent, "all samples are counted", after)
        seen.hold_end = self.event("hold_end", after)
        seen.events = [e for e in self.subscriber.events("ball-1") if e["event_type"] not in ("fault", "session_end")]
        return seen

    def pull_in_a_hold(self):
        """A person gives it a zero and another target, holds, and the cable is pulled; then it is plugged in again."""
        seen, after = types.SimpleNamespace(), self.count()
        self.ball.keep(0)
        self.available("online", after)
        seen.target, seen.tare = self.order("set/target_s", str(OTHER_TARGET_S)), self.order("do/tare", "PRESS")
        after, first = self.count(), self.ball.firmware.seq
        self.ball.keep(HOLD_N)
        seen.hold_start = self.event("hold_start", after)
        time.sleep(1)
        self.machine.pull()
        seen.held_s = self.ball.let_go() - first / played_ball.RATE_HZ
        seen.hold_end = self.event("hold_end", after)
        self.available("offline", after)
        self.machine.wait_for(f"! test -e {LINK}")
        seen.gone = self.service()
        after = self.count()
        self.ball.power_on().keep(0)
        self.machine.plug()
        self.available("online", after)
        seen.back, seen.links = self.service(), self.links()
        self.ball.let_go()
        self.ball.play(*HOLD)
        seen.next_hold_end = self.event("hold_end", after)
        seen.kept = self.kept()
        return seen

    def cut_the_power(self):
        """The broker is away, a hold is held, and another when the power goes; the machine starts again without the ball."""
        seen = types.SimpleNamespace(boot=self.subscriber.events("ball-1")[-1]["boot"])
        seen.before = [e["n"] for e in self.subscriber.events() if e["boot"] == seen.boot]
        self.broker.stop()
        self.ball.play(*HOLD)
        # Safe within a second of being decided, as the machine's clock goes; until then nothing is promised.
        self.machine.run("sleep 2")
        self.ball.keep(HOLD_N)
        time.sleep(4)
        self.machine.run("sleep 2")
        self.machine.cut_power()
        self.ball.power_off()
        self.broker.start()
        self.listen()
        time.sleep(LATE_AFTER_S)  # what was decided before is late when the machine is back, however fast it starts
        self.machine.start(plugged=False).wait_until_up()
        self.available("online", who="bridge")
        self.available("offline")
        self.wait(lambda m: is_told(m, seen.boot, "hold_end"), "the hold of before")
        time.sleep(5)  # for what should not come
        seen.told = [m for m in self.subscriber.messages if is_told(m, seen.boot)]
        seen.kept = self.kept()
        seen.service, seen.kernel = self.service(), self.machine.run("journalctl -b -k --no-pager -o cat -g EXT4-fs")
        return seen

    def start_with_the_ball(self):
        """The ball is plugged in before the power comes, and somebody leans on it."""
        seen = types.SimpleNamespace()
        self.machine.shut_down()
        self.listen()
        after = self.count()
        self.machine.start(plugged=True)
        self.ball.power_on().keep(HOLD_N)
        self.machine.wait_until_up()
        self.available("online", after)
        seen.service, seen.links = self.service(), self.links()
        seen.live = self.document("live", lambda d: True, "a force")
        seen.config = self.document("config", lambda d: True, "the settings")
        seen.diag = self.document("diag", lambda d: d["zero_raw"], "a zero")
        return seen

    def shut_down(self):
        """The end, in order, and a look at the disk."""
        self.ball.let_go()
        self.machine.shut_down()
        raw = self.folder / "disk.raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", self.machine.disk, raw], check=True)
        checked = subprocess.run(["/usr/sbin/e2fsck", "-f", "-n", raw], capture_output=True, text=True)
        return types.SimpleNamespace(status=checked.returncode, said=checked.stdout + checked.stderr)


def is_told(message, boot, event_type=None):
    """An event of that boot of kneadd, in time or late."""
    if not any(f"/ball-1/{family}/" in message.topic for family in ("event", "late")) or message.topic.endswith("/squeeze"):
        return False
    event = message.json
    return event["boot"] == boot and event_type in (None, event["event_type"])
