"""Callbacks that write files: when they save, under which name, and what stands in a table."""

import csv
import pathlib

import keras
import numpy as np
import pytest

import pellucid
from pellucid.engine.callbacks import CSVLogger, ModelCheckpoint
from pellucid.errors import ArgumentError, MissingAttributeError, MissingKeyError


class Model:
    """Saves text."""

    built, optimizer, metrics = True, None, ()

    def save(self, path, overwrite=True):
        pathlib.Path(path).write_text("model")

    def save_weights(self, path, overwrite=True):
        pathlib.Path(path).write_text("weights")


def _epochs(callback, logs, model=None):
    callback.set_model(model or Model())
    callback.on_train_begin()
    for epoch, told in enumerate(logs):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, told)
    callback.on_train_end()


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_model_is_saved_after_each_epoch_under_its_number(tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "new" / "m_{epoch:02d}_{val_loss:.1f}.keras")
    _epochs(checkpoint, [{"val_loss": 0.5}, {"val_loss": 0.25}])
    assert _names(tmp_path / "new") == ["m_01_0.5.keras", "m_02_0.2.keras"]


def test_only_better_models_are_saved(tmp_path, capsys):
    checkpoint = ModelCheckpoint(
        tmp_path / "{epoch}.weights.h5", save_best_only=True, save_weights_only=True, verbose=1
    )
    _epochs(checkpoint, [{"val_loss": 3}, {"val_loss": 4}, {"val_loss": 2}])
    assert _names(tmp_path) == ["1.weights.h5", "3.weights.h5"]
    assert "Epoch 2: val_loss did not improve from 3.00000" in capsys.readouterr().out


def test_a_threshold_must_be_passed(tmp_path):
    _epochs(
        ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, initial_value_threshold=1.0), [{"val_loss": 2.0}]
    )
    assert _names(tmp_path) == []


def test_saving_by_batches_goes_on_over_epochs(tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}_{batch}.keras", save_freq=3)
    checkpoint.set_model(Model())
    for epoch in range(2):
        checkpoint.on_epoch_begin(epoch)
        for batch in range(4):
            checkpoint.on_train_batch_end(batch, {})
    assert _names(tmp_path) == ["1_3.keras", "2_2.keras"]  # after 3 and 6 of 8 batches


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"filepath": "m.txt"}, r"wrong ending(?s:.*)\.keras or \.h5"),
        ({"filepath": "m.keras", "save_weights_only": True}, r"wrong ending(?s:.*)\.weights\.h5"),
        ({"filepath": "m.keras", "save_freq": "batch"}, "`save_freq`"),
    ],
)
def test_wrong_arguments_are_refused(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        ModelCheckpoint(**arguments)


def test_a_name_that_the_logs_do_not_hold_is_told(tmp_path):
    with pytest.raises(MissingKeyError, match=r"asks for 'acc'(?s:.*)epoch, loss"):
        _epochs(ModelCheckpoint(tmp_path / "{acc}.keras"), [{"loss": 1.0}])


def test_a_model_that_cannot_be_saved_is_told(tmp_path):
    class Bare:
        metrics = ()

    with pytest.raises(MissingAttributeError, match="needs `save` of the model"):
        _epochs(ModelCheckpoint(tmp_path / "m.keras"), [{}], Bare())


def test_a_directory_is_not_overwritten(tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError):
        _epochs(ModelCheckpoint(tmp_path / "m.keras"), [{}])


def test_a_table_has_a_column_per_name_and_na_where_a_number_lacks(tmp_path):
    path = tmp_path / "log.tsv"
    _epochs(CSVLogger(path, separator="\t"), [{"loss": 1.0}, {"loss": 0.5, "val_loss": [1, 2]}])
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows[0] == {"epoch": "0", "loss": "1.0", "val_loss": "NA"}
    assert rows[1]["val_loss"] == '"[1, 2]"'


def test_a_table_is_continued_without_a_second_head(tmp_path):
    path = tmp_path / "log.csv"
    for _ in range(2):
        _epochs(CSVLogger(path, append=True), [{"loss": 1.0}])
    assert path.read_text().splitlines() == ["epoch,loss,val_loss", "0,1.0,NA", "0,1.0,NA"]


def small():
    layers = pellucid.layers
    model = pellucid.Sequential([pellucid.Input((4,)), layers.Dense(3, activation="tanh"), layers.Dense(1)])
    model.compile(pellucid.optimizers.Adam(0.05), "mse")
    return model


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(16, 4)).astype("float32"), rng.normal(size=(16, 1)).astype("float32")


def test_a_checkpoint_is_the_model_as_it_was_after_its_epoch(tmp_path):
    model, (x, y) = small(), data()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "{epoch}.keras")])
    assert _names(tmp_path) == ["1.keras", "2.keras"]
    first = pellucid.models.load_model(tmp_path / "1.keras")
    first.fit(x, y, initial_epoch=1, epochs=2, verbose=0, shuffle=False)
    assert int(first.optimizer.iterations.numpy()) == int(model.optimizer.iterations.numpy())
    theirs = keras.models.load_model(tmp_path / "2.keras")
    np.testing.assert_allclose(theirs.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)


def test_the_best_weights_are_those_kept(tmp_path):
    model, (x, y) = small(), data()
    path = tmp_path / "best.weights.h5"
    best = ModelCheckpoint(path, monitor="val_loss", save_best_only=True, save_weights_only=True)
    history = model.fit(x, y, epochs=5, verbose=0, validation_data=(x, y), callbacks=[best]).history
    model.load_weights(path)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(min(history["val_loss"]), rel=1e-5)
