# SPDX-License-Identifier: MIT
"""A ball that a test plays by hand: a pseudo-terminal behind a link, and lines as its firmware would write them.

K1 lines carry the device's own time, so a test feeds minutes of it as fast as the daemon reads.
"""
import binascii
import json
import os
import pty
import random
import select
import time
import tty

import harness

RATE_HZ = 80
COUNTS_PER_N = 100
ZERO = 1000


class Port:
    """A pseudo-terminal whose other end the daemon opens as pty:LINK."""

    def __init__(self, link, not_as=None):
        """not_as: a node that was given back, whose number the kernel may or may not give out again at once."""
        self.link = str(link)
        self.host, device = pty.openpty()
        if os.ttyname(device) == not_as:
            same = self.host, device
            self.host, device = pty.openpty()
            for descriptor in same:
                os.close(descriptor)
        tty.setraw(device)
        name = os.ttyname(device)
        if os.path.lexists(self.link):
            os.unlink(self.link)
        os.symlink(name, self.link)
        os.close(device)
        os.set_blocking(self.host, False)

    def write(self, data, timeout_s=20):
        """Writes all of it, as fast as the other end reads."""
        deadline = time.monotonic() + timeout_s
        while data:
            try:
                data = data[os.write(self.host, data):]
            except BlockingIOError:
                assert time.monotonic() < deadline, "the port is not read"
                select.select([], [self.host], [], 0.05)

    def write_in_pieces(self, data, seed, largest=700):
        """Writes it in pieces that have nothing to do with its lines."""
        rng = random.Random(seed)
        while data:
            n = min(rng.choice([1, 2, 3, 7, 40, rng.randint(1, largest)]), len(data))
            self.write(data[:n])
            data = data[n:]

    def drain(self, timeout_s=10):
        """Waits until the daemon has taken all that was written, what the kernel still had behind its first buffer too."""
        deadline, empty = time.monotonic() + timeout_s, 0
        # Not as the controlling terminal of whoever leads this session: its end would bring a SIGHUP.
        descriptor = os.open(os.path.realpath(self.link), os.O_RDONLY | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb", buffering=0) as device:
            while empty < 10:
                assert time.monotonic() < deadline, "the port is not read"
                empty = 0 if select.select([device], [], [], 0)[0] else empty + 1
                time.sleep(0.005)

    def unplug(self):
        if self.host is not None:
            os.unlink(self.link)  # the kernel gives its number to the next pseudo-terminal, maybe another test's
            os.close(self.host)
            self.host = None


class Firmware:
    """Writes samples; stream time and sequence go on from one call to the next."""

    def __init__(self, zero=ZERO, seed=1, serial=None):
        self.seq, self.zero, self.serial, self.rng = 0, zero, serial, random.Random(seed)

    def raw(self, force_n):
        return round(self.zero + COUNTS_PER_N * (force_n + self.rng.gauss(0, 0.05)))

    def k1(self, *levels):
        """Lines of (force in N, seconds) after one another."""
        lines = []
        for force_n, seconds in levels:
            for _ in range(round(seconds * RATE_HZ)):
                t_us = self.seq * 1_000_000 // RATE_HZ
                text = f"K1,{self.seq % 2**16},{t_us % 2**32},{self.raw(force_n)}"
                lines.append(self.line(text))
                if self.serial and self.seq % RATE_HZ == 0:
                    lines.append(self.line(f"KI,1,test,1,{RATE_HZ},{COUNTS_PER_N},{self.serial}"))
                self.seq += 1
        return "".join(lines).encode()

    @staticmethod
    def line(text):
        return f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n"

    def numbers(self, *levels):
        """The same without any time: bare readings, one list entry per sample."""
        return [f"{self.raw(force_n)}\r\n".encode() for force_n, seconds in levels for _ in range(round(seconds * RATE_HZ))]


def config(broker_port, devices, mqtt="", **keys):
    """A configuration: devices maps names to the links of their ports; keys hold for every device."""
    lines = ["[mqtt]", "host = 127.0.0.1", f"port = {broker_port}", mqtt, "[homeassistant]", "discovery = off"]
    for name, link in devices.items():
        own = {"counts_per_n": COUNTS_PER_N, **keys}
        lines += [f"[device {name}]", f"port = pty:{link}", *(f"{key} = {value}" for key, value in own.items())]
    return "\n".join(lines) + "\n"


def is_event(event_type, device="ball-1"):
    def test(message):
        return message.topic.startswith(f"knead/{device}/event/") and message.json["event_type"] == event_type

    return test


def is_availability(value, device="ball-1"):
    return lambda message: message.topic == f"knead/{device}/availability" and message.payload == value.encode()


def seen(subscriber, test, timeout_s=10, after=0):
    """The first message from number after on for which test(message) holds; events and documents come in no fixed order."""
    return harness.wait_until(lambda: next((m for m in subscriber.messages[after:] if test(m)), None), timeout_s, "a message")


def latest(subscriber, topic):
    """The newest payload of a topic, or None."""
    return next((m.payload for m in reversed(subscriber.messages) if m.topic == topic), None)


def records(subscriber, device="ball-1"):
    """Payloads of the event records as they came, in the order of n, with the boot of a replay."""
    wanted = []
    for message in subscriber.messages:
        if message.topic.startswith(f"knead/{device}/event/") and not message.topic.endswith("/squeeze"):
            event = json.loads(message.payload)
            wanted.append((event["n"], message.payload.replace(event["boot"].encode(), b"replay", 1)))
    return [payload for _, payload in sorted(wanted)]


def cpu_s(pid):
    """Processor time that a process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
