"""Making a model from a file's config: whatever goes wrong is the file's fault, and no memory is taken before it is checked.

Below:  understanding.py says what a config asks for.
Above:  saving.py and legacy.py.
"""

from __future__ import annotations

import contextlib
import math

from pellucid import registry
from pellucid.dtypes import to_torch
from pellucid.errors import FileError, FileTypeError, PellucidError
from pellucid.graph.objects import ObjectSharingScope, deserialize_keras_object
from pellucid.graph.scopes import UnmadeScope
from pellucid.models import understanding

# Weights that a config asks for and the file does not hold, such as those that are never saved.
_SPARE_BYTES = 64 * 2**20
# Of a weight in a file: itself, and what optimizers keep for it (slots, a gathered gradient, an average).
_MOST_COPIES = 8


def built(config: dict, size_bytes: int, custom_objects):
    """The model of a config, its weights still without memory: that is taken only if the file holds so much."""
    config = understood(config, registry.custom_objects(custom_objects))
    with UnmadeScope() as scope, of_the_config(), ObjectSharingScope():
        model = deserialize_keras_object(config, custom_objects=custom_objects)
    checked(model)
    check_held(scope.pending, size_bytes)
    return model, scope.pending


def understood(config, known):
    """A config whose layers take all that they are told.

    Raises:
        FileTypeError: a key that its layer does not take; the layer is named with its place.
    """
    config = understanding.without_silence(config, known)
    for found in understanding.named(config, known):
        if found.unknown_keys:
            raise FileTypeError(
                f"The file's model cannot be made: {found.class_name} does not take {', '.join(found.unknown_keys)}.",
                **understanding.told_unknown(found),
            )
    return config


def checked(model):
    """What was made of a config, if that is a model.

    Raises:
        FileTypeError: it is not.
    """
    if not hasattr(model, "save"):
        raise FileTypeError("The config describes no model.", got=type(model).__name__, expected="a model")
    return model


def check_held(pending, size_bytes: int) -> None:
    """Refuse a config that wants more memory than its file holds bytes of weights."""
    wanted = sum(size_of(variable) for variable in pending)
    if wanted > size_bytes + _SPARE_BYTES:
        raise FileError(
            "The config wants more weights than the file holds.", got=f"{wanted} bytes", expected=f"{size_bytes}"
        )


def most_kept(model) -> int:
    """Bytes that a file may hold for a model: its weights, and some for each of them in the optimizer."""
    weights = sum(size_of(variable) for variable in model.variables)
    return _SPARE_BYTES + _MOST_COPIES * weights


@contextlib.contextmanager
def of_the_config():
    """While open, whatever cannot be made of a config is told as an error of the file."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:
        kind = FileTypeError if isinstance(error, TypeError) else FileError
        told = error.message if isinstance(error, PellucidError) else f"{type(error).__name__}: {error}"
        facts = getattr(error, "facts", {})
        raise kind(f"The file's model cannot be made: {told}"[:1000], **facts) from error


def size_of(array) -> int:
    """Bytes of a weight or tensor."""
    dtype = getattr(array, "torch_dtype", None) or to_torch(array.dtype)
    return math.prod(array.shape) * dtype.itemsize
