"""Jobs of several processes, started by torchrun, compute what one process computes."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest

from distribution import cases

PROGRAMS = pathlib.Path(__file__).parent
CLOSE = 1e-5


def job(count: int, program: str, *arguments, seconds: float = 300) -> subprocess.CompletedProcess:
    """What torchrun says of a program with so many processes."""
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        + [str(PROGRAMS / program), *map(str, arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def environment() -> dict:
    """That of a process on its own, with the package and the tests to import."""
    root = PROGRAMS.parent.parent
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(map(str, (root / "src", root / "tests"))),
    }


def numbers(count: int, folder: pathlib.Path, names) -> list[dict]:
    """What each process found, by case."""
    cases.begun(str(folder))
    ended = job(count, "cases.py", folder, *names)
    assert ended.returncode == 0, ended.stderr[-6000:]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(count)]


@pytest.fixture(scope="session")
def of_two(tmp_path_factory):
    return numbers(2, tmp_path_factory.mktemp("two"), cases.FIRST)


@pytest.fixture(scope="session", params=[2, 4])
def of_several(request, tmp_path_factory):
    return numbers(request.param, tmp_path_factory.mktemp("several"), cases.CASES)


def of_one(name: str, folder: pathlib.Path) -> dict:
    cases.begun(str(folder))
    return cases.run(name, str(folder))


@pytest.mark.parametrize("name", cases.FIRST)
def test_two_processes_compute_what_one_does(name, of_two, tmp_path):
    expected = of_one(name, tmp_path)
    for found in of_two:
        assert_close(found[name], expected)


@pytest.mark.heavy
@pytest.mark.parametrize("name", cases.CASES)
def test_two_and_four_processes_compute_what_one_does(name, of_several, tmp_path):
    expected = of_one(name, tmp_path)
    for found in of_several:
        assert_close(found[name], expected)


def assert_close(found, expected):
    """Numbers at the same places of a structure, within 1e-5."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = [found[key] for key in expected], list(expected.values())
    if isinstance(expected, str):
        assert found == expected
        return
    if not isinstance(expected, list):
        assert found == pytest.approx(expected, rel=CLOSE, abs=CLOSE)
        return
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other)


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            "other_layers",
            "StateError: Process 1 of 2 has another model than process 0.\n"
            "  got       wide/kernel of shape (6, 9), float32 in process 1\n"
            "  expected  wide/kernel of shape (6, 8), float32, as in process 0\n"
            "  fix       make the same layers in all processes",
        ),
        (
            "other_data",
            "StateError: Process 1 of 2 has another number of samples than process 0.\n"
            "  got       38 in process 1\n"
            "  expected  37, as in process 0\n"
            "  fix       model.fit(x, y)  # with the same arrays in all processes",
        ),
        (
            "a_generator_that_ends",
            "StateError: Process 1 of 2 has another batch 2 than process 0.\n"
            "  got       no batch\n"
            "  expected  4 rows\n"
            "  fix       give all processes the same data, or DataParallel(auto_shard_dataset=False)",
        ),
        (
            "another_loop",
            "StateError: Process 1 of 2 has another loop than process 0.\n"
            "  got       evaluate in process 1\n"
            "  expected  fit, as in process 0\n"
            "  fix       fit, evaluate and predict in all processes, not in one alone",
        ),
        (
            "a_mesh_of_another_size",
            "ArgumentError: A mesh has one device for each process.\n"
            "  got       8 devices, 2 processes\n"
            "  fix       torchrun --nproc-per-node 8 train.py",
        ),
    ],
)
def test_processes_that_would_do_different_things_say_which_and_what(attempt, text, of_two):
    assert [found["refusals"][attempt] for found in of_two] == [text, text]


def test_dropout_draws_for_each_process_and_repeats(of_two):
    first, second = (found["dropout"] for found in of_two)
    assert first["masks"] != second["masks"]
    assert first["losses"] == second["losses"]
    for found in first, second:
        assert found["masks"][0] == found["masks"][1] and found["losses"][0] == found["losses"][1]


SECONDS_TO_STOP = 30  # far more than it takes on a machine that is not busy


@pytest.mark.heavy
@pytest.mark.parametrize("way", ["raise", "kill"])
def test_a_process_that_ends_stops_the_job_and_torchrun_names_it(way, tmp_path):
    ended = job(2, "failing.py", way, tmp_path / "ended")
    assert time.time() - float((tmp_path / "ended").read_text()) < SECONDS_TO_STOP
    assert ended.returncode != 0
    first = ended.stderr.partition("Root Cause (first observed failure)")[2]
    assert "rank      : 1" in first
    assert "ValueError: the disk is full" in ended.stderr if way == "raise" else "exitcode  : -9" in first


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("kill", "StateError: Process 1 of 2 is gone."),
        pytest.param("raise", "StateError: Process 1 of 2 ", marks=pytest.mark.heavy),
    ],
)
def test_without_torchrun_the_others_say_which_process_is_gone(way, text, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    told = {f"KERAS_DISTRIBUTION_{name}": value for name, value in (("JOB_ADDRESSES", address), ("NUM_PROCESSES", "2"))}
    processes = [
        subprocess.Popen(
            [sys.executable, PROGRAMS / "failing.py", way, tmp_path / "ended"],
            env={**environment(), **told, "KERAS_DISTRIBUTION_PROCESS_ID": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    _, said = processes[0].communicate(timeout=240)
    processes[1].communicate(timeout=240)
    assert time.time() - float((tmp_path / "ended").read_text()) < SECONDS_TO_STOP
    assert text in said
