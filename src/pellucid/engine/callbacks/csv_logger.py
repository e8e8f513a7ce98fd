"""CSVLogger: the numbers of every epoch as lines of a table in a file."""

from __future__ import annotations

import collections.abc
import csv
import os

from pellucid.distribution import processes
from pellucid.engine.callbacks.base import Callback


class CSVLogger(Callback):
    """Writes a line for each epoch; "NA" where a number is missing, such as validation in some epochs.

    Args:
        filename: of the file.
        separator: between two columns.
        append: whether to go on in a file that exists.
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self.csv_file = None
        self.writer = None

    def on_train_begin(self, logs=None):
        self._close()
        if not processes.is_first():
            return
        has_header = self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self.append_header = not has_header
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="")
        self.keys = None

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.csv_file is None:  # another process writes
            return
        if self.keys is None:
            self._begin_table(sorted(logs))
        self.writer.writerow({"epoch": epoch, **{key: _cell(logs.get(key, "NA")) for key in self.keys}})
        self.csv_file.flush()

    def _begin_table(self, keys):
        if not any(key.startswith("val_") for key in keys):
            keys += [f"val_{key}" for key in keys]
        self.keys = keys
        self.writer = csv.DictWriter(self.csv_file, ["epoch", *keys], delimiter=self.sep, lineterminator=os.linesep)
        if self.append_header:
            self.writer.writeheader()

    def on_train_end(self, logs=None):
        self._close()

    def _close(self):
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None


def _cell(value):
    """Lists in brackets and quotes, so that a table keeps one column per name."""
    is_list = isinstance(value, collections.abc.Iterable) and not isinstance(value, str) and getattr(value, "ndim", 1)
    return f'"[{", ".join(map(str, value))}]"' if is_list else value
