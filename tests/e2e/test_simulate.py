# SPDX-License-Identifier: MIT
"""knead simulate and knead score from outside: files, the live device, what is refused."""
import csv
import json
import os
import re
import subprocess

import pytest

from harness import KNEAD, stop, wait_until

KINDS = {"hold": "hold_end", "roll": "roll_end", "percussion": "percussion_end"}


def knead(*words, **more):
    return subprocess.run([KNEAD, *map(str, words)], capture_output=True, text=True, **more)


def verbs():
    listed = knead("--help").stdout.split("Verbs:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.M)


def captured_bytes(path):
    """The bytes of the port in a .kcap."""
    out = b""
    for line in path.read_bytes().split(b"\n"):
        record = re.match(rb"\d+ < (.*)", line)
        if record:
            out += re.sub(rb"\\(?:x(..)|(.))", lambda m: bytes.fromhex(m[1].decode()) if m[1] else
                          {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}[m[2]], record[1])
    return out


def test_every_verb_explains_itself_on_standard_output_within_80_columns():
    for words in ([], *([verb] for verb in verbs())):
        answer = knead(*words, "--help")
        assert (answer.returncode, answer.stderr) == (0, "")
        assert max(map(len, answer.stdout.splitlines())) < 80, words


def test_an_unknown_verb_is_refused_with_the_list():
    answer = knead("kneed")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("knead: kneed: no such verb") and "simulate" in answer.stderr


@pytest.mark.parametrize("words, named", [
    (["-O", "x.kcap"], "--scenario"),
    (["--scenario", "nap", "-O", "x.kcap"], "--scenario nap"),
    (["--scenario", "idle"], "-O"),
    (["--scenario", "idle", "-O", "x.kcap", "--pty", "y"], "--pty"),
    (["--scenario", "idle", "-O", "x.kcap", "--rate", "80x"], "--rate 80x"),
    (["--scenario", "idle", "-O", "x.kcap", "--rate", "4"], "--rate 4"),
    (["--scenario", "idle", "-O", "x.kcap", "--cells", "17"], "--cells 17"),
    (["--scenario", "idle", "-O", "x.kcap", "--cells", "2", "--geometry", "ring"], "--cells"),
    (["--scenario", "idle", "-O", "x.kcap", "--seed", "-1"], "--seed -1"),
    (["--scenario", "idle", "-O", "x.kcap", "--fault", "flood"], "--fault flood"),
    (["--scenario", "idle", "-O", "x.kcap", "more"], "more"),
])
def test_bad_words_are_refused_by_name_and_leave_no_file(tmp_path, words, named):
    answer = knead("simulate", *words, cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("knead: simulate: ") and named in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_capture_and_the_raw_bytes_of_the_same_seed_are_the_same(tmp_path):
    for fmt in ("k1", "k1b", "columns", "labelled"):
        options = ["--scenario", "taps", "--seed", 5, "--for", 20, "--format", fmt]
        assert knead("simulate", *options, "-O", tmp_path / "a.kcap").returncode == 0
        assert knead("simulate", *options, "-O", tmp_path / "a.bin").returncode == 0
        header = json.loads((tmp_path / "a.kcap").read_text().split("\n")[0])
        assert header["kneadcap"] == 1 and header["device"]["format"] == fmt and header["device"]["delay_ms"] > 0
        assert captured_bytes(tmp_path / "a.kcap") == (tmp_path / "a.bin").read_bytes()


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    answer = knead("simulate", "--scenario", "idle", "--for", 8, "-O", tmp_path / "none" / "a.kcap")
    assert answer.returncode == 1
    assert answer.stderr.startswith("knead: ") and "none/a.kcap" in answer.stderr


@pytest.fixture
def live(tmp_path):
    """live(words): a simulated device on tmp_path/ball."""
    started = []

    def start(*words):
        link = tmp_path / "ball"
        started.append(subprocess.Popen([KNEAD, "simulate", "--pty", link, *map(str, words)], stderr=subprocess.PIPE))
        wait_until(lambda: os.path.islink(link), 10, "the link is there")
        return started[-1], link

    yield start
    for process in started:
        stop(process)
        process.stderr.close()


def test_a_live_device_sends_lines_and_takes_its_link_away(live):
    process, link = live("--scenario", "session", "--speed", 20)
    with open(os.open(link, os.O_RDONLY | os.O_NOCTTY), "rb") as port:
        lines = [port.readline() for _ in range(400)]
    whole = [re.fullmatch(rb"K1,(\d+),\d+,-?\d+\*[0-9A-F]{4}\r\n", line) for line in lines]
    numbers = [int(m[1]) for m in whole if m]
    assert len(numbers) > 390
    steps = [(b - a) % 65536 for a, b in zip(numbers, numbers[1:])]
    assert steps.count(1) > 0.99 * len(steps)
    assert stop(process) == 0
    assert not os.path.lexists(link)


def test_a_live_device_that_nobody_reads_goes_on(live):
    process, _ = live("--scenario", "hold", "--speed", 1000, "--for", 120)
    assert process.wait(20) == 0


def test_a_live_device_replaces_a_dead_link_but_no_file(live, tmp_path):
    os.symlink("/dev/pts/none", tmp_path / "ball")
    process, link = live("--scenario", "idle")
    wait_until(lambda: os.path.exists(link), 10, "the link leads to a terminal")
    stop(process)
    link.write_text("mine")
    answer = knead("simulate", "--scenario", "idle", "--pty", link)
    assert answer.returncode == 1 and str(link) in answer.stderr
    assert link.read_text() == "mine"


def records(labels, path, **change):
    """Event records that say what the labels say, but for change."""
    with open(path, "w") as out:
        for row in csv.DictReader(open(labels)):
            record = {"event_type": KINDS.get(row["kind"], row["kind"]), "start_s": float(row["start_s"]),
                      "end_s": float(row["end_s"]), "peak_n": float(row["peak_n"]), "strokes": int(row["count"])}
            out.write(json.dumps({**record, **{key: by(record[key]) for key, by in change.items()}}) + "\n")
            out.write(json.dumps({"event_type": "session_start", "session_id": 1}) + "\n")
    return path


def test_what_agrees_scores_one_and_what_is_late_shows_how_late(tmp_path):
    labels = tmp_path / "labels.csv"
    assert knead("simulate", "--scenario", "mixed", "--rate", 320, "-O", tmp_path / "a.kcap", "--labels", labels).returncode == 0
    same = records(labels, tmp_path / "same.jsonl")
    late = records(labels, tmp_path / "late.jsonl", start_s=lambda t: t + 0.02)
    answer = json.loads(knead("score", "--json", "--rate", 320, "--labels", labels, same, late).stdout)
    for row in csv.DictReader(open(labels)):
        kind = answer["kinds"][row["kind"]]
        assert (kind["f1"], kind["labelled"], kind["detected"]) == (1, kind["matched"], kind["matched"])
        assert kind["start_median_ms"] == 0 and kind["start_p95_ms"] == pytest.approx(20)
    table = knead("score", "--rate", 320, "--labels", labels, same)
    assert table.returncode == 0 and re.search(r"^hold +\d+ +\d+ +\d+ +1.000 +1.000 +1.000", table.stdout, re.M)


def test_details_have_the_columns_of_the_labels_first_and_score_takes_either(tmp_path):
    labels, details, capture = tmp_path / "labels.csv", tmp_path / "details.csv", tmp_path / "a.kcap"
    made = knead("simulate", "--scenario", "mixed", "--cells", 2, "-O", capture, "--labels", labels, "--details", details)
    assert made.returncode == 0
    assert [line.split(",")[:5] for line in details.read_text().splitlines()] == [line.split(",") for line in labels.read_text().splitlines()]
    rows = list(csv.DictReader(open(details)))
    assert all(float(row["impulse_ns"]) > 0 for row in rows)
    assert all((row["reversals_s"].count(";") + 2 == int(row["count"])) == (row["kind"] == "roll") for row in rows)
    events = records(labels, tmp_path / "events.jsonl")
    for file in (labels, details):
        answer = json.loads(knead("score", "--json", "--labels", file, events).stdout)
        assert answer["kinds"]["hold"]["f1"] == 1 and answer["kinds"]["hold"]["labelled"] > 0
    refused = knead("simulate", "--scenario", "hold", "--pty", tmp_path / "ball", "--details", details)
    assert refused.returncode == 2 and "--details" in refused.stderr


def test_score_reads_standard_input_and_refuses_what_is_no_record(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("kind,start_s,end_s,peak_n,count\nhold,1,9,50,0\n")
    good = knead("score", "--json", "--labels", labels, "-", input='{"event_type":"hold_end","start_s":1,"end_s":9}\n')
    assert json.loads(good.stdout)["kinds"]["hold"]["f1"] == 1
    for text in ("no json\n", "[]\n", "{}\n", '{"event_type":"hold_end"}\n'):
        bad = knead("score", "--labels", labels, "-", input=text)
        assert bad.returncode == 1 and bad.stderr.startswith("knead: -:1: ")
    assert knead("score", labels).returncode == 2
    assert knead("score", "--labels", labels).returncode == 2
