"""What is read from a file becomes a weight without a second copy, and belongs to nobody else."""

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.saving import load_model


def large():
    """One kernel of 1.2 MB, one of 12 bytes."""
    return pellucid.Sequential([pellucid.Input((1000,)), layers.Dense(300), layers.Dense(3)])


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_large_weight_lies_in_memory_as_kernels_like_it(ending, tmp_path):
    model = large()
    model.save(tmp_path / f"m{ending}")
    kernel = load_model(tmp_path / f"m{ending}", compile=False).layers[0].kernel
    assert kernel.value.data_ptr() % 64 == 0 and kernel.value.is_contiguous() and kernel.value.requires_grad
    np.testing.assert_array_equal(kernel.numpy(), model.layers[0].kernel.numpy())


class Twice(layers.Layer):
    """Gives one array of its file to two weights."""

    def build(self, input_shape):
        self.a = self.add_weight((1000, 300), name="a")
        self.b = self.add_weight((1000, 300), name="b")

    def call(self, x):
        return x @ self.a + x @ self.b

    def load_own_variables(self, store):
        values = store["0"]
        self.a.assign(values)
        self.b.assign(values)


def test_weights_that_take_one_array_do_not_share_it(tmp_path):
    model = pellucid.Sequential([pellucid.Input((1000,)), Twice()])
    model.save(tmp_path / "m.keras")
    layer = load_model(tmp_path / "m.keras", custom_objects={"Twice": Twice}).layers[0]
    layer.a.assign(np.zeros((1000, 300)))
    np.testing.assert_array_equal(layer.b.numpy(), model.layers[0].a.numpy())


def test_a_weight_of_another_dtype_is_cast_and_the_file_stays_as_it_is(tmp_path):
    model = large()
    model.save_weights(tmp_path / "m.weights.h5")
    before = (tmp_path / "m.weights.h5").read_bytes()
    half = pellucid.Sequential([pellucid.Input((1000,)), layers.Dense(300, dtype="float16"), layers.Dense(3)])
    half.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(half.layers[0].kernel.numpy(), model.layers[0].kernel.numpy().astype("float16"))
    half.layers[1].kernel.assign(np.zeros((300, 3)))
    assert (tmp_path / "m.weights.h5").read_bytes() == before
