"""Models and weights in the HDF5 files of Keras 1 and 2, and those that Keras 3 writes in their form.

Below:  files/legacy_h5.py holds the format.
Above:  saving.py.
Kept true: weights are matched by order (or by the layers' names), all are checked before one is assigned.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator

from pellucid import registry
from pellucid.errors import FileError
from pellucid.files import ages, atomic, legacy_h5, source
from pellucid.files.legacy_h5 import TOP_LEVEL
from pellucid.graph.objects import serialize_keras_object
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.models.making import built, of_the_config
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

    atomic.replace(path, lambda file: legacy_h5.write(file, configs, names, groups), verify)


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
        planned = values(in_order(model, weights), weights)
        assign(planned)
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
        model.compile_from_config(compile_arguments(training))
    if "optimizer_weights" not in weights.groups or model.optimizer is None:
        return
    places, variables = weights.weights("optimizer_weights"), model.optimizer.variables
    if [weights.facts(place).shape for place in places] != [variable.shape for variable in variables]:
        warnings.warn("The file's optimizer state is of another form: the optimizer begins anew.", stacklevel=4)
        return
    assign(values(list(zip(variables, places, strict=True)), weights))


def load_weights(model, path: str, skip_mismatch: bool, named: bool | None) -> None:
    """Give a model the weights of a file, by the names of layers if `named`, else by their order.

    Raises:
        FileError: the file is of another model; nothing has changed then.
    """
    with source.refusals(path), source.opened(path) as file:
        with legacy_h5.LegacyFile(file, os.fstat(file.fileno()).st_size) as weights:
            pairs = by_name(model, weights, skip_mismatch) if named else in_order(model, weights)
            assign(values(pairs, weights, skip_mismatch))


def in_order(model, file) -> list[tuple[Variable, tuple[str, str]]]:
    """Each weight of a model with its place in a file, by the order of the layers that have weights.

    Raises:
        FileError: another number of layers, or of weights in one.
    """
    layers = [layer for layer in model.layers if weights_of(layer)]
    saved = [(name, places) for name in file.layers() if (places := file.weights(name))]
    if len(layers) != len(saved):
        raise FileError(
            "The file is of another model.",
            got=f"{len(saved)} layers with weights: {', '.join(name for name, _ in saved)}"[:500],
            expected=f"{len(layers)}: {', '.join(layer.name for layer in layers)}"[:500],
        )
    pairs = []
    for layer, (name, places) in zip(layers, saved, strict=True):
        pairs += _pairs(layer.name, weights_of(layer), places, f"the file's layer '{name}'")
    if f"{file.root}/{TOP_LEVEL}".strip("/") in file.groups:
        pairs += _pairs(model.name, model._own_weights(), file.weights(TOP_LEVEL), "the file's own weights")
    return pairs


def by_name(model, file, skip_mismatch: bool) -> list[tuple[Variable, tuple[str, str]]]:
    """As `in_order`, for layers of the same name; others are left alone."""
    pairs = []
    for name in file.layers():
        for layer in model.layers:
            if layer.name != name:
                continue
            try:
                pairs += _pairs(layer.name, weights_of(layer), file.weights(name), f"the file's layer '{name}'")
            except FileError as error:
                if not skip_mismatch:
                    raise
                warnings.warn(str(error), stacklevel=5)
    return pairs


def weights_of(layer) -> list[Variable]:
    """A layer's weights in the order of legacy files."""
    return layer.trainable_weights + layer.non_trainable_weights


def _pairs(name, weights, places, source):
    if len(weights) != len(places):
        raise FileError(
            f"Layer '{name}' has another number of weights than {source}.", got=len(places), expected=len(weights)
        )
    return list(zip(weights, places, strict=True))


def values(pairs, file, skip_mismatch: bool = False) -> list[tuple[Variable, object]]:
    """The weights with the values that they are going to get.

    Raises:
        FileError: a shape does not fit, unless `skip_mismatch`, which warns and leaves that weight out.
    """
    fitting = []
    for variable, place in pairs:
        shape = file.facts(place).shape
        if shape == variable.shape:
            fitting.append((variable, place))
            continue
        error = FileError(
            f"The weight '{variable.path}' cannot take these values.",
            got=shape,
            expected=variable.shape,
            where="/".join(place),
        )
        if not skip_mismatch:
            raise error
        warnings.warn(str(error), stacklevel=5)
    return [(variable, file.read(*place)) for variable, place in fitting]


def assign(pairs) -> None:
    """Give weights their values; those without any yet begin with them."""
    for variable, value in pairs:
        variable.begin_with(value) if variable._value is None else variable.assign(value)


def configs_of(model, include_optimizer: bool) -> dict:
    """The attributes of a whole model's file."""
    found = {"model_config": _as_legacy(serialize_keras_object(model), type(model))}
    if include_optimizer and model.compiled:
        config = model.get_compile_config()
        optimizer = config.pop("optimizer")
        if optimizer is not None:
            config["optimizer_config"] = {key: optimizer[key] for key in ("class_name", "config")}
        found["training_config"] = config
    return found


def _as_legacy(config: dict, cls: type | None = None) -> dict:
    """A model's config, and those of its layers, with class_name and config only."""
    name = get_registered_name(cls) if cls is not None else config.get("registered_name") or config["class_name"]
    inner = dict(config["config"])
    if isinstance(inner.get("layers"), list):
        inner["layers"] = [_as_legacy(layer) for layer in inner["layers"]]
    rest = {key: config[key] for key in ("name", "inbound_nodes") if key in config}
    return {"class_name": name, "config": inner, **rest}


def compile_arguments(config: dict) -> dict:
    """What to give `compile_from_config`, from a file's training_config."""
    known = ("loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution")
    found = {key: config[key] for key in known if key in config}
    return {"optimizer": config.get("optimizer_config", "rmsprop"), **found}


def groups_of(model, include_optimizer: bool) -> dict[str, list]:
    """The weights of a whole model's file."""
    found = {layer.name: list(_named(weights_of(layer))) for layer in model.layers}
    found[TOP_LEVEL] = list(_named(model._own_weights()))
    optimizer = getattr(model, "optimizer", None)
    if include_optimizer and optimizer is not None:
        found["optimizer_weights"] = list(_named(optimizer.variables))
    return found


def _named(variables) -> Iterator[tuple[str, object]]:
    for variable in variables:
        yield variable.path, convert_to_tensor(variable).detach()
