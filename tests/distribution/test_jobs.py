"""Jobs of several processes, started by torchrun, compute what one process computes."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from distribution import cases

PROGRAMS = pathlib.Path(__file__).parent
CLOSE = 1e-5


def job(count: int, program: str, *arguments, seconds: float = 300) -> subprocess.CompletedProcess:
    """What torchrun says of a program with so many processes."""
    root = PROGRAMS.parent.parent
    paths = os.pathsep.join(map(str, (root / "src", root / "tests")))
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        + [str(PROGRAMS / program), *map(str, arguments)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def numbers(count: int, folder: pathlib.Path) -> list[dict]:
    """What each process found, by case."""
    cases.begun(str(folder))
    ended = job(count, "cases.py", folder)
    assert ended.returncode == 0, ended.stderr[-6000:]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(count)]


@pytest.fixture(scope="session")
def of_two(tmp_path_factory):
    return numbers(2, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="session")
def of_four(tmp_path_factory):
    return numbers(4, tmp_path_factory.mktemp("four"))


def of_one(name: str, folder: pathlib.Path) -> dict:
    cases.begun(str(folder))
    return cases.run(name, str(folder))


@pytest.mark.parametrize("name", cases.CASES)
def test_two_processes_compute_what_one_does(name, of_two, tmp_path):
    expected = of_one(name, tmp_path)
    for found in of_two:
        assert_close(found[name], expected)


@pytest.mark.heavy
@pytest.mark.parametrize("name", cases.CASES)
def test_four_processes_compute_what_one_does(name, of_four, tmp_path):
    expected = of_one(name, tmp_path)
    for found in of_four:
        assert_close(found[name], expected)


def assert_close(found, expected):
    """Numbers at the same places of a structure, within 1e-5."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = [found[key] for key in expected], list(expected.values())
    if not isinstance(expected, list):
        assert found == pytest.approx(expected, rel=CLOSE, abs=CLOSE)
        return
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other)
