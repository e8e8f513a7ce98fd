"""Building: the half of a layer that makes its weights, by the shapes of its first input or by itself.

Below:  owning.py makes and lists weights; graph/inference.py runs a `call` on shapes alone.
Above:  base.py joins this with calling.
Kept true: `build` runs once, inside the layer's name scope; after it nothing new may be owned.
"""

from __future__ import annotations

import functools
import inspect
import warnings

from pellucid import naming, nest
from pellucid.errors import ShapeError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.calls import Call
from pellucid.layers.maps import name_unknown_axes
from pellucid.layers.owning import Owner


def _noting_build(build):
    """`build` inside its name scope, with the shapes noted and the layer marked as built."""
    if getattr(build, "_notes", False):
        return build
    signature = inspect.signature(build)

    @functools.wraps(build)
    def noting(self, *args, **kwargs):
        if getattr(self, "_is_building", False):
            return build(self, *args, **kwargs)  # a parent's build, called by a child's
        object.__setattr__(self, "_is_building", True)
        try:
            with self._open_name_scope():
                self._path = naming.current_path()
                build(self, *args, **kwargs)
        finally:
            object.__delattr__(self, "_is_building")
        arguments = dict(signature.bind(self, *args, **kwargs).arguments)
        arguments.pop(next(iter(arguments)))
        self._build_shapes_dict = arguments
        self._finish_build()
        return None

    noting._notes = True
    return noting


class Building(Owner):
    """Something that makes its weights when it learns its input's shape."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _noting_build(cls.__dict__["build"])

    @_noting_build
    def build(self, input_shape):
        """Make the weights for inputs of this shape. A layer without weights need not say it."""
        if any(not layer.built for layer in self._layers) and not self._build_by_running(input_shape):
            warnings.warn(
                f"Layer '{self.name}' has sub-layers without weights yet, no `build` that makes them, and a `call` "
                "that does not run on shapes alone; write build(), or call the layer on a value first.",
                stacklevel=2,
            )
        self._finish_build()

    def _build_by_running(self, input_shape) -> bool:
        """Let sub-layers make their weights by running `call` on shapes alone; whether that went well."""
        try:
            compute_output_spec(self.call, nest.map_shape_structure(KerasTensor, input_shape))
        except Exception:
            return False
        return True

    def _build_at_init(self):
        """Count as built from the start, unless a subclass has weights to make."""
        if type(self).build is Building.build:
            self._finish_build()

    def _finish_build(self):
        self.built = True
        self._locked = True

    def _maybe_build(self, call: Call):
        if type(self).build is not Building.build:
            try:
                self.build(**call.shapes_for(self.build, self))
            except ShapeError as error:
                name_unknown_axes(error, call.first)
                raise
            self._check_inputs(call.first)
            return
        if any(not layer.built for layer in self._layers):
            try:
                compute_output_spec(self.call, **call.arguments)
            except Exception:
                if not call.is_symbolic:
                    return  # The real call right after this makes the weights.
                raise
        self.build(next(iter(call.shapes().values()), None))

    def get_build_config(self) -> dict | None:
        """The shapes it was built with, from which `build_from_config` builds it again."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config: dict) -> None:
        """Make the weights by what `get_build_config` gave."""
        if not config:
            return
        if "input_shape" in config:
            self.build(_as_shape(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{name: _as_shape(shape) for name, shape in config["shapes_dict"].items()})


def _as_shape(shape):
    return nest.map_shape_structure(tuple, shape) if nest.is_nested(shape) else shape
