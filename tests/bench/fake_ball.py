# SPDX-License-Identifier: MIT
"""A device on a pseudo-terminal for benchmarks: K1 text whose force the caller decides, one sample at a time."""
import binascii
import os
import pty
import tty

COUNTS_PER_N = 420
ZERO = 83000


class FakeBall:
    def __init__(self):
        self.host, self.device = pty.openpty()
        tty.setraw(self.device)
        os.set_blocking(self.host, False)
        self.path = os.ttyname(self.device)
        self.seq = 0

    def send(self, t_s, force_n):
        text = f"K1,{self.seq % 2**16},{round(t_s * 1e6) % 2**32},{round(ZERO + force_n * COUNTS_PER_N)}"
        self.seq += 1
        os.write(self.host, f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n".encode())

    def close(self):
        os.close(self.host)
        os.close(self.device)


def device_section(name, ball):
    return f"[device {name}]\nport = pty:{ball.path}\nformat = k1\ncounts_per_n = {COUNTS_PER_N}\nzero_raw = {ZERO}\n"
