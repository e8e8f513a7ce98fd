"""relayout computes the same in the other data format: whole numbers compared by ==, transposes counted."""

import pickle

import numpy as np
import pytest
import torch

from convert import networks, random_networks
from pellucid import convert, layers
from pellucid.errors import ArgumentError, UnknownNameError, UnsupportedError
from pellucid.models import Model, Sequential

SIZES = [(4, 6, 2), (3, 3, 3), (1, 1, 5), (4, 2, 1)]


def moved(model, xs=None, seed=0, most=2):
    """The relaid model, and pairs of outputs that must be equal, each as the old model lies."""
    networks.fill(model, seed, most)
    new = convert.relayout(model, "channels_first")
    return new, outputs_of(model, new, seed)


def outputs_of(model, new, seed=0):
    rng = np.random.default_rng(seed)
    xs = [rng.integers(-2, 3, (3, *x.shape[1:])).astype("float32") for x in model.inputs]
    there = [way.apply(torch.from_numpy(x)).numpy() for way, x in zip(new.ledger.inputs, xs, strict=True)]
    before, after = (_list(m.predict(x, verbose=0)) for m, x in ((model, xs), (new, there)))
    return [
        (old, way.undo(torch.from_numpy(one)).numpy())
        for old, one, way in zip(before, after, new.ledger.outputs, strict=True)
    ]


def _list(values):
    return values if isinstance(values, list) else [values]


def transposes(model) -> int:
    """The Permutes of a model and of those inside it, and Flattens that move an axis."""
    count = 0
    for layer in model.layers:
        if hasattr(layer, "layers"):
            count += transposes(layer)
        count += isinstance(layer, layers.Permute) and tuple(layer.dims) != tuple(range(1, len(layer.dims) + 1))
        count += isinstance(layer, layers.Flatten) and layer.data_format == "channels_first"
    return count


def assert_equal(pairs):
    for old, new in pairs:
        assert old.shape == new.shape and (old == new).all()
        assert len(np.unique(old)) > 1 or old.size < 4  # a constant would hide every mistake


def assert_home(model, new):
    back = convert.relayout(new, "channels_last")
    for before, after in zip(model.get_weights(), back.get_weights(), strict=True):
        assert before.dtype == after.dtype and before.tobytes() == after.tobytes()


# ---- what folds: no transpose is left


def flat(inputs):
    """A convolution and a Flatten, as every network here begins."""
    return layers.Flatten()(layers.Conv2D(inputs.shape[-1] + 1, 1)(inputs))


def two_maps_and_a_vector(shape):
    first, second, vector = layers.Input(shape), layers.Input(shape), layers.Input((3,))
    x = layers.Concatenate()([flat(first), vector, layers.Reshape((-1,))(layers.Conv2D(2, 1)(second))])
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return Model([first, second, vector], layers.Dense(4)(x))


def gate(shape):
    inputs = layers.Input(shape)
    x = flat(inputs)
    gated = layers.Multiply()([x, layers.Dense(x.shape[-1], activation="relu")(x)])
    added = layers.Add()([layers.Dense(x.shape[-1])(layers.Dense(3)(x)), gated])
    return Model(inputs, layers.Dense(4)(added))


def several_readers(shape):
    inputs = layers.Input(shape)
    x, shared = flat(inputs), layers.Dense(4)
    return Model(
        inputs, [layers.Dense(3)(x), layers.Dense(2)(layers.PReLU()(x)), layers.Add()([shared(x), shared(x * 2)])]
    )


def decoder(shape):
    inputs = layers.Input((5,))
    height, width, channels = shape
    x = layers.Dense(7, activation="relu")(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(height * width * channels)(x)))
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same")(layers.Reshape(shape)(x))
    return Model(inputs, x)


def decoder_into_merge(shape):
    inputs, code = layers.Input(shape), layers.Input((5,))
    x = layers.Reshape(shape)(layers.Dense(int(np.prod(shape)))(code))
    x = layers.Add()([x, layers.Conv2D(shape[-1], 1)(inputs)])
    return Model([inputs, code], layers.Conv2D(2, 1)(x))


def steps_of_maps(shape):
    inputs = layers.Input((3, *shape))
    x = layers.TimeDistributed(layers.Conv2D(2, 1, activation="relu"))(inputs)
    x = layers.TimeDistributed(layers.Flatten())(x)
    x = layers.TimeDistributed(layers.BatchNormalization())(x)
    x = layers.Bidirectional(layers.SimpleRNN(3, activation="relu", return_sequences=True))(x)
    return Model(inputs, layers.SimpleRNN(2, activation="linear")(x))


def steps_of_flats(shape):
    inputs = layers.Input((3, *shape))
    x = layers.TimeDistributed(layers.Flatten())(layers.TimeDistributed(layers.DepthwiseConv2D(1))(inputs))
    x = layers.TimeDistributed(layers.Dense(4, activation="relu"))(layers.Dropout(0.5)(x))
    return Model(inputs, layers.Dense(2)(x))


def steps_of_a_model(shape):
    inside = Sequential([layers.Input(shape), layers.Conv2D(3, 1, activation="relu"), layers.Flatten()], name="inside")
    inputs = layers.Input((3, *shape))
    x = layers.TimeDistributed(inside)(inputs)
    return Model(inputs, layers.SimpleRNN(2, activation="linear")(layers.TimeDistributed(layers.PReLU())(x)))


def repeated(shape):
    inputs = layers.Input(shape)
    x = layers.RepeatVector(3)(layers.Activation("relu")(flat(inputs)))
    return Model(inputs, layers.SimpleRNN(3, activation="linear")(x))


def authors_permute(shape):
    """The author wrote for PyTorch's order: the transpose vanishes."""
    inputs = layers.Input(shape)
    x = layers.Permute((3, 1, 2))(layers.Conv2D(2, 1)(inputs))
    return Model(inputs, layers.Dense(3)(layers.Reshape((-1,))(x)))


def normalized(shape):
    inputs = layers.Input(shape)
    x = layers.PReLU(alpha_initializer="ones")(layers.Conv2D(3, 1)(inputs))
    x = layers.PReLU(shared_axes=[1, 2])(layers.BatchNormalization()(x))
    return Model(inputs, layers.Dense(3)(layers.PReLU()(layers.Flatten()(x))))


def recurrent_maps(shape):
    inputs = layers.Input((2, *shape))
    x = layers.ConvLSTM2D(2, 2, padding="same", activation="relu", recurrent_activation="relu")(inputs)
    return Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


def squeeze_and_excite(shape):
    inputs = layers.Input(shape)
    x = layers.Conv2D(4, 1)(inputs)
    y = layers.Dense(4, activation="relu")(layers.Dense(2)(layers.GlobalMaxPooling2D()(x)))
    gated = layers.Multiply()([x, layers.Reshape((1, 1, 4))(y)])
    return Model(inputs, layers.Conv2D(2, 1)(layers.Multiply()([gated, y])))


def nested(shape):
    inside = layers.Input(shape)
    encoder = Model(inside, layers.Flatten()(layers.Conv2D(2, 1)(inside)), name="encoder")
    first, second = layers.Input(shape), layers.Input(shape)
    x = layers.Concatenate()([encoder(first), encoder(second)])
    head = Sequential([layers.Input(x.shape[1:]), layers.BatchNormalization(), layers.Dense(3)], name="head")
    return Model([first, second], head(x))


def operations(shape):
    inputs = layers.Input(shape)
    x = layers.Conv2D(2, 1)(inputs)
    x = x * 2 + layers.Conv2D(2, 1)(inputs) - 1
    return Model(inputs, layers.Dense(3)(layers.Flatten()(x) * 3))


def softmax_of_channels(shape):
    inputs = layers.Input(shape)
    x = layers.Conv2D(3, 1, activation="softmax")(inputs)
    return Model(inputs, layers.Softmax()(layers.Activation("softmax")(layers.Softmax(axis=2)(x))))


def rows(shape):
    """One spatial axis."""
    inputs = layers.Input((shape[0] * 2, shape[-1]))
    x = layers.MaxPooling1D(2)(layers.Conv1D(3, 2, padding="same")(inputs))
    return Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


def volumes(shape):
    inputs = layers.Input((2, *shape))
    x = layers.Conv3D(3, 2, padding="same")(inputs)
    return Model(
        inputs, layers.Dense(3)(layers.LayerNormalization(axis=[1])(layers.Flatten()(x)) * 0 + layers.Flatten()(x))
    )


def image_into_dense(shape):
    inputs = layers.Input(shape)
    return Model(inputs, layers.Dense(3)(layers.Flatten()(inputs)))


FOLDING = [
    networks.cnn, two_maps_and_a_vector, gate, several_readers, decoder, decoder_into_merge, steps_of_maps,
    steps_of_flats, steps_of_a_model, repeated, authors_permute, normalized, recurrent_maps, squeeze_and_excite, nested, operations, rows,
    volumes, image_into_dense,
]  # fmt: skip


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize("network", FOLDING, ids=lambda network: network.__name__)
def test_moves_are_folded_and_no_transpose_is_left(network, shape):
    model = network((8, 8, shape[-1]) if network is networks.cnn else shape)
    new, pairs = moved(model, most=1)
    assert_equal(pairs)
    assert transposes(new) == len(new.ledger.left) == 0
    assert_home(model, new)


def test_channels_move_in_and_nothing_else_does():
    new = convert.relayout(two_maps_and_a_vector((4, 6, 2)), "channels_first")
    assert [x.shape[1:] for x in new.inputs] == [(2, 4, 6), (2, 4, 6), (3,)]
    assert all(getattr(layer, "data_format", "channels_first") == "channels_first" for layer in new.layers
               if not isinstance(layer, layers.Flatten))  # fmt: skip


def test_the_moved_rows_are_the_permutation_of_the_block():
    model = networks.cnn((8, 6, 3))
    new, _ = moved(model)
    rows_before, rows_after = (m.get_layer(index=-2).get_weights()[0] for m in (model, new))
    assert (rows_after == convert.move_rows(rows_before, (4, 3, 4))).all()
    gamma = model.get_layer(index=3).get_weights()[0]
    assert (new.get_layer(index=3).get_weights()[0] == gamma).all()  # of channels: it stays


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_a_layer_normalization_over_all_features_and_over_maps_follows(shape):
    inputs = layers.Input(shape)
    x = layers.LayerNormalization(axis=[1, 2, 3])(layers.Conv2D(2, 1)(inputs))
    model = Model(inputs, layers.Dense(3)(layers.LayerNormalization()(layers.Flatten()(x))))
    new, [(old, found)] = moved(model)
    assert transposes(new) == 0 and new.get_layer(index=2).axis == [1, 2, 3]
    np.testing.assert_allclose(old, found, rtol=1e-4, atol=1e-4)  # a root: not exact on whole numbers
    assert_home(model, new)


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.filterwarnings("ignore:softmax along axis")
def test_a_softmax_of_channels_looks_along_the_channels(shape):
    model = softmax_of_channels(shape)
    new, [(old, found)] = moved(model)
    assert transposes(new) == 0
    np.testing.assert_allclose(old, found, rtol=1e-5, atol=1e-7)
    assert_home(model, new)


def test_the_ledger_tells_what_moved_from_where_to_where_and_through_what():
    model = Sequential(
        [
            layers.Input((4, 6, 2)),
            layers.Conv2D(3, 1),
            layers.Flatten(name="flat"),
            layers.ReLU(name="relu"),
            layers.Dense(5),
        ]
    )
    ledger = convert.relayout(model, "channels_first").ledger
    assert (ledger.source, ledger.target, len(ledger), len(ledger.left)) == ("channels_last", "channels_first", 4, 0)
    kernel = ledger["sequential/dense/kernel"]
    assert kernel.why.endswith("'flat' flattens lie in another order: height width channels -> channels height width")
    assert kernel.through == ("flat", "relu") and list(kernel.orders[0]) == convert.permutation((4, 6, 3)).tolist()
    assert [move.stays for move in ledger] == [True, True, False, True]
    assert ledger["sequential/conv2d/kernel"].axes == "height width in out"
    with pytest.raises(UnknownNameError, match=r"no such weight(.|\n)*ledger\['sequential/dense/kernel'\]"):
        ledger["sequential/dense/kernle"]


# ---- three different things


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["channels_last", "channels_first", "no key", "Reshape"])
def test_three_flattens_are_three_things(kind, shape):
    old_config = layers.Flatten().get_config()
    del old_config["data_format"]
    made = {"no key": lambda: layers.Flatten.from_config(old_config), "Reshape": lambda: layers.Reshape((-1,))}
    flatten = made.get(kind, lambda: layers.Flatten(data_format=kind))()
    inputs = layers.Input((shape[2], *shape[:2]))
    x = layers.Conv2D(3, 1, data_format="channels_first")(inputs)
    model = networks.fill(Model(inputs, layers.Dense(4)(flatten(x))))
    new = convert.relayout(model, "channels_last")
    assert_equal(outputs_of(model, new))
    assert transposes(new) == 0
    kernel, after = (m.get_layer(index=-1).get_weights()[0] for m in (model, new))
    block = (3, *shape[:2])
    # A Flatten that moved the channels to the end itself gave this order already.
    stays = convert.move_rows(kernel, block, "channels_first", "channels_last")
    assert (after == (kernel if kind == "channels_first" else stays)).all()
    back = convert.relayout(new, "channels_first")
    assert [w.tobytes() for w in back.get_weights()] == [w.tobytes() for w in model.get_weights()]


# ---- what does not fold: one transpose on that branch


def test_a_flat_output_stays_and_the_dense_beside_it_is_moved():
    inputs = layers.Input((4, 6, 2))
    x = flat(inputs)
    model = Model(inputs, [x, layers.Dense(3)(x)])
    new, pairs = moved(model)
    assert_equal(pairs)
    [left] = new.ledger.left
    assert transposes(new) == 1 and left.before == "" and "output of the model" in left.why
    assert not new.ledger.moves[2].stays


def test_a_shared_dense_with_a_plain_input_is_moved_once():
    inputs, plain = layers.Input((4, 6, 2)), layers.Input((72,))
    shared = layers.Dense(4, name="shared")
    model = Model([inputs, plain], layers.Add()([shared(flat(inputs)), shared(plain)]))
    new, pairs = moved(model)
    assert_equal(pairs)
    [left] = new.ledger.left
    assert transposes(new) == 1 and left.before == "shared" and "is shared" in left.why


def test_a_reshape_that_mixes_channels_with_space_gets_its_transpose():
    inputs = layers.Input((4, 6, 2))
    x = layers.Conv2D(2, 1)(inputs)
    mixed = layers.Dense(3)(layers.Reshape((4, 12), name="mix")(x))
    model = Model(inputs, [mixed, layers.Dense(3)(layers.Flatten()(x))])
    new, pairs = moved(model)
    assert_equal(pairs)
    [left] = new.ledger.left
    assert transposes(new) == 1 and left.before == "mix" and "mixes axes" in left.why
    assert not new.ledger["dense_1/kernel"].stays


def test_a_users_own_layer_sees_what_it_saw():
    inputs = layers.Input((4, 6, 2))
    x = layers.Conv2D(2, 1)(inputs)
    x = layers.Lambda(lambda v: v[:, 1:] * 2, output_shape=(3, 6, 2), name="mirror")(x)
    model = Model(inputs, layers.Conv2D(3, 1)(x))
    new, pairs = moved(model)
    assert_equal(pairs)
    assert [left.before for left in new.ledger.left] == ["mirror", "conv2d_1"]
    assert "told nothing" in new.ledger.left[0].why


def test_a_permute_of_the_author_is_composed_and_not_applied_twice():
    model = networks.crnn((8, 12, 2))
    new, [(old, found)] = moved(model)
    np.testing.assert_allclose(old, found, atol=1e-6)
    [left] = new.ledger.left
    assert (left.dims, transposes(new)) == ((3, 2, 1), 1)
    assert left.name == next(layer.name for layer in model.layers if isinstance(layer, layers.Permute))
    assert all(move.stays for move in new.ledger)
    assert_home(model, new)


# ---- whole networks, and any network


@pytest.mark.parametrize("network", [networks.unet, networks.autoencoder, networks.vit], ids=lambda n: n.__name__)
def test_whole_networks_move(network):
    model = network()
    new, pairs = moved(model)
    for old, found in pairs:
        np.testing.assert_allclose(old, found, rtol=1e-4, atol=1e-4 * abs(old).max())
    assert_home(model, new)
    # Tokens are rows of a matrix: PyTorch's own ViT transposes here too.
    assert transposes(new) == (1 if network is networks.vit else 0)


@pytest.mark.parametrize("network", [networks.cnn, networks.autoencoder, nested], ids=lambda n: n.__name__)
def test_names_and_paths_stay(network):
    model = network((4, 6, 2))
    new = convert.relayout(model, "channels_first")
    assert [layer.name for layer in model.layers] == [layer.name for layer in new.layers]
    assert [w.path for w in model.weights] == [w.path for w in new.weights] == [m.to for m in new.ledger]
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in new.layers]


def test_unknown_sizes_move_too():
    inputs = layers.Input((None, None, 3))
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    x = layers.Add()([x, layers.Conv2D(4, 1)(x)])
    model = networks.fill(Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling2D()(x))))
    new = convert.relayout(model, "channels_first")
    assert new.input_shape == (None, 3, None, None)
    x = np.random.default_rng(0).integers(-3, 3, (2, 5, 7, 3)).astype("float32")
    assert (model.predict(x, verbose=0) == new.predict(x.transpose(0, 3, 1, 2), verbose=0)).all()


@pytest.mark.parametrize("equal", [False, True], ids=["sizes differ", "sizes agree"])
@pytest.mark.parametrize("first", range(0, 30, 10))
@pytest.mark.filterwarnings("ignore:softmax along axis")
def test_networks_drawn_at_random_compute_the_same(first, equal):
    for seed in range(first, first + 10):
        model = random_networks.draw(seed, equal)
        _, pairs = moved(model, seed=seed)
        for old, found in pairs:
            np.testing.assert_allclose(
                old, found, rtol=1e-4, atol=1e-4 * max(1, abs(old).max()), err_msg=f"seed {seed}"
            )


@pytest.mark.heavy
@pytest.mark.parametrize("first", range(100, 400, 25))
@pytest.mark.filterwarnings("ignore:softmax along axis")
def test_many_networks_drawn_at_random_are_proved_both_ways(first):
    for seed in range(first, first + 25):
        model = random_networks.draw(seed, equal=bool(seed % 2))
        new = convert.relayout(model, "channels_first")
        back = convert.relayout(new, "channels_last")
        for a, b in ((model, new), (new, model), (model, back)):
            proof = convert.prove(a, b, samples=2)
            assert proof, f"seed {seed}: {proof}"


def test_a_network_without_a_layer_that_has_a_layout_goes_there_and_back():
    """Its sizes are all alike, and its config is the same in both layouts: only the conversion tells them apart."""
    x = layers.Input((3, 3, 3))
    model = Model(x, layers.Dense(4)(layers.Flatten()(layers.Lambda(lambda y: y + y)(x + x))))
    new = convert.relayout(model, "channels_first")
    for a, b in ((model, new), (new, model), (model, convert.relayout(new, "channels_last"))):
        assert convert.prove(a, b)


def test_a_converted_model_is_pickled():
    model = Sequential([layers.Input((4, 5, 2)), layers.Flatten(), layers.Dense(3)])
    new = convert.relayout(model, "channels_first")
    assert convert.prove(model, pickle.loads(pickle.dumps(new)))


# ---- refusals


def test_a_model_without_a_graph_is_refused():
    class Own(Model):
        def call(self, x):
            return x

    with pytest.raises(UnsupportedError, match="'own' has no graph"):
        convert.relayout(Own(name="own"), "channels_first")


def test_another_data_format_is_refused():
    with pytest.raises(ArgumentError, match="`data_format` says where channels lie"):
        convert.relayout(networks.cnn(), "NCHW")


def test_quantized_rows_are_refused_by_name():
    model = networks.cnn()
    model.get_layer(index=-2).quantize("int8")
    with pytest.raises(UnsupportedError, match=rf"weights of '{model.layers[-2].name}'(.|\n)*quantize what comes out"):
        convert.relayout(model, "channels_first")


def test_a_layer_that_cannot_be_made_again_is_refused_by_name():
    class Own(layers.Layer):
        def __init__(self, thing, **kwargs):
            super().__init__(**kwargs)
            self.thing = thing

        def call(self, x):
            return x

    inputs = layers.Input((4, 6, 2))
    model = Model(inputs, layers.Conv2D(2, 1)(Own(object(), name="odd")(inputs)))
    with pytest.raises(UnsupportedError, match="'odd' \\(Own\\) cannot be made again"):
        convert.relayout(model, "channels_first")
