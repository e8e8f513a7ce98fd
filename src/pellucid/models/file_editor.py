"""KerasFileEditor: weights in a file looked at, compared with a model, renamed, added, taken away, and saved anew.

Below:  files/ reads and writes; naming_tree.py says what a model would keep under which path.
Kept true: the file that was opened stays as it is; what is saved goes through the same writer as a model's weights.

Source: keras.saving.KerasFileEditor, Keras 3.15.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import rich.console
import rich.markup
import rich.tree

from pellucid.errors import ArgumentError, FileError, UnknownNameError, nearest
from pellucid.files import atomic, keras_zip, source, weights_h5
from pellucid.models import containers, naming_tree
from pellucid.models.weight_trees import differences, leaves, objects, shape_at

# Packed weights of at most so many bytes are unpacked.
_MOST_UNPACKED = 2**32


class KerasFileEditor:
    """What a file keeps, as dicts in dicts: ``editor.weights_dict["layers"]["dense"]["0"]`` is an array.

    Args:
        filepath: ends in .keras or .weights.h5.

    Attributes:
        weights_dict: objects by their names, and in them weights by theirs; may be changed.
        config, metadata: what a .keras file says of the model and of itself; None of weights alone.
        object_metadata: what a file says of an object beside its weights, by its path.

    Raises:
        ArgumentError: another ending.
        FileError: the file is missing, broken or not safe.
    """

    def __init__(self, filepath):
        self.filepath = os.fspath(filepath)
        self.console = rich.console.Console(highlight=False)
        self.metadata = self.config = self.model = None
        self.weights_dict: dict = {}
        self.object_metadata: dict[str, dict] = {}
        if not self.filepath.endswith((containers.KERAS, containers.WEIGHTS)):
            raise ArgumentError(
                "Of this file no weights can be edited.",
                got=repr(self.filepath),
                expected="it ends in .keras or .weights.h5",
            )
        with source.refusals(self.filepath), source.opened(self.filepath) as file:
            if self.filepath.endswith(containers.KERAS):
                holder = keras_zip.KerasFile(file)
                self.config, self.metadata = holder.config(), holder.metadata()
                with holder.weights(_MOST_UNPACKED) as weights:
                    self._read(weights)
            else:
                with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
                    self._read(weights)
                    weights.confirm()
        self._say(f"Keras model file '{self.filepath}'")
        if self.metadata is not None:
            self._say(f"Saved with Keras {self.metadata.get('keras_version')}, {self.metadata.get('date_saved')}")

    def _read(self, weights):
        for group in sorted(group for group, arrays in weights.groups.items() if arrays):
            path = group.removesuffix("vars").rstrip("/")
            inside = self.weights_dict
            for name in filter(None, path.split("/")):
                inside = inside.setdefault(name, {})
            inside.update(weights.arrays(path).items())
            name = weights.attribute(group, "name")
            if name is not None:
                self.object_metadata[path] = {"name": name}

    # ---- looking

    def summary(self) -> None:
        """Print all objects and their weights."""
        tree = rich.tree.Tree("Weights structure")
        self._grow(tree, self.weights_dict, "")
        self.console.print(tree)

    def _grow(self, tree, inside: dict, path: str):
        for name, value in inside.items():
            below = f"{path}/{name}" if path else name
            if isinstance(value, dict):
                told = self.object_metadata.get(below, {}).get("name")
                self._grow(tree.add(rich.markup.escape(f"{name} ('{told}')" if told else name)), value, below)
            else:
                tree.add(rich.markup.escape(f"{name}: shape={tuple(value.shape)}, dtype={value.dtype}"))

    def compare(self, reference_model) -> dict:
        """Print where the file and a model differ.

        Returns:
            ``{"status": "success" or "error", "error_count": ..., "match_count": ...}``
        """
        theirs: dict = {}
        for path, thing in naming_tree.objects(reference_model):
            store: dict = {}
            thing.save_own_variables(store)
            inside = theirs
            for name in filter(None, path.split("/")) if store else ():
                inside = inside.setdefault(name, {})
            inside.update(store)
        errors = [*differences(self.weights_dict, theirs, "")]
        matches = sum(1 for place, value in leaves(theirs) if shape_at(self.weights_dict, place) == tuple(value.shape))
        for error in errors:
            self._say(error)
        self._say(f"{len(errors)} differences, {matches} matching weights")
        return {"status": "error" if errors else "success", "error_count": len(errors), "match_count": matches}

    def _say(self, text: str):
        self.console.print(rich.markup.escape(text))

    # ---- changing

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name; it stays where it is.

        Args:
            object_name: its path, or its name where only one has it.

        Raises:
            ArgumentError: a new name with a slash, or one that is taken.
            UnknownNameError: there is no such object, or more than one.
        """
        if "/" in new_name:
            raise ArgumentError(
                "An object is renamed where it is.", got=repr(new_name), expected="a name without slashes"
            )

        def rename(inside, name):
            if new_name in inside and new_name != name:
                raise ArgumentError(
                    "There is another of this name.", got=repr(new_name), fix=f'delete_object("{new_name}")'
                )
            renamed = {new_name if key == name else key: value for key, value in inside.items()}
            inside.clear()
            inside.update(renamed)

        self._change(object_name, rename)

    def delete_object(self, object_name: str) -> None:
        """Take away an object with all its weights.

        Raises:
            UnknownNameError: there is no such object, or more than one.
        """
        self._change(object_name, lambda inside, name: inside.pop(name))

    def add_object(self, object_path: str, weights: dict) -> None:
        """Add an object.

        Args:
            object_path: the path of what it is in, and its name.
            weights: arrays by their names, ``{"0": kernel, "1": bias}``.

        Raises:
            ArgumentError: `weights` is no dict of arrays.
            UnknownNameError: there is nothing of this path to put it into.
        """
        *path, name = object_path.split("/")
        self._at(path, object_path)[name] = _arrays(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Take away one weight of an object.

        Raises:
            UnknownNameError: there is no such object, or more than one, or it has no such weight.
        """

        def delete(inside, name):
            if weight_name not in inside[name]:
                raise UnknownNameError(
                    f"'{object_name}' has no such weight.", got=repr(weight_name), expected=", ".join(inside[name])
                )
            inside[name].pop(weight_name)

        self._change(object_name, delete)

    def add_weights(self, object_name: str, weights: dict) -> None:
        """Add weights to an object, in place of those of the same names.

        Raises:
            ArgumentError: `weights` is no dict of arrays.
            UnknownNameError: there is no such object, or more than one.
        """
        arrays = _arrays(weights)
        self._change(object_name, lambda inside, name: inside[name].update(arrays))

    def _change(self, object_name: str, change: Callable):
        *path, name = object_name.split("/")
        if path:
            inside = self._at(path, object_name)
            if name not in inside:
                raise self._unknown(object_name)
            change(inside, name)
            return
        found = [inside for inside in objects(self.weights_dict) if name in inside]
        if not found:
            raise self._unknown(object_name)
        if len(found) > 1:
            raise UnknownNameError(
                f"{len(found)} objects have this name.", got=repr(name), fix='"layers/dense", its path'
            )
        change(found[0], name)

    def _at(self, path: list[str], told: str) -> dict:
        inside = self.weights_dict
        for name in path:
            if not isinstance(inside.get(name), dict):
                raise self._unknown(told)
            inside = inside[name]
        return inside

    def _unknown(self, told: str) -> UnknownNameError:
        known = {place[-2]: "/".join(place[:-1]) for place, _ in leaves(self.weights_dict) if len(place) > 1}
        close = [known[name] for name in nearest(told.split("/")[-1], known, most=1)]
        return UnknownNameError(
            "The file has no such object.",
            got=repr(told),
            expected=f"such as {close[0]!r}" if close else "a path that editor.summary() shows",
        )

    # ---- saving

    def save(self, filepath) -> None:
        """Write the weights to a file.

        Args:
            filepath: ends in .weights.h5.

        Raises:
            ArgumentError: another ending.
            FileError: the file cannot be written.
        """
        path = os.fspath(filepath)
        if not path.endswith(containers.WEIGHTS):
            raise ArgumentError(
                "Edited weights go to a file of weights.", got=repr(path), expected="it ends in .weights.h5"
            )
        kept: dict[str, dict] = {}
        for place, value in leaves(self.weights_dict):
            kept.setdefault("/".join(place[:-1]), {})[place[-1]] = value
        stored = [(where, self.object_metadata.get(where, {}).get("name"), arrays) for where, arrays in kept.items()]

        def verify(file):
            with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
                weights.confirm()
                if any(set(weights.arrays(where)) != set(arrays) for where, arrays in kept.items()):
                    raise FileError("What was written reads back as something else.", where=path)

        atomic.replace(path, lambda file: weights_h5.write(file, stored), verify)

    def resave_weights(self, filepath) -> None:
        """Another name for `save`."""
        self.save(filepath)


def _arrays(weights) -> dict:
    if not isinstance(weights, dict) or any(isinstance(value, dict) for value in weights.values()):
        raise ArgumentError(
            "Weights come with their names.", got=type(weights).__name__, fix='{"0": kernel, "1": bias}'
        )
    return {name: value if hasattr(value, "detach") else np.asarray(value) for name, value in weights.items()}
