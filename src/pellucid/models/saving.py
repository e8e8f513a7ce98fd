"""Saving and loading whole models, and weights alone.

Below:  files/ turns bytes into plain data and back; naming_tree.py names what is saved; loading.py checks and assigns.
Kept true: a failed load changes nothing, a failed save leaves the old file; nothing that a file says is ever run.
"""

from __future__ import annotations

import os

from pellucid import registry
from pellucid.errors import ArgumentError, FileError, OrderError
from pellucid.files import (
    ages,
    atomic,
    keras_folder,
    keras_zip,
    old_training,
    safetensors_model,
    shards,
    source,
    torch_zip,
    weights_h5,
)
from pellucid.graph.objects import ObjectSharingScope, SafeModeScope, serialize_keras_object
from pellucid.graph.values import convert_to_tensor
from pellucid.models import assets, containers, file_progress, legacy, matching, naming_tree, state_dicts
from pellucid.models.loading import Plan, variables_of
from pellucid.models.making import built, check_held, most_kept, of_the_config, size_of
from pellucid.models.writing_once import written_once
from pellucid.random.seed import seeds_apart


@written_once
def save_model(model, filepath, overwrite: bool = True, zipped: bool | None = None, **kwargs) -> None:
    """Write a model, its weights, and what `compile` was told with the optimizer's state.

    Args:
        filepath: ends with .keras, or is an open binary file that can be read too; ends with .h5 or .hdf5 for programs
            that read the files of Keras 2; or ends with .safetensors, for the same as .keras in that format.
        overwrite: False asks first where a file is there.
        zipped: False writes a new folder with what a .keras file holds.
        include_optimizer: for .h5, whether what `compile` was told goes along.

    Raises:
        ArgumentError: another ending.
        FileError: the file cannot be written.
    """
    is_open = hasattr(filepath, "write")
    path = "m.keras" if is_open else os.fspath(filepath)
    include_optimizer = kwargs.pop("include_optimizer", True)
    _check_unknown(kwargs)
    in_folder = zipped is False and not path.endswith(containers.LEGACY)
    if in_folder and path.endswith(containers.KERAS):
        raise ArgumentError(
            "A folder's name does not end with .keras, which is what a file is called.",
            got=repr(path),
            fix=f'model.save("{path.removesuffix(containers.KERAS)}", zipped=False)',
        )
    if not in_folder and not path.endswith((containers.KERAS, containers.SAFETENSORS, *containers.LEGACY)):
        raise ArgumentError(
            "A model is saved under a name that ends with .keras.", got=repr(path), fix=f'model.save("{path}.keras")'
        )
    if not is_open and not overwrite and not _may_overwrite(path):
        return
    kept = assets.gathered(model)
    if path.endswith(containers.LEGACY):
        _check_nothing_is_lost(kept)
        legacy.save(model, path, include_optimizer)
        return
    with ObjectSharingScope():
        config = serialize_keras_object(model)
    stored = _stored(model)
    size = _size_of(stored)
    if is_open:
        keras_zip.write(filepath, config, stored, size, kept)
        return
    with file_progress.shown(size) as progress:
        if in_folder:
            keras_folder.write(path, config, stored, kept, progress)
        elif path.endswith(containers.SAFETENSORS):
            _write_tensors(path, stored, config, kept, progress)
        else:
            atomic.replace(
                path,
                lambda file: keras_zip.write(file, config, stored, size, kept),
                lambda file: keras_zip.verify(file, len(stored)),
                progress=progress,
            )


def _size_of(stored: list) -> int:
    return sum(size_of(array) for _, _, arrays in stored for array in arrays.values())


def _check_nothing_is_lost(kept):
    if kept:
        raise FileError(
            "A .h5 file cannot hold what layers learned beside their weights, such as a vocabulary.",
            got=", ".join(kept)[:300],
            fix='model.save("model.keras")',
        )


@written_once
def save_weights(model, filepath, overwrite: bool = True, max_shard_size=None, objects_to_skip=None) -> None:
    """Write a model's weights, and the optimizer's state.

    Args:
        filepath: ends with .weights.h5 or .safetensors; with .weights.json for weights in parts.
        overwrite: False asks first where a file is there.
        max_shard_size: of one part, in gigabytes; None for all in one file.
        objects_to_skip: layers and other objects that are left out.

    Raises:
        ArgumentError: another ending.
        OrderError: the model has no weights yet.
        FileError: the file cannot be written.
    """
    path = os.fspath(filepath)
    _check_ending_for_weights(path, max_shard_size)
    _check_built(model, "saved")
    if not overwrite and not _may_overwrite(path):
        return
    stored = _stored(model, objects_to_skip or ())
    with file_progress.shown(_size_of(stored)) as progress:
        if max_shard_size is not None:
            shards.write(path, stored, max_shard_size, progress)
        elif path.endswith(containers.SAFETENSORS):
            _write_tensors(path, stored, None, {}, progress)
        else:
            _write_weights(path, stored, progress)


def _write_weights(path: str, stored: list, progress):
    def verify(file):
        with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
            keras_zip.weights_verify(weights, len(stored))

    atomic.replace(path, lambda file: weights_h5.write(file, stored), verify, progress=progress)


def _write_tensors(path: str, stored: list, config: dict | None, kept: dict[str, bytes], progress):
    count = sum(len(arrays) for _, _, arrays in stored) + len(kept)
    atomic.replace(
        path,
        lambda file: safetensors_model.write(file, stored, config, kept),
        lambda file: safetensors_model.verify(file, count),
        progress=progress,
    )


def _check_ending_for_weights(path: str, max_shard_size):
    if max_shard_size is not None:
        if not path.endswith(shards.ENDING):
            raise ArgumentError(
                f"Weights in parts have an index whose name ends with {shards.ENDING}.",
                got=repr(path),
                fix=f'model.save_weights("{path.split(".")[0]}{shards.ENDING}", max_shard_size={max_shard_size})',
            )
        if isinstance(max_shard_size, bool) or not isinstance(max_shard_size, (int, float)) or not max_shard_size > 0:
            raise ArgumentError("`max_shard_size` is a number of gigabytes.", got=max_shard_size, expected="above 0")
    elif not path.endswith((containers.WEIGHTS, containers.SAFETENSORS)):
        raise ArgumentError(
            "Weights are saved under a name that ends with .weights.h5.",
            got=repr(path),
            fix=f'model.save_weights("{path.removesuffix(".h5")}.weights.h5")',
        )


def load_model(filepath, custom_objects=None, compile: bool = True, safe_mode: bool = True):
    """The model that a file holds.

    Args:
        filepath: a .keras file, of Pellucid, Keras 3 or tf.keras, by its name or open, or the same unpacked in a folder;
            a .h5 or .hdf5 file, of Keras 1 to 3; or a .safetensors file of Pellucid.
        custom_objects: your own classes and functions, by the names that the file calls them.
        compile: whether it is compiled as the saved one was, its optimizer in the same state.
        safe_mode: False finds lambdas of this very process again; code from a file is never run.

    Raises:
        FileError: the file is missing, broken, not safe, or names something unknown.
    """
    is_open = hasattr(filepath, "read")
    path = "an open file" if is_open else os.fspath(filepath)
    with source.refusals(path), SafeModeScope(safe_mode), seeds_apart():
        if path.endswith(containers.LEGACY) and not is_open:
            with source.opened(path) as file:
                return legacy.load(file, custom_objects, compile)
        with containers.model(path, filepath if is_open else None) as holder:
            return _load(holder, custom_objects, compile)


def _load(holder, custom_objects, compile: bool):
    told = holder.config()
    era = ages.era(told, holder.version)
    compiled = told.pop("compile_config", None)
    config = ages.modern(told, holder.version, registry.custom_objects(custom_objects))
    model, pending = built(config, holder.weights_bytes, custom_objects)
    with holder.weights(most_kept(model)) as weights:
        _fill(model, pending, weights)
        assets.give(model, holder.assets())
        if compile and compiled:
            _compile(model, compiled, era, weights, custom_objects)
    return model


def load_weights(model, filepath, skip_mismatch: bool = False, **kwargs) -> None:
    """Give a model the weights of a file; if it fails, nothing has changed.

    Args:
        filepath: a .weights.h5, .weights.json, .keras or .safetensors file; a .h5 or .hdf5 file, of Keras 1 to 3; or a
            state dict of a PyTorch module with the same layers, .pt, .pth or .safetensors.
        skip_mismatch: warn of what does not fit, and leave that as it is.
        objects_to_skip: for .weights.h5, layers and other objects that are left as they are.
        by_name: for .h5 and state dicts, whether layers are matched by their names; by their order if not.

    Raises:
        OrderError: the model has no weights yet.
        FileError: the file is missing, broken, not safe, or of another model.
    """
    path = os.fspath(filepath)
    without, named = kwargs.pop("objects_to_skip", None), kwargs.pop("by_name", None)
    _check_unknown(kwargs)
    _check_only_for(path, named, without)
    _check_built(model, "loaded")
    if containers.is_legacy(path):
        legacy.load_weights(model, path, skip_mismatch, named)
        return
    if path.endswith(torch_zip.ENDINGS):
        with source.refusals(path), source.opened(path) as file:
            state_dicts.load(model, torch_zip.read(file), skip_mismatch, named)
        return
    with source.refusals(path), containers.weights(path, most_kept(model)) as weights:
        if containers.is_of_torch(weights):
            state_dicts.load(model, state_dicts.in_known_order(weights, named), skip_mismatch, named)
            return
        plan = Plan(weights, without or ())
        with file_progress.shown(weights.size_bytes) as plan.progress:
            plan.add(model)
            plan.check(skip_mismatch)
        plan.assign(variables_of(model))


def _check_only_for(path, by_name, objects_to_skip):
    by_order = (*torch_zip.ENDINGS, containers.SAFETENSORS)
    if by_name is not None and not containers.is_legacy(path) and not path.endswith(by_order):
        raise ArgumentError("`by_name` is for files of Keras 2.", got=repr(path), expected="a name that ends with .h5")
    if objects_to_skip is not None and not path.endswith(".weights.h5"):
        raise ArgumentError(
            "`objects_to_skip` is for weight files.", got=repr(path), expected="it ends with .weights.h5"
        )


def _fill(model, pending, weights):
    """Give a model that has no memory yet the weights of a file."""
    check_held(pending, weights.size_bytes)
    plan = Plan(weights)
    with file_progress.shown(weights.size_bytes) as plan.progress:
        plan.add(model)
        plan.check()
    planned = {id(variable): variable for variable in [*variables_of(model), *pending]}
    plan.assign(planned.values())


def _compile(model, compiled, era: int, weights, custom_objects):
    with of_the_config(), registry.CustomObjectScope(custom_objects):
        model.compile_from_config(compiled if era == 3 else old_training.modern(compiled, era))
    optimizer = model.optimizer
    if optimizer is not None and era < 3:
        count = len(weights.arrays("optimizer"))
        legacy.restore(optimizer, [matching.Stored(weights, ("optimizer/vars", str(k))) for k in range(count)])
    elif optimizer is not None:
        plan = Plan(weights)
        plan.add(optimizer, "optimizer")
        plan.check()
        plan.assign(variables_of(optimizer))


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
