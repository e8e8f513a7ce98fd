"""Pellucid: a Keras-compatible neural-network library on PyTorch that you can see through."""

from pellucid import (
    activations,
    applications,
    backend,
    callbacks,
    config,
    constraints,
    convert,
    datasets,
    distillation,
    distribution,
    dtype_policies,
    export,
    initializers,
    layers,
    legacy,
    losses,
    metrics,
    mixed_precision,
    models,
    ops,
    optimizers,
    preprocessing,
    quantizers,
    random,
    regularizers,
    saving,
    tree,
    utils,
    wrappers,
)
from pellucid.dtype_policies import DTypePolicy, FloatDTypePolicy
from pellucid.engine.function import Function
from pellucid.graph.operation import Operation
from pellucid.graph.remat import RematScope, remat
from pellucid.graph.scopes import StatelessScope, SymbolicScope, device
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.variable import Variable
from pellucid.initializers import Initializer
from pellucid.layers import Input, InputSpec, Layer
from pellucid.losses import Loss
from pellucid.metrics import Metric
from pellucid.models import Model, Sequential, catalog
from pellucid.naming import name_scope
from pellucid.optimizers import Optimizer
from pellucid.quantizers import Quantizer
from pellucid.regularizers import Regularizer
from pellucid.report.explanation import explain
from pellucid.report.traced import trace
from pellucid.version import __version__, version

from pellucid.aliases import load_ipython_extension  # isort: skip  (last: it leads to all of the above)

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Quantizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "SymbolicScope",
    "Variable",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "catalog",
    "config",
    "constraints",
    "convert",
    "datasets",
    "device",
    "distillation",
    "distribution",
    "dtype_policies",
    "explain",
    "export",
    "initializers",
    "layers",
    "legacy",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "quantizers",
    "random",
    "regularizers",
    "remat",
    "saving",
    "trace",
    "tree",
    "utils",
    "version",
    "wrappers",
]
