# SPDX-License-Identifier: MIT
"""The power goes in the middle of a hold, while the broker is away, and comes back without the ball and with it."""
import story as stories


def test_it_starts_without_the_ball_and_waits_for_it(cut):
    assert (cut.service["ActiveState"], cut.service["NRestarts"]) == ("active", "0")


def test_what_the_broker_had_missed_arrives_after_the_power_cut(cut):
    told = [m.json for m in cut.told]
    [hold_end] = [e for e in told if e["event_type"] == "hold_end"]
    assert abs(hold_end["duration_s"] - stories.HOLD_S) < 0.02
    assert hold_end["cause"] == "lifted"
    numbers = {e["n"] for e in told} | set(cut.before)
    assert numbers == set(range(1, max(numbers) + 1)), "one is missing"
    assert min(e["n"] for e in told) <= max(cut.before) + 1


def test_it_comes_late_after_a_minute_without_power(cut):
    assert {m.topic.split("/")[2] for m in cut.told} == {"late"}


def test_the_hold_that_the_power_cut_off_is_not_made_up(cut):
    started = {m.json["hold_id"] for m in cut.told if m.json["event_type"] == "hold_start"}
    ended = {m.json["hold_id"] for m in cut.told if m.json["event_type"] == "hold_end"}
    assert len(ended) == 1 and ended <= started
    assert len(started) == 2, "the other one was not safe before the power went"


def test_the_file_system_is_fine_after_a_power_cut(cut, closed):
    assert "recovery complete" in cut.kernel, "the power cut was none"
    assert "error" not in cut.kernel.lower()
    assert closed.status == 0, closed.said


def test_it_starts_with_the_ball_and_opens_it_by_itself(started_loaded):
    assert (started_loaded.service["ActiveState"], started_loaded.service["NRestarts"]) == ("active", "0")
    assert started_loaded.links.target == "/dev/ttyUSB0"


def test_zero_and_settings_survive_the_power_cut(pulled, cut, started_loaded):
    assert pulled.tare["status"] == pulled.target["status"] == "ok"
    assert cut.kept == pulled.kept
    assert started_loaded.diag["zero_raw"] == [round(raw, 3) for raw in pulled.tare["data"]["zero_raw"]]
    # Somebody has leaned on it since before it was switched on: only a zero that was kept tells how hard.
    assert abs(started_loaded.live["force_n"] - stories.HOLD_N) < 1
    assert started_loaded.config["target_s"] == stories.OTHER_TARGET_S
    assert started_loaded.config["changed"] == ["target_s"]
