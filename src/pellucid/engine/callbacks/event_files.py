"""Event files: numbers, histograms and pictures in the form that TensorBoard reads.

Above:     tensorboard.py says what is written when.
Kept true: a folder gets a file when something is written to it, and not before; the package tensorboard is imported then.
           Of several processes the first one writes.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from pellucid.distribution import processes
from pellucid.errors import MissingPackageError

# By this word TensorBoard knows Keras's config of a model, and draws its layers.
_MODEL_PLUGIN = "graph_keras_model"
_BINS = 30


class EventFile:
    """What is written to one folder, step by step.

    Args:
        folder: where the file lies; it may not be there yet.

    Raises:
        MissingPackageError: the package tensorboard is not installed.
    """

    def __init__(self, folder: str):
        self.folder = folder
        self._writer: Any = None
        _package()

    def scalar(self, tag: str, value, step: int) -> None:
        """One number."""
        self._add(_package().scalar(tag, float(value)), step)

    def histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        """How often values come; nothing where none is finite."""
        values = np.asarray(values, "float64")
        values = values[np.isfinite(values)]
        if values.size:
            self._add(_package().histogram(tag, values, bins=_BINS), step)

    def images(self, tag: str, grays: np.ndarray, step: int) -> None:
        """Pictures beside each other, (pictures, height, width), in greys from the least value to the largest."""
        if not grays.size or not np.isfinite(grays).all():
            return
        least, most = grays.min(), grays.max()
        bright = (grays - least) / (most - least if most > least else 1)
        self._add(_package().image(tag, bright[..., None].astype("float32"), dataformats="NHWC"), step)

    def model(self, tag: str, text: str, step: int = 0) -> None:
        """A model's JSON, which TensorBoard draws as a graph."""
        from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

        plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name=_MODEL_PLUGIN, content=b"1")
        tensor = tensor_pb2.TensorProto(
            dtype=types_pb2.DT_STRING,
            string_val=[text.encode()],
            tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        )
        value = summary_pb2.Summary.Value(
            tag=tag, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin), tensor=tensor
        )
        self._add(summary_pb2.Summary(value=[value]), step)

    def flush(self) -> None:
        """Bring to the disk what was written."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """End the file; what comes later goes to another one."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _add(self, summary, step: int):
        if not processes.is_first():
            return
        if self._writer is None:
            from torch.utils.tensorboard import FileWriter

            self._writer = FileWriter(self.folder)
        self._writer.add_summary(summary, int(step))


def _package() -> Any:
    """What makes summaries."""
    try:
        from torch.utils.tensorboard import summary
    except ImportError as error:
        raise MissingPackageError(
            "The TensorBoard callback writes by the package tensorboard.",
            got=str(error),
            fix="pip install pellucid[tensorboard]",
        ) from error
    return summary


def write_table(path: str, rows: np.ndarray) -> None:
    """Rows of numbers, a line each, as the projector reads them."""
    if not processes.is_first():
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    np.savetxt(path, rows, fmt="%.7g", delimiter="\t")


def write_projector(path: str, embeddings: list[dict[str, str]]) -> None:
    """The config of TensorBoard's projector: what each embedding is called, and where its files lie."""
    if not processes.is_first():
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    lines = []
    for embedding in embeddings:
        lines += ["embeddings {", *(f"  {word}: {json.dumps(told)}" for word, told in embedding.items()), "}"]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
