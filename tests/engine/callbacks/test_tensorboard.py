"""What TensorBoard is told: read back by its own reader, beside the history of the same training."""

import builtins
import io
import json

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.graph import keras_util

from pellucid import Sequential, callbacks, layers, models, optimizers
from pellucid.distribution import processes
from pellucid.engine.callbacks.event_files import EventFile
from pellucid.errors import ArgumentError, MissingPackageError

# The reader of TensorBoard decodes images in its own way, which NumPy warns of.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard.*")

X, Y = np.random.default_rng(0).normal(size=(10, 3)).astype("float32"), np.ones((10, 1), "float32")


def network(optimizer=None):
    model = Sequential([layers.Input((3,)), layers.Dense(2, name="first"), layers.Dense(1, name="last")])
    model.compile(optimizer or optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def read(folder):
    found = EventAccumulator(str(folder), size_guidance={"histograms": 0, "images": 0, "scalars": 0, "tensors": 0})
    found.Reload()
    return found


def scalars(folder):
    found = read(folder)
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def approx(pairs):
    return [(step, pytest.approx(value, rel=1e-6)) for step, value in pairs]


def fit(tmp_path, model=None, **kwargs):
    model = model or network()
    tensorboard = callbacks.TensorBoard(tmp_path, **kwargs)
    options = {"epochs": 2, "batch_size": 5, "validation_data": (X[:4], Y[:4]), "verbose": 0}
    return model.fit(X, Y, callbacks=[tensorboard], **options).history


def test_epochs_are_written_as_the_history_has_them(tmp_path):
    history = fit(tmp_path)
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert set(train) == {"epoch_loss", "epoch_mae", "epoch_learning_rate"}
    assert train["epoch_loss"] == approx(enumerate(history["loss"]))
    assert train["epoch_learning_rate"] == approx([(0, 0.1), (1, 0.1)])
    assert validation["epoch_mae"] == approx(enumerate(history["val_mae"]))
    # Two batches an epoch: validated after 2 and 4 steps.
    assert validation["evaluation_loss_vs_iterations"] == approx(zip((2, 4), history["val_loss"], strict=True))


@pytest.mark.parametrize(("freq", "steps"), [("batch", [1, 2, 3, 4]), (1, [1, 2, 3, 4]), (3, [3]), ("epoch", None)])
def test_batches_are_written_as_often_as_is_wanted(tmp_path, freq, steps):
    fit(tmp_path, update_freq=freq)
    found = scalars(tmp_path / "train")
    assert [step for step, _ in found["batch_loss"]] == steps if steps else "batch_loss" not in found


def test_the_speed_is_written_where_it_is_wanted(tmp_path):
    fit(tmp_path, update_freq=1, write_steps_per_second=True)
    found = scalars(tmp_path / "train")
    assert [step for step, _ in found["epoch_steps_per_second"]] == [0, 1]
    assert all(value > 0 for tag in ("epoch_steps_per_second", "batch_steps_per_second") for _, value in found[tag])


def test_evaluation_alone_is_written_too(tmp_path):
    model = network()
    loss = model.evaluate(X, Y, verbose=0, callbacks=[callbacks.TensorBoard(tmp_path)])[0]
    assert scalars(tmp_path / "validation")["evaluation_loss_vs_iterations"] == approx([(0, loss)])


def test_one_callback_serves_two_trainings(tmp_path):
    model, tensorboard = network(), callbacks.TensorBoard(tmp_path)
    for _ in range(2):
        model.fit(X, Y, verbose=0, callbacks=[tensorboard])
    assert len(list((tmp_path / "train").glob("events.out.*"))) == 2


def test_histograms_hold_the_weights(tmp_path):
    model = network()
    fit(tmp_path, model, histogram_freq=2)
    found = read(tmp_path / "train")
    assert set(found.Tags()["histograms"]) == {f"{weight.path}/histogram" for weight in model.weights}
    (event,) = found.Histograms(f"{model.layers[0].kernel.path}/histogram")  # after epoch 0, and not after 1
    assert event.step == 0 and event.histogram_value.num == 6


def test_a_histogram_has_the_values_that_are_finite(tmp_path):
    file = EventFile(str(tmp_path))
    file.histogram("some", np.array([1.0, np.nan, 3.0, np.inf]), 0)
    file.histogram("none", np.array([np.nan]), 0)
    file.close()
    found = read(tmp_path)
    assert found.Tags()["histograms"] == ["some"]
    value = found.Histograms("some")[0].histogram_value
    assert (value.num, value.min, value.max, value.sum) == (2, 1, 3, 4)


def test_weights_are_drawn_in_greys(tmp_path):
    model = Sequential([layers.Input((6, 6, 1)), layers.Conv2D(3, 2, name="conv"), layers.Flatten(), layers.Dense(1)])
    model.compile(optimizers.SGD(0.0), "mse")
    kernel = np.arange(12.0).reshape(2, 2, 1, 3)
    model.layers[0].set_weights([kernel, np.zeros(3)])
    tensorboard = callbacks.TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    model.fit(np.ones((4, 6, 6, 1)), np.ones((4, 1)), verbose=0, callbacks=[tensorboard])
    found = read(tmp_path / "train")
    assert len(found.Tags()["images"]) == 4
    (event,) = found.Images(f"{model.layers[0].kernel.path}/image")
    picture = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
    assert {0, 255} <= set(picture[..., 0].ravel().tolist())  # the least weight is black, the largest white


def test_layers_are_drawn_by_tensorboard_itself(tmp_path):
    inputs = layers.Input((3,), name="in")
    x = layers.Dense(2, name="first")(inputs)
    model = models.Model(inputs, layers.Add(name="sum")([x, layers.Dense(2, name="second")(inputs)]), name="net")
    model.compile("sgd", "mse")
    model.fit(X, np.ones((10, 2)), verbose=0, callbacks=[callbacks.TensorBoard(tmp_path)])
    (event,) = read(tmp_path / "train").Tensors("keras")
    drawn = keras_util.keras_model_to_graph_def(json.loads(event.tensor_proto.string_val[0]))
    assert {node.name: list(node.input) for node in drawn.node} == {
        "net/in": [],
        "net/first": ["net/in"],
        "net/second": ["net/in"],
        "net/sum": ["net/first", "net/second"],
    }
    fit(tmp_path / "without", write_graph=False)
    assert read(tmp_path / "without" / "train").Tags()["tensors"] == []


def words():
    model = Sequential([layers.Input((4,)), layers.Embedding(7, 2, name="words"), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_embeddings_lie_beside_what_says_their_rows(tmp_path):
    model = words()
    tensorboard = callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.tsv"})
    model.fit(np.ones((4, 4)), np.ones((4, 1)), verbose=0, callbacks=[tensorboard])
    table = np.loadtxt(tmp_path / "train" / "words.tsv")
    np.testing.assert_allclose(table, model.layers[0].embeddings.numpy(), rtol=1e-6)
    shown = (tmp_path / "train" / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "words.tsv"' in shown and 'metadata_path: "../words.tsv"' in shown
    assert "VARIABLE_VALUE" in (tmp_path / "projector_config.pbtxt").read_text()
    model.load_weights(tmp_path / "train" / "keras_embedding.ckpt-0.weights.h5")


def test_every_learning_rate_has_its_line(tmp_path):
    schedule = optimizers.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5)
    fit(tmp_path, network(optimizers.SGD(schedule)))
    assert scalars(tmp_path / "train")["epoch_learning_rate"] == approx([(0, 0.05), (1, 0.025)])


def test_profiles_are_left_to_pytorch():
    with pytest.raises(ArgumentError, match=r"torch\.profiler"):
        callbacks.TensorBoard(profile_batch=2)


def test_unknown_embeddings_are_told(tmp_path):
    tensorboard = callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"word": "a.tsv"})
    with pytest.raises(ArgumentError, match="words"):
        words().fit(np.ones((4, 4)), np.ones((4, 1)), verbose=0, callbacks=[tensorboard])


def test_without_the_package_it_is_said_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackageError, match=r"pip install pellucid\[tensorboard\]"):
        network().fit(X, Y, verbose=0, callbacks=[callbacks.TensorBoard(tmp_path)])


def test_of_several_processes_the_first_one_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "is_first", lambda: False)
    tensorboard = callbacks.TensorBoard(tmp_path / "logs", histogram_freq=1, update_freq=1)
    network().fit(X, Y, epochs=1, verbose=0, callbacks=[tensorboard])
    assert not (tmp_path / "logs").exists()
