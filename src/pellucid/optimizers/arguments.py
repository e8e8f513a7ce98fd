"""Arguments that all optimizers share, described once.

Above: base.py checks and keeps them; every optimizer takes them by `common_arguments`.
Kept true: names, order and defaults are Keras's, so positional arguments mean the same.

    weight_decay                 each step also shrinks a weight by this, times the learning rate
    clipnorm                     largest norm of one variable's gradient
    clipvalue                    largest size of one element of a gradient
    global_clipnorm              largest norm of all gradients together
    use_ema                      keep a running mean of the weights
    ema_momentum                 how much of the old mean stays, 0 to 1
    ema_overwrite_frequency      steps after which the weights become their means; None: only at the end of `fit`
    loss_scale_factor            the loss is multiplied by this, the gradients divided by it
    gradient_accumulation_steps  move only each so-manieth step, by the mean of the gradients since
    name                         begins the paths of the optimizer's variables
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter

COMMON = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
    "name": None,
}


def common_arguments(init: Callable) -> Callable:
    """Give ``__init__(self, own, *, last, **common)`` Keras's whole list: own, the common ones, then last.

    A common argument that is among the own ones keeps their place and default.
    """
    own = [one for one in inspect.signature(init).parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    first = [one for one in own if one.kind is not Parameter.KEYWORD_ONLY]
    last = [one.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for one in own if one.kind is Parameter.KEYWORD_ONLY]
    taken = {one.name for one in own}
    common = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for name, default in COMMON.items()
        if name not in taken
    ]
    signature = inspect.Signature([*first, *common, *last, Parameter("kwargs", Parameter.VAR_KEYWORD)])

    @functools.wraps(init)
    def with_common(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        init(**given.pop("kwargs", {}), **given)

    with_common.__signature__ = signature  # type: ignore[attr-defined]
    return with_common
