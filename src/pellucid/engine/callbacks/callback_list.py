"""CallbackList: all callbacks of a loop as one, called only where they do something.

Above: train.py calls this at every edge; a batch without listeners costs one dict lookup.
"""

from __future__ import annotations

from pellucid import nest
from pellucid.engine.callbacks.base import MOMENTS, Callback, is_written
from pellucid.engine.callbacks.history import History
from pellucid.engine.callbacks.progbar_logger import ProgbarLogger
from pellucid.engine.logs import as_dict, as_numbers
from pellucid.errors import ArgumentTypeError


class CallbackList(Callback):
    """Several callbacks as one.

    Args:
        callbacks: a callback, or a structure of them.
        add_history, add_progbar: whether to add a History and a ProgbarLogger where none is among them.
        model: handed to all of them.
        params: ``verbose``, ``epochs`` and ``steps``, handed to all of them.

    Raises:
        ArgumentTypeError: something that is no callback.
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        self.callbacks = nest.flatten(callbacks) if callbacks else []
        for callback in self.callbacks:
            _check(callback)
        self._history = self._first(History)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._first(ProgbarLogger) is None and add_progbar:
            self.callbacks.append(ProgbarLogger())
        self._listeners: dict[str, list] = {}
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def _first(self, kind):
        return next((callback for callback in self.callbacks if isinstance(callback, kind)), None)

    def holds(self, kind: type) -> bool:
        """Whether there is a callback of this kind."""
        return self._first(kind) is not None

    def append(self, callback) -> None:
        """Add a callback at the end."""
        _check(callback)
        self.callbacks.append(callback)
        self._listeners.clear()

    def set_params(self, params):
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model):
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def _listening(self, moment):
        """The callbacks that do something at a moment; found anew at the beginning of each loop and epoch."""
        if moment not in self._listeners:
            listening = [c for c in self.callbacks if is_written(c, moment)]
            self._listeners[moment] = sorted(listening, key=lambda c: getattr(c, "comes_last", False))
        return self._listeners[moment]

    def _call(self, moment, logs, *place):
        if "batch" not in moment:
            self._listeners.clear()
        listening = self._listening(moment)
        if "batch" in moment:
            listening = [c for c in listening if not isinstance(c, Callback) or c.is_due(moment, place[0])]
        if not listening:
            return
        told = as_dict(logs) if "predict_batch" in moment else as_numbers(logs)
        for callback in listening:
            getattr(callback, moment)(*place, told)


def _for_all(moment):
    def at_batch(self, batch, logs=None):
        self._call(moment, logs, batch)

    def at_epoch(self, epoch, logs=None):
        self._call(moment, logs, epoch)

    def at_loop(self, logs=None):
        self._call(moment, logs)

    call = at_batch if "batch" in moment else at_epoch if "epoch" in moment else at_loop
    call.__name__, call.__doc__ = moment, f"Call `{moment}` of every callback that writes it."
    return call


for _moment in MOMENTS:
    setattr(CallbackList, _moment, _for_all(_moment))


def _check(callback):
    if isinstance(callback, type) or not hasattr(callback, "set_model") or not hasattr(callback, "set_params"):
        name = callback.__name__ if isinstance(callback, type) else type(callback).__name__
        raise ArgumentTypeError(
            "This is no callback.",
            got=repr(callback),
            expected="an instance of Callback",
            fix=f"{name}()" if isinstance(callback, type) else "class MyCallback(Callback)",
        )
