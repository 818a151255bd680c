# SPDX-License-Identifier: MIT
"""
A ball that somebody uses in real time: one hold after the other, every one with a force of its own, so that each hold in a
record can be told from all others and held against what was truly done.

It writes like a serial port: what nobody reads in time is lost, in the middle of a line if it comes to that.
"""
import binascii
import os
import random
import threading
import time

import played_ball

FIRST_N, STEP_N, LEVELS = 15.0, 0.5, 240
TICK_S = 0.025
REST_S = 3  # at first, for the zero


class Hold:
    """start_s, end_s: by the device's clock; cut short by stop() when end_s is in the future of the ball."""

    def __init__(self, number, level_n, start_s, end_s):
        self.number, self.level_n, self.start_s, self.end_s = number, level_n, start_s, end_s

    @property
    def duration_s(self):
        return self.end_s - self.start_s

    def __repr__(self):
        return f"hold {self.number}: {self.level_n} N for {self.duration_s:.2f} s"


class LiveBall(threading.Thread):
    def __init__(self, link, seed=1, pace=1.0, rate_hz=played_ball.RATE_HZ, serial=None, first=0, shortest_s=3.2):
        super().__init__(daemon=True)
        self.link, self.pace, self.rate_hz, self.serial = str(link), pace, rate_hz, serial
        self.rng, self.shortest_s = random.Random(seed), shortest_s
        self.number = first  # of the next hold
        self.holds = []
        self.seq = self.samples = self.lost = 0
        self.t_us = 0  # the device's clock
        self.zero = played_ball.ZERO
        self.left = []  # samples of what is being done now: forces
        self.silent = self.ended = False
        self.lock = threading.Lock()
        self.port = played_ball.Port(self.link)

    # ---- what is done ----

    def next_force(self):
        if not self.left:
            kind = self.number % LEVELS  # what has the same force has the same length
            rest_s = REST_S if not self.holds else 1.0 + kind % 5 * 0.1
            hold_s = self.shortest_s + kind * 7 % 24 * 0.05
            level = FIRST_N + STEP_N * kind
            rest, loaded = round(rest_s * self.rate_hz), round(hold_s * self.rate_hz)
            self.left = [0.0] * rest + [level] * loaded
            start_s = self.t_us / 1e6 + rest / self.rate_hz
            self.holds.append(Hold(self.number, level, start_s, start_s + loaded / self.rate_hz))
            self.number += 1
        return self.left.pop(0)

    def sample(self):
        force_n = self.next_force()
        raw = round(self.zero + played_ball.COUNTS_PER_N * (force_n + self.rng.gauss(0, 0.05)))
        text = f"K1,{self.seq % 2**16},{self.t_us % 2**32},{raw}"
        self.seq += 1
        self.samples += 1
        self.t_us += 1_000_000 // self.rate_hz
        return f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n".encode()

    def description(self):
        if self.serial is None or self.seq % self.rate_hz:
            return b""
        text = f"KI,1,test,1,{self.rate_hz},{played_ball.COUNTS_PER_N},{self.serial}"
        return f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n".encode()

    # ---- time ----

    def run(self):
        began, done = time.monotonic(), 0
        while not self.ended:
            time.sleep(TICK_S)
            due = int((time.monotonic() - began) * self.rate_hz * self.pace)
            with self.lock:
                if not self.silent:
                    self.send(b"".join(self.description() + self.sample() for _ in range(due - done)), due - done)
            done = due

    def send(self, data, samples):
        """As a port without flow control does: what finds no room is gone."""
        if self.port is None:
            self.lost += samples
            return
        try:
            written = os.write(self.port.host, data)
        except (BlockingIOError, OSError):
            written = 0
        if written < len(data):
            self.lost += data[written:].count(b"\n")

    # ---- what happens to it ----

    def unplug(self, mid_line=False):
        with self.lock:
            if mid_line:
                self.send(self.sample()[:9], 0)
                self.port.drain()
            self.port.unplug()
            self.port = None

    def plug(self, link=None, not_as=None):
        with self.lock:
            self.link = str(link or self.link)
            self.port = played_ball.Port(self.link, not_as)

    def reset(self, chatter):
        """The board starts again: its counters too, and its boot loader has something to say."""
        with self.lock:
            self.seq = self.t_us = 0
            self.send(chatter, 0)

    def change(self, serial, zero_n, at_rest_s):
        """Another board with another cell, that nobody touches at first."""
        with self.lock:
            self.serial, self.zero = serial, played_ball.ZERO + zero_n * played_ball.COUNTS_PER_N
            self.seq = self.t_us = 0
            self.left = [0.0] * round(at_rest_s * self.rate_hz)

    def stall(self):
        """No sample is taken any more; the hand goes on when it wakes."""
        with self.lock:
            self.silent = True

    def wake(self, slept_s):
        """Samples come again; the board's clock has gone on meanwhile."""
        with self.lock:
            self.t_us += round(slept_s * 1e6)
            if self.holds:
                self.holds[-1].end_s += slept_s if self.left and self.left[0] else 0
            self.silent = False

    def in_hold(self, for_s=0.0):
        """Whether a hold has gone on for so long by now."""
        hold = self.holds[-1] if self.holds else None
        return bool(hold and hold.start_s + for_s <= self.t_us / 1e6 < hold.end_s)

    def stop(self):
        self.ended = True
        if self.is_alive():
            self.join()
        if self.port is not None:
            self.port.unplug()
            self.port = None
