# SPDX-License-Identifier: MIT
"""
A simulated K1 capture as what was measured - device, and samples with their times - which can be changed and written again in
any format. Nothing here shares code with knead.
"""
import copy
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "replay"))
import drawing  # noqa: E402

KNEAD = pathlib.Path(os.environ.get("KNEAD_BUILD_ROOT", HERE.parents[1] / "build")) / "src/tool/knead"
WRAP_US, WRAP_SEQ = 2**32, 2**16
READ = re.compile(r"^(\d+) < (.*)$")


@dataclasses.dataclass
class Sample:
    rx_us: int  # when it arrived
    t_us: int  # the device's clock, unwrapped, 0 at the first
    seq: int  # unwrapped, 0 at the first
    raw: list


@dataclasses.dataclass
class Recording:
    device: dict
    samples: list

    def changed(self, samples=None, **device):
        """Another one, with other samples or device keys; None takes a key away."""
        keys = {k: v for k, v in {**self.device, **device}.items() if v is not None}
        return Recording(keys, self.samples if samples is None else samples)

    def map_raw(self, f):
        return [dataclasses.replace(s, raw=f(s.raw)) for s in self.samples]

    def numbers(self, key):
        """A device key that is a list of numbers."""
        return [float(v) for v in re.split(r"[ ,]+", str(self.device[key]).strip())]


def unescape(text):
    names = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\"}
    out, i = b"", 0
    while i < len(text):
        if text[i] != "\\":
            end = text.find("\\", i)
            end = len(text) if end < 0 else end
            out += text[i:end].encode()
            i = end
        elif text[i + 1] == "x":
            out += bytes([int(text[i + 2:i + 4], 16)])
            i += 4
        else:
            out += names[text[i + 1]]
            i += 2
    return out


def decode_line(line):
    """Sequence, time and counts of a whole K1 line; None of anything else."""
    body, star, crc = line.rpartition(b"*")
    if not star or not body.startswith(b"K1,") or b"%04X" % drawing.crc16(body) != crc:
        return None
    seq, t_us, *raw = (int(v) for v in body[3:].split(b","))
    return seq, t_us, raw


def read(text):
    """A capture of K1 text. Frames that came twice or late are left out: what remains is what was measured."""
    lines = text.splitlines()
    samples, rest, first, t_us, seq = [], b"", None, 0, 0
    for line in lines[1:]:
        match = READ.match(line)
        if not match:
            continue
        *whole, rest = (rest + unescape(match[2])).split(b"\n")
        for found in filter(None, (decode_line(w.rstrip(b"\r")) for w in whole)):
            first = first or found
            step = (found[1] - first[1] - t_us + WRAP_US // 2) % WRAP_US - WRAP_US // 2
            seq_step = (found[0] - first[0] - seq + WRAP_SEQ // 2) % WRAP_SEQ - WRAP_SEQ // 2
            if samples and (step <= 0 or seq_step <= 0):
                continue
            t_us, seq = t_us + step, seq + seq_step
            samples.append(Sample(int(match[1]), t_us, seq, found[2]))
    return Recording(json.loads(lines[0])["device"], samples)


def simulate(seed, stratum, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "simulated.kcap"
        command = [KNEAD, "simulate", "--scenario", "mixed", "--seed", str(seed), "--stratum", stratum, *options, "-O", path]
        subprocess.run(command, check=True, capture_output=True)
        return read(path.read_text())


def frames(recording, form, seq_0=0, t_0_us=0):
    """(arrival, bytes) of each sample in that format."""
    for s in recording.samples:
        if form == "k1":
            yield s.rx_us, drawing.k1_line(s.seq + seq_0, s.t_us + t_0_us, s.raw)
        elif form == "k1b":
            yield s.rx_us, drawing.k1_frame(s.seq + seq_0, s.t_us + t_0_us, s.raw)
        else:
            yield s.rx_us, ",".join(map(str, [s.t_us + t_0_us, *s.raw])).encode() + b"\n"


def write(recording, form="k1", late_us=0, batch=1, split=0, **origin):
    """
    The recording as a capture: everything late_us later by the host's clock, batch frames a read, or every read in pieces of at
    most split bytes.
    """
    device = copy.deepcopy(recording.device)
    device["format"] = form
    if form == "columns":
        device["time_unit"] = "us"
    lines = [json.dumps({"kneadcap": 1, "start": "2026-11-20T08:00:00.000Z", "device": device}), f"{late_us} ! open"]
    if form == "columns":
        names = ",".join(["us", *(f"cell{i + 1}" for i in range(len(recording.samples[0].raw)))])
        lines.append(f"{late_us} < {names}\\n")
    waiting = b""
    for number, (rx_us, data) in enumerate(frames(recording, form, **origin), 1):
        waiting += data
        if number % batch and number < len(recording.samples):
            continue
        pieces = [waiting[i:i + split] for i in range(0, len(waiting), split)] if split else [waiting]
        lines += [f"{rx_us + late_us} < {drawing.escape(piece)}" for piece in pieces]
        waiting = b""
    return "\n".join([*lines, f"{recording.samples[-1].rx_us + late_us} ! end", ""])


def replay(text, *options):
    """The events of a capture."""
    out = subprocess.run([KNEAD, "replay", *options, "-"], input=text.encode(), check=True, capture_output=True)
    return [json.loads(line) for line in out.stdout.splitlines()]
