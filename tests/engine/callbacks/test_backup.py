"""A training that is stopped anywhere and taken up again is, bit for bit, the one that was never stopped.

All moments are heavy: ``pytest -m heavy tests/engine/callbacks/test_backup.py -s`` prints its counts.
"""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

import pellucid
from engine.callbacks.trainings import BACKUPS, BATCHES, DATA, EPOCHS, WORKS
from files.crashing.crashes import MODES, Server, shim
from pellucid.callbacks import BackupAndRestore, Callback, LambdaCallback, ReduceLROnPlateau
from pellucid.errors import ArgumentError, FileError

STEPS = EPOCHS * BATCHES


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(shim(tmp_path_factory.mktemp("shim")), "engine.callbacks.trainings")
    yield running
    running.close()


def never_stopped(server, work, folder):
    """What comes of it, and how many calls its backups make."""
    answer = server.do(work, "0", folder / "whole")
    assert answer["told"] == "saved"
    return answer["gave"], answer["calls"]


def stopped_before(server, work, step, folder):
    """What comes of it if it is killed before this step, counted from 1, and taken up again."""
    shutil.rmtree(folder / "stopped", ignore_errors=True)
    assert server.do(work, str(step), folder / "stopped")["told"] == "killed"
    return server.do(work, "0", folder / "stopped")["gave"]


QUICK = [(data, "each third step, two kept", 6) for data in DATA]
QUICK += [("shuffled arrays", backup, step) for backup in BACKUPS for step in (3, 5, STEPS)]


@pytest.mark.parametrize(("data", "backup", "step"), QUICK)
def test_a_training_killed_before_a_step_ends_as_if_it_never_was(data, backup, step, server, tmp_path):
    work = f"{data}, {backup}"
    whole, _ = never_stopped(server, work, tmp_path)
    assert whole["epochs"] == list(range(EPOCHS)) and whole["weights"]
    assert stopped_before(server, work, step, tmp_path) == whole


def stopped_at_call(server, work, point, mode, folder):
    shutil.rmtree(folder / "torn", ignore_errors=True)
    (folder / "torn").mkdir()
    told = server.do(work, "0", folder / "torn", point, mode)["told"]
    answer = server.do(work, "0", folder / "torn")
    return told, answer["gave"], os.listdir(folder / "torn")


@pytest.mark.parametrize("mode", ["kill", "tear", "full", "broken"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_training_stopped_while_it_saves_ends_as_if_it_never_was(share, mode, server, tmp_path):
    work = "shuffled arrays, each third step, two kept"
    whole, calls = never_stopped(server, work, tmp_path)
    told, gave, left = stopped_at_call(server, work, int(calls * share), mode, tmp_path)
    assert gave == whole and left == []
    assert told == "killed" if mode in ("kill", "tear") else "FileError" in told


@pytest.mark.heavy
@pytest.mark.parametrize("work", WORKS)
def test_a_training_killed_before_any_step_ends_as_if_it_never_was(work, server, tmp_path):
    whole, _ = never_stopped(server, work, tmp_path)
    steps = EPOCHS * 2 if "several" in work else STEPS
    same = sum(stopped_before(server, work, step, tmp_path) == whole for step in range(1, steps + 1))
    print(f"\n{work}: the same after {same} of {steps} kills")
    assert same == steps


@pytest.mark.heavy
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backup", BACKUPS)
def test_a_training_stopped_at_any_call_ends_as_if_it_never_was(backup, mode, server, tmp_path):
    work = f"shuffled arrays, {backup}"
    whole, calls = never_stopped(server, work, tmp_path)
    points = range(1, calls + 1, 7)  # every call of a save is met in one of the many saves
    found = [stopped_at_call(server, work, point, mode, tmp_path) for point in points]
    same = sum(gave == whole and left == [] for _, gave, left in found)
    print(f"\n{work}, {mode}: the same after {same} of {len(points)} stops")
    assert same == len(points)


# ---- what it says


@pytest.mark.parametrize("folder", [None, ""])
def test_a_backup_needs_a_folder(folder):
    with pytest.raises(ArgumentError, match="`backup_dir` is empty"):
        BackupAndRestore(folder)


class Crash(Callback):
    """Ends training with an error where an epoch begins."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise RuntimeError("crash")


def small(units=2):
    model = pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(units)])
    model.compile("adam", "mse")
    return model


X, Y = np.ones((16, 4), "float32"), np.ones((16, 2), "float32")


def crashed(folder, **arguments):
    with pytest.raises(RuntimeError, match="crash"):
        small().fit(X, Y, epochs=4, verbose=0, callbacks=[BackupAndRestore(folder, **arguments), Crash(3)])


def epochs_of(folder, model=None, **arguments):
    """The epochs that a fit with a backup runs, and its History."""
    begun: list = []
    callbacks = [BackupAndRestore(folder, **arguments), LambdaCallback(on_epoch_begin=lambda e, _: begun.append(e))]
    return begun, (model or small()).fit(X, Y, epochs=4, verbose=0, callbacks=callbacks)


def test_training_goes_on_after_the_last_whole_epoch_and_tells_of_all(tmp_path):
    crashed(tmp_path / "b")
    assert os.listdir(tmp_path / "b") == ["latest.backup.h5"]
    begun, history = epochs_of(tmp_path / "b")
    assert begun == [3] and history.epoch == [0, 1, 2, 3] and len(history.history["loss"]) == 4
    assert not (tmp_path / "b").exists()


def test_a_backup_may_stay_and_then_there_is_nothing_left_to_do(tmp_path):
    epochs_of(tmp_path / "b", delete_checkpoint=False)
    begun, history = epochs_of(tmp_path / "b", delete_checkpoint=False)
    assert begun == [] and history.epoch == [0, 1, 2, 3]


def test_a_second_training_of_a_model_begins_at_the_beginning(tmp_path):
    model = small()
    epochs_of(tmp_path / "b", model)
    assert epochs_of(tmp_path / "b", model)[0] == [0, 1, 2, 3]


def test_what_else_lies_in_the_folder_stays(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    epochs_of(tmp_path)
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_damaged_backup_gives_way_to_the_one_before(tmp_path):
    crashed(tmp_path, double_checkpoint=True)
    path = tmp_path / "latest.backup.h5"
    path.write_bytes(path.read_bytes()[:-100])
    assert epochs_of(tmp_path)[0] == [2, 3]


def test_a_damaged_backup_alone_is_refused_and_changes_nothing(tmp_path):
    crashed(tmp_path)
    path = tmp_path / "latest.backup.h5"
    path.write_bytes(path.read_bytes()[:-100])
    model = small()
    before = model.get_weights()
    with pytest.raises(FileError, match=r"latest\.backup\.h5"):
        epochs_of(tmp_path, model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_backup_of_another_model_is_refused(tmp_path):
    crashed(tmp_path)
    with pytest.raises(
        FileError, match=r"backup is of another model(?s:.*)\(4, 2\)(?s:.*)\(4, 3\)(?s:.*)another backup_dir"
    ):
        small(3).fit(X, np.ones((16, 3)), verbose=0, callbacks=[BackupAndRestore(tmp_path)])


def test_a_file_of_weights_is_no_backup(tmp_path):
    small().save_weights(tmp_path / "m.weights.h5")
    (tmp_path / "m.weights.h5").rename(tmp_path / "latest.backup.h5")
    with pytest.raises(FileError, match="no backup of a training"):
        epochs_of(tmp_path)


def test_callbacks_go_on_with_what_they_had_seen(tmp_path):
    def rates(**stop):
        pellucid.utils.set_random_seed(1)
        callbacks = [
            BackupAndRestore(tmp_path / "b"),
            ReduceLROnPlateau("loss", patience=2, min_delta=10.0),
            Crash(stop.get("at")),
        ]
        return small().fit(X, Y, epochs=6, verbose=0, callbacks=callbacks).history["learning_rate"]

    whole = rates()
    with pytest.raises(RuntimeError, match="crash"):
        rates(at=4)
    assert rates() == whole and len(set(whole)) > 1


def test_a_callback_of_ones_own_keeps_what_it_lists(tmp_path):
    class Counting(Callback):
        backed_up = ("seen",)

        def __init__(self):
            super().__init__()
            self.seen = {"epochs": [], "best": None}

        def on_epoch_end(self, epoch, logs=None):
            self.seen["epochs"].append(epoch)

    def fit(*more):
        counting = Counting()
        small().fit(X, Y, epochs=4, verbose=0, callbacks=[BackupAndRestore(tmp_path / "b"), counting, *more])
        return counting.seen

    with pytest.raises(RuntimeError, match="crash"):
        fit(Crash(2))
    assert fit() == {"epochs": [0, 1, 2, 3], "best": None}


def test_what_cannot_be_kept_is_told(tmp_path):
    class Holding(Callback):
        backed_up = ("thing",)
        thing = object()

    with pytest.raises(TypeError, match=r"keeps numbers, texts, arrays(?s:.*)object in what"):
        small().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path / "b"), Holding()])
