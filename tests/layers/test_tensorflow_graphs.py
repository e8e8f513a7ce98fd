"""Layers given tensors of a TensorFlow graph: a stand-in says what TensorFlow would, and runs the graph by hand."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import pellucid
from pellucid import layers

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 6, 5, 3)).astype("float32")


class Waiting:
    """A tensor without a value: a place in a graph."""

    def __init__(self, shape, dtype, run=None):
        self.shape = types.SimpleNamespace(rank=None if shape is None else len(shape), as_list=lambda: list(shape))
        self.dtype, self.run, self.name = types.SimpleNamespace(name=dtype), run, "x"

    def set_shape(self, shape):
        self.told = tuple(shape)


@pytest.fixture
def graph(monkeypatch):
    """What is fed to the places of a graph; the stand-in for TensorFlow that reads it."""
    fed = {}

    def numpy_function(function, waiting, dtypes):
        def result(k):
            found = function(*(fed[x] for x in waiting))[k]
            assert found.dtype == dtypes[k]
            return found

        return [Waiting((), dtype, lambda k=k: result(k)) for k, dtype in enumerate(dtypes)]

    tensorflow = types.ModuleType("tensorflow")
    tensorflow.is_symbolic_tensor = lambda x: isinstance(x, Waiting)
    tensorflow.numpy_function = numpy_function
    tensorflow.autograph = types.SimpleNamespace(experimental=types.SimpleNamespace(do_not_convert=lambda f: f))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    return fed


def test_a_layer_runs_when_the_graph_does(graph):
    images = Waiting((None, 6, 5, 3), "float32")
    out = layers.CenterCrop(4, 2)(images)
    assert out.told == (None, 4, 2, 3) and out.dtype.name == "float32"
    graph[images] = IMAGES
    np.testing.assert_array_equal(out.run(), IMAGES[:, 1:5, 1:3])


def test_what_belongs_to_images_goes_along_and_each_run_draws_anew(graph):
    images, labels = Waiting((None, 6, 5, 3), "float32"), Waiting((None, 4), "float32")
    out = layers.RandomFlip("horizontal", seed=1)({"images": images, "labels": labels}, training=True)
    assert {word: x.told for word, x in out.items()} == {"images": (None, 6, 5, 3), "labels": (None, 4)}
    graph[images], graph[labels] = np.repeat(IMAGES, 4, 0), np.eye(8, 4, dtype="float32")
    np.testing.assert_array_equal(out["labels"].run(), graph[labels])
    assert not np.array_equal(out["images"].run(), out["images"].run())


def test_words_are_looked_up(graph):
    words = Waiting((None,), "string")
    out = layers.StringLookup(vocabulary=["a", "b"])(words)
    graph[words] = np.array([b"b", b"c"], object)
    assert out.run().tolist() == [2, 0]


def test_methods_of_image_layers_wait_too(graph):
    boxes = {"boxes": Waiting((2, 1, 4), "float64"), "labels": Waiting((2, 1), "int64")}
    layer = layers.MixUp(bounding_box_format="xyxy")
    draw = {"mix_weight": np.array([0.5, 0.5]), "permutation_order": np.array([1, 0])}
    out = layer.transform_bounding_boxes(boxes, draw)
    assert out["boxes"].told == (2, 2, 4)
    graph[boxes["boxes"]], graph[boxes["labels"]] = np.zeros((2, 1, 4)), np.array([[3], [4]])
    assert out["labels"].run().tolist() == [[3, 4], [4, 3]]


def test_a_tensor_that_hides_its_axes_is_told(graph):
    with pytest.raises(pellucid.errors.ShapeError, match="how many axes"):
        layers.Rescaling(2.0)(Waiting(None, "float32"))
