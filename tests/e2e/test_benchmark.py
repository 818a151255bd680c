# SPDX-License-Identifier: MIT
"""scripts/benchmark-detection with few cells: the shape of its pages and figures, and that the plain detectors are run."""
import json
import os
import subprocess

import pytest

import harness

COMMAND = [harness.TOP / "scripts/benchmark-detection", "--build", harness.BUILD]
CELLS = ["--strata", "s0,s2", "--rates", "80,320", "--geometries", "none,line2", "--seeds", "1", "--seconds", "120", "--idle-hours", "0.2"]
MARKS = ("<!-- accuracy: begin -->", "<!-- accuracy: end -->")


def benchmark(*words, shared="none"):
    env = {**os.environ, "KNEAD_SHARED": str(shared)}
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, env=env)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The pages and the figures of a small run."""
    folder = tmp_path_factory.mktemp("benchmark")
    (folder / "README.md").write_text(f"before\n{MARKS[0]}\nwhat stood there\n{MARKS[1]}\nafter\n")
    out = benchmark(*CELLS, "--page", folder / "accuracy.md", "--readme", folder / "README.md", "--json", folder / "all.json")
    assert out.returncode == 0, out.stderr
    return folder, out


def rows_of(text, title):
    """Cells of the table under a heading."""
    part = text.split(f"\n### {title}\n", 1)[1].split("\n#", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]


def test_each_cell_has_a_line_of_progress_on_standard_error(made):
    _, out = made
    assert out.stdout == ""
    assert [line.split()[0] for line in out.stderr.splitlines() if "hold F1" in line] == [f"{i}/8" for i in range(1, 9)]


def test_every_figure_has_a_row_for_each_stratum_and_rate_and_the_goals_beside_it(made):
    page = (made[0] / "accuracy.md").read_text()
    head, rule, *rows = rows_of(page, "Hold F1, collar 150 ms (250 ms at 10 samples/s)")
    assert head == ["stratum", "rate", "detector", "one cell", "bar", "stretch", "line 2", "bar", "stretch"]
    assert [row[:3] for row in rows] == [[s, r, d] for s in ("s0", "s2") for r in ("80", "320") for d in ("knead", "threshold", "mean")]
    assert rows[0][4:6] == ["0.99", "1"] and rows[9][4:6] == ["0.98", "0.99"] and rows[9][7:9] == ["1", "-"]
    assert [row[:2] for row in rows_of(page, "Percussion F1")[2:]] == [["s0", "320"], ["s2", "320"]]


def test_a_mark_stands_where_a_figure_falls_short_and_nowhere_else(made):
    page, figures = (made[0] / "accuracy.md").read_text(), json.loads((made[0] / "all.json").read_text())
    verdicts = [f["verdict"] for cell in figures["cells"] for f in cell["figures"].values()]
    tables = page.split("\n## Holds\n", 1)[1]
    assert tables.count("✗") == verdicts.count("short")
    assert tables.count("✓") == verdicts.count("stretch")
    for cell in figures["cells"]:
        for key, f in cell["figures"].items():
            assert (f["verdict"] is None) == (f["value"] is None or f["bar"] is None), key


def test_the_plain_detectors_saw_the_same_captures_and_know_only_holds(made):
    figures = json.loads((made[0] / "all.json").read_text())
    assert len(figures["cells"]) == 8
    for cell in figures["cells"]:
        assert list(cell["detectors"]) == ["knead", "threshold", "mean"]
        labelled = {d["kinds"]["hold"]["labelled"] for d in cell["detectors"].values()}
        assert len(labelled) == 1
        for name in ("threshold", "mean"):
            kinds = cell["detectors"][name]["kinds"]
            assert kinds["hold"]["detected"] > 0
            assert all(kinds[kind]["detected"] == 0 for kind in kinds if kind != "hold")


def test_the_table_of_the_readme_stands_between_its_marks_and_what_is_around_it_stays(made):
    text = (made[0] / "README.md").read_text()
    assert text.startswith(f"before\n{MARKS[0]}\n") and text.endswith(f"{MARKS[1]}\nafter\n") and "what stood there" not in text
    assert len([line for line in text.splitlines() if line.startswith("| s")]) == 1 + 8


def test_the_same_seeds_give_the_same_pages_and_a_changed_page_is_told(made):
    folder, _ = made
    words = [*CELLS, "--check", "--page", folder / "accuracy.md", "--readme", folder / "README.md"]
    same = benchmark(*words)
    assert (same.returncode, same.stdout) == (0, "")
    page = (folder / "accuracy.md").read_text()
    try:
        (folder / "accuracy.md").write_text(page.replace("# How well", "# How badly"))
        changed = benchmark(*words)
        assert changed.returncode == 1 and "-# How badly" in changed.stdout and "+# How well" in changed.stdout
    finally:
        (folder / "accuracy.md").write_text(page)


@pytest.mark.parametrize("words, named", [
    (CELLS, "--seeds 1 --idle-hours 0.2 --strata s0,s2 --rates 80,320 --geometries none,line2 --seconds 120"),
    (["--quick", "--seeds", "20", "--strata", "s0,s1,s2,s3"], "--seeds 20 --quick"),
    (["--seeds", "20"], ""),
])
def test_the_page_names_the_command_that_makes_it_again(words, named, monkeypatch):
    monkeypatch.syspath_prepend(harness.TOP / "tests/bench")
    monkeypatch.setattr("sys.argv", ["benchmark-detection", *words])
    import detection

    assert detection.options().command == f"scripts/benchmark-detection {named}".strip()


def test_a_sweep_prints_a_line_for_each_cell_and_writes_no_page(tmp_path):
    page = tmp_path / "accuracy.md"
    out = benchmark("--sweep", "--seeds", 1, "--strata", "s1", "--rates", "80", "--geometries", "none,line", "--seconds", 60, "--page", page)
    assert out.returncode == 0, out.stderr
    assert [line.split()[:3] for line in out.stdout.splitlines()] == [["stratum", "rate", "geometry"], ["s1", "80", "none"], ["s1", "80", "line2"]]
    assert not page.exists()


def test_a_readme_without_marks_and_words_that_are_not_known_are_refused(tmp_path):
    (tmp_path / "README.md").write_text("no marks\n")
    few = ["--seeds", 1, "--strata", "s0", "--rates", "10", "--geometries", "none", "--idle-hours", 0]
    out = benchmark(*few, "--page", tmp_path / "a.md", "--readme", tmp_path / "README.md")
    assert out.returncode == 1 and MARKS[0] in out.stderr
    assert benchmark("--strata", "s9").returncode == 2
    assert benchmark("--seeds", 0).returncode == 2


def test_the_readme_of_the_project_has_the_marks():
    text = (harness.TOP / "README.md").read_text()
    assert [text.count(mark) for mark in MARKS] == [1, 1]
