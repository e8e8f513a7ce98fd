"""A save that is stopped anywhere leaves the whole old file or the whole new one, and says "saved" only when it is safe.

The whole matrix is heavy: ``pytest -m heavy tests/files/test_crashes.py -s`` prints its counts.
"""

from __future__ import annotations

import pathlib
import shutil
from collections import Counter
from dataclasses import dataclass

import pytest

from files.crashing.crashes import MODES, Server, arrays, content, parts, shim
from files.crashing.works import WORKS
from pellucid.saving import load_model

STATES = {
    "over a file": (True, False),
    "over nothing": (False, False),
    "over a file, where files need names": (True, True),
    "over nothing, where files need names": (False, True),
}
# A folder takes no other's place.
CASES = [(work, state) for work in WORKS for state, (has_old, _) in STATES.items() if work != "unpacked" or not has_old]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    built = shim(tmp_path_factory.mktemp("shim"))
    running = Server(built)
    yield running
    running.close()


@pytest.fixture(scope="module")
def goods(server, tmp_path_factory):
    """What each work finds, and what it should leave."""
    found = {}
    for work in WORKS:
        folders = {kind: tmp_path_factory.mktemp(kind) for kind in ("old", "new")}
        for kind, folder in folders.items():
            assert server.do(work, kind, folder)["told"] == "saved"
        found[work] = Good(folders["old"] / work, content(folders["old"] / work), content(folders["new"] / work))
    return found


@dataclass(frozen=True)
class Good:
    """The old file of a work, and what the old and the new one say."""

    path: pathlib.Path
    old: dict
    new: dict


def prepared(folder, good, has_old):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in [good.path, *parts(good.path)] if has_old else ():
        shutil.copy(path, folder / path.name)


def is_durable(ops: list[str]) -> bool:
    """Whether each file was flushed between its last change and the next name that was given, and a folder after all names."""
    kinds = [(op.split()[0], int(op.split()[1])) for op in ops]
    changed = {about: k for k, (name, about) in enumerate(kinds) if name in ("write", "truncate", "chmod")}
    named = [k for k, (name, _) in enumerate(kinds) if name == "name"]
    for about, last in changed.items():
        before = next((k for k in named if k > last), len(kinds))
        if ("fsync", about) not in kinds[last:before]:
            return False
    return bool(named) and any(name == "fsync" and about not in changed for name, about in kinds[named[-1] :])


class Verdict(Counter):
    """Counts of what stopped saves left: lost, mixed, untrue and litter must stay 0."""

    def judge(self, answer, folder, good, has_old, plain):
        """Look at what one save left."""
        old, new = good.old, good.new
        target = folder / good.path.name
        found = content(target) if target.exists() else None
        self["stops"] += 1
        self["lost"] += found is None and (has_old or target.exists())
        self["mixed"] += found is not None and found not in (old, new)
        self["untrue"] += answer["told"] == "saved" and (found != new or not is_durable(answer["ops"]))
        self["wrong kind of error"] += answer["told"].partition(":")[0] not in (
            "saved", "killed", "pellucid.errors.FileError",
        )  # fmt: skip
        left = [path for path in folder.iterdir() if path not in (target, *parts(target))]
        if answer["told"] != "killed":
            self["litter"] += bool(left)
        elif left:
            is_known = all(self._is_for_a_moment(path, good, has_old, plain) for path in left)
            self["another name for a moment"] += is_known
            self["litter"] += not is_known

    def _is_for_a_moment(self, path, good, has_old, plain) -> bool:
        """Files without a name get one for a moment, whole; others have one from the beginning; so has a folder."""
        if path.name.endswith(".pellucid"):
            return plain or path.is_dir() or (has_old and content(path) == good.new) or bool(parts(good.path))
        return bool(parts(good.path)) and path.name.startswith("p_") and arrays(path) is not None


def stops(calls: int, all_of_them: bool):
    """Points at which to stop: all, or some of the writes and all that comes after them."""
    return range(1, calls + 1) if all_of_them else [1, calls // 2, *range(calls - 7, calls + 1)]


def run_matrix(server, goods, work, state, folder, all_of_them) -> Verdict:
    has_old, plain = STATES[state]
    verdict = Verdict()
    prepared(folder, goods[work], has_old)
    calls = server.do(work, "new", folder, plain=plain)["calls"]
    for mode in MODES:
        for point in stops(calls, all_of_them):
            prepared(folder, goods[work], has_old)
            answer = server.do(work, "new", folder, point, mode, plain)
            verdict.judge(answer, folder, goods[work], has_old, plain)
            if answer["told"] == "killed":
                if work == "unpacked":
                    shutil.rmtree(folder / work, ignore_errors=True)
                assert server.do(work, "new", folder, plain=plain)["told"] == "saved"
                target = folder / work
                verdict["litter after the next save"] += set(folder.iterdir()) != {target, *parts(target)}
    return verdict


FAULTS = ("lost", "mixed", "untrue", "wrong kind of error", "litter", "litter after the next save")


@pytest.mark.parametrize(
    ("work", "state"),
    [*zip(["m.keras", "m.h5", "m.weights.h5", "unpacked", "p.weights.json"], [*STATES, *STATES], strict=False)],
)
def test_a_stopped_save_loses_nothing(work, state, server, goods, tmp_path):
    verdict = run_matrix(server, goods, work, state, tmp_path / "f", all_of_them=False)
    assert verdict["stops"] == 50 and not any(verdict[fault] for fault in FAULTS), verdict


@pytest.mark.heavy
@pytest.mark.parametrize(("work", "state"), CASES)
def test_a_save_stopped_at_any_call_loses_nothing(work, state, server, goods, tmp_path):
    verdict = run_matrix(server, goods, work, state, tmp_path / "f", all_of_them=True)
    print(f"\n{work}, {state}: {dict(verdict)}")
    assert not any(verdict[fault] for fault in FAULTS), verdict


def test_the_judge_sees_what_is_lost_mixed_or_not_flushed(server, goods, tmp_path):
    ops = server.do("m.weights.h5", "new", tmp_path)["ops"]
    assert is_durable(ops) and not is_durable([op for op in ops if not op.startswith("fsync")])
    target = tmp_path / "m.weights.h5"
    target.write_bytes(target.read_bytes()[:-100])
    (tmp_path / "more").touch()
    verdict = Verdict()
    verdict.judge({"told": "saved", "ops": ops}, tmp_path, goods["m.weights.h5"], True, False)
    assert (verdict["lost"], verdict["untrue"], verdict["litter"]) == (1, 1, 1)


def test_what_is_left_opens(server, goods, tmp_path):
    calls = server.do("m.keras", "new", tmp_path)["calls"]
    shutil.copy(goods["m.keras"].path, tmp_path / "m.keras")
    assert server.do("m.keras", "new", tmp_path, calls // 2, "tear")["told"] == "killed"
    assert load_model(tmp_path / "m.keras").layers[0].units == 4  # the old one; the new one has 5
