"""The command line: help, unknown commands, and exit codes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import pellucid
from pellucid import cli, demo
from pellucid.errors import ArgumentError


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    assert "demo" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["fly"], ["demo", "--epochs", "many"]])
def test_wrong_arguments_are_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert "usage: pellucid" in capsys.readouterr().err


def test_an_error_of_ours_is_told_without_a_traceback(monkeypatch, capsys):
    def fail(**options):
        raise ArgumentError("Wrong.", got=1, expected=2)

    monkeypatch.setattr(demo, "run", fail)
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err == "Wrong.\n  got       1\n  expected  2\n"


def test_a_folder_that_cannot_be_made_is_told_before_any_learning(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["demo", "--folder", str(tmp_path / "file" / "inside")]) == 2
    printed = capsys.readouterr()
    assert "Not a directory" in printed.err
    assert printed.out == ""


def test_a_demo_without_learning_is_told(capsys):
    assert cli.main(["demo", "--epochs", "0"]) == 2
    assert "got       epochs=0" in capsys.readouterr().err


def test_the_package_runs_as_a_module():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-m", "pellucid", "--help"], capture_output=True, text=True, env=environment)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: pellucid")


@pytest.fixture
def model_file(tmp_path):
    layers = pellucid.layers
    stack = [pellucid.Input((3, 2, 4), name="image"), layers.Flatten(name="flatten"), layers.Dense(3, name="dense")]
    pellucid.Sequential(stack).save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", np.arange(24, dtype="float32").reshape(1, 3, 2, 4))
    return tmp_path / "model.keras"


def test_an_element_of_a_saved_model_is_explained(model_file, capsys):
    assert cli.main(["explain", str(model_file), "--at", "flatten:5", "--x", str(model_file.parent / "x.npy")]) == 0
    printed = capsys.readouterr().out
    assert "flat 5  <->  (h=0, w=1, c=1)   value 5\n" in printed
    assert "meets   dense.kernel[5, 0:3]\n" in printed


def test_an_explanation_and_a_trace_can_be_had_as_plain_data(model_file, capsys):
    assert cli.main(["explain", str(model_file), "--at", "dense[1]", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"]["count"] == 24
    assert cli.main(["trace", str(model_file), "--json"]) == 0
    assert [one["path"] for one in json.loads(capsys.readouterr().out)["layers"]] == ["image", "flatten", "dense"]
    assert cli.main(["trace", str(model_file)]) == 0
    assert "dense (Dense)" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["explain", "--at", "flatten:5"], ["trace"]])
def test_a_page_is_written_beside_what_is_printed(model_file, capsys, command):
    page = model_file.parent / "page.html"
    assert cli.main([command[0], str(model_file), *command[1:], "--html", str(page), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) and printed.err == f"page    {page}\n"
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_exit_code_2(model_file, capsys):
    assert cli.main(["trace", str(model_file), "--html", str(model_file.parent / "missing" / "page.html")]) == 2
    assert "missing" in capsys.readouterr().err


def test_an_unknown_address_is_exit_code_2_with_the_nearest(model_file, capsys):
    assert cli.main(["explain", str(model_file), "--at", "flaten:5"]) == 2
    assert "nearest: flatten" in capsys.readouterr().err


def test_a_file_without_an_array_is_told(model_file, capsys):
    (model_file.parent / "words.npy").write_text("no numbers")
    assert cli.main(["explain", str(model_file), "--x", str(model_file.parent / "words.npy")]) == 2
    assert "This file holds no array" in capsys.readouterr().err
