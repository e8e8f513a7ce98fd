"""Dense, Lambda, Masking, Embedding and EinsumDense, by numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pellucid import errors, layers, ops
from pellucid.models import Model, Sequential, clone_model


def test_dense_adds_up_the_features():
    dense = layers.Dense(units=2)
    dense.build((None, 3))
    dense.set_weights([[[1, 0], [0, 1], [1, 1]], [10, 20]])
    assert dense(np.array([[1, 2, 3]])).tolist() == [[14, 25]]  # 10+1+3, 20+2+3


def test_dense_of_an_unknown_number_of_features_names_the_axis_and_a_way_out():
    flat = layers.Flatten()(layers.Input((None, None, 8)))
    with pytest.raises(errors.ShapeError) as caught:
        layers.Dense(3)(flat)
    assert "axis 1" in str(caught.value) and "GlobalAveragePooling2D" in str(caught.value)


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None])
def test_dense_takes_a_positive_whole_number_of_units(units):
    with pytest.raises(errors.ArgumentError, match="units"):
        layers.Dense(units)


def test_lambda_finds_its_shape_by_running():
    x = layers.Input((4, 6))
    assert layers.Lambda(lambda v: ops.sum(v, axis=1) * 2)(x).shape == (None, 6)


def test_lambda_with_a_told_shape_takes_several_inputs():
    a, b = layers.Input((4,)), layers.Input((4,))
    apart = layers.Lambda(lambda v: ops.sum(ops.square(v[0] - v[1]), axis=1, keepdims=True), output_shape=(1,))
    model = Model([a, b], apart([a, b]))
    assert model.output_shape == (None, 1)
    assert model.predict([np.ones((1, 4)), np.zeros((1, 4))], verbose=0).tolist() == [[4]]


def test_lambda_passes_arguments_and_training_on():
    def scaled(x, by, training=False):
        return x * (by if training else 1)

    layer = layers.Lambda(scaled, arguments={"by": 3})
    assert layer(torch.ones(1, 2), training=True).tolist() == [[3, 3]]
    assert layer(torch.ones(1, 2)).tolist() == [[1, 1]]


def test_a_lambda_is_cloned_in_its_own_process_only():
    model = Sequential([layers.Input((2,)), layers.Lambda(lambda x: x + 1)])
    with pytest.raises(ValueError, match="lambda"):
        clone_model(model)
    assert layers.Lambda.from_config(model.layers[0].get_config(), safe_mode=False)(torch.ones(1)).tolist() == [2]


def test_masking_marks_steps_whose_values_all_equal_the_mask_value():
    layer = layers.Masking(mask_value=9)
    y = layer(np.array([[[9.0, 9.0], [9.0, 1.0], [2.0, 3.0]]]))
    assert y._keras_mask.tolist() == [[False, True, True]]
    assert y.tolist() == [[[0, 0], [9, 1], [2, 3]]]


def test_embedding_looks_rows_up_and_masks_zeros():
    layer = layers.Embedding(3, 2, mask_zero=True, weights=np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
    y = layer(np.array([[2, 0, 1]]))
    assert y.tolist() == [[[3, 4], [0, 0], [1, 2]]]
    assert y._keras_mask.tolist() == [[True, False, True]]


def test_embedding_of_a_number_without_a_row_says_which_rows_there_are():
    with pytest.raises(errors.ArgumentError) as caught:
        layers.Embedding(3, 2)(np.array([[5]]))
    assert "0 to 2" in str(caught.value) and "Embedding(6, 2)" in str(caught.value)


def test_einsum_dense_is_the_sum_that_its_equation_says():
    layer = layers.EinsumDense("abc,cd->abd", output_shape=(None, 2), bias_axes="d")
    layer.build((None, 1, 2))
    layer.set_weights([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])])
    assert layer(np.array([[[1.0, 1.0]]])).tolist() == [[[14, 26]]]


@pytest.mark.parametrize("equation", ["ab->ac", "ab,bc->ad", "...ab,bc->ac", "a"])
def test_an_equation_that_says_too_little_is_refused(equation):
    with pytest.raises(errors.ArgumentError):
        layers.EinsumDense(equation, output_shape=3).build((None, 4))
