# SPDX-License-Identifier: MIT
"""knead replay from outside: where settings come from, time, errors, and the way to a broker."""
import json
import subprocess
import time

import pytest

import played_ball
import harness

ONE_HOLD = [(0, 4), (60, 5), (0, 2)]


def replay(*args, **more):
    return subprocess.run([harness.KNEAD, "replay", *map(str, args)], capture_output=True, timeout=60, **more)


def events(*args, **more):
    done = replay(*args, **more)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def hold_end(records):
    ends = [e for e in records if e["event_type"] == "hold_end"]
    assert len(ends) == 1
    return ends[0]


def k1_file(path, *levels):
    path.write_bytes(played_ball.Firmware().k1(*(levels or ONE_HOLD)))
    return path


def kcap(path, header, stream, period_us=12500):
    """One record a line of the stream, as if each had come by itself."""
    lines = [json.dumps({"kneadcap": 1, **header})]
    for i, line in enumerate(stream.splitlines()):
        text = line.decode().replace("\\", "\\\\")
        lines.append(f"{i * period_us} < {text}\\r\\n")
    path.write_text("\n".join(lines) + "\n")
    return path


SCALE = ("-o", f"ball.counts_per_n={played_ball.COUNTS_PER_N}")


def test_raw_text_with_device_time_counts_from_1970(tmp_path):
    records = events(*SCALE, k1_file(tmp_path / "stream.txt"))
    end = hold_end(records)
    assert end["device"] == "ball" and end["boot"] == "replay" and abs(end["mean_n"] - 60) < 0.2
    assert end["start"].startswith("1970-01-01T00:00:03.9") or end["start"].startswith("1970-01-01T00:00:04.0")
    assert [e["n"] for e in records] == list(range(1, len(records) + 1))


def test_standard_input_gives_the_same(tmp_path):
    path = k1_file(tmp_path / "stream.txt")
    assert replay(*SCALE, path).stdout == replay(*SCALE, "-", input=path.read_bytes()).stdout != b""


@pytest.mark.parametrize("chunk", [1, 7, 64, 4096])
def test_chunks_do_not_matter(tmp_path, chunk):
    path = k1_file(tmp_path / "stream.txt")
    assert replay(*SCALE, "--chunk", chunk, path).stdout == replay(*SCALE, path).stdout != b""


def test_numbers_go_on_over_several_files(tmp_path):
    path = k1_file(tmp_path / "stream.txt")
    records = events(*SCALE, path, path)
    assert [e["n"] for e in records] == list(range(1, len(records) + 1))
    assert [e["hold_id"] for e in records if e["event_type"] == "hold_end"] == [1, 1], "each file is a start of its own"


def test_without_any_rate_a_file_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"".join(played_ball.Firmware().numbers(*ONE_HOLD)))
    done = replay(*SCALE, path)
    assert done.returncode == 2 and done.stdout == b"" and b"--rate" in done.stderr
    assert abs(hold_end(events(*SCALE, "--rate", 80, path))["duration_s"] - 5) < 0.05
    assert abs(hold_end(events(*SCALE, "--rate", 40, path))["duration_s"] - 10) < 0.05
    assert abs(hold_end(events(*SCALE, "-o", "ball.rate_hz=80", path))["duration_s"] - 5) < 0.05


def test_a_capture_brings_its_settings_and_options_beat_them(tmp_path):
    header = {"start": "2026-11-20T08:00:00.000Z", "id": "wall-1",
              "device": {"counts_per_n": played_ball.COUNTS_PER_N, "target_s": 4, "name": "The wall"}}
    path = kcap(tmp_path / "a.kcap", header, played_ball.Firmware().k1(*ONE_HOLD))
    end = hold_end(events(path))
    assert end["device"] == "wall-1" and end["target_s"] == 4 and end["target_met"] and abs(end["mean_n"] - 60) < 0.2
    assert end["start"].startswith("2026-11-20T08:00:0")
    assert hold_end(events("-o", "wall-1.target_s=20", path))["target_s"] == 20
    assert hold_end(events("--device", "other", path))["device"] == "other"
    assert hold_end(events("--device", "other", "-o", "other.target_s=9", path))["target_s"] == 9


def test_the_one_device_of_a_configuration_gives_name_and_settings(tmp_path):
    conf = tmp_path / "my.conf"
    conf.write_text(f"[device kitchen]\ncounts_per_n = {played_ball.COUNTS_PER_N}\ntarget_s = 7\n")
    end = hold_end(events("-c", conf, k1_file(tmp_path / "stream.txt")))
    assert end["device"] == "kitchen" and end["target_s"] == 7


def test_arrival_times_carry_a_stream_without_time(tmp_path):
    stream = b"".join(played_ball.Firmware().numbers(*ONE_HOLD))
    path = kcap(tmp_path / "a.kcap", {"device": {"counts_per_n": played_ball.COUNTS_PER_N}}, stream)
    assert abs(hold_end(events(path))["duration_s"] - 5) < 0.05


@pytest.mark.parametrize("text, message", [
    ('{"kneadcap":1}\nnonsense\n', ":2:"),
    ('{"kneadcap":1}\n0 ! open\n5 < a\\xq\n', ":3:"),
    ('{"kneadcap":1,"device":{"press_n":"x"}}\n', ":1:"),
    ('{"kneadcap":1,"device":{"nothing":1}}\n', ":1:"),
    ('{"kneadcap":1,"device":{"press_n":[1]}}\n', ":1:"),
])
def test_a_malformed_capture_is_status_1_with_file_and_line(tmp_path, text, message):
    path = tmp_path / "bad.kcap"
    path.write_text(text)
    done = replay(path)
    assert done.returncode == 1 and done.stderr.decode().startswith(f"knead: {path}{message}")


@pytest.mark.parametrize("args", [[], ["--speed", "0", "x"], ["--speed", "fast", "x"], ["--rate", "nan", "x"], ["--chunk", "0", "x"],
                                  ["--nonsense", "x"], ["-o", "ball.press_n=x", "x"], ["-c", "/nonexistent.conf", "x"],
                                  ["--device", "Bad Name", "/dev/null"]])
def test_bad_usage_is_status_2(args):
    done = replay(*args)
    assert done.returncode == 2 and done.stdout == b"" and done.stderr.startswith(b"knead: ")


def test_a_missing_file_is_status_1():
    done = replay("/nonexistent.kcap")
    assert done.returncode == 1 and b"/nonexistent.kcap" in done.stderr


def test_help_is_under_80_columns():
    done = replay("--help")
    assert done.returncode == 0 and all(len(line) < 80 for line in done.stdout.decode().splitlines())


@pytest.mark.parametrize("foreign", [
    bytes(range(256)) * 20,
    b"1" * 100000,
    b"".join(b"2026-11-20T08:00:%02d.000Z,kg\r\n" % (i % 60) for i in range(200)),
], ids=["binary", "endless-line", "no-numbers"])
def test_a_file_without_a_sample_is_refused_by_name(tmp_path, foreign):
    path = tmp_path / "foreign.txt"
    path.write_bytes(foreign)
    done = replay("--rate", 80, path)
    assert (done.returncode, done.stdout) == (1, b"") and b"foreign.txt: no sample" in done.stderr
    assert replay("--rate", 80, "-", input=b"").returncode == 0


def test_a_recording_without_a_sample_is_told_and_no_failure(tmp_path):
    done = replay(kcap(tmp_path / "boot.kcap", {}, b"rst:0x1 (POWERON_RESET)\r\nentry 0x400806b4\r\n"))
    assert done.returncode == 0 and b"no sample" in done.stderr


def test_a_full_disk_is_status_1(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([harness.KNEAD, "replay", *SCALE, k1_file(tmp_path / "a.txt")], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"standard output" in done.stderr


def test_speed_keeps_the_pace_and_changes_nothing(tmp_path):
    path = kcap(tmp_path / "a.kcap", {"device": {"counts_per_n": played_ball.COUNTS_PER_N}}, played_ball.Firmware().k1(*ONE_HOLD))
    began = time.monotonic()
    paced = replay("--speed", 20, path)
    assert time.monotonic() - began > 10.9 / 20
    assert paced.stdout == replay(path).stdout != b""


def test_publish_brings_the_same_records_to_the_broker(broker, subscriber, tmp_path):
    path = k1_file(tmp_path / "a.txt", *(ONE_HOLD * 30))
    to_broker = ("--publish", "-o", "mqtt.host=127.0.0.1", "-o", f"mqtt.port={broker.port}")
    done = replay(*SCALE, *to_broker, path)
    assert done.returncode == 0 and done.stdout == b"", done.stderr.decode()
    written = replay(*SCALE, path).stdout.splitlines()
    harness.wait_until(lambda: len(played_ball.records(subscriber, "ball")) == len(written), 10, "every record has come")
    assert played_ball.records(subscriber, "ball") == written


def test_publish_without_a_broker_fails(tmp_path):
    done = replay(*SCALE, "--publish", "-o", "mqtt.host=", k1_file(tmp_path / "a.txt"))
    assert done.returncode == 1 and b"no broker" in done.stderr
