"""TensorFlow's own names: a program that asks for one is told what takes its place here.

Above: finder.py answers imports of `tensorflow` with these.
"""

from __future__ import annotations

import importlib
import types

from pellucid.errors import MissingAttributeError, MissingModuleError

# What takes the place of names that programs beside Keras use most; the longest beginning counts.
INSTEAD = {
    "data": "arrays, torch.utils.data.DataLoader or keras.utils.PyDataset",
    "GradientTape": "torch: loss.backward() in train_step, then optimizer.apply(gradients)",
    "function": "nothing: leave the decorator out",
    "random.set_seed": "keras.utils.set_random_seed(seed)",
    "random": "keras.random",
    "image": "keras.ops.image",
    "linalg": "keras.ops.linalg",
    "nn": "keras.ops.nn",
    "math": "keras.ops",
    "signal": "keras.ops",
    "constant": "keras.ops.convert_to_tensor",
    "convert_to_tensor": "keras.ops.convert_to_tensor",
    "Variable": "keras.Variable",
    "Tensor": "torch.Tensor",
    "shape": "keras.ops.shape",
    "cast": "keras.ops.cast",
    "reduce_mean": "keras.ops.mean",
    "reduce_sum": "keras.ops.sum",
    "reduce_max": "keras.ops.max",
    "reduce_min": "keras.ops.min",
    "concat": "keras.ops.concatenate",
    "float32": '"float32"',
    "int32": '"int32"',
    "distribute": "torchrun",
    "config": "torch.cuda",
    "io": "Python's own files",
    "compat": "nothing: leave it out",
    "Session": "nothing: leave it out",
    "lite": "convert.to_onnx",
    "saved_model": "model.save(path)",
}


class TensorFlow(types.ModuleType):
    """The package around `tensorflow.keras`: it holds Keras, and says of all else that it is not there."""

    def __init__(self, name: str):
        super().__init__(name, "TensorFlow's name, with Pellucid for its Keras and nothing else.")
        self.__path__: list = []
        self.__version__ = "0.0.0+pellucid"

    def __getattr__(self, word: str):
        if word.startswith("__"):
            raise AttributeError(word)
        if word == "keras" or (word == "python" and self.__name__ == "tensorflow"):
            return importlib.import_module(f"{self.__name__}.{word}")
        error = missing(f"{self.__name__}.{word}")
        raise MissingAttributeError(error.message, **error.facts)


def missing(name: str) -> MissingModuleError:
    """The error for a name of TensorFlow's own."""
    words = name.split(".", 1)[1]
    known = [path for path in INSTEAD if words == path or words.startswith(path + ".")]
    return MissingModuleError(
        f"This program asks TensorFlow itself for `{name}`; Pellucid takes the place of `tensorflow.keras` alone.",
        expected="Keras's own names",
        fix=INSTEAD[max(known, key=len)] if known else "keras.ops, or PyTorch itself",
    )
