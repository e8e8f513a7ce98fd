"""Dataset: the steps that programs chain on tf.data, each beside Python's own word for it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import pellucid
from pellucid import errors, layers
from pellucid.engine.data.dataset import Dataset


def numbers(count: int = 10) -> Dataset:
    return Dataset.range(count)


def values(dataset) -> list:
    return [np.asarray(item).tolist() for item in dataset]


CHAINS = {
    "map": (lambda d: d.map(lambda x: 2 * x + 1), [2 * k + 1 for k in range(10)]),
    "filter": (lambda d: d.filter(lambda x: x % 3 == 0), [0, 3, 6, 9]),
    "take": (lambda d: d.take(3), [0, 1, 2]),
    "take all": (lambda d: d.take(-1), list(range(10))),
    "skip": (lambda d: d.skip(8), [8, 9]),
    "skip all": (lambda d: d.skip(-1), []),
    "shard": (lambda d: d.shard(4, 1), [1, 5, 9]),
    "repeat": (lambda d: d.take(2).repeat(3), [0, 1] * 3),
    "repeat never": (lambda d: d.repeat(0), []),
    "endless": (lambda d: d.take(2).repeat().take(5), [0, 1, 0, 1, 0]),
    "empty without end": (lambda d: d.take(0).repeat(), []),
    "concatenate": (lambda d: d.take(1).concatenate(d.skip(9)), [0, 9]),
    "batch": (lambda d: d.batch(4), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
    "whole batches": (lambda d: d.batch(4, drop_remainder=True), [[0, 1, 2, 3], [4, 5, 6, 7]]),
    "unbatch": (lambda d: d.batch(4).unbatch(), list(range(10))),
    "cache, prefetch": (lambda d: d.cache().prefetch(-1), list(range(10))),
    "apply": (lambda d: d.apply(lambda one: one.take(1)), [0]),
}


@pytest.mark.parametrize("name", CHAINS)
def test_steps_give_what_they_say_in_each_pass(name):
    chain, expected = CHAINS[name]
    dataset = chain(numbers())
    for _ in range(2):
        assert values(dataset) == expected
    size = int(dataset.cardinality())
    assert size in (len(expected), -1, -2)
    if name not in ("filter", "unbatch", "empty without end"):
        assert size == len(expected) == len(dataset)


def test_sizes_that_are_no_number_are_told():
    assert int(numbers().repeat().cardinality()) == -1
    assert int(numbers().filter(bool).cardinality()) == -2
    with pytest.raises(errors.ArgumentTypeError, match="has no end"):
        len(numbers().repeat())
    with pytest.raises(errors.ArgumentTypeError, match="unknown number"):
        len(numbers().filter(bool))


def test_tuples_and_dicts_are_structure_and_lists_are_arrays():
    dataset = Dataset.from_tensor_slices(({"a": [1.0, 2.0], "b": [[1, 2], [3, 4]]}, ["x", "y"]))
    inputs, word = next(iter(dataset))
    assert (inputs["a"].item(), inputs["b"].tolist(), word) == (1.0, [1, 2], "x")
    (inputs, words) = next(iter(dataset.batch(2)))
    assert inputs["b"].tolist() == [[1, 2], [3, 4]]
    assert words.tolist() == ["x", "y"]


def test_a_function_gets_a_tuple_as_arguments_and_may_give_arrays():
    dataset = Dataset.from_tensor_slices((np.arange(3.0), np.arange(3)))
    doubled = dataset.map(lambda x, y: (x.numpy() * 2, int(y), "word"))
    assert [(float(x), int(y), word) for x, y, word in doubled] == [(0, 0, "word"), (2, 1, "word"), (4, 2, "word")]


def test_zip_ends_with_the_shortest():
    dataset = Dataset.zip((numbers(3), numbers(5).map(lambda x: -x)))
    assert [(int(a), int(b)) for a, b in dataset] == [(0, 0), (1, -1), (2, -2)]
    assert len(dataset) == 3
    assert [(int(k), int(x)) for k, x in numbers(2).enumerate(5)] == [(5, 0), (6, 1)]


@pytest.mark.parametrize("buffer", [1, 3, 10, 50])
def test_shuffle_keeps_all_elements_and_a_seed_gives_the_same_order_again(buffer):
    dataset, again = (numbers(30).shuffle(buffer, seed=7) for _ in range(2))
    first, second = values(dataset), values(dataset)
    assert sorted(first) == sorted(second) == list(range(30))
    assert (first != second) == (buffer > 1)
    assert (values(again), values(again)) == (first, second)
    # Drawn from the next `buffer` elements: none comes earlier than that.
    assert all(place >= number - buffer + 1 for place, number in enumerate(first))


def test_shuffle_may_keep_its_order_and_follows_the_random_state():
    dataset = numbers(30).shuffle(30, reshuffle_each_iteration=False)
    assert values(dataset) == values(dataset) != list(range(30))
    pellucid.utils.set_random_seed(1)
    first = values(numbers(30).shuffle(30))
    pellucid.utils.set_random_seed(1)
    assert values(numbers(30).shuffle(30)) == first


def test_cache_asks_for_each_element_once():
    asked = []
    dataset = numbers(3).map(lambda x: asked.append(int(x)) or x).cache()
    next(iter(dataset))  # a pass that stops keeps nothing
    assert values(dataset) == values(dataset) == [0, 1, 2]
    assert asked == [0, 0, 1, 2]


def test_padded_batches_are_as_long_as_their_longest():
    dataset = Dataset.from_generator(lambda: ([k] * k for k in (1, 3, 2)))
    assert values(dataset.padded_batch(2)) == [[[1, 0, 0], [3, 3, 3]], [[2, 2]]]
    assert values(dataset.padded_batch(3, padding_values=-1)) == [[[1, -1, -1], [3, 3, 3], [2, 2, -1]]]
    with pytest.raises(errors.ShapeError, match=r"make no batch(?s:.*)\(1,\), \(3,\)(?s:.*)padded_batch"):
        list(dataset.batch(2))


def test_element_spec_has_shapes_and_dtypes():
    dataset = Dataset.from_tensor_slices((np.zeros((5, 2), "float32"), ["a"] * 5))
    x, word = dataset.element_spec
    assert (x.shape, x.dtype, word.shape, word.dtype) == ((2,), "float32", (), "string")
    x, word = dataset.batch(2).element_spec
    assert (x.shape, word.shape) == ((None, 2), (None,))


def test_numpy_iterator_reduce_and_the_single_element():
    assert all(isinstance(item, np.ndarray) for item in numbers().as_numpy_iterator())
    assert int(numbers(5).reduce(0, lambda state, x: state + x)) == 10
    assert int(numbers(1).get_single_element()) == 0
    with pytest.raises(errors.DataError, match="exactly one element"):
        numbers(2).get_single_element()


def test_only_what_is_asked_for_is_computed():
    asked = []
    endless = Dataset.from_generator(itertools.count).map(lambda x: asked.append(int(x)) or x)
    assert values(endless.batch(2).take(2)) == [[0, 1], [2, 3]]
    assert asked == [0, 1, 2, 3]


def test_fit_evaluate_and_predict_take_it():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)).astype("float32"), rng.normal(size=(20, 1)).astype("float32")

    def model():
        pellucid.utils.set_random_seed(0)
        made = pellucid.Sequential([pellucid.Input((3,)), layers.Dense(1)])
        made.compile("sgd", "mse")
        return made

    dataset = Dataset.from_tensor_slices((x, y)).batch(4)
    ours, theirs = model(), model()
    history = ours.fit(dataset, epochs=3, validation_data=dataset.take(2), verbose=0)
    theirs.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    for got, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6)
    assert len(history.history["val_loss"]) == 3
    assert ours.evaluate(dataset, verbose=0) == pytest.approx(ours.evaluate(x, y, batch_size=4, verbose=0), rel=1e-5)
    np.testing.assert_allclose(
        ours.predict(dataset.map(lambda x, y: x), verbose=0), ours.predict(x, verbose=0), rtol=1e-5
    )
    endless = dataset.repeat()
    ours.fit(endless, steps_per_epoch=3, epochs=2, verbose=0)


def test_class_weights_go_with_it_and_targets_do_not():
    model = pellucid.Sequential([pellucid.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    dataset = Dataset.from_tensor_slices((np.ones((2, 1), "float32"), np.array([[0.0], [1.0]], "float32"))).batch(2)
    logs = model.fit(dataset, class_weight={0: 3.0, 1: 1.0}, verbose=0).history
    assert logs["loss"] == [pytest.approx(1.5)]  # by hand: (3 * (1-0)**2 + 1 * (1-1)**2) / 2
    with pytest.raises(errors.ArgumentError, match="`y` does not go with a Dataset"):
        model.fit(dataset, np.ones((2, 1)), verbose=0)


REFUSED = {
    "lengths": (lambda: Dataset.from_tensor_slices(([1, 2], [1])), errors.DataError, "arrays of one length"),
    "one number": (lambda: Dataset.from_tensor_slices(3), errors.DataError, "arrays of one length"),
    "batches of none": (lambda: numbers().batch(0), errors.ArgumentError, "`batch_size` is too small"),
    "a buffer of none": (lambda: numbers().shuffle(0), errors.ArgumentError, "`buffer_size` is too small"),
    "told sizes": (lambda: numbers().padded_batch(2, [3]), errors.ArgumentError, "those of the longest"),
    "an empty one": (lambda: numbers(0).element_spec, errors.DataError, "no element to look at"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused(what):
    make, kind, text = REFUSED[what]
    with pytest.raises(kind, match=text):
        make()


def test_tensors_keep_their_dtypes():
    dtypes = ("int64", "uint8", "bool", "float16")
    dataset = Dataset.from_tensor_slices(tuple(np.zeros(2, dtype) for dtype in dtypes))
    assert [x.dtype for x in next(iter(dataset))] == [torch.int64, torch.uint8, torch.bool, torch.float16]
