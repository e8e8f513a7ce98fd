"""Step functions: what the loops call with a list of batches; made once, as in Keras.

Below:  step.py (one batch), compiling.py.
Above:  train.py's loops, and single batches by hand.
"""

from __future__ import annotations

import torch

from pellucid.engine.collecting import Collected
from pellucid.engine.compiling import Compiling
from pellucid.engine.logs import BatchLogs
from pellucid.engine.sharing import shared_outputs, shared_step

# Made for one model and never for its copy.
OF_ONE_MODEL = ("train_function", "test_function", "predict_function", "_jit_forward", "_inference")

# Methods by which a user may change the order in which a training step does its work.
OWN_STEP = ("train_step", "compute_metrics", "get_metrics_result")


class StepFunctions(Compiling):
    """The half of a Trainer that runs a group of `steps_per_execution` batches."""

    def __getstate__(self):
        return {name: None if name in OF_ONE_MODEL else value for name, value in vars(self).items()}

    def make_train_function(self, force: bool = False):
        """The function that learns from a list of batches; kept as `train_function`."""
        if self.train_function is None or force:
            self.train_function = self._function(
                shared_step(self, self._train_once, lambda: not self._has_own(*OWN_STEP))
            )
        return self.train_function

    def make_test_function(self, force: bool = False):
        """The function that compares with a list of batches; kept as `test_function`."""
        if self.test_function is None or force:
            self.test_function = self._function(shared_step(self, torch.no_grad()(self._test_once)))
        return self.test_function

    def make_predict_function(self, force: bool = False):
        """The function that gives the outputs for a list of batches; kept as `predict_function`."""
        if self.predict_function is None or force:
            self.predict_function = self._function(shared_outputs(torch.no_grad()(self._predict_once)), joins=True)
        return self.predict_function

    def _function(self, once, joins=False):
        def run(batches):
            results = [once(data) for data in batches]
            if joins and len(results) > 1:
                return Collected.of(results).joined()
            return results[-1]

        return run

    def _train_once(self, data):
        if not self._has_own(*OWN_STEP):
            self._learn(data, self._update_metrics)
            return BatchLogs(self.get_metrics_result)
        return self.train_step(data)

    def _test_once(self, data):
        if not self._has_own("test_step", "compute_metrics", "get_metrics_result"):
            self._update_metrics(*self._compare(data))
            return BatchLogs(self.get_metrics_result)
        return self.test_step(data)

    def _predict_once(self, data):
        return self.predict_step(data)
