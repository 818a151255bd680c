# SPDX-License-Identifier: MIT
"""What a golden capture is made of."""
import dataclasses


@dataclasses.dataclass
class Capture:
    name: str
    says: str  # one sentence or two: what happens, what it is, why
    words: str  # as drawing.py has them
    expect: list  # lines as contract.py has them; [] expects nothing
    rate_hz: float
    device: dict  # the device keys of the capture's header
    wire: dict  # how it is sent: format, seq, t_us, zero, one_by_one, title, ms, digits


def capture(name, says, words, *expect, rate=20, wire=None, **device):
    """A device of one cell that sends newtons with a time in ms, unless told otherwise."""
    defaults = {"format": "columns", "unit": "n", "rate_hz": rate}
    if "counts_per_n" in device:
        defaults.pop("unit")
    keys = {**defaults, **device}
    return Capture(name, says, words, list(expect), rate, {k: v for k, v in keys.items() if v is not None}, wire or {})
