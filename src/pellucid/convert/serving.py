"""Serving: a model as a file that another runtime runs, by the name of its format.

Below:  to_torch.py and onnx/to_onnx.py convert.
Above:  Model.export.
Kept true: what is written takes what the model takes, in the same structure and layout, with every open size left open.

Source: keras.Model.export, Keras 3.15.
"""

from __future__ import annotations

import inspect
import os
import tempfile
import warnings

import torch

from pellucid import nest
from pellucid.convert.onnx.to_onnx import OPSET, to_onnx
from pellucid.convert.torch.to_torch import to_torch
from pellucid.dtypes import to_torch as torch_dtype
from pellucid.errors import ArgumentError, MissingPackageError, OperationError, OrderError
from pellucid.files import atomic
from pellucid.graph.symbol import KerasTensor
from pellucid.layers import Input, InputSpec
from pellucid.models.functional import Functional
from pellucid.models.model import Model
from pellucid.models.sequential import Sequential

# Any size but 0 and 1, which PyTorch takes for fixed ones.
_SAMPLE = 3


def export(model, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kwargs) -> None:
    """Write a model as a file for inference.

    Args:
        filepath: ends in .pt2 for "torch" and in .xml for "openvino".
        format: "onnx" (a file of opset 17), "torch" (a program of torch.export) or "openvino" (with a .bin beside it).
        verbose: False prints nothing.
        input_signature: shapes and dtypes of the inputs, as InputSpecs or tensors; those of the model if None.
        **kwargs: for "torch" what torch.export.export takes; for "onnx" `opset_version`.

    Raises:
        ArgumentError: an unknown format, ending or argument.
        OrderError: the model is not built, or has no graph and was never called.
        MissingPackageError: "tf_saved_model" and "litert", which TensorFlow alone writes; or the format's package.
        UnsupportedError, OperationError: a layer or step that the format has no word for.
    """
    write = FORMATS.get(format)
    if write is None:
        raise ArgumentError("Models are not exported in this format.", got=repr(format), expected=", ".join(FORMATS))
    path = os.fspath(filepath)
    write(model, path, input_signature, kwargs)
    if verbose or verbose is None:
        print(f"Saved {model.name} for {format} at '{path}'.")


# ---- the formats


def _write_onnx(model, path, signature, told):
    opset = told.pop("opset_version", None)
    _check_known("onnx", told, ("opset_version",))
    if opset not in (None, OPSET):
        raise ArgumentError(f"ONNX is written in opset {OPSET}.", got=f"opset_version={opset}", fix="opset_version=17")
    to_onnx(_graph(model, signature), path, layout=None)


def _write_torch(model, path, signature, told):
    _check_ending("torch", path, ".pt2")
    known = [
        word for word in inspect.signature(torch.export.export).parameters if word not in ("mod", "args", "kwargs")
    ]
    _check_known("torch", told, known)
    program = _program(_graph(model, signature), told)
    atomic.replace(path, lambda file: torch.export.save(program, file), torch.export.load)


def _write_openvino(model, path, signature, told):
    _check_ending("openvino", path, ".xml")
    _check_known("openvino", told, ())
    try:
        import openvino
    except ImportError as error:
        raise MissingPackageError(
            "OpenVINO's files are written by its package.", fix="pip install pellucid[cpu]"
        ) from error
    graph = _graph(model, signature)
    module = to_torch(graph, layout=None)
    shapes = [openvino.PartialShape([-1 if size is None else size for size in x.shape]) for x in graph.inputs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about shapes
        made = openvino.convert_model(module, example_input=tuple(map(_sample, graph.inputs)), input=shapes)
    for port, x in zip(made.inputs, graph.inputs, strict=True):
        port.get_tensor().set_names({x.name})
    _replace_pair(path, lambda there: openvino.save_model(made, there, compress_to_fp16=False))


def _replace_pair(path: str, write):
    """Two files that belong together: both are made elsewhere; the weights take their place first."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as folder:
        made = os.path.join(folder, "model.xml")
        write(made)
        for ending in (".bin", ".xml"):
            os.replace(made.removesuffix(".xml") + ending, path.removesuffix(".xml") + ending)


def _refuse(word):
    def refuse(model, path, signature, told):
        raise MissingPackageError(
            f"{word} are written by TensorFlow alone, which Pellucid does without.",
            got=repr(path),
            expected='format="onnx", "torch" or "openvino"',
            fix='model.export("model.onnx", format="onnx")',
        )

    return refuse


FORMATS = {
    "tf_saved_model": _refuse("SavedModels"),
    "onnx": _write_onnx,
    "openvino": _write_openvino,
    "litert": _refuse("Files of LiteRT"),
    "torch": _write_torch,
}


def _check_ending(format: str, path: str, ending: str):
    if not path.endswith(ending):
        raise ArgumentError(
            f'A file of format="{format}" ends in {ending}.', got=path, fix=os.path.splitext(path)[0] + ending
        )


def _check_known(format: str, told: dict, known):
    unknown = sorted(set(told) - set(known))
    if unknown:
        raise ArgumentError(
            f'format="{format}" does not take these arguments.',
            got=", ".join(unknown),
            expected=", ".join(known) or "none",
        )


# ---- the model as a graph


def _graph(model, signature) -> Model:
    """The model as one with a graph, for inputs of a signature.

    Raises:
        ArgumentError: no model, or a signature that is none.
        OrderError: nobody knows yet what it takes.
        OperationError: its `call` cannot be followed.
    """
    if not isinstance(model, Model):
        raise ArgumentError("A model is exported.", got=repr(model)[:80], expected="a Model")
    if not model.built:
        raise OrderError("The model is not built yet.", got=model.name, fix="model.build(input_shape), or call it once")
    has_graph = isinstance(model, (Functional, Sequential))
    if signature is None and has_graph:
        return model
    given = _specs_of(model) if signature is None else signature
    inputs = [nest.map_structure(_input, one) for one in (given if isinstance(given, (list, tuple)) else [given])]
    try:
        outputs = model(*inputs) if has_graph else model.call(*inputs)
        return Model(inputs[0] if len(inputs) == 1 else inputs, outputs, name=model.name)
    except Exception as error:
        raise OperationError(
            f"What '{model.name}' computes cannot be followed on symbols.",
            got=f"{type(error).__name__}: {error}"[:300],
            expected="a call() whose steps do not hang on the values",
            fix="Model(inputs, outputs)",
        ) from error


def _specs_of(model) -> list:
    shapes = model._build_shapes_dict
    if not shapes or not model._called:
        raise OrderError("The model was never called, so nobody knows what it takes.", got=model.name, fix="model(x)")

    def spec(shape):
        return InputSpec(shape=(None, *shape[1:]), dtype=model.input_dtype)

    return [nest.map_shape_structure(spec, shape) for shape in shapes.values()]


def _input(spec):
    if not isinstance(spec, (InputSpec, KerasTensor, torch.Tensor)) or spec.shape is None or spec.dtype is None:
        raise ArgumentError(
            "An input's signature tells its shape and dtype.",
            got=repr(spec),
            fix='InputSpec(shape=(None, 3), dtype="float32")',
        )
    shape = tuple(spec.shape) if isinstance(spec, InputSpec) else (None, *spec.shape[1:])
    dtype = str(spec.dtype).removeprefix("torch.")
    return Input(batch_shape=shape, dtype=dtype, name=getattr(spec, "name", None))


# ---- programs of PyTorch


class _Served(torch.nn.Module):
    """A module that takes its inputs in the structure in which the model takes them, and gives the outputs so."""

    def __init__(self, module, outputs):
        super().__init__()
        self.module, self.outputs = module, outputs

    def forward(self, inputs):
        found = self.module(*nest.flatten(inputs))
        return nest.pack_sequence_as(self.outputs, found if isinstance(found, (tuple, list)) else [found])


def _program(graph: Model, told: dict):
    structure = graph.input
    places = nest.map_structure(lambda x: 0, graph.output)
    served = _Served(to_torch(graph, layout=None), places).eval()
    open_sizes = nest.map_structure(_open_sizes, structure)
    if told.get("dynamic_shapes") is not None:
        open_sizes = _unwrapped(told["dynamic_shapes"])
    told = {"strict": False, **told, "dynamic_shapes": (open_sizes,)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own
            return torch.export.export(served, (nest.map_structure(_sample, structure),), **told)
    except Exception as error:
        raise OperationError(
            f"PyTorch cannot write '{graph.name}' as a program.",
            got=f"{type(error).__name__}: {error}"[:500],
            fix="dynamic_shapes=None, which leaves open what the model leaves open",
        ) from error


def _unwrapped(told):
    """`dynamic_shapes` for the one structure of inputs; Keras also takes it inside a list of the arguments."""
    is_wrapped = isinstance(told, (list, tuple)) and len(told) == 1 and isinstance(told[0], (list, tuple))
    told = told[0] if is_wrapped else told
    return told[0] if isinstance(told, (list, tuple)) and len(told) == 1 else told


def _open_sizes(x) -> dict:
    return {axis: torch.export.Dim.AUTO for axis, size in enumerate(x.shape) if size is None}


def _sample(x) -> torch.Tensor:
    return torch.ones([_SAMPLE if size is None else size for size in x.shape], dtype=torch_dtype(x.dtype))
