"""`pellucid run` runs programs that import keras, tf_keras and tensorflow.keras, as they are, in processes of their own."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import keras  # noqa: F401  -- the judge, imported like any other
import pytest

PROGRAMS = pathlib.Path(__file__).parent / "programs"


def run(*arguments, cwd=None):
    command = [sys.executable, "-W", "error::UserWarning", "-m", "pellucid", "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


def test_names_of_every_path_are_found_and_others_are_told():
    result = run(PROGRAMS / "names.py")
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr


def test_a_program_of_keras_1_runs_and_is_told_once():
    result = run(PROGRAMS / "keras1_digits.py")
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
    assert result.stderr.count("DeprecationWarning") == 1
    assert "keras1_digits.py" in result.stderr and "speaks the language of Keras 1 or 2" in result.stderr


@pytest.mark.parametrize("program", ["keras2_ways.py", "estimators.py"])
def test_what_programs_of_keras_2_said_means_what_it_meant(program):
    result = run(PROGRAMS / program)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr


def test_a_program_finds_its_arguments_and_neighbours():
    result = run(PROGRAMS / "arguments.py", "--epochs", "3")
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr


def test_a_module_runs_as_python_m_would_run_it():
    result = run("-m", "arguments", "--epochs", "3", cwd=PROGRAMS)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr


def test_a_program_that_is_not_there(tmp_path):
    result = run(tmp_path / "none.py")
    assert result.returncode == 2 and "no such program" in result.stderr


def test_an_error_of_the_programs_own_is_shown_as_python_shows_it(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import keras\nkeras.layers.Dense(units=-1)\n")
    result = run(program)
    assert result.returncode == 1 and "Traceback" in result.stderr and 'program.py", line 2' in result.stderr


def test_keras_that_is_already_there_is_told():
    from pellucid.aliases import install
    from pellucid.errors import OrderError

    with pytest.raises(OrderError, match="`keras` is imported already"):
        install()
