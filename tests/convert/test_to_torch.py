"""to_torch gives a plain module with the same numbers, in source that a PyTorch user would have written."""

import io
import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import safetensors.torch
import torch

import pellucid
from convert.layer_rows import answers, draw_weights, each_row, model_of
from pellucid import Input, Model, Sequential, convert, layers
from pellucid.errors import ArgumentError, UnsupportedError

# Layers that PyTorch does not have: refused, and by name. All other rows are converted.
REFUSED = {
    "BatchNormalization": ("renorm",),
    "SimpleRNN": ("activation",),
    "LSTM": ("recurrent_activation",),
    "GRU": ("reset_after", "recurrent_activation"),
    "ConvLSTM1D": (),
    "ConvLSTM2D": (),
    "ConvLSTM3D": (),
    "STFTSpectrogram": (),
    "AutoContrast": (),
}


def is_refused(case) -> bool:
    words = REFUSED.get(case.layer)
    return words is not None and (not words or any(word in case.kwargs for word in words))


def run(module, xs):
    with torch.no_grad():
        found = module(*map(torch.from_numpy, xs))
    return [one.numpy() for one in (found if isinstance(found, tuple) else [found])]


def assert_close(left, right, tolerance=3e-6):
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@each_row(keep=lambda case: not is_refused(case))
def test_each_layer_computes_the_same_in_pytorch(case, first):
    model, xs = model_of(case, first)
    module = convert.to_torch(model, layout=None)
    assert_close(answers(model, xs), run(module, xs))


@each_row(keep=is_refused)
def test_a_layer_that_pytorch_does_not_have_is_refused_by_name(case, first):
    model, _ = model_of(case, first)
    with pytest.raises(UnsupportedError, match=f"'{model.layers[-1].name}'"):
        convert.to_torch(model, layout=None)


def small_network():
    x = Input((9, 8, 3), name="image")
    y = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(x)
    z = layers.BatchNormalization(name="norm")(y)
    y = layers.Add(name="sum")([y, layers.Conv2D(4, 3, padding="same", name="branch")(z)])
    y = layers.MaxPooling2D(2, padding="same", name="pool")(y)
    y = layers.Dropout(0.3, name="drop")(layers.Flatten(name="flat")(y))
    model = Model(x, layers.Dense(5, activation="softmax", name="head")(y), name="small net")
    draw_weights(model, np.random.default_rng(0))
    return model


def test_the_source_reads_as_if_written_by_hand(tmp_path):
    convert.to_torch(small_network(), path=tmp_path / "small.py")
    assert (tmp_path / "small.py").read_text() == textwrap.dedent('''\
        """small_net, a PyTorch network converted from Keras's layers.

        Weights: model.load_state_dict(safetensors.torch.load_file("small.safetensors")); model.eval()
        """

        import torch
        import torch.nn.functional as F
        from torch import nn


        class SmallNet(nn.Module):
            """From (batch, 3, 9, 8) to (batch, 5)."""

            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(3, 4, kernel_size=3, stride=2)
                self.norm = nn.BatchNorm2d(4, eps=0.001, momentum=0.01)
                self.branch = nn.Conv2d(4, 4, kernel_size=3, padding=1)
                self.pool = nn.MaxPool2d(2, ceil_mode=True)
                self.drop = nn.Dropout(0.3)
                self.head = nn.Linear(24, 5)

            def forward(self, x):
                x = F.relu(self.stem(F.pad(x, (0, 1, 1, 1))))
                norm = self.norm(x)
                norm = self.branch(norm)
                x = x + norm
                x = self.pool(x)
                x = x.flatten(1)
                x = self.drop(x)
                x = torch.softmax(self.head(x), dim=-1)
                return x
        ''')


def test_channels_first_leaves_no_transpose_and_moves_the_rows_of_the_dense():
    model = small_network()
    module = convert.to_torch(model)
    x = np.random.default_rng(1).normal(size=(2, 9, 8, 3)).astype("float32")
    assert_close(answers(model, [x]), run(module, [x.transpose(0, 3, 1, 2).copy()]))
    assert not module.ledger.left
    move = module.ledger["head.weight"]
    assert (move.weight, move.axes) == ("head/kernel", "in out -> out in")
    kernel = torch.from_numpy(model.get_layer("head").get_weights()[0])
    assert torch.equal(move.apply(kernel), module.head.weight)


def test_a_network_without_weights_tells_how_its_inputs_lie():
    model = Sequential([Input((4, 5, 2)), layers.MaxPooling2D(2)])
    module = convert.to_torch(model)
    assert [way.dims for way in (*module.ledger.inputs, *module.ledger.outputs)] == [(2, 0, 1), (2, 0, 1)]


RUN_ALONE = """
import sys
class Ban:
    def find_spec(self, name, *_):
        if name.split(".")[0] in ("pellucid", "keras"):
            raise AssertionError(f"imports {name}")
sys.meta_path.insert(0, Ban())
sys.path.insert(0, sys.argv[1])
import pickle, safetensors.torch, torch, small
model = small.SmallNet()
model.load_state_dict(safetensors.torch.load_file(sys.argv[1] + "/small.safetensors"))
model.load_state_dict(pickle.loads(pickle.dumps(model.state_dict())))
x = torch.linspace(-1, 1, 2 * 3 * 9 * 8).reshape(2, 3, 9, 8)
print(model.eval()(x).flatten().tolist())
"""


def test_the_written_files_run_where_neither_pellucid_nor_keras_is(tmp_path):
    model = small_network()
    convert.to_torch(model, path=tmp_path / "small.py")
    ran = subprocess.run([sys.executable, "-c", RUN_ALONE, tmp_path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    x = np.linspace(-1, 1, 2 * 3 * 9 * 8, dtype="float32").reshape(2, 3, 9, 8)
    here = answers(model, [x.transpose(0, 2, 3, 1)])[0].ravel()
    np.testing.assert_allclose(json.loads(ran.stdout), here, atol=1e-6)


def test_the_weights_are_what_safetensors_itself_reads(tmp_path):
    module = convert.to_torch(small_network(), path=tmp_path / "small.py")
    read = safetensors.torch.load_file(tmp_path / "small.safetensors")
    state = module.state_dict()
    assert read.keys() == state.keys() and all(torch.equal(read[key], state[key]) for key in state)


def test_nothing_is_written_where_a_layer_is_refused(tmp_path):
    model = Sequential([Input((4, 5, 5, 2)), layers.ConvLSTM2D(2, 2, name="storm")])
    with pytest.raises(UnsupportedError) as caught:
        convert.to_torch(model, layout=None, path=tmp_path / "storm.py")
    assert str(caught.value).startswith(
        "'storm' (ConvLSTM2D) cannot leave Pellucid: neither PyTorch nor ONNX has a counterpart that is known here, and "
    )
    assert not list(tmp_path.iterdir())


def test_a_source_file_ends_in_py(tmp_path):
    with pytest.raises(ArgumentError, match=r"ends in \.py"):
        convert.to_torch(small_network(), path=tmp_path / "small.pt")


@pytest.mark.parametrize("name", ['x"; import os #', "train", "class", "forward", "3d", "é-ü", "self", "torch"])
def test_no_name_of_a_layer_can_be_more_than_a_name(name):
    x = Input((3,))
    model = Model(x, layers.Dense(2, name=name)(x), name=f"net {name}")
    module = convert.to_torch(model)
    assert len(list(module.children())) == 1
    data = np.ones((2, 3), "float32")
    assert_close(answers(model, [data]), run(module.train(), [data]))


def test_a_shared_layer_is_one_module_and_a_model_inside_a_class_of_its_own():
    inner = Sequential([Input((4,)), layers.Dense(3, activation="tanh", name="one")], name="tower")
    left, right = Input((4,), name="left"), Input((4,), name="right")
    shared = layers.Dense(2, name="shared")
    model = Model([left, right], [shared(inner(left)), shared(inner(right))], name="twins")
    module = convert.to_torch(model)
    assert [name for name, _ in module.named_parameters()] == [
        "tower.one.weight", "tower.one.bias", "shared.weight", "shared.bias",
    ]  # fmt: skip
    xs = [np.random.default_rng(seed).normal(size=(3, 4)).astype("float32") for seed in (0, 1)]
    assert_close(answers(model, xs), run(module, xs))


def test_frozen_layers_stay_frozen_and_momentum_is_the_new_share():
    model = small_network()
    model.get_layer("stem").trainable = False
    module = convert.to_torch(model)
    assert not module.stem.weight.requires_grad and module.head.weight.requires_grad
    assert (module.norm.eps, module.norm.momentum) == (1e-3, 0.01)
    assert module.norm.num_batches_tracked == 0


def test_gradients_of_the_module_are_those_of_the_model():
    model = small_network()
    module = convert.to_torch(model)
    x = np.random.default_rng(2).normal(size=(2, 9, 8, 3)).astype("float32")
    model(x)[:, 0].sum().backward()
    module(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()))[:, 0].sum().backward()
    ours = model.get_layer("head").kernel.value.grad
    theirs = module.ledger["head.weight"].undo(module.head.weight.grad)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)


def test_the_module_owns_its_weights():
    model = small_network()
    module = convert.to_torch(model)
    before = model.get_weights()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_several_inputs_keep_their_names_and_their_state_dict_can_be_saved():
    a, b = Input((3,), name="height"), Input((3,), name="class")
    model = Model([a, b], layers.Concatenate(name="both")([a, b]))
    module = convert.to_torch(model)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    xs = [np.ones((2, 3), "float32"), np.zeros((2, 3), "float32")]
    assert (
        module(height=torch.from_numpy(xs[0]), class_layer=torch.from_numpy(xs[1])).tolist() == [[1, 1, 1, 0, 0, 0]] * 2
    )


MASKED = Sequential([Input((4,), dtype="int32"), layers.Embedding(5, 3, mask_zero=True), layers.LSTM(2, name="lstm")])
MIXED = Sequential([Input((3,)), layers.Dense(2, dtype="mixed_float16", name="half")])


class Noisy(layers.Layer):
    """Does what PyTorch cannot follow."""

    def call(self, x):
        return x * float(x.sum())

    def compute_output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (MASKED, "'lstm' (LSTM) cannot leave Pellucid: a mask reaches it, and its counterparts know none."),
        (MIXED, "'half' (Dense) cannot leave Pellucid: it computes in another dtype than its weights have."),
        (
            Sequential([Input((None, None, 3)), layers.Conv2D(2, 3, strides=2, padding="same", name="c")]),
            "'c' (Conv2D) cannot leave Pellucid: its padding depends on a size that only a run tells.",
        ),
        (
            Sequential([Input((3,)), Noisy(name="own")]),
            "'own' (Noisy) cannot leave Pellucid: it is a layer of your own, and what it computes cannot be told: PyTorch "
            "cannot follow what this module's `forward` does.",
        ),
        (
            Sequential([Input((3,)), layers.Dropout(0.5, noise_shape=(None, 1), name="d")]),
            "'d' (Dropout) cannot leave Pellucid: PyTorch's dropout has no shape of its own.",
        ),
    ],
    ids=["mask", "mixed", "size", "subclass", "noise"],
)
def test_what_cannot_be_moved_is_named_with_the_reason(model, message):
    with pytest.raises(UnsupportedError) as caught:
        convert.to_torch(model, layout=None)
    assert str(caught.value).splitlines()[0] == message


class Scaled(layers.Dense):
    """A Dense whose outputs have learned lengths."""

    def build(self, input_shape):
        super().build(input_shape)
        self.lengths = self.add_weight((self.units,), "ones", name="lengths")

    def call(self, x):
        return super().call(x) * self.lengths.value


def test_layers_of_a_users_own_are_moved_by_what_they_compute():
    x = Input((2, 4))
    y = Scaled(3, activation="tanh", name="own")(x)
    model = Model(x, [y, layers.Lambda(lambda value: pellucid.ops.exp(value) + 1, name="more")(y)])
    draw_weights(model, np.random.default_rng(0))
    module = convert.to_torch(model)
    data = np.random.default_rng(1).normal(size=(3, 2, 4)).astype("float32")
    assert_close(answers(model, [data]), run(module, [data]))
    assert {move.weight for move in module.ledger} == {"own/kernel", "own/bias", "own/lengths"}
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_model_that_is_not_built_says_so():
    with pytest.raises(pellucid.errors.OrderError, match="not built"):
        convert.to_torch(Sequential([layers.Dense(2)]), layout=None)


def test_functions_in_a_graph_are_moved_too():
    x = Input((4, 6))
    y = pellucid.ops.mean(x * 2.0 - 1.0, axis=1)
    z = pellucid.ops.concatenate([y, x[:, 0], pellucid.ops.relu(x[:, -1, 1:])], axis=-1)
    model = Model(x, z)
    module = convert.to_torch(model)
    data = np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32")
    assert_close(answers(model, [data]), run(module, [data]))
