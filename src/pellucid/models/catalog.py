"""The catalog: every built-in name that a config may mention, in one closed table.

Below:  registry.py holds the table; all floors below supply the names.
Kept true: a name is Keras's module and its public name there ("keras.layers", "Dense"). The first module that
           lists an object is the one its config names.
"""

from __future__ import annotations

from pellucid import (
    activations,
    constraints,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    quantizers,
    random,
    registry,
    regularizers,
)
from pellucid.layers import residual
from pellucid.layers.base import Layer
from pellucid.models.distiller import Distiller
from pellucid.models.distilling import FeatureDistillation, LogitsDistillation
from pellucid.models.feature_space import FeatureSpace
from pellucid.models.features import Cross, Feature
from pellucid.models.functional import Functional
from pellucid.models.model import Model
from pellucid.models.sequential import Sequential
from pellucid.optimizers import schedules


def _public(module) -> dict[str, object]:
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    found = {name: getattr(module, name) for name in names}
    return {name: thing for name, thing in found.items() if callable(thing)}


def _nodes(module) -> dict[str, type]:
    """What calls of a module's functions on symbolic tensors are, in graphs."""
    return {fn.node_class.__name__: fn.node_class for fn in vars(module).values() if hasattr(fn, "node_class")}


# Short names that Keras resolves wherever a function or class is named by a string.
_SHORT = {"keras.activations": {"swish": activations.silu, "hard_swish": activations.hard_silu}}

# Keras's files call operations by the inner module that they stand in. For most it is that of a public door; for these not.
_OPS_BY_FILE = {
    "math": "CDist Erf Erfc Erfinv ExtractSequences FFT FFT2 IFFT2 IRFFT ISTFT InTopK Logdet Logsumexp RFFT Rsqrt STFT "
    "SegmentMax SegmentMin SegmentProd SegmentSum TopK ViewAsComplex ViewAsReal",
    "core": "AssociativeScan Cast Cond ForiLoop Map SaturateCast Scan Scatter ScatterUpdate Slice SliceUpdate StopGradient "
    "Switch Unstack VectorizedMap WhileLoop",
    "einops": "Rearrange",
}


def _operations() -> dict[str, dict[str, type]]:
    """Nodes of all operations, by Keras's inner modules."""
    every = _nodes(ops)
    named = {file: {name: every[name] for name in names.split()} for file, names in _OPS_BY_FILE.items()}
    doors = {word: _nodes(getattr(ops, word)) for word in ("numpy", "nn")} | named
    doors |= {word: _nodes(getattr(ops, word)) for word in ("linalg", "image")}
    return {f"keras.src.ops.{word}": nodes for word, nodes in doors.items()} | {"keras.ops": every}


registry.install(
    {
        "keras": {
            "Sequential": Sequential,
            "Model": Model,
            "Layer": Layer,
            "DTypePolicy": dtype_policies.DTypePolicy,
        },
        # Keras has no public name for it either: its files say this one.
        "keras.src.models.functional": {"Functional": Functional},
        "keras.models": {"Functional": Functional},
        "keras.layers": _public(layers),
        "keras.activations": _public(activations) | _SHORT["keras.activations"],
        "keras.initializers": _public(initializers),
        "keras.regularizers": _public(regularizers),
        "keras.constraints": _public(constraints),
        "keras.losses": _public(losses) | _nodes(losses),
        "keras.metrics": _public(metrics) | _nodes(metrics),
        "keras.optimizers": _public(optimizers),
        "keras.optimizers.schedules": _public(schedules),
        "keras.dtype_policies": _public(dtype_policies),
        "keras.quantizers": _public(quantizers),
        "keras.random": _public(random),
        "keras.src.applications.convnext": {
            "LayerScale": residual.LayerScale,
            "StochasticDepth": residual.StochasticDepth,
        },
        "keras.src.applications.inception_resnet_v2": {"CustomScaleLayer": residual.CustomScaleLayer},
        "keras.distillation": {
            "Distiller": Distiller,
            "FeatureDistillation": FeatureDistillation,
            "LogitsDistillation": LogitsDistillation,
        },
        "keras.utils": {"FeatureSpace": FeatureSpace},
        "keras.src.layers.preprocessing.feature_space": {
            "Cross": Cross,
            "Feature": Feature,
            # The two layers that Keras has for its features alone.
            "TFDConcat": layers.Concatenate,
            "TFDIdentity": layers.Identity,
        },
        **_operations(),
    }
)
