# SPDX-License-Identifier: MIT
"""knead score from outside, on what knead simulate and knead replay write."""
import json
import re
import subprocess

import pytest

from harness import KNEAD


def knead(*words):
    return subprocess.run([KNEAD, *map(str, words)], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A capture with several cells, its labels in both forms, its records."""
    folder = tmp_path_factory.mktemp("score")
    capture, plain, details, events = (folder / name for name in ("a.kcap", "plain.csv", "details.csv", "a.jsonl"))
    knead("simulate", "--scenario", "mixed", "--stratum", "s0", "--cells", 2, "--seed", 3, "-O", capture, "--labels", plain, "--details", details)
    events.write_text(knead("replay", capture))
    return folder


def test_plain_labels_leave_unknown_what_they_do_not_tell(made):
    scored = json.loads(knead("score", "--json", "--labels", made / "plain.csv", made / "a.jsonl"))
    assert scored["kinds"]["hold"]["f1"] > 0.8
    assert scored["kinds"]["hold"]["impulse_p95_pct"] is None
    assert set(scored["turns"].values()) == {None}
    assert (scored["breathing"]["holds"], scored["relaxation"]["due"], scored["softening"]["steady"]) == (0, 0, 0)
    assert "unknown, the labels have no details" in knead("score", "--labels", made / "plain.csv", made / "a.jsonl")


def test_labels_with_details_score_the_same_and_tell_more(made):
    plain, more = (json.loads(knead("score", "--json", "--labels", made / name, made / "a.jsonl")) for name in ("plain.csv", "details.csv"))
    for kind, figures in plain["kinds"].items():
        told = {key for key, value in figures.items() if value is not None}
        assert {key: more["kinds"][kind][key] for key in told} == {key: figures[key] for key in told}
    assert more["kinds"]["hold"]["impulse_median_pct"] < 1
    assert more["turns"]["labelled"] > 0 and more["turns"]["f1"] > 0.9
    assert more["relaxation"]["due"] > 0 and more["relaxation"]["median_points"] is not None
    assert "unknown, the labels" not in knead("score", "--labels", made / "details.csv", made / "a.jsonl")


def test_what_was_found_as_what_adds_up(made):
    scored = json.loads(knead("score", "--json", "--labels", made / "plain.csv", made / "a.jsonl"))
    for kind, figures in scored["kinds"].items():
        if kind not in ("impact", "percussion"):  # not scored at 80 samples/s
            assert sum(scored["confusion"][kind].values()) == figures["labelled"]
            assert scored["confusion"][kind][kind] >= figures["matched"]


def test_the_worst_capture_is_named_and_how_late_records_came_is_unknown(made):
    nothing = made / "nothing.jsonl"
    nothing.write_text("")
    pair = ["--labels", made / "plain.csv"]
    scored = json.loads(knead("score", "--json", *pair, made / "a.jsonl", *pair, nothing))
    assert scored["captures"] == 2
    assert (scored["kinds"]["hold"]["worst_capture"], scored["kinds"]["hold"]["worst_f1"]) == (str(nothing), 0)
    assert scored["time_to_publish_ms"] is None
    table = knead("score", *pair, made / "a.jsonl", *pair, nothing)
    assert re.search(r"^hold .* 0\.000  \S*nothing\.jsonl$", table, re.M)
    assert "time to publish: unknown" in table


def test_a_tighter_collar_finds_fewer(made):
    late = made / "late.jsonl"
    records = [json.loads(line) for line in (made / "a.jsonl").read_text().splitlines()]
    late.write_text("".join(json.dumps({**r, "start_s": r.get("start_s", 0) + 0.1}) + "\n" for r in records))
    wide, tight = (json.loads(knead("score", "--json", "--collar-ms", ms, "--labels", made / "plain.csv", late)) for ms in (150, 50))
    assert (wide["collar_ms"], tight["collar_ms"]) == (150, 50)
    assert wide["kinds"]["press"]["matched"] > 0 and tight["kinds"]["press"]["matched"] == 0
