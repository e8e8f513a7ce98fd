"""The summary: as Keras prints it, character for character; and the classic table."""

import itertools

import keras
import numpy as np
import pytest

import pellucid
from pellucid.errors import ArgumentError, UnknownNameError


def images(k):
    layers = [k.layers.Input((8, 8, 1)), k.layers.Conv2D(4, 3, name="conv"), k.layers.BatchNormalization()]
    return k.models.Sequential([*layers, k.layers.Flatten(), k.layers.Dense(3)])


def unbuilt(k):
    return k.models.Sequential([k.layers.Dense(3), k.layers.Dense(2)])


def nested(k):
    inputs = k.layers.Input((8, 8, 1))
    model = k.models.Model(inputs, images(k)(inputs))
    return k.models.Sequential([k.layers.Input((8, 8, 1)), model, k.layers.Dense(2)])


def branching(k):
    a, b = k.layers.Input((4,), name="a_very_long_name_for_an_input"), k.layers.Input((4,))
    dense = k.layers.Dense(3)
    both = k.layers.Concatenate()([dense(a), dense(b)])
    return k.models.Model([a, b], [k.ops.mean(both * 2, axis=1), both])


def nested_branching(k):
    inputs = [k.layers.Input((4,)), k.layers.Input((4,))]
    model = k.models.Model(inputs, k.layers.Dense(2)(branching(k)(inputs)[1]))
    model.layers[-1].trainable = False
    return model


def by_name(k):
    inputs = {"p": k.layers.Input((4,), name="p"), "q": k.layers.Input((4,), name="q")}
    return k.models.Model(inputs, {"sum": k.layers.Add()([inputs["p"], inputs["q"]])})


def twice(k):
    inputs, dense = k.layers.Input((4,)), k.layers.Dense(4)
    return k.models.Model(inputs, dense(dense(inputs)))


def compiled(k):
    model = k.models.Sequential([k.layers.Input((4,)), k.layers.Dense(2)], name="comp[bold]iled")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def subclassed(k):
    class Mine(k.models.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.unused = k.layers.Dense(4), k.layers.Dense(2), k.layers.Dense(1)

        def build(self, input_shape):
            self.first.build(input_shape)
            self.second.build(self.first.compute_output_shape(input_shape))

        def call(self, x):
            return self.second(self.first(x))

    model = Mine()
    model.build((None, 3))
    return model


MODELS = (images, unbuilt, nested, branching, nested_branching, by_name, twice, compiled, subclassed)


def made(k, make):
    """A model with the names that it has in a fresh session."""
    k.utils.clear_session(free_memory=False)
    return make(k)


def page(model, **options) -> str:
    pages = []
    model.summary(print_fn=pages.append, **options)
    (only,) = pages  # print_fn is called once
    return only


def printed(k, make, **options) -> str:
    return page(made(k, make), **options)


@pytest.mark.parametrize("make", MODELS)
def test_the_summary_is_kerass_to_the_character(make):
    ours, kerass = made(pellucid, make), made(keras, make)
    for length, expand, trainable in itertools.product([None, 60, 88, 120], [False, True], [False, True]):
        options = {"line_length": length, "expand_nested": expand, "show_trainable": trainable}
        assert page(ours, **options) == page(kerass, **options)


@pytest.mark.parametrize("columns", ["64", "100", "200"])
def test_the_summary_follows_the_terminals_width(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert printed(pellucid, branching) == printed(keras, branching)


@pytest.mark.parametrize("layer_range", [("conv", "flatten"), ["flatten", "conv"], ("b.*", "dense"), ("conv", "conv")])
def test_a_range_of_layers_is_kerass(layer_range):
    assert printed(pellucid, images, layer_range=layer_range) == printed(keras, images, layer_range=layer_range)


def test_positions_move_the_columns_as_in_keras():
    options = {"positions": [0.3, 0.6, 1.0], "line_length": 70}
    assert printed(pellucid, images, **options) == printed(keras, images, **options)


def test_colours_are_kerass_too(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    pages = []
    for k in (pellucid, keras):
        made(k, nested_branching).summary(show_trainable=True)
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
    assert "\x1b[38;5;34m" in pages[0]


def test_a_wrong_range_is_told():
    with pytest.raises(ArgumentError, match="expected  two strings"):
        printed(pellucid, images, layer_range=("conv",))
    with pytest.raises(UnknownNameError, match=r"No layer's name matches 'nope'\.(.|\n)*expected  conv, batch_norm"):
        printed(pellucid, images, layer_range=("conv", "nope"))


def test_too_little_room_is_told():
    with pytest.raises(ArgumentError, match="The summary's columns need more room"):
        printed(pellucid, images, line_length=10)


def test_an_unknown_style_is_told():
    with pytest.raises(ArgumentError, match="expected  'keras' or 'classic'"):
        printed(pellucid, images, style="boxed")


def test_positions_of_another_number_are_told():
    for style in ("keras", "classic"):
        with pytest.raises(ArgumentError, match="one for each of Layer"):
            printed(pellucid, images, positions=[0.5, 1.0], style=style)


# ---- the classic table

CLASSIC = """\
Layer (type)                     Output Shape          Param #
================================================================
base (Model)                     (None, 4, 4, 512)     14336
________________________________________________________________
flatten_1 (Flatten)              (None, 8192)          0
________________________________________________________________
dense_1 (Dense)                  (None, 256)           2097408
________________________________________________________________
dense_2 (Dense)                  (None, 1)             257
================================================================
Total params: 2,112,001
Trainable params: 2,112,001
Non-trainable params: 0
________________________________________________________________
"""


def test_the_classic_table_has_columns_at_0_33_and_55():
    from pellucid.layers import Conv2D, Dense, Flatten, Input
    from pellucid.models import Model, Sequential

    inputs = Input((4, 4, 3))
    base = Model(inputs, Conv2D(512, 3, padding="same")(inputs), name="base")  # 3*3*3*512 + 512 = 14336
    head = [Flatten(name="flatten_1"), Dense(256, name="dense_1"), Dense(1, name="dense_2")]
    assert page(Sequential([base, *head]), style="classic") == CLASSIC.rstrip("\n")


def test_the_classic_table_cuts_long_names_and_shapes_at_the_next_column():
    layers = pellucid.layers
    name = "a_name_that_is_longer_than_its_column"
    model = pellucid.Sequential([layers.Input((1000, 1000, 1000)), layers.Identity(name=name)])
    # By hand, after Keras 1.2.2: 33 characters, the last of them made a blank; then 22 likewise.
    assert page(model, style="classic").splitlines()[2] == "a_name_that_is_longer_than_its_c (None, 1000, 1000, 10 0"


def test_the_classic_table_of_a_graph_says_what_is_connected_to_what():
    text = page(branching(pellucid), style="classic")
    lines = text.splitlines()
    assert lines[0] == f"{'Layer (type)':33}{'Output Shape':22}{'Param #':12}Connected to"
    assert lines[1] == "=" * 100
    shared = next(k for k, line in enumerate(lines) if line.startswith("dense (Dense)"))
    assert [line[67:] for line in lines[shared : shared + 2]] == [
        "a_very_long_name_for_an_input[0][",
        "input_layer[0][0]",
    ]


def test_the_classic_table_names_kinds_of_models():
    text = page(nested(pellucid), style="classic", expand_nested=True, show_trainable=True)
    kinds = [line.split("(")[1].split(")")[0] for line in text.splitlines()[2::2] if "(" in line]
    assert kinds[:4] == ["Model", "InputLayer", "Sequential", "Conv2D"]


def test_the_classic_table_is_printed_where_no_function_is_given(capsys):
    images(pellucid).summary(style="classic")
    assert capsys.readouterr().out.startswith("Layer (type)                     Output Shape          Param #\n====")


def test_a_summary_goes_to_the_log_without_interactive_logging(caplog, capsys):
    pellucid.config.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="pellucid"):
            images(pellucid).summary()
    finally:
        pellucid.config.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert "Total params" in caplog.text


def test_optimizer_weights_count_after_training():
    model = pellucid.Sequential([pellucid.layers.Input((4,)), pellucid.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 2)), verbose=0)
    assert " Optimizer params: 22 (88.00 B)" in page(model)  # 2 * 10 slots, the iteration and the learning rate
