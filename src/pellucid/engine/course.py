"""Course: where a running fit is, as arrays that a file can keep, and how another fit takes it up from there.

Below:  data/epochs.py knows the place in the data, random/state.py the random numbers, callbacks what they have seen.
Above:  train.py makes one per fit; callbacks/backup.py writes and reads it.
Kept true: a fit that takes up a course goes on, bit for bit, as the one that was never stopped; a file is read and
           checked wholly before anything is changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.engine.data import EpochIterator
from pellucid.engine.packing import put, set_state, state_of, taken
from pellucid.errors import FileError, OrderError
from pellucid.files import safe_json
from pellucid.files.weights_h5 import WeightsFile
from pellucid.random.state import random_state, set_random_state

_FORMAT = 1


@dataclass(frozen=True)
class Resumed:
    """What a file tells of a course, beside weights and the optimizer.

    Args:
        told: place in the data, epoch, step, logs, and what callbacks keep.
        values: pairs of a variable and its value.
        arrays: by the group they belong to: "random", "begun", "metrics", "things".
    """

    told: dict
    values: list[tuple]
    arrays: dict[str, dict]


class Course:
    """One fit on its way.

    Args:
        model: a Trainer.
        batches: its data.
        callbacks: a CallbackList.
    """

    def __init__(self, model, batches: EpochIterator, callbacks):
        self._model, self._batches, self._callbacks = model, batches, callbacks
        self._resumed: Resumed | None = None

    def keep_track(self) -> None:
        """Note what `objects` will need; to be called before the first batch."""
        self._batches.keeps_track = True

    # ---- to a file

    def objects(self, epoch: int, logs) -> list[tuple[str, None, dict]]:
        """What is to be written, as files/weights_h5.py takes it.

        Args:
            epoch: the one that is under way, or comes next.
            logs: the numbers of the last step.
        """
        if self._model._running is not None:
            self._model._running.guard.finish()
        things: dict = {}
        told = {
            "format": _FORMAT,
            "epoch": epoch,
            "stop": bool(self._model.stop_training),
            "place": self._batches.place(),
            "logs": put(dict(logs or {}), things),
            "callbacks": [[type(c).__name__, state_of(c, things)] for c in self._callbacks.callbacks],
        }
        groups = {name: _arrays(variables) for name, variables in self._variables().items()}
        if not self._batches.steps_done:
            del groups["metrics"]  # the next epoch begins them anew
        text = np.frombuffer(safe_json.write(told).encode(), "u1")
        groups |= {
            "random": random_state(),
            "begun": self._batches.begun_with,
            "things": things,
            "told": {"json": text},
        }
        return [(name, None, arrays) for name, arrays in groups.items()]

    def _variables(self) -> dict[str, list]:
        model = self._model
        optimizer = model.optimizer
        return {
            "model": model.variables,
            "optimizer": [] if optimizer is None else optimizer.variables,
            "metrics": [variable for metric in model.metrics for variable in metric.variables],
        }

    # ---- from a file

    def take(self, file: WeightsFile) -> int:
        """Give the model and the optimizer the values of a file, and keep the rest for `begin`; tells the epoch.

        Raises:
            OrderError: the model has no weights yet.
            FileError: the file is damaged, or of another model; nothing has changed then.
        """
        if not self._model.built:
            raise OrderError(
                "BackupAndRestore needs a model that has its weights.",
                got="a model that is not built",
                fix="model.build(input_shape), or begin it with Input(shape=...)",
            )
        told = _told(file)
        values = [
            (variable, value)
            for name in ("model", "optimizer")
            for variable, value in _values(name, self._variables()[name], file.arrays(name))
        ]
        arrays = {name: dict(file.arrays(name)) for name in ("random", "begun", "metrics", "things")}
        for variable, value in values:
            variable.assign(value)
        self._resumed = Resumed(told, values, arrays)
        return told["epoch"]

    def begin(self) -> None:
        """Go to the place that was taken up, if one was: data, random numbers, what callbacks had seen."""
        if self._resumed is None:
            return
        told, arrays = self._resumed.told, self._resumed.arrays
        waiting = list(self._callbacks.callbacks)
        for kind, state in told["callbacks"]:
            callback = next((c for c in waiting if type(c).__name__ == kind), None)
            if callback is not None:
                waiting.remove(callback)
                set_state(callback, state, arrays["things"])
        self._model.stop_training = told["stop"]
        self._batches.take_up(told["place"], arrays["begun"], arrays["random"])
        set_random_state(arrays["random"])

    def begin_epoch(self):
        """Go to the step at which an epoch was stopped on its way; what callbacks did at its beginning counts once.

        Returns:
            The logs of its last step; None for an epoch that begins.
        """
        resumed, self._resumed = self._resumed, None
        if resumed is None or not resumed.told["place"]["step"]:
            return None
        metrics = _values("metrics", self._variables()["metrics"], resumed.arrays["metrics"])
        for variable, value in [*resumed.values, *metrics]:
            variable.assign(value)
        return taken(resumed.told["logs"], resumed.arrays["things"])


def _arrays(variables) -> dict:
    return {str(k): variable.value.detach() for k, variable in enumerate(variables)}


def _told(file: WeightsFile) -> dict:
    text = file.arrays("told").get("json")
    if text is None:
        raise FileError("This is no backup of a training.", got="a file of weights", fix="another backup_dir")
    told = safe_json.read(text.tobytes().decode())
    if told.get("format") != _FORMAT:
        raise FileError("The backup is of a kind that is not known.", got=told.get("format"), expected=_FORMAT)
    return told


def _values(name: str, variables, arrays) -> list[tuple]:
    """Pairs of a variable and its value.

    Raises:
        FileError: the file holds others.
    """
    if len(arrays) != len(variables):
        raise _other_model(f"{len(arrays)} weights of the {name}", len(variables))
    pairs = [(variable, arrays[str(k)]) for k, variable in enumerate(variables)]
    for variable, value in pairs:
        if tuple(value.shape) != variable.shape:
            raise _other_model(f"{tuple(value.shape)} for '{variable.path}'", variable.shape)
    return pairs


def _other_model(got, expected) -> FileError:
    return FileError(
        "The backup is of another model.", got=got, expected=expected, fix="another backup_dir, or remove this one"
    )
