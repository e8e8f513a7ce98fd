"""Layouts: devices as a mesh with named axes, and along which of them the axes of a value are split.

Below:  processes.py says which devices there are.
Above:  strategies.py gives every weight a layout; sharding.py holds weights by them.
Source: keras.distribution, Keras 3.15.
"""

from __future__ import annotations

import math
import re
from collections.abc import MutableMapping

import numpy as np

from pellucid.distribution.processes import backend_device_type, list_devices
from pellucid.errors import ArgumentError


class DeviceMesh:
    """Devices along named axes.

    Args:
        shape: devices along each axis, such as ``(2, 4)``.
        axis_names: a name per axis, such as ``["batch", "model"]``.
        devices: their names, in row-major order; all there are if None.

    Raises:
        ArgumentError: an empty shape, another number of names than of axes, or of devices than there are places.
    """

    def __init__(self, shape, axis_names, devices=None):
        if not shape or not axis_names:
            raise ArgumentError(
                "A mesh has at least one axis, and a name for it.",
                got=f"shape={shape!r}, axis_names={axis_names!r}",
                fix='DeviceMesh((2,), ["batch"])',
            )
        if len(shape) != len(axis_names):
            raise ArgumentError(
                "Each axis of a mesh has one name.",
                got=f"shape={shape!r}, axis_names={axis_names!r}",
                expected=f"{len(shape)} names",
            )
        devices = np.array(list_devices() if devices is None else devices)
        if math.prod(shape) != devices.size:
            raise ArgumentError(
                "A mesh has one place for each device.",
                got=f"shape={shape!r} for {devices.size} devices",
                expected=f"a shape with {devices.size} places",
                fix=f"torchrun --nproc-per-node {math.prod(shape)} train.py  # each process is a device",
            )
        self._shape, self._axis_names = shape, axis_names
        self._devices = devices.reshape(shape)
        self._backend_mesh = None

    @property
    def shape(self):
        """Devices along each axis."""
        return self._shape

    @property
    def axis_names(self):
        """The names of the axes."""
        return self._axis_names

    @property
    def devices(self) -> np.ndarray:
        """The names of the devices, in the mesh's shape."""
        return self._devices

    @property
    def backend_mesh(self):
        """The same as PyTorch's mesh of this job's processes; made by all of them together."""
        if self._backend_mesh is None:
            from torch.distributed.device_mesh import init_device_mesh

            self._backend_mesh = init_device_mesh(
                backend_device_type(), tuple(self.shape), mesh_dim_names=tuple(self.axis_names)
            )
        return self._backend_mesh

    def __repr__(self):
        return f"<{type(self).__name__} shape={self.shape}, axis_names={self.axis_names}>"


class TensorLayout:
    """For each axis of a value, the axis of a mesh along which it is split; None for whole.

    Args:
        axes: names of mesh axes, and Nones.
        device_mesh: the mesh; may be given later, once.

    Raises:
        ArgumentError: a name that the mesh does not have.
    """

    def __init__(self, axes, device_mesh=None):
        self._axes = tuple(axes)
        self._device_mesh = device_mesh
        self._check_axes()

    @property
    def axes(self) -> tuple:
        """Names of mesh axes, and Nones."""
        return self._axes

    @property
    def device_mesh(self):
        """The mesh, or None; may be set where it is None."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, device_mesh):
        if self._device_mesh is not None:
            raise ArgumentError(
                "The layout has a mesh already.",
                got=device_mesh,
                expected=self._device_mesh,
                fix="TensorLayout(layout.axes, device_mesh)",
            )
        self._device_mesh = device_mesh
        self._check_axes()

    @property
    def backend_layout(self) -> list:
        """PyTorch's placements: for each axis of the mesh, which axis of the value it splits.

        Raises:
            ArgumentError: there is no mesh yet.
        """
        from torch.distributed.tensor import Replicate, Shard

        if self._device_mesh is None:
            raise ArgumentError("The layout has no mesh.", got=self, fix="layout.device_mesh = DeviceMesh(...)")
        return [
            Shard(self._axes.index(name)) if name in self._axes else Replicate()
            for name in self._device_mesh.axis_names
        ]

    def _check_axes(self):
        if self._device_mesh is None:
            return
        names = list(self._device_mesh.axis_names)
        told = [name for name in self._axes if name is not None]
        if unknown := [name for name in told if name not in names]:
            raise ArgumentError(
                "The layout names axes that the mesh does not have.", got=unknown, expected=", ".join(map(repr, names))
            )
        if len(set(told)) < len(told):
            raise ArgumentError("An axis of the mesh splits one axis of a value.", got=self._axes)

    def __repr__(self):
        return f"<{type(self).__name__} axes={self.axes}, device_mesh={self.device_mesh}>"


class LayoutMap(MutableMapping):
    """Layouts by the paths of weights; a key is a path, or a regular expression that matches whole paths.

    Args:
        device_mesh: that of layouts which come without one.
    """

    def __init__(self, device_mesh):
        self._layouts: dict[str, TensorLayout] = {}
        self._device_mesh = device_mesh

    def __getitem__(self, key: str) -> TensorLayout | None:
        """The layout for a path; None where no key fits.

        Raises:
            ArgumentError: several keys fit.
        """
        if key in self._layouts:
            return self._layouts[key]
        fitting = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ArgumentError(
                f"Path '{key}' matches multiple layouts.", got=", ".join(map(repr, fitting)), expected="one key at most"
            )
        return self._layouts[fitting[0]] if fitting else None

    def __setitem__(self, key: str, layout) -> None:
        """Add a layout, or a tuple of axes' names.

        Raises:
            ArgumentError: the key is there, or something else than a layout.
        """
        if key in self._layouts:
            raise ArgumentError(
                f"{key} already exists in the LayoutMap.",
                got=layout,
                expected=self._layouts[key],
                fix=f"del map[{key!r}]",
            )
        if isinstance(layout, tuple):
            layout = TensorLayout(layout)
        if not isinstance(layout, TensorLayout):
            raise ArgumentError(
                "A layout should be a TensorLayout, or a tuple of names.",
                got=repr(layout),
                fix=f"layout_map[{key!r}] = (None, 'model')",
            )
        if layout.device_mesh is None and self._device_mesh is not None:
            layout.device_mesh = self._device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key):
        del self._layouts[key]

    def __len__(self):
        return len(self._layouts)

    def __iter__(self):
        return iter(self._layouts)

    @property
    def device_mesh(self):
        """The mesh of layouts that come without one."""
        return self._device_mesh
