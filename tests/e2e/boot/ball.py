# SPDX-License-Identifier: MIT
"""A ball that speaks K1: every 8 s a hold of 4 s at 60 N, 80 lines a second. Needs nothing but Python, in the container too."""
import binascii
import math
import time

RATE_HZ = 80
COUNTS_PER_N = 420
ZERO_RAW = 83000
RAMP_S = 0.2
HOLD_S = 4 - RAMP_S * (8 + 5) / 60  # from 8 N on the way up to 5 N on the way down


def frame(text):
    return f"{text}*{binascii.crc_hqx(text.encode(), 0xFFFF):04X}\r\n".encode()


def force_n(t_s):
    into = t_s % 8 - 2
    return 60 * max(0.0, min(1.0, into / RAMP_S, (4 - into) / RAMP_S)) + 0.05 * math.sin(7 * t_s)


def lines(seq):
    """What the ball sends at its sample number seq; once a second with its description before."""
    t_s = seq / RATE_HZ
    about = frame(f"KI,1,test,1,{RATE_HZ},{COUNTS_PER_N},B00T") if seq % RATE_HZ == 0 else b""
    raw = round(ZERO_RAW + force_n(t_s) * COUNTS_PER_N)
    return about + frame(f"K1,{seq % 2**16},{round(t_s * 1e6) % 2**32},{raw}")


def play(send, wait):
    """Sends in step with the clock until wait(seconds), which waits or returns True, says that it is over."""
    began = time.monotonic()
    for seq in range(10**9):
        if wait(max(0.0, began + seq / RATE_HZ - time.monotonic())):
            return
        send(lines(seq))
