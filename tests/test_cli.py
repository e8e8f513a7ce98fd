"""The command line: help, unknown commands, and exit codes."""

import os
import subprocess
import sys

import pytest

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
