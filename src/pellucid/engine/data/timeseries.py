"""TimeseriesGenerator: batches of windows that end before their target, of Keras 2.

Below:  py_dataset.py.
Above:  the door ``pellucid.preprocessing.sequence``. `timeseries_dataset_from_array` is today's way.
"""

from __future__ import annotations

import json

import numpy as np

from pellucid.engine.data.py_dataset import PyDataset
from pellucid.errors import ArgumentError, ContentError, ShapeError


class TimeseriesGenerator(PyDataset):
    """Batches ``(windows, targets)``; the window for ``targets[k]`` is ``data[k - length : k : sampling_rate]``.

    Args:
        stride: times between two targets.
        start_index, end_index: the first time of the first window, and the last target; the last time of all if None.
        shuffle: whether targets are drawn at random, each batch anew.
        reverse: whether windows run backwards.

    Raises:
        ShapeError: data and targets of different lengths.
        ArgumentError: not one window lies between the two indices.

    Source: keras.preprocessing.sequence.TimeseriesGenerator, Keras 2.15.
    """

    def __init__(
        self,
        data,
        targets,
        length,
        sampling_rate=1,
        stride=1,
        start_index=0,
        end_index=None,
        shuffle=False,
        reverse=False,
        batch_size=128,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ShapeError("Each time has its target.", got=f"{len(data)} times, {len(targets)} targets")
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride, self.batch_size = sampling_rate, stride, batch_size
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ArgumentError(
                "There is no time for one window and its target.",
                got=f"start_index={start_index}, length={length}, end_index={self.end_index}",
                expected="start_index + length <= end_index",
            )

    def __len__(self):
        in_a_batch = self.batch_size * self.stride
        return (self.end_index - self.start_index + in_a_batch) // in_a_batch

    def __getitem__(self, index):
        if self.shuffle:
            times = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            times = np.arange(first, last, self.stride)
        windows = np.array([self.data[time - self.length : time : self.sampling_rate] for time in times])
        targets = np.array([self.targets[time] for time in times])
        return (windows[:, ::-1] if self.reverse else windows), targets

    def get_config(self) -> dict:
        """What is needed to make it again; data and targets as JSON inside, as Keras writes it.

        Raises:
            ContentError: they are no numbers, lists or arrays.
        """
        own = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        series = {"data": _json(self.data), "targets": _json(self.targets)}
        return {**series, **{name: getattr(self, name) for name in own}}

    def to_json(self, **kwargs) -> str:
        """Config and class as JSON; `kwargs` are those of ``json.dumps``."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def timeseries_generator_from_json(json_string: str) -> TimeseriesGenerator:
    """The generator that `to_json` told of."""
    config = json.loads(json_string)["config"]
    # `start_index` is kept as the place of the first target, as Keras keeps it
    series = {name: json.loads(config[name]) for name in ("data", "targets")}
    return TimeseriesGenerator(**{**config, **series, "start_index": config["start_index"] - config["length"]})


def _json(series) -> str:
    try:
        return json.dumps(series.tolist() if isinstance(series, np.ndarray) else series)
    except TypeError as error:
        raise ContentError(
            "This cannot be written as JSON.", got=type(series).__name__, fix="np.asarray(data)"
        ) from error
