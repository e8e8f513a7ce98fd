"""Strategies: what several processes share out, the batch alone, or the weights too; and which one holds now.

Below:  layouts.py; processes.py says how many processes there are.
Above:  team.py goes by the current one; graph/variable.py asks it for the layout of a new weight.
Source: keras.distribution, Keras 3.15.
"""

from __future__ import annotations

import contextlib
import warnings

from pellucid import settings
from pellucid.distribution import processes
from pellucid.distribution.layouts import DeviceMesh, LayoutMap, TensorLayout
from pellucid.errors import ArgumentError

_CURRENT = "distribution"


class Distribution:
    """The parent of both strategies.

    Args:
        device_mesh: the devices.
        batch_dim_name: the axis of the mesh along which batches are split.
        auto_shard_dataset: whether every process is given all data, and takes its share; False where the data of each
            process is its share.
    """

    def __init__(self, device_mesh, batch_dim_name=None, auto_shard_dataset=True):
        self._device_mesh = device_mesh
        self._batch_dim_name = batch_dim_name
        self.auto_shard_dataset = auto_shard_dataset
        self._num_processes, self._process_id = processes.count(), processes.rank()

    @property
    def device_mesh(self) -> DeviceMesh:
        """The devices."""
        return self._device_mesh

    @property
    def batch_dim_name(self) -> str | None:
        """The axis of the mesh along which batches are split."""
        return self._batch_dim_name

    @property
    def num_processes(self) -> int:
        """How many processes the job has."""
        return self._num_processes

    @property
    def num_model_replicas(self) -> int:
        """How often the mesh holds the whole model."""
        names = list(self._device_mesh.axis_names)
        return int(self._device_mesh.shape[names.index(self._batch_dim_name)])

    @property
    def data_shard_id(self) -> int:
        """The number of the replica that this process is of; its own where a process holds replicas."""
        return self._process_id // max(self.num_processes // self.num_model_replicas, 1)

    def get_data_layout(self, data_shape) -> TensorLayout:
        """The layout of a batch of this shape: split along its first axis."""
        return TensorLayout([self._batch_dim_name] + [None] * (len(data_shape) - 1), self._device_mesh)

    def get_variable_layout(self, variable) -> TensorLayout:
        """The layout of a weight: its own, else that of the strategy, else whole everywhere."""
        layout = getattr(variable, "_layout", None)
        if layout is None:
            layout = self.get_tensor_layout(variable.path)
        return TensorLayout([None] * len(variable.shape), self._device_mesh) if layout is None else layout

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout for a path, or None."""
        return None

    def distribute_dataset(self, dataset):
        """The part of a data set of whole batches that is this process's; `fit` does this by itself.

        Raises:
            ArgumentError: data of a kind that cannot be shared out so.
        """
        if self._num_processes == 1 or not self.auto_shard_dataset:
            return dataset
        if not hasattr(dataset, "rows_of_batches"):
            raise ArgumentError(
                f"The dataset type {type(dataset)} is not supported for auto-sharding.",
                expected="a Dataset",
                fix="model.fit(dataset)  # takes every kind, and shares out its batches",
            )
        return dataset.rows_of_batches(self._num_processes, self._process_id)

    @contextlib.contextmanager
    def scope(self):
        """While open, this strategy holds."""
        outer = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(outer)

    def __repr__(self):
        return f"<{type(self).__name__} device_mesh={self.device_mesh}>"


class DataParallel(Distribution):
    """Every process has the whole model and a share of each batch. So it is without any strategy, too.

    Args:
        device_mesh: of one axis; a row of `devices` if None.
        devices: names of devices; all there are if None.
        auto_shard_dataset: False where the data of each process is its share already.

    Raises:
        ArgumentError: something else than a mesh.
    """

    def __init__(self, device_mesh=None, devices=None, auto_shard_dataset=True):
        if device_mesh is None:
            devices = list(processes.list_devices() if devices is None else devices)
            device_mesh = DeviceMesh((len(devices),), ["batch"], devices)
        elif not isinstance(device_mesh, DeviceMesh):
            raise ArgumentError(
                "`device_mesh` is a DeviceMesh.", got=repr(device_mesh), fix='DeviceMesh((2,), ["batch"])'
            )
        super().__init__(device_mesh, device_mesh.axis_names[0], auto_shard_dataset)
        if device_mesh.devices.ndim != 1:
            warnings.warn(
                f"The mesh of DataParallel has one axis, this one {device_mesh.devices.ndim}: "
                "batches are split along the first.",
                stacklevel=2,
            )

    @property
    def num_model_replicas(self):
        """Every device holds the whole model."""
        return self.device_mesh.devices.size


class ModelParallel(Distribution):
    """Every process keeps a part of the weights and of the optimizer's state, and computes a share of each batch.

    A weight is put together from its parts where a layer needs it, and its gradient goes back to the parts, as in
    PyTorch's FSDP2; so the numbers are those of one process. Weights whose layout has no axis of the mesh are whole.

    Args:
        layout_map: layouts by the paths of weights.
        batch_dim_name: the axis of the mesh along which batches are split; its first if None.
        auto_shard_dataset: False where the data of each process is its share already.

    Raises:
        ArgumentError: no LayoutMap, or processes that the replicas cannot be divided among.
    """

    def __init__(self, *, layout_map=None, batch_dim_name=None, auto_shard_dataset=True, **kwargs):
        kwargs.pop("device_mesh", None)
        if not isinstance(layout_map, LayoutMap):
            raise ArgumentError(
                "ModelParallel needs a LayoutMap.",
                got=f"layout_map={layout_map!r}",
                fix="ModelParallel(layout_map=LayoutMap(DeviceMesh(...)))",
            )
        mesh = layout_map.device_mesh
        super().__init__(mesh, batch_dim_name or mesh.axis_names[0], auto_shard_dataset)
        self._layout_map = layout_map
        replicas = self.num_model_replicas
        if self.num_processes > replicas and self.num_processes % replicas:
            raise ArgumentError(
                "`num_processes` must be divisible by `num_model_replicas` where there are more processes.",
                got=f"{self.num_processes} processes, {replicas} replicas",
            )

    def get_tensor_layout(self, path):
        """The layout for a path, or None."""
        return self._layout_map[path]


def distribution() -> Distribution | None:
    """The strategy that holds now, or None."""
    return settings.session(_CURRENT, lambda: None)


def set_distribution(value: Distribution | None) -> None:
    """Let a strategy hold from now on; None for none."""
    settings.set_session(_CURRENT, value)
