"""Saving and loading whole models, and weights alone.

Below:  files/ turns bytes into plain data and back; naming_tree.py names what is saved; loading.py checks and assigns.
Kept true: a failed load changes nothing, a failed save leaves the old file; nothing that a file says is ever run.
"""

from __future__ import annotations

import contextlib
import math
import os
import warnings

from pellucid import registry
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, FileError, FileTypeError, OrderError, PellucidError, UnsupportedError
from pellucid.files import ages, atomic, keras_zip, legacy_h5, source, weights_h5
from pellucid.graph.objects import ObjectSharingScope, SafeModeScope, deserialize_keras_object, serialize_keras_object
from pellucid.graph.scopes import UnmadeScope
from pellucid.graph.values import convert_to_tensor
from pellucid.models import legacy, naming_tree
from pellucid.models.loading import Plan, variables_of

LEGACY = (".h5", ".hdf5")
# Weights that a config asks for and the file does not hold, such as those that are never saved.
_SPARE_BYTES = 64 * 2**20


def save_model(model, filepath, overwrite: bool = True, zipped: bool | None = None, **kwargs) -> None:
    """Write a model, its weights, and what `compile` was told with the optimizer's state.

    Args:
        filepath: ends with .keras, or is an open binary file that can be read too; or ends with .h5 or .hdf5, for programs that read the files of Keras 2.
        overwrite: False asks first where a file is there.
        include_optimizer: for .h5, whether what `compile` was told goes along.

    Raises:
        ArgumentError: another ending.
        FileError: the file cannot be written.
    """
    is_open = hasattr(filepath, "write")
    path = "m.keras" if is_open else os.fspath(filepath)
    include_optimizer = kwargs.pop("include_optimizer", True)
    _check_unknown(kwargs)
    if zipped is False:
        raise UnsupportedError(
            "A model is written as one file, not as a folder.", got="zipped=False", fix="zipped=True"
        )
    if not path.endswith((".keras", *LEGACY)):
        raise ArgumentError(
            "A model is saved under a name that ends with .keras.", got=repr(path), fix=f'model.save("{path}.keras")'
        )
    if not is_open and not overwrite and not _may_overwrite(path):
        return
    if path.endswith(LEGACY):
        _save_legacy(model, path, include_optimizer)
        return
    with ObjectSharingScope():
        config = serialize_keras_object(model)
    stored = _stored(model)
    size = sum(_size(array) for _, _, arrays in stored for array in arrays.values())
    if is_open:
        keras_zip.write(filepath, config, stored, size)
        return
    atomic.replace(
        path,
        lambda file: keras_zip.write(file, config, stored, size),
        lambda file: keras_zip.verify(file, len(stored)),
    )


def _save_legacy(model, path, include_optimizer):
    configs, groups = legacy.configs(model, include_optimizer), legacy.groups(model, include_optimizer)
    names = [layer.name for layer in model.layers]
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)

    def verify(file):
        with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as written:
            if [len(written.weights(name)) for name in names] != [len(groups[name]) for name in names]:
                raise FileError("The file did not read back as it was written.")

    atomic.replace(path, lambda file: legacy_h5.write(file, configs, names, groups), verify)


def save_weights(model, filepath, overwrite: bool = True, max_shard_size=None, objects_to_skip=None) -> None:
    """Write a model's weights, and the optimizer's state.

    Args:
        filepath: ends with .weights.h5.
        overwrite: False asks first where a file is there.
        objects_to_skip: layers and other objects that are left out.

    Raises:
        ArgumentError: another ending.
        OrderError: the model has no weights yet.
        FileError: the file cannot be written.
    """
    path = os.fspath(filepath)
    if max_shard_size is not None:
        raise UnsupportedError(
            "Weights are written as one file.", got=f"max_shard_size={max_shard_size}", fix="max_shard_size=None"
        )
    if not path.endswith(".weights.h5"):
        raise ArgumentError(
            "Weights are saved under a name that ends with .weights.h5.",
            got=repr(path),
            fix=f'model.save_weights("{path.removesuffix(".h5")}.weights.h5")',
        )
    _check_built(model, "saved")
    if not overwrite and not _may_overwrite(path):
        return
    stored = _stored(model, objects_to_skip or ())

    def verify(file):
        with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
            keras_zip.weights_verify(weights, len(stored))

    atomic.replace(path, lambda file: weights_h5.write(file, stored), verify)


def load_model(filepath, custom_objects=None, compile: bool = True, safe_mode: bool = True):
    """The model that a file holds.

    Args:
        filepath: a .keras file, of Pellucid or of Keras 3, by its name or open; or a .h5 or .hdf5 file, of Keras 1 to 3.
        custom_objects: your own classes and functions, by the names that the file calls them.
        compile: whether it is compiled as the saved one was, its optimizer in the same state.
        safe_mode: False finds lambdas of this very process again; code from a file is never run.

    Raises:
        FileError: the file is missing, broken, not safe, or names something unknown.
    """
    is_open = hasattr(filepath, "read")
    path = "an open file" if is_open else os.fspath(filepath)
    context = contextlib.nullcontext(filepath) if is_open else source.opened(path)
    with source.refusals(path), SafeModeScope(safe_mode), context as file:
        if path.endswith(LEGACY):
            return _load_legacy(file, custom_objects, compile)
        keras_file = keras_zip.KerasFile(file)
        config = ages.modern(keras_file.config())
        compiled = config.pop("compile_config", None)
        with keras_file.weights() as weights:
            model = _made(config, weights, custom_objects)
            if compile and compiled:
                _compile(model, compiled, weights, custom_objects)
    return model


def _load_legacy(file, custom_objects, compile):
    with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as weights:
        config = weights.json("model_config")
        if not isinstance(config, dict):
            raise FileError("The file holds no model.", expected="the attribute model_config", fix="load_weights(path)")
        model, pending = _built(ages.modern(config), weights.size_bytes, custom_objects)
        planned = legacy.values(legacy.in_order(model, weights), weights)
        legacy.assign(planned)
        for variable in pending:
            if variable._value is None:
                variable.initialize()
        if compile:
            _compile_legacy(model, weights, custom_objects)
    return model


def _compile_legacy(model, weights, custom_objects):
    training = weights.json("training_config")
    if training is None:
        warnings.warn("The file does not say how the model was compiled: call compile() yourself.", stacklevel=4)
        return
    with _of_the_config(), registry.CustomObjectScope(custom_objects):
        model.compile_from_config(legacy.compile_arguments(training))
    if "optimizer_weights" not in weights.groups or model.optimizer is None:
        return
    places, variables = weights.weights("optimizer_weights"), model.optimizer.variables
    if [weights.facts(place).shape for place in places] != [variable.shape for variable in variables]:
        warnings.warn("The file's optimizer state is of another form: the optimizer begins anew.", stacklevel=4)
        return
    legacy.assign(legacy.values(list(zip(variables, places, strict=True)), weights))


def load_weights(model, filepath, skip_mismatch: bool = False, **kwargs) -> None:
    """Give a model the weights of a file; if it fails, nothing has changed.

    Args:
        filepath: a .weights.h5 or .keras file; or a .h5 or .hdf5 file, of Keras 1 to 3.
        skip_mismatch: warn of what does not fit, and leave that as it is.
        objects_to_skip: for .weights.h5, layers and other objects that are left as they are.
        by_name: for .h5, whether layers are matched by their names; by their order if not.

    Raises:
        OrderError: the model has no weights yet.
        FileError: the file is missing, broken, not safe, or of another model.
    """
    path = os.fspath(filepath)
    without, named = kwargs.pop("objects_to_skip", None), kwargs.pop("by_name", None)
    _check_unknown(kwargs)
    _check_only_for(path, named, without)
    _check_built(model, "loaded")
    if path.endswith(LEGACY) and not path.endswith(".weights.h5"):
        _load_legacy_weights(model, path, skip_mismatch, named)
        return
    with source.refusals(path), _weights(path) as weights:
        plan = Plan(weights, without or ())
        plan.add(model)
        plan.check(skip_mismatch)
        plan.assign(variables_of(model))


def _load_legacy_weights(model, path, skip_mismatch, named):
    with source.refusals(path), source.opened(path) as file:
        with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as weights:
            pairs = legacy.by_name(model, weights, skip_mismatch) if named else legacy.in_order(model, weights)
            legacy.assign(legacy.values(pairs, weights, skip_mismatch))


def _check_only_for(path, by_name, objects_to_skip):
    is_legacy = path.endswith(LEGACY) and not path.endswith(".weights.h5")
    if by_name is not None and not is_legacy:
        raise ArgumentError("`by_name` is for files of Keras 2.", got=repr(path), expected="a name that ends with .h5")
    if objects_to_skip is not None and not path.endswith(".weights.h5"):
        raise ArgumentError(
            "`objects_to_skip` is for weight files.", got=repr(path), expected="it ends with .weights.h5"
        )


@contextlib.contextmanager
def _weights(path: str):
    """The weights inside a file, by its ending."""
    if not path.endswith((".keras", ".weights.h5")):
        raise FileError(
            "The name does not say what kind of file this is.", got=repr(path), expected=".keras or .weights.h5"
        )
    with source.opened(path) as file:
        if path.endswith(".keras"):
            keras_file = keras_zip.KerasFile(file)
            keras_file.config()  # not needed, but a file is either good or not, whatever is asked of it
            with keras_file.weights() as weights:
                yield weights
        else:
            with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
                yield weights


def _made(config: dict, weights, custom_objects):
    """The model of a config with the weights of a file."""
    model, pending = _built(config, weights.size_bytes, custom_objects)
    plan = Plan(weights)
    plan.add(model)
    plan.check()
    planned = {id(variable): variable for variable in [*variables_of(model), *pending]}
    plan.assign(planned.values())
    return model


def _built(config: dict, size_bytes: int, custom_objects):
    """The model of a config, its weights still without memory: that is taken only if the file holds so much."""
    with UnmadeScope() as scope, _of_the_config(), ObjectSharingScope():
        model = deserialize_keras_object(config, custom_objects=custom_objects)
    if not hasattr(model, "load_weights"):
        raise FileTypeError("The config describes no model.", got=type(model).__name__, expected="a model")
    wanted = sum(_size(variable) for variable in scope.pending)
    if wanted > size_bytes + _SPARE_BYTES:
        raise FileError(
            "The config wants more weights than the file holds.", got=f"{wanted} bytes", expected=f"{size_bytes}"
        )
    return model, scope.pending


def _compile(model, compiled, weights, custom_objects):
    with _of_the_config(), registry.CustomObjectScope(custom_objects):
        model.compile_from_config(compiled)
    optimizer = model.optimizer
    if optimizer is not None:
        plan = Plan(weights)
        plan.add(optimizer, "optimizer")
        plan.check()
        plan.assign(variables_of(optimizer))


@contextlib.contextmanager
def _of_the_config():
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


def _stored(model, without=()) -> list:
    """Triples (path, name, arrays) of all that a file keeps."""
    stored = []
    for path, thing in naming_tree.objects(model, without):
        arrays: dict = {}
        thing.save_own_variables(arrays)
        name = getattr(thing, "name", None)
        values = {key: convert_to_tensor(array).detach().cpu() for key, array in arrays.items()}
        stored.append((path, name if isinstance(name, str) else None, values))
    return stored


def _size(array) -> int:
    """Bytes of a weight or tensor."""
    dtype = getattr(array, "torch_dtype", None) or to_torch(array.dtype)
    return math.prod(array.shape) * dtype.itemsize


def _check_built(model, verb: str):
    if not model.built:
        raise OrderError(
            f"Weights cannot be {verb} before there are any.",
            got=f"the model '{model.name}', not built",
            fix="model.build(input_shape), or call it on data",
        )


def _check_unknown(kwargs: dict, *ignored: str):
    unknown = set(kwargs) - {*ignored, "save_format"}
    if unknown:
        raise ArgumentError("Unknown arguments.", got=", ".join(sorted(unknown)))


def _may_overwrite(path: str) -> bool:
    """Ask on the terminal whether the file that is there may be replaced."""
    if not os.path.exists(path):
        return True
    try:
        answer = input(f"{path} exists. Replace it? [y/n] ")
        while answer.strip().lower() not in ("y", "n"):
            answer = input('Type "y" or "n": ')
    except EOFError as error:
        raise FileError("The file is there already.", got=path, fix="overwrite=True, or another name") from error
    return answer.strip().lower() == "y"
