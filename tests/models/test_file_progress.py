"""A line in the terminal while a large file is saved or loaded; silence in pipes, and for small ones."""

import sys

import numpy as np
import pytest

import pellucid
from pellucid.models import file_progress
from pellucid.saving import load_model

KINDS = ["m.keras", "m.h5", "m.weights.h5", "m.weights.json", "m.safetensors", "folder"]


def model():
    made = pellucid.Sequential([pellucid.Input((1000,)), *(pellucid.layers.Dense(1000) for _ in range(3))])  # 12 MB
    made.compile("sgd", "mse")
    return made


def save(made, path):
    if path.name.endswith((".weights.h5", ".weights.json")):
        made.save_weights(path, max_shard_size=0.005 if path.suffix == ".json" else None)
    else:
        made.save(path, **({} if path.suffix else {"zipped": False}))


def load(made, path):
    made.load_weights(path) if ".weights" in path.name else load_model(path)


def in_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(file_progress, "LEAST_BYTES", 10**7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_file_is_told_of_in_a_terminal(kind, tmp_path, capsys, monkeypatch):
    in_terminal(monkeypatch)
    made = model()
    save(made, tmp_path / kind)
    saved = capsys.readouterr().out
    load(made, tmp_path / kind)
    loaded = capsys.readouterr().out
    for told in (saved, loaded):
        assert told.startswith("\r") and "12/12" in told and "MB" in told and told.endswith("\n")


def test_pipes_and_small_files_are_quiet(tmp_path, capsys, monkeypatch):
    made = model()
    monkeypatch.setattr(file_progress, "LEAST_BYTES", 10**7)
    save(made, tmp_path / "m.keras")
    monkeypatch.undo()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    load(made, tmp_path / "m.keras")
    assert capsys.readouterr().out == ""


def test_the_line_moves_while_a_file_is_written(capsys, monkeypatch):
    in_terminal(monkeypatch)
    ticks = iter(np.arange(0.0, 100.0, 1.0))
    monkeypatch.setattr("time.time", lambda: float(next(ticks)))
    with file_progress.shown(20 * 10**6) as tell:
        for _ in range(4):
            tell(5 * 10**6)
    told = capsys.readouterr().out
    assert [word for word in (" 5/20", "10/20", "15/20", "20/20") if word not in told] == []
