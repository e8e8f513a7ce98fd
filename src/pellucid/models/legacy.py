"""Models and weights in the HDF5 files of Keras 1 and 2, and those that Keras 3 writes in their form.

Below:  files/legacy_h5.py holds the format, matching.py finds which weight is whose.
Above:  saving.py.
Kept true: all is checked before one weight is assigned.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator

from pellucid import registry
from pellucid.errors import FileError
from pellucid.files import ages, atomic, legacy_h5, old_training, source
from pellucid.files.entries import is_entry
from pellucid.files.legacy_h5 import TOP_LEVEL
from pellucid.graph.objects import serialize_keras_object
from pellucid.graph.values import convert_to_numpy, convert_to_tensor
from pellucid.models import file_progress, matching, old_state
from pellucid.models.loading import may_keep
from pellucid.models.making import built, of_the_config, size_of
from pellucid.optimizers import Nadam
from pellucid.registry import get_registered_name


def save(model, path: str, include_optimizer: bool) -> None:
    """Write a whole model."""
    configs, groups = configs_of(model, include_optimizer), groups_of(model, include_optimizer)
    names = [layer.name for layer in model.layers]
    atomic.make_folders(os.path.dirname(path))

    def verify(file):
        with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as written:
            if [len(written.weights(name)) for name in names] != [len(groups[name]) for name in names]:
                raise FileError("The file did not read back as it was written.")

    size = sum(size_of(array) for arrays in groups.values() for _, array in arrays)
    with file_progress.shown(size) as progress:
        atomic.replace(path, lambda file: legacy_h5.write(file, configs, names, groups), verify, progress=progress)


def load(file, custom_objects, compile: bool):
    """The model of an open file.

    Raises:
        FileError: the file holds no model, or not one that can be made.
    """
    with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as weights:
        config = weights.json("model_config")
        if not isinstance(config, dict):
            raise FileError("The file holds no model.", expected="the attribute model_config", fix="load_weights(path)")
        known = registry.custom_objects(custom_objects)
        model, pending = built(ages.modern(config, weights.version, known), weights.size_bytes, custom_objects)
        origin = matching.origin_of(weights, is_whole=True)
        with file_progress.shown(weights.size_bytes) as progress:
            assign(
                matching.values(matching.by_order(model, weights, origin, names_first=True), progress=progress), weights
            )
        for variable in pending:
            if variable._value is None:
                variable.initialize()
        if compile:
            _compile(model, weights, custom_objects)
    return model


def _compile(model, weights, custom_objects):
    training = weights.json("training_config")
    if training is None:
        warnings.warn("The file does not say how the model was compiled: call compile() yourself.", stacklevel=4)
        return
    with of_the_config(), registry.CustomObjectScope(custom_objects):
        model.compile_from_config(old_training.modern(training, ages.era(training, weights.version)))
    if "optimizer_weights" not in weights.groups or model.optimizer is None:
        return
    places = weights.weights("optimizer_weights")
    restore(model.optimizer, [matching.Stored(weights, place) for place in places], [name for _, name in places])


def restore(optimizer, stored: list[matching.Stored], names: list[str] | None = None) -> None:
    """Give an optimizer the state that another age stored, or warn that it begins anew."""
    state = old_state.placed(optimizer, [array.shape for array in stored], names) if stored else None
    if state is None:
        told = "is of another form" if stored else "is not in the file"
        warnings.warn(f"The optimizer's state {told}: it begins anew.", stacklevel=5)
        return
    assign([(variable, stored[k].read()) for variable, k in state])
    if isinstance(optimizer, Nadam) and len(state) < len(optimizer.variables):
        updates = int(convert_to_numpy(optimizer.iterations))
        optimizer._u_product.assign(old_state.product_of_nadam(optimizer.beta_1, updates))


def load_weights(model, path: str, skip_mismatch: bool, named: bool | None) -> None:
    """Give a model the weights of a file, by the names of layers if `named`, else by their order.

    Raises:
        FileError: the file is of another model; nothing has changed then.
    """
    with source.refusals(path), source.opened(path) as file:
        with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as weights:
            origin = matching.origin_of(weights, is_whole=weights.json("model_config") is not None)
            if named:
                pairs = matching.by_name(model, weights, origin, skip_mismatch)
            else:
                pairs = matching.by_order(model, weights, origin)
            with file_progress.shown(weights.size_bytes) as progress:
                assign(matching.values(pairs, skip_mismatch, progress))


def assign(pairs, file=None) -> None:
    """Give weights their values, which come from this file; those without any yet begin with them."""
    for variable, value in pairs:
        if variable._value is None:
            value = convert_to_tensor(value)
            variable.begin_with(value, keep=may_keep(file, value))
        else:
            variable.assign(value)


def configs_of(model, include_optimizer: bool) -> dict:
    """The attributes of a whole model's file."""
    config = serialize_keras_object(model)
    found = {"model_config": _as_legacy({**config, "registered_name": get_registered_name(type(model))}, model)}
    if include_optimizer and model.compiled:
        config = model.get_compile_config()
        optimizer = config.pop("optimizer")
        if optimizer is not None:
            config["optimizer_config"] = {key: optimizer[key] for key in ("class_name", "config")}
        found["training_config"] = config
    return found


def _as_legacy(config: dict, thing) -> dict:
    """The config of a model or layer, and of the layers of models inside, with class_name and config only."""
    name = config.get("registered_name") or config["class_name"]
    inner = dict(config["config"])
    if hasattr(thing, "load_weights") and isinstance(inner.get("layers"), list):
        named = {layer.name: layer for layer in thing.layers}
        inner["layers"] = [
            _as_legacy(layer, named.get(layer["config"].get("name"))) if is_entry(layer) else layer
            for layer in inner["layers"]
        ]
    rest = {key: config[key] for key in ("name", "inbound_nodes") if key in config}
    return {"class_name": ages.INNER_NAMES.get(name, name), "config": inner, **rest}


def groups_of(model, include_optimizer: bool) -> dict[str, list]:
    """The weights of a whole model's file."""
    found = {layer.name: list(_named(matching.weights_of(layer))) for layer in model.layers}
    found[TOP_LEVEL] = list(_named(model._own_weights()))
    optimizer = getattr(model, "optimizer", None)
    if include_optimizer and optimizer is not None:
        found["optimizer_weights"] = list(_named(optimizer.variables))
    return found


def _named(variables) -> Iterator[tuple[str, object]]:
    for variable in variables:
        yield variable.path, convert_to_tensor(variable).detach()
