"""Names of Keras 2's old optimizers (keras.optimizers.legacy): they are found, and say what to use."""

from __future__ import annotations

from pellucid.errors import MissingPackageError

__all__ = ["Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop", "SGD"]


class LegacyOptimizerWarning:
    """Stands for every old optimizer, and cannot be made."""

    def __init__(self, *args, **kwargs):
        raise MissingPackageError(
            "The old optimizers of `optimizers.legacy` ended with Keras 2.",
            expected="the optimizer of the same name in `optimizers`",
            fix="pellucid.optimizers.Adam(...)",
        )


Adagrad = Adam = Ftrl = Optimizer = RMSprop = SGD = LegacyOptimizerWarning
