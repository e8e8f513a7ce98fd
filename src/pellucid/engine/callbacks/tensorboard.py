"""TensorBoard: the course of a training, weights and the model itself, for TensorBoard to show.

Beside: event_files.py writes.

Source: keras.callbacks.TensorBoard, Keras 3.15: tags, folders and steps.
"""

from __future__ import annotations

import os
import time
import warnings

import numpy as np

from pellucid.engine.callbacks.base import Callback
from pellucid.engine.callbacks.event_files import EventFile, write_projector, write_table
from pellucid.engine.logs import as_numbers
from pellucid.errors import ArgumentError
from pellucid.settings import image_data_format

# The name that a TensorFlow checkpoint gives to embeddings; Keras's projector config holds it.
_CHECKPOINT_NAME = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"


class TensorBoard(Callback):
    """Writes what TensorBoard shows: ``tensorboard --logdir logs``. Needs the package tensorboard.

    Training goes to the folder "train", what is validated to "validation".

    Args:
        log_dir: the folder of all.
        histogram_freq: after how many epochs histograms of the weights are written; 0 for never.
        write_graph: whether the model's layers are drawn.
        write_images: whether weights of up to three axes are drawn too, with each histogram.
        write_steps_per_second: whether the speed is written.
        update_freq: "epoch"; or also after so many batches; "batch" is 1.
        profile_batch: 0; PyTorch has a profiler of its own.
        embeddings_freq: after how many epochs weights of Embedding layers are written; 0 for never.
        embeddings_metadata: a file that says what the rows of the embeddings are, relative to `log_dir`; or a dict of
            such files by the names of the layers.

    Raises:
        ArgumentError: a profile is wanted, or there is no such layer.
        MissingPackageError: the package tensorboard is not installed.
    """

    def __init__(
        self,
        log_dir="logs",
        histogram_freq=0,
        write_graph=True,
        write_images=False,
        write_steps_per_second=False,
        update_freq="epoch",
        profile_batch=0,
        embeddings_freq=0,
        embeddings_metadata=None,
    ):
        super().__init__()
        if profile_batch:
            raise ArgumentError(
                "Batches are profiled by PyTorch's own profiler.",
                got=f"profile_batch={profile_batch!r}",
                expected="0",
                fix="with torch.profiler.profile(on_trace_ready=torch.profiler.tensorboard_trace_handler(log_dir)): ...",
            )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        self._files: dict[str, EventFile] = {}
        self._train_batch = 0
        self._is_training = False

    def set_model(self, model):
        super().set_model(model)
        self._files = {word: EventFile(os.path.join(self.log_dir, word)) for word in ("train", "validation")}
        if self.write_graph:
            self._write_model()
        if self.embeddings_freq:
            self._write_projector()

    def is_due(self, moment, batch):
        if moment == "on_train_batch_end":
            return self._is_due_now(self._train_batch)
        return "batch" not in moment or self.update_freq != "epoch"

    def _is_due_now(self, step: int) -> bool:
        return self.update_freq != "epoch" and step % self.update_freq == 0

    # ---- moments

    def on_train_begin(self, logs=None):
        self._train_batch = 0
        self._is_training = True

    def on_train_end(self, logs=None):
        self._is_training = False
        self._close()

    def on_test_end(self, logs=None):
        iterations = getattr(self.model.optimizer, "iterations", None)
        if iterations is not None:
            for name, value in as_numbers(logs or {}).items():
                self._files["validation"].scalar(f"evaluation_{name}_vs_iterations", value, int(iterations))
        if not self._is_training:
            self._close()

    def _close(self):
        for file in self._files.values():
            file.close()

    def on_train_batch_begin(self, batch, logs=None):
        self._train_batch += 1
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if not self._is_due_now(self._train_batch):
            return
        numbers = {f"batch_{name}": value for name, value in as_numbers(logs or {}).items()}
        if self.write_steps_per_second:
            numbers["batch_steps_per_second"] = 1 / (time.perf_counter() - self._batch_began)
        self._write("train", numbers, self._train_batch)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began = time.perf_counter()
        self._iterations_before = int(self.model.optimizer.iterations) if self.write_steps_per_second else 0

    def on_epoch_end(self, epoch, logs=None):
        if logs:
            self._write_epoch(epoch, as_numbers(logs))
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings(epoch)
        for file in self._files.values():
            file.flush()

    # ---- what is written

    def _write(self, word: str, numbers: dict, step: int):
        for tag, value in numbers.items():
            self._files[word].scalar(tag, value, step)

    def _write_epoch(self, epoch: int, logs: dict):
        training = {name: value for name, value in logs.items() if not name.startswith("val_")}
        training |= self._learning_rates()
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._iterations_before
            training["steps_per_second"] = steps / (time.perf_counter() - self._epoch_began)
        validated = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        for word, numbers in (("train", training), ("validation", validated)):
            self._write(word, {f"epoch_{name}": value for name, value in numbers.items()}, epoch)

    def _learning_rates(self) -> dict[str, float]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if hasattr(optimizer, "optimizers"):
            return {f"learning_rate_{one.name}": float(one.learning_rate) for one in optimizer.optimizers}
        return {} if optimizer is None else {"learning_rate": float(optimizer.learning_rate)}

    def _write_weights(self, epoch: int):
        for layer in self.model.layers:
            for weight in layer.weights:
                name, values = weight.path.replace(":", "_"), weight.numpy()
                self._files["train"].histogram(f"{name}/histogram", values, epoch)
                pictures = _pictures(values) if self.write_images else None
                if pictures is not None:
                    self._files["train"].images(f"{name}/image", pictures, epoch)

    def _write_model(self):
        if not getattr(self.model, "inputs", None):
            return  # a model without a graph has nothing to draw
        try:
            text = self.model.to_json()
        except Exception as error:
            warnings.warn(f"TensorBoard gets no drawing of the model: {error}", stacklevel=2)
            return
        self._files["train"].model("keras", text)

    # ---- embeddings

    def _embeddings(self) -> list:
        # This floor knows no layer; a class of the user's may stand between.
        return [one for one in self.model.layers if "Embedding" in (kind.__name__ for kind in type(one).__mro__)]

    def _metadata(self, layer) -> str | None:
        told = self.embeddings_metadata
        return told.get(layer.name) if isinstance(told, dict) else told

    def _write_projector(self):
        layers = self._embeddings()
        if isinstance(self.embeddings_metadata, dict):
            unknown = sorted(set(self.embeddings_metadata) - {layer.name for layer in layers})
            if unknown:
                raise ArgumentError(
                    "`embeddings_metadata` names layers that are no embeddings of the model.",
                    got=", ".join(unknown),
                    expected=", ".join(layer.name for layer in layers) or "none: there are no embeddings",
                )
        # One for programs that look for Keras's; one beside the tables, which TensorBoard itself can show.
        keras, shown = [], []
        for layer in layers:
            metadata = self._metadata(layer)
            keras.append({"tensor_name": _CHECKPOINT_NAME, **({"metadata_path": metadata} if metadata else {})})
            shown.append({"tensor_name": layer.name, "tensor_path": f"{layer.name}.tsv"})
            if metadata:
                shown[-1]["metadata_path"] = metadata if os.path.isabs(metadata) else os.path.join("..", metadata)
        write_projector(os.path.join(self.log_dir, "projector_config.pbtxt"), keras)
        write_projector(os.path.join(self.log_dir, "train", "projector_config.pbtxt"), shown)

    def _write_embeddings(self, epoch: int):
        folder = os.path.join(self.log_dir, "train")
        os.makedirs(folder, exist_ok=True)
        self.model.save_weights(os.path.join(folder, f"keras_embedding.ckpt-{epoch}.weights.h5"))
        for layer in self._embeddings():
            write_table(os.path.join(folder, f"{layer.name}.tsv"), layer.embeddings.numpy())


def _pictures(values: np.ndarray) -> np.ndarray | None:
    """A weight as pictures (pictures, height, width); None where it has too many axes."""
    values = np.squeeze(values)
    if values.ndim < 2:
        return values.reshape(1, -1, 1)
    if values.ndim == 2:
        return (values.T if values.shape[0] > values.shape[1] else values)[None]
    if values.ndim > 3:
        return None
    return values.transpose(2, 0, 1) if image_data_format() == "channels_last" else values
