"""EarlyStopping: when training ends, and which weights come back."""

import pytest

from pellucid import ops
from pellucid.engine.callbacks import EarlyStopping
from pellucid.errors import ArgumentError


class Model:
    """Its weights are the number of the epoch."""

    stop_training = False
    weights = -1
    metrics = ()

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def _run(stopper, losses, name="val_loss"):
    """The epochs that were trained."""
    model = Model()
    stopper.set_model(model)
    stopper.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.weights = epoch
        stopper.on_epoch_end(epoch, {name: loss})
        if model.stop_training:
            break
    stopper.on_train_end()
    return epoch + 1, model


# by hand: the best of these is epoch 2 (counted from 0); with patience p, training ends after epoch 2 + max(p, 1)
@pytest.mark.parametrize(("patience", "epochs"), [(0, 4), (1, 4), (2, 5), (3, 6)])
def test_training_ends_when_patience_is_over(patience, epochs):
    assert _run(EarlyStopping(patience=patience), [10, 9, 8, 9, 8.9, 8.8, 8.7])[0] == epochs


def test_a_small_change_is_no_improvement():
    assert _run(EarlyStopping(min_delta=0.5, patience=1), [10, 9.8, 9.7])[0] == 2


def test_the_weights_of_the_best_epoch_come_back():
    trained, model = _run(EarlyStopping(patience=2, restore_best_weights=True), [0.2, 0.15, 0.1, 0.11, 0.12])
    assert (trained, model.weights) == (5, 2)


def test_the_best_weights_come_back_below_the_baseline_too():
    stopper = EarlyStopping(patience=5, baseline=0.5, restore_best_weights=True)
    trained, model = _run(stopper, [0.9, 0.8, 0.7, 0.71, 0.72, 0.73])
    assert (trained, model.weights) == (5, 2)


def test_the_first_epochs_are_not_watched():
    assert _run(EarlyStopping(patience=1, start_from_epoch=3), [1, 2, 3, 4, 5])[0] == 5


def test_mode_max_wants_more():
    stopper = EarlyStopping("val_acc", mode="max", patience=1)
    assert _run(stopper, [0.1, 0.2, 0.2], "val_acc")[0] == 3 and stopper.monitor_op is ops.greater


def test_a_stopper_can_be_used_again():
    stopper = EarlyStopping(patience=1)
    assert _run(stopper, [1, 2])[0] == 2
    assert _run(stopper, [5, 4, 3])[0] == 3


def test_a_missing_number_is_told():
    with pytest.warns(UserWarning, match="watches 'val_loss', which is not among loss"):
        _run(EarlyStopping(), [1.0], "loss")


def test_an_unclear_direction_is_told():
    with pytest.raises(ArgumentError, match=r"cannot tell whether 'score' should grow or fall(?s:.*)mode=\"max\""):
        _run(EarlyStopping("score"), [1.0], "score")


def test_an_unknown_mode_is_told():
    with pytest.warns(UserWarning, match='"auto" is used'):
        EarlyStopping(mode="best")


def test_what_happens_is_said(capsys):
    _run(EarlyStopping(verbose=1, restore_best_weights=True), [1, 2, 3])
    assert capsys.readouterr().out == "Epoch 2: early stopping\nRestoring the weights of the best epoch, 1.\n"
