"""`predict` in a loop: it compiles by itself, sees every change at once, and leaves a user's own Python alone."""

from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers

ROW = np.linspace(-1.0, 1.0, 8, dtype="float32").reshape(2, 4)


def network(*more):
    pellucid.utils.set_random_seed(0)
    return pellucid.Sequential([pellucid.Input((4,)), layers.Dense(5, activation="tanh"), *more, layers.Dense(3)])


def by_hand(model, x):
    with torch.no_grad():
        return model(torch.as_tensor(x), training=False).numpy()


def is_compiled(model) -> bool:
    return any(shape.engine is not None for shape in model._inference._shapes.values())


def predicted_often(model, x=ROW, times=6):
    return [model.predict(x, verbose=0) for _ in range(times)]


def test_a_loop_of_predictions_compiles_and_goes_on_giving_the_same():
    model = network(layers.BatchNormalization(), layers.Dropout(0.5))
    found = predicted_often(model)
    assert is_compiled(model)
    for outputs in found:
        np.testing.assert_allclose(outputs, by_hand(model, ROW), rtol=1e-5, atol=1e-6)


def test_outputs_belong_to_the_caller():
    model = network()
    first, *_, last = predicted_often(model)
    kept = last.copy()
    model.predict(ROW + 1, verbose=0)
    assert np.array_equal(last, kept)
    first[:] = 7
    np.testing.assert_allclose(model.predict(ROW, verbose=0), kept, rtol=1e-6)


def test_outputs_never_lie_in_the_users_own_memory():
    model = pellucid.Sequential([pellucid.Input((2, 2)), layers.Flatten()])
    x = np.zeros((2, 2, 2), "float32")
    for outputs in predicted_often(model, x):
        outputs[:] = 1
    assert is_compiled(model) and not x.any()


CHANGES = {
    "set_weights": lambda model: model.set_weights([w + 1 for w in model.get_weights()]),
    "assign": lambda model: model.layers[0].kernel.assign(np.ones((4, 5))),
    "written by PyTorch": lambda model: (
        model.layers[0].kernel.value.data.mul_(2.0) is None or model.layers[0].bias.value.detach().add_(3.0)
    ),
    "another activation": lambda model: setattr(model.layers[0], "activation", pellucid.activations.relu),
    "fit": lambda model: (model.compile("sgd", "mse"), model.fit(ROW, np.ones((2, 3)), verbose=0)),
    "another layer": lambda model: model.add(layers.Dense(3)),
    "a step of one's own": lambda model: setattr(model, "predict_step", lambda x: x[:, :3]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_prediction_sees_a_change(change):
    model = network()
    before = predicted_often(model)[-1]
    assert is_compiled(model)
    CHANGES[change](model)
    after = model.predict(ROW, verbose=0)
    wanted = ROW[:, :3] if change == "a step of one's own" else by_hand(model, ROW)
    np.testing.assert_allclose(after, wanted, rtol=1e-5, atol=1e-6)
    assert not np.allclose(after, before)


def test_python_of_the_users_runs_once_each_time():
    calls = []

    def counted(x):
        calls.append(1)
        return x * len(calls)

    model = network(layers.Lambda(counted))
    calls.clear()
    found = predicted_often(model, times=8)
    assert len(calls) == 8
    assert not np.allclose(found[-1], found[-2])


def test_a_state_that_each_prediction_moves_on_moves_on_once():
    model = pellucid.Sequential([pellucid.Input(batch_shape=(2, 3, 4)), layers.SimpleRNN(2, stateful=True)])
    twin = pellucid.models.clone_model(model)
    twin.set_weights(model.get_weights())
    x = np.linspace(-1, 1, 24, dtype="float32").reshape(2, 3, 4)
    for _ in range(8):
        np.testing.assert_allclose(model.predict(x, verbose=0), by_hand(twin, x), rtol=1e-5, atol=1e-6)


def test_each_kind_of_array_gives_what_the_model_gives():
    model = network()
    big = np.random.default_rng(0).normal(size=(70, 4)).astype("float32")
    kinds = {
        "one sample": big[:1],
        "float64": big[:2].astype("float64"),
        "not contiguous": np.asfortranarray(big[:2]),
        "backwards": big[:2, ::-1],
        "tensor": torch.as_tensor(big[:2]),
        "more than a batch": big,
        "read only": np.frombuffer(big[:2].tobytes(), "float32").reshape(2, 4),
    }
    for name, x in kinds.items():
        for outputs in predicted_often(model, x, times=7):
            np.testing.assert_allclose(
                outputs, by_hand(model, np.asarray(x).astype("float32").copy()), rtol=1e-5, atol=1e-6, err_msg=name
            )


def test_several_inputs_and_outputs_keep_their_nesting():
    a, b = pellucid.Input((4,), name="a"), pellucid.Input((4,), name="b")
    model = pellucid.Model({"a": a, "b": b}, {"sum": layers.Add()([a, b]), "flat": [layers.ReLU()(a)]})
    for outputs in predicted_often(model, {"a": ROW, "b": 2 * ROW}, times=7):
        np.testing.assert_allclose(outputs["sum"], 3 * ROW, rtol=1e-6)
        np.testing.assert_allclose(outputs["flat"][0], np.maximum(ROW, 0))
    assert is_compiled(model)


def test_masks_are_left_to_the_model():
    model = pellucid.Sequential([pellucid.Input((5,)), layers.Embedding(7, 3, mask_zero=True), layers.LSTM(2)])
    ids = np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 0]])
    for outputs in predicted_often(model, ids, times=7):
        np.testing.assert_allclose(outputs, by_hand(model, ids), rtol=1e-5, atol=1e-6)


def test_a_copy_compiles_for_itself():
    model = network()
    predicted_often(model)
    twin = copy.deepcopy(model)
    twin.set_weights([w * 0 for w in twin.get_weights()])
    assert not twin.predict(ROW, verbose=0).any()
    assert model.predict(ROW, verbose=0).any()


def test_a_wrong_shape_is_still_told():
    model = network()
    predicted_often(model)
    with pytest.raises(ValueError, match="axis"):
        model.predict(np.ones((2, 5), "float32"), verbose=0)
    with pytest.raises(ValueError, match="batch_size"):
        model.predict(ROW, batch_size=0, verbose=0)


MANY = np.random.default_rng(1).normal(size=(32, 4)).astype("float32")


def test_batches_of_other_lengths_use_what_one_length_compiled():
    model = network(layers.Dense(6, activation="relu"))
    predicted_often(model, MANY)
    for count in (32, 17, 40, 16, 95, 33, 2, 31):
        x = np.resize(MANY, (count, 4)) + count
        np.testing.assert_allclose(model.predict(x, verbose=0), by_hand(model, x), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.predict_on_batch(x), by_hand(model, x), rtol=1e-5, atol=1e-6)
    assert len(model._inference._shapes) < 5


def test_samples_that_look_at_each_other_stay_in_one_batch():
    x = pellucid.Input((4,))
    y = layers.Dense(4, activation="relu", kernel_initializer="identity")(x)
    model = pellucid.Model(x, layers.Dense(4, kernel_initializer="identity")(y - pellucid.ops.mean(y, axis=0)))
    predicted_often(model, MANY)
    assert is_compiled(model)
    for count in (32, 48, 20):
        batch = np.maximum(np.resize(MANY, (count, 4)) * count, 0)
        parts = [part - part.mean(axis=0) for part in (batch[:32], batch[32:]) if len(part)]
        np.testing.assert_allclose(model.predict(batch, verbose=0), np.concatenate(parts), rtol=1e-4, atol=1e-4)


def test_a_weight_changed_between_two_lengths_is_seen():
    model = network(layers.Dense(6, activation="relu"))
    predicted_often(model, MANY)
    model.set_weights([w * 2 for w in model.get_weights()])
    for x in (MANY[:20], MANY, MANY[:5]):
        np.testing.assert_allclose(model.predict(x, verbose=0), by_hand(model, x), rtol=1e-5, atol=1e-6)


def test_an_array_of_many_batches_is_not_kept():
    model = network(layers.Dense(6, activation="relu"))
    predicted_often(model, MANY)
    x = np.ones((100, 4), "float32")
    gone = weakref.ref(x)
    model.predict(x, verbose=0)
    del x
    gc.collect()
    assert gone() is None


def test_run_eagerly_never_compiles():
    model = network()
    model.compile(run_eagerly=True)
    predicted_often(model)
    assert model._inference is None
