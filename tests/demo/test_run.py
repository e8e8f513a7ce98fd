"""The demo from beginning to end: it learns, tells where its files are, and they hold what it said."""

import numpy as np

from pellucid import cli, demo


def test_the_demo_learns_answers_and_keeps_its_files(tmp_path, capsys):
    assert cli.main(["demo", "--folder", str(tmp_path / "kept"), "--epochs", "8", "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert "max_pooling2d (MaxPooling2D)" in printed
    assert "flat = (h*W + w)*C + c" in printed
    values = np.load(tmp_path / "kept" / "values.npz")
    assert np.array_equal(values["pooled"].reshape(-1), values["flat"])
    weights = np.load(tmp_path / "kept" / "weights.npz")
    assert weights["digits/dense/kernel"].shape == (288, 10)
    assert len((tmp_path / "kept" / "history.csv").read_text().splitlines()) == 1 + 8
    assert "flat = (h*W + w)*C + c" in (tmp_path / "kept" / "report.txt").read_text("utf-8")
    assert str(tmp_path / "kept" / "page.html") in printed.replace("\n", "")  # a long path is broken into lines
    assert 100_000 < (tmp_path / "kept" / "page.html").stat().st_size < 1_000_000


def test_a_network_that_misses_the_goal_is_exit_code_1(monkeypatch, capsys):
    monkeypatch.setattr(demo, "run", lambda **options: demo.DemoResult(0.969, "folder"))
    assert cli.main(["demo"]) == 1
