# SPDX-License-Identifier: MIT
"""A ball at the other end of the adapter's serial line: speaks K1, in real time, and starts anew whenever it gets power."""
import select
import socket
import threading
import time

import harness
import played_ball

PIECE_S = 0.05  # a few lines at once, as a port hands them over


class WiredBall:
    """power_on() with the adapter; then play() what was done, or keep() a force until asked for something else."""

    def __init__(self, path):
        self.path, self.line, self.keeper = path, None, None
        self.firmware, self.kept_n, self.kept, self.lost = played_ball.Firmware(), None, threading.Event(), 0

    def power_on(self):
        """Its clock and its counter begin at zero; what was still on the line is gone."""
        self.power_off()
        self.line = socket.socket(socket.AF_UNIX)
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # no memory but the least: what waits gets stale
        harness.wait_until(self.connects, 30, "QEMU takes the line")
        threading.Thread(target=self.read, args=[self.line], daemon=True).start()
        self.firmware = played_ball.Firmware(seed=self.firmware.rng.randrange(2**32))
        return self

    def connects(self):
        try:
            self.line.connect(str(self.path))
        except OSError:
            return False
        return True

    @staticmethod
    def read(line):
        """Takes what is sent to it, such as the echo of a terminal that nobody has configured yet: QEMU stands still until it can
        write."""
        while True:
            try:
                if not line.recv(4096):
                    return
            except BlockingIOError:
                select.select([line], [], [], 1)
            except TimeoutError:
                pass
            except (OSError, ValueError):
                return

    def power_off(self):
        self.let_go()
        if self.line is not None:
            self.line.shutdown(socket.SHUT_RDWR)
            self.line.close()
            self.line = None

    def play(self, *levels):
        """Samples of (force in N, seconds) after one another, in real time; none is lost on the line. Returns how many."""
        assert self.keeper is None, "something is being kept"
        began, first = time.monotonic(), self.firmware.seq
        self.line.settimeout(20)
        for force_n, seconds in levels:
            for _ in range(round(seconds * played_ball.RATE_HZ)):
                due = began + (self.firmware.seq - first) / played_ball.RATE_HZ
                time.sleep(max(0, due - time.monotonic()))
                self.line.sendall(self.firmware.k1((force_n, 1 / played_ball.RATE_HZ)))
        return self.firmware.seq - first

    def keep(self, force_n):
        """Goes on at this force; what nobody takes is lost, as on a real line."""
        self.kept_n = force_n
        if self.keeper is None:
            self.kept.clear()
            self.keeper = threading.Thread(target=self.go_on, daemon=True)
            self.keeper.start()

    def go_on(self):
        due = time.monotonic()
        self.line.setblocking(False)
        while not self.kept.is_set():
            try:
                self.line.send(self.firmware.k1((self.kept_n, PIECE_S)))
            except OSError:
                self.lost += 1
            due += PIECE_S
            time.sleep(max(0, due - time.monotonic()))

    def let_go(self):
        """Says nothing any more. The device time of its last sample, in seconds."""
        if self.keeper is not None:
            self.kept.set()
            self.keeper.join()
            self.keeper = None
        return (self.firmware.seq - 1) / played_ball.RATE_HZ
