# SPDX-License-Identifier: MIT
"""
Captures drawn from a few words. What is drawn stands in the capture itself, above the bytes:

    2:0          two seconds at 0 N            0.5>100      half a second on a straight line to 100 N
    8~100,20,4   eight seconds of 100 N - 20 N cos(2 pi t / 4 s): begins and ends at its lowest
    9^100,5      nine seconds of 100 N - 5 N ln(1 + t): relaxing tissue
    1%60,30,25   one second of 60 N with a vibration of 30 N at 25 Hz
    1|8,0.9      one second of 8 N and noise of up to 0.9 N
    @50          from here on the contact is at 50 mm (degrees, where no radius is known)
    1@50         one second of travel to 50 mm, setting off and arriving softly
    6@o10,2      six seconds of circles through where it is: radius 10 mm, one in 2 s
    spike:2000   one reading of 2000 N          raw:0,8388607 one reading of just these numbers
    gap:1.5      no samples for 1.5 s           close:5       unplugged for 5 s, then plugged in again
    stall:0.2    samples of 0.2 s arrive late and all at once       reset:TEXT the board starts anew and says TEXT
    text:TEXT    a line of text in between      dup, swap, drop   the next frame twice; the next two in reverse order; lost

The first sample is at 0 s of stream time and like what follows; a word ends at the sample of its last moment.
"""
import binascii
import json
import math
import re
import shlex
import struct
import textwrap

LINE_BYTES = 104  # of one line of the capture, about
LINE_US = 1_400_000  # and no longer than this: 2 s without a byte are no data
PAGE_COLUMNS = 116
NUMBER = r"(-?[\d.]+)"
UNIT_N = {"n": 1, "kg": 9.80665, "g": 0.00980665, "lb": 9.80665 * 0.45359237, "": 1}


def crc16(data):
    """CRC-16/CCITT-FALSE, as the K1 format has it."""
    return binascii.crc_hqx(data, 0xFFFF)


def k1_line(seq, t_us, counts):
    body = ",".join(["K1", str(seq % 2**16), str(t_us % 2**32), *map(str, counts)]).encode()
    return body + b"*%04X\r\n" % crc16(body)


def cobs(data):
    out, block = bytearray(), bytearray()
    for byte in data:
        if byte:
            block.append(byte)
        if not byte or len(block) == 254:
            out += bytes([len(block) + 1]) + block
            block.clear()
    return bytes(out) + bytes([len(block) + 1]) + bytes(block)


def k1_frame(seq, t_us, counts):
    content = struct.pack("<BHI", 1, seq % 2**16, t_us % 2**32) + b"".join(struct.pack("<i", c)[:3] for c in counts)
    return cobs(content + struct.pack("<H", crc16(content))) + b"\0"


def escape(data):
    names = {0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}
    return "".join(names.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02X}") for b in data)


def number(value, digits=2):
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Drawing:
    """One capture: a header, what happens in words, the bytes."""

    def __init__(self, capture):
        self.rate_hz, self.device, self.wire = capture.rate_hz, capture.device, capture.wire
        header = {"kneadcap": 1, "start": "2026-11-20T08:00:00.000Z", "port": "drawn", "baud": 115200, "device": self.device}
        self.lines = [json.dumps(header, separators=(",", ":"))]
        for text in (capture.says, "drawn: " + capture.words, *("expect: " + e for e in capture.expect or ["nothing"])):
            self.lines += textwrap.wrap(text, PAGE_COLUMNS, initial_indent="# ", subsequent_indent="#   ")
        self.lines.append("0 ! open")
        self.cells, self.geometry = self.device.get("cells", 1), self.device.get("geometry", "none")
        self.started, self.frame, self.seq = False, 0, self.wire.get("seq", 0)
        self.device_0_us = -self.wire.get("t_us", 0)
        self.buffer, self.flushed_us, self.late, self.held, self.todo = b"", 0, 0, None, []
        self.force, self.mm, self.across_mm, self.noise = 0.0, 0.0, 0.0, 1
        self.title()
        self.words(capture.words)
        self.flush()
        self.lines.append(f"{self.now_us()} ! end")

    def now_us(self, frame=None):
        return round((self.frame if frame is None else frame) * 1e6 / self.rate_hz)

    def title(self):
        if self.wire.get("title", self.device.get("format") == "columns"):
            names = ["force"] if self.cells == 1 else [f"cell{i + 1}" for i in range(self.cells)]
            self.buffer += (",".join((["ms"] if self.wire.get("ms", True) else []) + names) + "\n").encode()

    def flush(self):
        if self.buffer:
            self.lines.append(f"{self.now_us()} < {escape(self.buffer)}")
        self.buffer, self.flushed_us = b"", self.now_us()

    def shares(self):
        """How much of the force each cell has, by the place of the contact; they add up to 1."""
        radius = self.device.get("radius_mm", 0) or 180 / math.pi
        if self.geometry == "line":
            return [(100 - self.mm) / 200, (100 + self.mm) / 200]
        if self.geometry == "ring":
            angle = self.mm / radius
            parts = [max(0, math.cos(angle)), max(0, math.sin(angle)), max(0, -math.cos(angle)), max(0, -math.sin(angle))]
        elif self.geometry == "sphere":
            away = math.hypot(self.mm, self.across_mm)
            sine = math.sin(away / radius) / away if away else 0
            at = (self.mm * sine, self.across_mm * sine, math.cos(away / radius))
            parts = [max(0, sign * at[k]) for k in range(3) for sign in (1, -1)]
        else:
            parts = [1] * self.cells
        return [p / sum(parts) for p in parts]

    def values(self, force):
        """What the device says: counts where it has a scale, else its unit."""
        unit = self.wire.get("values", self.device.get("unit", ""))
        per_n = str(self.device.get("counts_per_n", 1 / UNIT_N[unit])).split()
        zero = str(self.device.get("zero_raw", self.wire.get("zero", 0))).split()
        shares = self.shares()
        order = self.wire.get("order", range(len(shares)))
        return [force * shares[k] * float(per_n[i % len(per_n)]) + float(zero[i % len(zero)]) for i, k in enumerate(order)]

    def encode(self, values):
        form, t_us = self.wire.get("format", self.device.get("format")), self.now_us() - self.device_0_us
        if form in ("k1", "k1b"):
            return (k1_line if form == "k1" else k1_frame)(self.seq, t_us, [round(v) for v in values])
        shown = [number(v, self.wire.get("digits", 2)) for v in values]
        if form == "columns":
            return (",".join([str(t_us // 1000)] * self.wire.get("ms", True) + shown) + "\n").encode()
        return (form.format(*shown, s=f"{t_us / 1e6:.3f}", ms=t_us // 1000) + "\n").encode()

    def send(self, values):
        data = self.encode(values)
        self.seq += 1
        if self.todo:
            todo = self.todo.pop(0)
            if todo == "drop":
                data = b""
            elif todo == "dup":
                data *= 2
            elif todo == "swap":
                self.held, data = data, b""
        elif self.held:
            data, self.held = data + self.held, None
        self.buffer += data
        full = len(self.buffer) > LINE_BYTES or self.now_us() - self.flushed_us >= LINE_US or self.wire.get("one_by_one")
        if self.frame == 0 or self.frame >= self.late and full:
            self.flush()

    def sample(self, force, values=None):
        self.force = force
        self.frame += 1
        self.send(values or self.values(force))

    def draw(self, seconds, force_at, mm_at=None):
        """Samples up to that moment; the two functions say force and place at t seconds (share of the whole)."""
        frames = round(seconds * self.rate_hz)
        if not self.started:
            self.started, self.frame = True, -1
            self.sample(force_at(0, 0))
        for i in range(1, frames + 1):
            t, share = i / self.rate_hz, i / frames
            if mm_at:
                self.mm, self.across_mm = mm_at(t, share)
            self.sample(force_at(t, share))

    def random(self):
        self.noise = (self.noise * 1103515245 + 12345) % 2**31
        return self.noise / 2**30 - 1

    def move(self, seconds, to_mm):
        from_mm, force = self.mm, self.force
        self.draw(seconds, lambda t, s: force, lambda t, s: (from_mm + (to_mm - from_mm) * (0.5 - 0.5 * math.cos(math.pi * s)), 0))

    def circle(self, seconds, radius_mm, turn_s):
        x, y, force = self.mm - radius_mm, self.across_mm, self.force
        self.draw(seconds, lambda t, s: force, lambda t, s: (
            x + radius_mm * math.cos(2 * math.pi * t / turn_s), y + radius_mm * math.sin(2 * math.pi * t / turn_s)))

    def silence(self, seconds, reason=""):
        self.flush()
        if reason:
            self.lines.append(f"{self.now_us() + 1} ! {reason}")
        self.frame += round(seconds * self.rate_hz)
        if reason:
            self.lines.append(f"{self.now_us()} ! open")
            self.title()

    def reset(self, text):
        self.buffer += text.encode() + b"\r\n"
        self.flush()
        self.seq, self.device_0_us = 0, self.now_us()

    def words(self, words):
        draw = self.draw
        forms = {
            rf"{NUMBER}:{NUMBER}": lambda d, n: draw(d, lambda t, s: n),
            rf"{NUMBER}>{NUMBER}": lambda d, n: (lambda old: draw(d, lambda t, s: old + (n - old) * s))(self.force),
            rf"{NUMBER}~{NUMBER},{NUMBER},{NUMBER}": lambda d, n, a, p: draw(
                d, lambda t, s: n - a * math.cos(2 * math.pi * t / p)),
            rf"{NUMBER}\^{NUMBER},{NUMBER}": lambda d, n, a: draw(d, lambda t, s: n - a * math.log1p(t)),
            rf"{NUMBER}%{NUMBER},{NUMBER},{NUMBER}": lambda d, n, a, hz: draw(
                d, lambda t, s: n + a * math.sin(2 * math.pi * hz * t)),
            rf"{NUMBER}\|{NUMBER},{NUMBER}": lambda d, n, a: draw(d, lambda t, s: n + a * self.random()),
            rf"@{NUMBER}": lambda mm: setattr(self, "mm", mm),
            rf"{NUMBER}@{NUMBER}": self.move,
            rf"{NUMBER}@o{NUMBER},{NUMBER}": self.circle,
            rf"spike:{NUMBER}": lambda n: self.sample(self.force, self.values(n)),
            rf"gap:{NUMBER}": self.silence,
            rf"close:{NUMBER}": lambda d: self.silence(d, "close"),
            rf"stall:{NUMBER}": lambda d: setattr(self, "late", self.frame + round(d * self.rate_hz)),
        }
        for word in shlex.split(words):
            form = next((f for f in forms if re.fullmatch(f, word)), None)
            head, _, tail = word.partition(":")
            if form:
                forms[form](*map(float, re.fullmatch(form, word).groups()))
            elif head == "raw":
                self.sample(self.force, [float(v) for v in tail.split(",")])
            elif head == "text":
                self.buffer += tail.encode() + b"\r\n"
            elif head == "reset":
                self.reset(tail)
            elif word in ("dup", "swap", "drop"):
                self.todo.append(word)
            else:
                raise ValueError(f"no such word: {word}")
