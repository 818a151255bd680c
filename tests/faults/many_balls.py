# SPDX-License-Identifier: MIT
"""Many devices that send the same at a high rate: K1 text over pseudo-terminals, all written by this thread, in real time."""
import binascii
import json
import os
import time

import played_ball

WARM_S = 4  # at rest: zeros are found, memory has grown to what it takes
PERIOD_S, HOLD_S, HOLD_N = 6, 4, 60
CHUNK_S = 0.02


class ManyBalls:
    def __init__(self, folder, devices, rate_hz, seconds):
        self.rate_hz, self.seconds, self.sent, self.lost = rate_hz, seconds, 0, 0
        self.names = [f"ball-{i + 1}" for i in range(devices)]
        self.ports = [played_ball.Port(folder / name) for name in self.names]
        per_chunk = round(rate_hz * CHUNK_S)
        lines = self.lines(round(rate_hz * seconds))
        self.chunks = [(b"".join(lines[i:i + per_chunk]), len(lines[i:i + per_chunk])) for i in range(0, len(lines), per_chunk)]

    def force_n(self, t_s):
        """At rest first, then one hold of HOLD_S every PERIOD_S."""
        return HOLD_N if t_s >= WARM_S and (t_s - WARM_S) % PERIOD_S >= PERIOD_S - HOLD_S - 1 and (t_s - WARM_S) % PERIOD_S < PERIOD_S - 1 else 0

    def durations(self):
        """Of the holds that were played whole."""
        return [float(HOLD_S)] * int((self.seconds - WARM_S + 0.2) // PERIOD_S)

    def lines(self, count):
        made = []
        for i in range(count):
            raw = played_ball.ZERO + round(played_ball.COUNTS_PER_N * self.force_n(i / self.rate_hz)) + (i * 7919 >> 3) % 9
            text = f"K1,{i % 2**16},{i * 1_000_000 // self.rate_hz % 2**32},{raw}"
            made.append(f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n".encode())
        return made

    def config(self, broker_port, mqtt=""):
        links = {name: port.link for name, port in zip(self.names, self.ports)}
        return played_ball.config(broker_port, links, mqtt, format="k1")

    def play(self, seconds):
        """The next seconds of it, to all devices. What finds a port full is lost, and counted."""
        began = time.monotonic()
        for i in range(round(seconds / CHUNK_S)):
            time.sleep(max(0.0, began + i * CHUNK_S - time.monotonic()))
            data, samples = self.chunks.pop(0)
            for port in self.ports:
                try:
                    whole = os.write(port.host, data) == len(data)
                except BlockingIOError:
                    whole = False
                self.lost += 0 if whole else samples
            self.sent += samples

    def drain(self):
        for port in self.ports:
            port.drain(30)

    def taken(self, witness, name):
        """What kneadd says at its end: frames, frames that were none, gaps."""
        diag = json.loads(witness.latest(f"knead/{name}/diag"))
        return diag["frames"], diag["frame_errors"], diag["gaps"]

    def close(self):
        for port in self.ports:
            port.unplug()
