"""Several processes that work on one model: meshes of devices, layouts of weights, strategies."""

from pellucid.distribution.layouts import DeviceMesh, LayoutMap, TensorLayout
from pellucid.distribution.processes import get_device_count, initialize, list_devices
from pellucid.distribution.sharding import distribute_tensor
from pellucid.distribution.strategies import DataParallel, ModelParallel, distribution, set_distribution

__all__ = [
    "DataParallel",
    "DeviceMesh",
    "LayoutMap",
    "ModelParallel",
    "TensorLayout",
    "distribute_tensor",
    "distribution",
    "get_device_count",
    "initialize",
    "list_devices",
    "set_distribution",
]
