"""What cannot leave is refused before anything is written: the layer is named, and the reason told."""

import pytest
import torch

from pellucid import Input, Model, convert, layers, ops
from pellucid.errors import UnsupportedError


def model_of(make, *shapes, dtype="float32"):
    inputs = [Input(shape, dtype=dtype) for shape in shapes or ((4, 6),)]
    return Model(inputs if len(inputs) > 1 else inputs[0], make(*inputs))


def ragged_bidirectional(x):
    inner = layers.LSTM(2, go_backwards=True)
    return layers.Bidirectional(inner, backward_layer=layers.LSTM(2), name="both")(x)


def quantized():
    model = model_of(layers.Dense(4, name="dense"), (8,))
    model.quantize("int8")
    return model


# name -> (model, what the error says)
REFUSED = {
    "activation": (
        lambda: model_of(layers.Dense(3, activation="sparsemax", name="dense")),
        "'dense' (Dense) cannot leave Pellucid: neither PyTorch nor ONNX has its activation, sparsemax.",
    ),
    "own activation": (
        lambda: model_of(layers.Activation(torch.cumsum, name="act")),
        "'act' (Activation) cannot leave Pellucid: neither PyTorch nor ONNX has its activation, cumsum.",
    ),
    "lanczos": (
        lambda: model_of(layers.UpSampling2D(2, interpolation="lanczos3", name="up"), (4, 4, 2)),
        "'up' (UpSampling2D) cannot leave Pellucid: neither PyTorch nor ONNX interpolates by lanczos3.",
    ),
    "stateful": (
        lambda: Model(x := Input((4, 2), batch_size=3), layers.LSTM(2, stateful=True, name="rnn")(x)),
        "'rnn' (LSTM) cannot leave Pellucid: its states go on from batch to batch.",
    ),
    "backwards": (
        lambda: model_of(ragged_bidirectional),
        "'both' (Bidirectional) cannot leave Pellucid: its forward layer goes backwards.",
    ),
    "cells with states": (
        lambda: model_of(
            lambda x, h: layers.RNN([layers.LSTMCell(2), layers.LSTMCell(2)], name="rnn")(
                x, initial_state=[[h, h], [h, h]]
            ),
            (3, 2),
            (2,),
        ),
        "'rnn' (RNN) cannot leave Pellucid: a stack of cells begins with zeros in PyTorch.",
    ),
    "quantized": (quantized, "'dense' (Dense) cannot leave Pellucid: its weights are quantized."),
    "rms scaling": (
        lambda: model_of(layers.LayerNormalization(rms_scaling=True, name="norm")),
        "'norm' (LayerNormalization) cannot leave Pellucid: PyTorch and ONNX have no such scaling.",
    ),
    "alpha noise": (
        lambda: model_of(layers.AlphaDropout(0.5, noise_shape=(None, 1, 6), name="drop")),
        "'drop' (AlphaDropout) cannot leave Pellucid: PyTorch's dropout has no shape of its own.",
    ),
    "softmax of a mask": (
        lambda: model_of(lambda x: layers.Softmax(name="soft")(x, mask=x > 0)),
        "'soft' (Softmax) cannot leave Pellucid: a mask reaches it, and its counterparts know none.",
    ),
    "steps": (
        lambda: model_of(layers.TimeDistributed(layers.Conv1D(2, 2), name="each"), (None, 4, 3)),
        "'each' (TimeDistributed) cannot leave Pellucid: it needs to know how many steps there are.",
    ),
    "mean of all": (lambda: model_of(lambda x: x + ops.mean(x)), "it mixes the samples of a batch."),
    "sum of samples": (lambda: model_of(lambda x: x + ops.sum(x, axis=0)), "it mixes the samples of a batch."),
    "argmax of all": (lambda: model_of(lambda x: x + ops.cast(ops.argmax(x), "float32")), "it mixes the samples"),
    "reshape": (lambda: model_of(lambda x: ops.reshape(x, (-1, 3))), "it does not keep the batch as the first axis."),
    "transpose": (lambda: model_of(lambda x: ops.transpose(x, (1, 0, 2))), "it moves the batch from the first axis."),
    "swap": (lambda: model_of(lambda x: ops.swapaxes(x, 0, 1)), "it moves the batch from the first axis."),
    "expand": (lambda: model_of(lambda x: ops.expand_dims(x, 0)), "it moves the batch from the first axis."),
    "stack": (lambda: model_of(lambda x: ops.stack([x, x], axis=0)), "it moves the batch from the first axis."),
    "join": (lambda: model_of(lambda x: ops.concatenate([x, x], axis=0)), "it joins samples, or constants"),
    "item": (lambda: model_of(lambda x: x[0]), "it chooses among samples, or backwards."),
    "backward slice": (lambda: model_of(lambda x: x[:, ::-1]), "it chooses among samples, or backwards."),
    "split": (lambda: model_of(lambda x: ops.split(x, 1, axis=0)[0]), "it splits the batch, or an axis of unknown size."),
    "flip": (lambda: model_of(lambda x: ops.flip(x, axis=0)), "it turns the batch round."),
    "squeeze": (lambda: model_of(ops.squeeze, (1, 6)), "which axes go must be told."),
    "vector": (lambda: model_of(lambda x: ops.matmul(x, torch.ones(6))), "one of its inputs is a vector."),
    "dots": (lambda: model_of(lambda x: ops.einsum("...i,...i->...", x, x)), "its equation leaves axes unnamed."),
    "unknown": (
        lambda: model_of(lambda x: ops.sort(x, axis=1)),
        "cannot leave Pellucid: neither PyTorch nor ONNX has a counterpart that is known here, and what it computes",
    ),
    "halves": (
        lambda: model_of(layers.Activation("glu", name="gate"), (3, None)),
        "'gate' (Activation) cannot leave Pellucid: `glu` halves a size that only a run tells.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("world", ["torch", "onnx"])
def test_what_has_no_counterpart_is_refused(name, world, tmp_path):
    make, words = REFUSED[name]
    model = make()
    with pytest.raises(UnsupportedError) as caught:
        if world == "torch":
            convert.to_torch(model, layout=None, path=tmp_path / "net.py")
        else:
            convert.to_onnx(model, tmp_path / "net.onnx", layout=None)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


ONLY_TORCH = {
    "gate": (lambda: layers.GRU(2, reset_after=False, name="rnn"), "'rnn' cannot go to PyTorch: PyTorch's GRU knows only reset_after=True."),
    "activation": (lambda: layers.LSTM(2, activation="relu", name="rnn"), "'rnn' cannot go to PyTorch: PyTorch's LSTM knows only activation='tanh'."),
}  # fmt: skip


@pytest.mark.parametrize("name", ONLY_TORCH)
def test_what_onnx_has_and_pytorch_not_goes_to_onnx(name, tmp_path):
    make, words = ONLY_TORCH[name]
    model = model_of(make())
    convert.to_onnx(model, tmp_path / "net.onnx")
    with pytest.raises(UnsupportedError) as caught:
        convert.to_torch(model)
    assert str(caught.value).splitlines()[0] == words


def test_sizes_that_onnx_needs_are_asked_for(tmp_path):
    model = model_of(layers.AdaptiveAveragePooling2D(3, name="adapt"), (None, None, 2))
    with pytest.raises(
        UnsupportedError, match="'adapt' cannot go to ONNX: its windows depend on sizes that only a run"
    ):
        convert.to_onnx(model, tmp_path / "net.onnx", layout=None)
    convert.to_torch(model, layout=None)


def test_a_model_that_computes_by_itself_is_told_to_have_a_graph():
    class Own(Model):
        def call(self, x):
            return x

    model = Own(name="own")
    model.build((None, 3))
    with pytest.raises(UnsupportedError, match="computes in a `call` of its own, which says nothing of its layers"):
        convert.to_torch(model, layout=None)
