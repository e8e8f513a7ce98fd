"""Explanations as text, compared line by line, and as plain data."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pellucid
from pellucid import Input, Model, Sequential, layers

FLATTEN = """\
flatten (Flatten)   (None, 3, 2, 4) -> (None, 24)   no weights; values unchanged
order   row-major (C): the LAST axis changes fastest  data_format: channels_last
rule    flat = h*8 + w*4 + c       h = flat//8   w = flat//4 % 2   c = flat % 4

sample 0        c=0  c=1  c=2  c=3      flat
  h=0 w=0         0    1    2    3       0..3
  h=0 w=1         4 [  5]   6    7       4..7
  h=1 w=0         8    9   10   11      8..11
  h=1 w=1        12   13   14   15     12..15
  h=2 w=0        16   17   18   19     16..19
  h=2 w=1        20   21   22   23     20..23
flat 5  <->  (h=0, w=1, c=1)   value 5
next    flat 6 is the next channel of the same position

If this layer had data_format="channels_first" (axes read as c=3, h=2, w=4):
  0 8 16 1 9 17 2 10 18 3 11 19 4 12 20 5 13 21 6 14 22 7 15 23
  flat 5 would hold input index (2, 0, 1), value 17.
"""

X = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)


def test_a_flatten_says_its_rule_and_shows_its_values():
    assert str(pellucid.explain(layers.Flatten(name="flatten"), at=5, x=X)) == FLATTEN


def test_an_element_says_where_it_comes_from_and_what_it_meets():
    model = Sequential([Input((3, 2, 4), name="image"), layers.Flatten(name="flatten"), layers.Dense(3, name="dense")])
    text = str(pellucid.explain(model, at=("flatten", 5), x=X))
    assert "\nfrom    image (h=0, w=1, c=1)\n" in text
    assert "\nmeets   dense.kernel[5, 0:3]\n" in text
    model.layers[1].set_weights([np.ones((24, 3)), np.zeros(3)])
    text = str(pellucid.explain(model, at="dense[1]", x=X))
    assert "made by dense.kernel[0:24, 1]\n        dense.bias[1]\n" in text
    assert "made of 24 products and a bias of 0: 276\n" in text  # 0 + 1 + ... + 23
    assert "23 * 1 = 23 from (23,)" in text


def test_a_long_layer_is_shown_around_the_element():
    text = str(pellucid.explain((7, 7, 512), at=(10000,)))
    assert "flat 10000  <->  (h=2, w=5, c=272)" in text
    assert "[" + "10000" in text.replace(" ", "") and "  ...\n" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("at", [("flatten", 5), "dense[2]", "conv[0,0,1]", None, "flatten", "image[1,1,0]"])
def test_every_explanation_fits_80_columns_of_ascii_and_is_plain_data(at):
    x = np.arange(20, dtype="float32").reshape(1, 5, 4, 1)
    model = Sequential(
        [
            Input((5, 4, 1), name="image"),
            layers.Conv2D(2, 3, padding="same", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(3, name="dense"),
        ]
    )
    explained = pellucid.explain(model, at=at, x=x)
    assert str(explained).isascii() and max(map(len, str(explained).splitlines())) <= 80
    assert json.loads(json.dumps(explained.to_dict())) == explained.to_dict()


def test_an_element_of_a_view_says_where_it_lies_in_memory():
    model = Sequential([Input((3, 2, 4), name="image"), layers.Permute((3, 1, 2), name="moved")])
    text = str(pellucid.explain(model, at=("moved", (1, 2, 0)), x=X))
    assert "(c=1, h=2, w=0)  <->  (h=2, w=0, c=1)   value 17" in text
    assert "element 10 in row-major order, and 17 in storage" in text  # 1*6 + 2*2 + 0, and 2*8 + 0*4 + 1


def test_an_activation_stands_between_a_sum_and_its_value():
    model = Sequential([Input((2,), name="x"), layers.Dense(1, activation="relu", name="dense")])
    model.set_weights([[[1.0], [1.0]], [-5.0]])
    text = str(pellucid.explain(model, at="dense[0]", x=np.array([[1.0, 2.0]])))
    assert "at      (f=0)   value 0\n" in text
    assert "made of 2 products and a bias of -5: -2 before its activation\n        2 * 1 = 2 from (1,)\n" in text


def test_a_unit_of_several_sums_names_them_all():
    model = Sequential([Input((3, 2), name="x"), layers.LSTM(2, name="lstm")])
    explained = pellucid.explain(model, at="lstm[1]", x=np.zeros((1, 3, 2)))
    assert "made of 4 sums, each before its activation\n        input: 4 products and a bias of 0: 0\n" in str(
        explained
    )
    assert "forget: 4 products and a bias of 1: 1\n" in str(explained)
    said = explained.to_dict()
    assert said["decomposition"] is None and list(said["parts"]) == ["input", "forget", "candidate", "output"]


WHOLE = """\
conv (Conv2D)   (None, 5, 4, 3) -> (None, 5, 4, 2)    56 weights
reads   image (None, 5, 4, 3)
read by pool
weights kernel (3, 3, 3, 2), bias (2,)
costs   1,080 multiply-adds for one sample
sees    3 x 3 of image, 1 apart: 27 of 60 elements
values  0 to 0, mean 0, 100 % are 0; 2 samples
"""


def test_a_whole_layer_says_what_it_reads_and_sees():
    """A pooled unit in the middle looks at rows 1 to 4 and columns 1 to 4, of which the image has columns 0 to 3."""
    conv = layers.Conv2D(2, 3, padding="same", name="conv")
    model = Sequential([Input((5, 4, 3), name="image"), conv, layers.MaxPooling2D(2, name="pool")])
    assert str(pellucid.explain(model, at="conv", x=np.zeros((2, 5, 4, 3)))) == WHOLE
    assert "sees    4 x 4 of image, 2 apart: 36 of 60 elements\n" in str(pellucid.explain(model, at="pool"))


def test_memory_order_is_told_as_data_too():
    model = Sequential([Input((3, 2, 4), name="image"), layers.Permute((3, 1, 2), name="moved")])
    explained = pellucid.explain(model, at=("moved", (1, 2, 0)), x=X)
    assert explained.to_dict()["memory"] == {
        "row_major": 10, "storage": 17, "strides": [24, 1, 8, 4], "is_contiguous": False
    }  # fmt: skip
    assert pellucid.explain(model, at=("moved", 0)).to_dict()["memory"] is None
    whole = str(pellucid.explain(model, at="moved", x=X))
    assert "memory  not in row-major order: a view of shape (1, 4, 3, 2) with strides (24,\n        1, 8, 4)\n" in whole


def test_an_unknown_first_size_is_no_hindrance_to_the_rule():
    text = str(pellucid.explain((None, 4), at=4003))
    assert "flat 4003  <->  (t=1000, c=3)\n" in text
    explained = pellucid.explain(
        Sequential([Input((None, 4), name="x"), layers.Flatten(name="flatten")]), at="flatten:9"
    )
    assert "flat 9  <->  (t=2, c=1)\n" in str(explained)
    assert explained.to_dict()["sources"] is None and explained.to_dict()["place"] == [9]


def test_a_layer_without_links_says_so():
    x = Input((3,), name="x")
    t = pellucid.trace(Model(x, layers.Lambda(lambda value: value.flip(1), name="flip")(x)))
    assert "links   it does not say which places feed which: all of its input is taken\n" in str(
        pellucid.explain(t, at="flip")
    )
    assert "say no links, so all of their input is taken: flip\n" in str(t)
    assert "3 elements (at most: flip does not say its links: all\n          of its input is taken)\n" in str(
        pellucid.explain(t, at="flip[0]")
    )


def test_a_state_is_an_output_with_places_of_its_own():
    x = Input((4, 2), name="x")
    outputs = layers.LSTM(3, return_sequences=True, return_state=True, name="lstm")(x)
    t = pellucid.trace(Model(x, outputs), np.ones((1, 4, 2)))
    explained = pellucid.explain(t, at=("lstm", (2,), 1))
    assert explained.to_dict()["flat"] == 2
    assert explained.to_dict()["value"] == float(t["lstm"].values[1][0, 2])
    assert "at      (f=2)   value " in str(explained)


def test_what_nothing_feeds_says_so():
    x = Input((3, 3, 1), name="x")
    model = Model(x, layers.ReLU(name="relu")(layers.ZeroPadding2D(1, name="pad")(x)))
    told = str(pellucid.explain(model, at="pad[0,0,0]"))
    assert "from    x: nothing; its value is made of weights alone\n" in told
    assert "from    relu: nothing\n" in str(pellucid.explain(model, at="pad[1,1,0]", to="relu"))
