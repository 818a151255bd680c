# SPDX-License-Identifier: MIT
"""The relations of test_metamorphic.py over the golden captures, which hold every definition just below and at its limit."""
import dataclasses
import functools
import re

import pytest
import recording
import same

import captures
import drawing

ALL = captures.CAPTURES
MM = "cell_mm"


def events(capture):
    return recording.replay("\n".join(drawing.Drawing(capture).lines) + "\n")


@functools.lru_cache(None)
def events_of(name, digits=2):
    """digits: how many decimals the device prints."""
    return events(changed(ALL[name], wire={"digits": digits}) if digits != 2 else ALL[name])


def changed(capture, words=None, wire=None, **device):
    keys = {k: v for k, v in {**capture.device, **device}.items() if v is not None}
    return dataclasses.replace(capture, words=words or capture.words, wire={**capture.wire, **(wire or {})}, device=keys)


def plain(capture):
    """Sent as columns with a time in ms, from its first moment to its last without an interruption by the device or the port."""
    return capture.device["format"] == "columns" and capture.wire.get("ms", True) and not re.search("close|reset|text|raw", capture.words)


def idle_ends(capture):
    """Begins and ends with half a second at 0 N and more, and has no zero that moves."""
    return re.match(r"(0\.[5-9]|[1-9])\d*:0 ", capture.words) and re.search(r" (0\.[5-9]|[1-9])[\d.]*:0$", capture.words)


# What is looked at every ten seconds of the stream (rate, zero), and a protocol, which goes on, are not the same at another time.
LATER = [n for n, c in ALL.items() if plain(c) and idle_ends(c) and not {"protocol", "session_gap_s"} & set(c.device)
         and not any(e["event_type"] == "fault" for e in events_of(n)) and "stall" not in c.words]
LINES = [n for n, c in ALL.items() if c.device.get("geometry") == "line"]
# Left out is what the last digit decides: whether 90 % of 9 N are enough of an onset over press_n; which of two cells that take
# a steady load over from each other (a contact on its way round a ring or a sphere) has the peak, and what the median of
# three takes off where they do.
NEWTONS = [n for n, c in ALL.items() if plain(c) and c.device.get("unit") == "n" and c.rate_hz <= 80
           and n != "zero-not-under-load" and c.device.get("geometry") not in ("ring", "sphere")]
PLACED = [n for n, c in ALL.items() if c.device.get("geometry", "none") != "none" and "format" not in c.wire]


def test_there_is_enough_to_compare():
    assert min(len(LATER), len(NEWTONS)) > 60 and len(LINES) > 10 and len(PLACED) > 15


@pytest.mark.parametrize("name", LATER)
def test_idle_in_front_makes_everything_later_and_changes_nothing(name):
    found = events(changed(ALL[name], words="5:0 " + ALL[name].words))
    assert same.differences(events_of(name), found, shift_s=5) == []


@pytest.mark.parametrize("name", [n for n in LATER if ALL[n].rate_hz <= 80 and "|" not in ALL[n].words])
def test_done_twice_it_is_told_twice(name):
    """Once more after a pause longer than the session: the same again but for the numbers of holds, rolls and sessions."""
    capture = changed(ALL[name], session_gap_s=4)
    once = events(capture)
    twice = events(changed(capture, words=f"{capture.words} 6:0 {capture.words}"))
    shift_s = drawing.Drawing(dataclasses.replace(capture, words=f"{capture.words} 6:0")).frame / capture.rate_hz
    counts = ("hold_id", "roll_id", "session_id", "n", "hold_ids")
    assert same.differences(once, twice[:len(once)]) == []
    assert same.differences(once, twice[len(once):], shift_s=shift_s, skip=counts) == []


# Of a plateau any sample may be the peak, by the last digit; and what is read off a level near one (when it was reached, and with
# it the slope of the onset) lies a little earlier or later.
DIGITS = {"skip": ("peak_t_s", "onset_n_per_s"), "s": 0.015}


@pytest.mark.parametrize("name", NEWTONS)
def test_the_same_force_in_another_unit_is_the_same(name):
    found = events(changed(ALL[name], unit="lb", wire={"digits": 6}))
    assert same.differences(events_of(name, digits=6), found, **DIGITS) == []


def unstuck(found):
    """Without that fault: counts that never change are a fault, while a scale may well say the same number for long."""
    kept = [e for e in found if e.get("kind") != "stuck"]
    return [{**e, "n": n} for n, e in enumerate(kept, 1)]


@pytest.mark.parametrize("name", NEWTONS)
def test_the_same_force_in_frames_with_counts_is_the_same(name):
    """Ten thousand counts a newton; what is left is what two decimals cut off."""
    capture = ALL[name]
    zeros = " ".join(["0"] * capture.device.get("cells", 1))
    found = events(changed(capture, format="k1", unit=None, counts_per_n=10_000, zero_raw=zeros))
    assert same.differences(unstuck(events_of(name, digits=4)), unstuck(found), **DIGITS) == []


@pytest.mark.parametrize("name", LINES)
def test_a_mirrored_device_swaps_the_directions_and_nothing_else(name):
    places = [-float(v) for v in ALL[name].device[MM].split()]
    found = events(changed(ALL[name], cell_mm=" ".join(map(str, places))))
    want = events_of(name)
    # the drawing itself knows nothing of places: the same readings, read the other way round
    assert same.differences(want, found, mirrored=True) == []


@pytest.mark.parametrize("name", PLACED)
def test_cells_in_another_order_with_their_places_are_the_same(name):
    capture, keys = ALL[name], {}
    cells = capture.device["cells"]
    order = [*range(1, cells), 0]
    for key, size in (("cell_mm", 1), ("cell_deg", 1), ("cell_xyz", 3), ("counts_per_n", 1), ("zero_raw", 1)):
        parts = str(capture.device.get(key, "")).split()
        if len(parts) == size * cells:
            keys[key] = " ".join(v for i in order for v in parts[size * i:size * (i + 1)])
    found = events(changed(capture, wire={"order": order}, **keys))
    assert same.differences(events_of(name), found) == []


@pytest.mark.parametrize("name", ["line-hold-roll-hold", "bridge-below", "target-met"])
def test_a_relation_that_is_spoilt_is_found(name):
    later = events(changed(ALL[name], words="5:0 " + ALL[name].words))
    assert same.differences(events_of(name), later) != []
    assert same.differences(events_of(name), later, shift_s=4.99) != []
    other = {"geometry": None, "cell_mm": None} if "line" in name else {"unit": "kg"}
    assert same.differences(events_of(name), events(changed(ALL[name], wire={"values": "n"}, **other))) != []
