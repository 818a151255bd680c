# SPDX-License-Identifier: MIT
"""
The same events must come out whatever is changed that does not change what was done (detection.md section 14), over simulated
captures of every stratum and geometry. Everything is decided by the seeds in the names of the tests; KNEAD_SEEDS=20 tries more.

Each relation is also spoilt on purpose: a test that cannot fail says nothing.
"""
import dataclasses
import functools
import os
import random
import statistics

import pytest
import recording
import same

LAYOUTS = {
    "one": [],
    "line": ["--cells", "2"],
    "line4": ["--cells", "4"],
    "ring": ["--cells", "4", "--geometry", "ring"],
    "sphere": ["--cells", "6", "--geometry", "sphere"],
}
SEEDS = range(1, 1 + int(os.environ.get("KNEAD_SEEDS", "1")))
EVERY = [
    (stratum, layout, rate, 100 * number + seed)
    for number, (stratum, layout, rate) in enumerate([
        ("s0", "one", 80), ("s1", "one", 80), ("s2", "one", 80), ("s3", "one", 80), ("s1", "one", 10), ("s2", "one", 320),
        ("s1", "line", 80), ("s3", "line", 80), ("s2", "line4", 80), ("s1", "ring", 80), ("s3", "ring", 80), ("s2", "sphere", 80),
    ])
    for seed in SEEDS
]
SEVERAL = [case for case in EVERY if case[1] != "one"]
CALM = [case for case in EVERY if case[0] in ("s0", "s1") and case[2] == 80]


@functools.lru_cache(None)
def drawn(stratum, layout, rate, seed):
    seconds = "12" if rate > 80 else "60" if rate < 80 else "40"
    return recording.simulate(seed, stratum, "--rate", str(rate), "--for", seconds, *LAYOUTS[layout])


@functools.lru_cache(None)
def events_of(*case):
    return recording.replay(recording.write(drawn(*case)))


def over(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: "-".join(map(str, case)))


def same_as(case, changed, **explained):
    assert same.differences(events_of(*case), changed, **explained) == []


def test_the_captures_hold_enough_to_compare():
    kinds = {e["event_type"] for case in EVERY for e in events_of(*case)}
    assert {"hold_end", "release", "roll_end", "stroke", "press", "tap", "session_end"} <= kinds
    assert sum(len(events_of(*case)) > 2 for case in EVERY) >= 0.8 * len(EVERY)


@over(EVERY)
def test_twice_in_a_row_is_the_same_to_the_byte(case):
    assert recording.replay(recording.write(drawn(*case))) == events_of(*case)


@over(EVERY)
def test_binary_frames_give_what_the_text_gives(case):
    assert recording.replay(recording.write(drawn(*case), "k1b")) == events_of(*case)


@over(EVERY)
def test_columns_give_what_the_text_gives(case):
    assert recording.replay(recording.write(drawn(*case), "columns")) == events_of(*case)


@over(EVERY)
def test_later_by_the_clock_of_the_host_is_the_same(case):
    same_as(case, recording.replay(recording.write(drawn(*case), late_us=777_777_777)))


@over(EVERY)
def test_counters_of_the_device_may_begin_anywhere_and_run_over(case):
    changed = recording.write(drawn(*case), seq_0=2**16 - 500, t_0_us=2**32 - 9_000_000)
    assert recording.replay(changed) == events_of(*case)


@over(EVERY)
def test_bytes_may_be_split_anywhere(case):
    text = recording.write(drawn(*case))
    for size in ("1", "3", "17"):
        assert recording.replay(text, "--chunk", size) == events_of(*case)
    assert recording.replay(recording.write(drawn(*case), split=5)) == events_of(*case)


@over(EVERY)
def test_several_samples_a_read_give_what_one_gives(case):
    same_as(case, recording.replay(recording.write(drawn(*case), batch=7)))


@over(EVERY)
def test_another_scale_of_the_same_force_is_the_same(case):
    r = drawn(*case)
    for gain in (2, -1):
        changed = r.changed(r.map_raw(lambda raw: [gain * v for v in raw]), counts_per_n=gain * r.device["counts_per_n"])
        assert recording.replay(recording.write(changed)) == events_of(*case)


@over(EVERY)
def test_another_zero_of_the_converter_is_the_same(case):
    r = drawn(*case)
    same_as(case, recording.replay(recording.write(r.changed(r.map_raw(lambda raw: [v + 100_003 for v in raw])))))


def scaled(case, gain, press_gain=None):
    """
    Recording with force and limits times gain. Left out is what is absolute by its definition: fast loading counts from 100 N on,
    and the first zero wants less than 1 N of noise.
    """
    r = drawn(*case)
    zero = [statistics.median(s.raw[i] for s in r.samples[:100]) for i in range(len(r.samples[0].raw))]
    press_gain = press_gain or gain
    keys = {"press_n": 8 * press_gain, "release_n": 5 * press_gain, "fast_load_n_per_s": 0, "capacity_n": None,
            "over_soft_n": 80 * gain, "over_hard_n": 120 * gain, "zero_raw": " ".join(str(gain * z) for z in zero)}
    return recording.replay(recording.write(r.changed(r.map_raw(lambda raw: [round(gain * v) for v in raw]), **keys)))


# What is absolute shows: the flag spike (from 20 N on) and, where the force is small, what the zero's band of 3 N leaves in it.
GAIN_LOOSE = {"skip": ("confidence", "flags"), "s": 0.01, "roll_s": 0.1, "n": 0.01, "abs_n": 0.4, "other": 2.0}


@over(CALM)
@pytest.mark.parametrize("gain", [0.5, 2])
def test_force_and_limits_scaled_together_scale_the_events(case, gain):
    assert same.differences(scaled(case, 1), scaled(case, gain), gain=gain, **GAIN_LOOSE) == []


def permutation(n, seed):
    order = list(range(n))
    random.Random(seed).shuffle(order)
    return order if order != sorted(order) else order[::-1]


def permuted(r, order, places=True):
    """The cells in another order, with their places (or, spoilt, without)."""
    keys = {}
    if places:
        for key, size in (("cell_mm", 1), ("cell_deg", 1), ("cell_xyz", 3)):
            if key in r.device:
                parts = r.numbers(key)
                keys[key] = " ".join(str(v) for i in order for v in parts[size * i:size * (i + 1)])
    return r.changed(r.map_raw(lambda raw: [raw[i] for i in order]), **keys)


@over(SEVERAL)
def test_cells_in_another_order_with_their_places_are_the_same(case):
    r = drawn(*case)
    same_as(case, recording.replay(recording.write(permuted(r, permutation(len(r.samples[0].raw), case[3])))))


def mirrored(r):
    key = "cell_mm" if "cell_mm" in r.device else "cell_deg"
    return r.changed(**{key: " ".join(str(-v) for v in r.numbers(key))})


@over([case for case in SEVERAL if case[1] != "sphere"])
def test_a_mirrored_device_swaps_the_directions_and_nothing_else(case):
    same_as(case, recording.replay(recording.write(mirrored(drawn(*case)))), mirrored=True)


@over([case for case in SEVERAL if case[1] == "sphere"])
def test_a_sphere_turned_inside_out_is_the_same_for_its_directions_begin_at_the_contact(case):
    r = drawn(*case)
    turned = " ".join(str(-v) for v in r.numbers("cell_xyz"))
    same_as(case, recording.replay(recording.write(r.changed(cell_xyz=turned))))


def with_idle_in_front(r, seconds=2.0, times=3):
    """The quiet beginning again and again before the recording; returns it and by how much all is later."""
    front = [s for s in r.samples if s.t_us < seconds * 1e6]
    period_us = statistics.median(b.t_us - a.t_us for a, b in zip(r.samples, r.samples[1:]))
    step_us, step_seq = round(front[-1].t_us - front[0].t_us + period_us), front[-1].seq + 1
    samples = [
        dataclasses.replace(s, t_us=s.t_us + k * step_us, seq=s.seq + k * step_seq, rx_us=s.rx_us + k * step_us)
        for k in range(times + 1) for s in (front if k < times else r.samples)
    ]
    return r.changed(samples), times * step_us / 1e6


# The zero has been followed for longer: tenths of a newton, and of that, milliseconds.
IDLE_LOOSE = {"s": 0.012, "roll_s": 0.1, "n": 0.01, "abs_n": 0.6, "other": 1.5}


@over(CALM)
def test_idle_in_front_makes_everything_later_and_changes_nothing(case):
    changed, later_s = with_idle_in_front(drawn(*case))
    same_as(case, recording.replay(recording.write(changed)), shift_s=later_s, **IDLE_LOOSE)


SPOILT = {
    "binary frames with a count lost": lambda r, case: recording.replay(recording.write(r.changed(r.map_raw(
        lambda raw: [v + 2500 * (v % 7 == 0) for v in raw])), "k1b")),
    "columns in ms where us are said": lambda r, case: recording.replay(recording.write(r.changed(
        [dataclasses.replace(s, t_us=s.t_us // 1000) for s in r.samples]), "columns")),
    "a clock that runs 1 % fast": lambda r, case: recording.replay(recording.write(r.changed(
        [dataclasses.replace(s, t_us=s.t_us * 101 // 100) for s in r.samples]))),
    "another scale, not told": lambda r, case: recording.replay(recording.write(r.changed(r.map_raw(
        lambda raw: [2 * v for v in raw])))),
    "idle in front, taken for no time": lambda r, case: recording.replay(recording.write(with_idle_in_front(r)[0])),
    "samples that are missing": lambda r, case: recording.replay(recording.write(r.changed(
        [s for i, s in enumerate(r.samples) if i % 400 > 60]))),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_relation_that_is_spoilt_is_found(what):
    case = EVERY[SEEDS.stop - 1]
    assert same.differences(events_of(*case), SPOILT[what](drawn(*case), case)) != []


def test_force_scaled_without_its_limits_is_found():
    case = EVERY[SEEDS.stop - 1]
    assert same.differences(scaled(case, 1), scaled(case, 2, press_gain=1), gain=2, **GAIN_LOOSE) != []
    assert same.differences(scaled(case, 1), scaled(case, 2), gain=1, **GAIN_LOOSE) != []


def test_cells_in_another_order_without_their_places_are_found():
    found = 0
    for case in SEVERAL:
        r = drawn(*case)
        order = permutation(len(r.samples[0].raw), case[3])
        found += same.differences(events_of(*case), recording.replay(recording.write(permuted(r, order, places=False)))) != []
    assert found > 0


def test_a_mirrored_device_with_its_directions_kept_is_found():
    case = next(c for c in SEVERAL if c[1] != "sphere" and any(e.get("direction") in ("+", "-") for e in events_of(*c)))
    assert same.differences(events_of(*case), recording.replay(recording.write(mirrored(drawn(*case))))) != []
