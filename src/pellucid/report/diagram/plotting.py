"""plot_model and model_to_dot: a model as a picture, without Graphviz.

Below:  boxes.py tells what is drawn, drawing.py draws it, dot.py writes it for Graphviz.
Above:  the door `utils`.
Source: keras.utils.plot_model and model_to_dot, Keras 3.15, for arguments and what boxes tell.
"""

from __future__ import annotations

import os
import sys

from pellucid.errors import ArgumentError, UnknownArgumentError
from pellucid.report.diagram.boxes import Shown, diagram_of
from pellucid.report.diagram.dot import Dot


def model_to_dot(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    subgraph=False,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """A picture of a model, as text of Graphviz and drawn without it; see `Dot`.

    Args:
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what is told of each layer.
        rankdir: the way of the arrows: "TB" from top to bottom, "BT", "LR", "RL".
        expand_nested: whether inner models are drawn as what they hold.
        dpi: pixels in an inch.
        subgraph: whether the text is a part of a larger picture.
        splines: how Graphviz draws arrows.

    Raises:
        OrderError: the model is not built.
        ArgumentError: an unknown direction, or an argument that is no longer there.
    """
    _check_unknown(kwargs)
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    return Dot(diagram_of(model, shown), rankdir, dpi, splines, subgraph)


def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """Draw a model into a file: .svg and .html need nothing, .png and its like need pillow, .dot is for Graphviz.

    Args:
        to_file: its ending says what it becomes.

    The others, and what is raised, are as in `model_to_dot`.

    Returns:
        In a notebook the picture, else None.

    Raises:
        MissingPackageError: pixels without pillow.
        ArgumentError: an ending that is not known.
    """
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    dot.write(to_file, os.path.splitext(os.fspath(to_file))[1][1:] or "png")
    return dot if "IPython" in sys.modules else None


def _check_unknown(kwargs: dict) -> None:
    if kwargs.pop("layer_range", None) is not None:
        raise ArgumentError("`layer_range` is no longer there.", fix="Model(inputs, outputs) of the part to draw")
    if kwargs:
        raise UnknownArgumentError("`plot_model` does not take these.", got=", ".join(kwargs))
