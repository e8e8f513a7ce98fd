"""CallbackList: who is called, with what, and who is not."""

import pytest
import torch

from pellucid.engine.callbacks import Callback, CallbackList, History, ProgbarLogger
from pellucid.engine.logs import BatchLogs
from pellucid.errors import ArgumentTypeError


class Model:
    history = None


class Recorder(Callback):
    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs))


class Old(Callback):
    """Writes the short name only."""

    def __init__(self):
        self.seen = []

    def on_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs))


@pytest.mark.parametrize("kind", [Recorder, Old])
def test_logs_of_a_batch_are_python_numbers_sorted_by_name(kind):
    recorder = kind()
    logs = {"loss": torch.tensor(0.5), "acc": torch.tensor(2), "more": {"b": torch.tensor([1.5])}, "text": "as it is"}
    CallbackList([recorder]).on_train_batch_end(3, logs)
    assert recorder.seen == [(3, {"acc": 2.0, "loss": 0.5, "b": 1.5, "text": "as it is"})]
    assert list(recorder.seen[0][1]) == ["acc", "loss", "b", "text"]


def test_nobody_listening_computes_no_logs():
    def fail():
        raise AssertionError("computed")

    callbacks = CallbackList([Callback(), History()], model=Model())
    callbacks.on_train_batch_begin(0)
    callbacks.on_train_batch_end(0, BatchLogs(fail))


def test_a_function_set_on_an_instance_is_called():
    seen = []
    callback = Callback()
    callback.on_test_batch_end = lambda batch, logs=None: seen.append(batch)
    CallbackList([callback]).on_test_batch_end(5, {})
    assert seen == [5]


def test_callbacks_share_the_dict_of_an_epoch():
    class Adds(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["rate"] = 0.1

    history = History()
    callbacks = CallbackList([Adds(), history], model=Model())
    callbacks.on_epoch_end(0, {"loss": torch.tensor(1.0)})
    assert history.history == {"loss": [1.0], "rate": [0.1]}


def test_history_and_progress_are_added_where_they_lack():
    history = History()
    listed = CallbackList([history], add_history=True, add_progbar=True, model=Model(), verbose=0, epochs=1, steps=2)
    assert [type(c) for c in listed.callbacks] == [History, ProgbarLogger] and listed.callbacks[0] is history
    assert history.params == {"verbose": 0, "epochs": 1, "steps": 2}


def test_a_class_in_place_of_an_instance_is_told():
    with pytest.raises(ArgumentTypeError, match=r"This is no callback(?s:.*)fix\s+History\(\)"):
        CallbackList([History])


def test_outputs_of_a_prediction_stay_tensors():
    class Sees(Callback):
        def on_predict_batch_end(self, batch, logs=None):
            self.outputs = logs["outputs"]

    sees = Sees()
    CallbackList(sees).on_predict_batch_end(0, {"outputs": torch.ones(2)})
    assert isinstance(sees.outputs, torch.Tensor)
