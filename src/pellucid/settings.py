"""The few values that hold for the whole process: floatx, epsilon, image_data_format, and switches.

Above: the door ``pellucid.config`` gives these to users under Keras's names.
Kept true: every setting has one place, `_values`; `clear_session` forgets what belongs to a
           session (names, the policy, scopes) and leaves the settings that a user chose.
"""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable

from pellucid import naming
from pellucid.errors import ArgumentError

FLOAT_DTYPES = ("bfloat16", "float16", "float32", "float64")
DATA_FORMATS = ("channels_last", "channels_first")

_values: dict = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
    "finite_check": True,
    "traceback_filtering": True,
    "max_epochs": None,
    "max_steps_per_epoch": None,
    "flash_attention": None,
}
_session: dict = {}


def backend() -> str:
    """What computes: always "torch"; Keras on PyTorch says the same."""
    return "torch"


def set_backend(backend: str) -> None:
    """Take "torch", and nothing else.

    Raises:
        ArgumentError: another backend.
    """
    if backend != "torch":
        raise ArgumentError("Pellucid computes with PyTorch only.", got=repr(backend), expected="'torch'")


def floatx() -> str:
    """The dtype of floating-point weights and inputs unless said otherwise."""
    return _values["floatx"]


def set_floatx(value: str) -> None:
    """Set the default floating-point dtype.

    Raises:
        ArgumentError: not one of bfloat16, float16, float32, float64.
    """
    if value not in FLOAT_DTYPES:
        raise ArgumentError(
            "This is no floating-point dtype.",
            got=repr(value),
            expected=", ".join(FLOAT_DTYPES),
            fix='set_floatx("float32")',
        )
    _values["floatx"] = str(value)


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite."""
    return _values["epsilon"]


def set_epsilon(value: float) -> None:
    """Set the small number that keeps divisions and logarithms finite."""
    _values["epsilon"] = value


def image_data_format() -> str:
    """``channels_last`` or ``channels_first``: where images carry their channels unless said otherwise."""
    return _values["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set the default place of the channels axis.

    Raises:
        ArgumentError: neither channels_last nor channels_first.
    """
    _values["image_data_format"] = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """`data_format` in lower case; the global setting where it is None.

    Raises:
        ArgumentError: neither channels_last nor channels_first.
    """
    if data_format is None:
        return image_data_format()
    lowered = str(data_format).lower()
    if lowered not in DATA_FORMATS:
        raise ArgumentError(
            "`data_format` says where the channels axis lies.",
            got=repr(data_format),
            expected=" or ".join(map(repr, DATA_FORMATS)),
            fix='data_format="channels_last"',
        )
    return lowered


def enable_interactive_logging() -> None:
    """Draw progress in the terminal (the default)."""
    _values["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Send progress to the log instead of the terminal."""
    _values["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress is drawn in the terminal."""
    return _values["interactive_logging"]


def enable_finite_check() -> None:
    """Have `fit` stop at a loss that is NaN or infinite (the default), and say where it came from."""
    _values["finite_check"] = True


def disable_finite_check() -> None:
    """Have `fit` go on whatever the loss is."""
    _values["finite_check"] = False


def is_finite_check_enabled() -> bool:
    """Whether `fit` stops at a loss that is NaN or infinite."""
    return _values["finite_check"]


def enable_traceback_filtering() -> None:
    """Hide Pellucid's own frames in tracebacks (the default)."""
    _values["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Show every frame of a traceback."""
    _values["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether Pellucid's own frames are hidden in tracebacks."""
    return _values["traceback_filtering"]


def max_epochs() -> int | None:
    """A limit on the epochs of every `fit`, or None."""
    return _values["max_epochs"]


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every `fit`; None takes the limit away."""
    _values["max_epochs"] = max_epochs


def max_steps_per_epoch() -> int | None:
    """A limit on the steps of every epoch, or None."""
    return _values["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the steps of every epoch; None takes the limit away."""
    _values["max_steps_per_epoch"] = max_steps_per_epoch


def enable_flash_attention() -> None:
    """Let PyTorch use its flash kernel in attention layers where it can; so it is from the start."""
    _values["flash_attention"] = None


def disable_flash_attention() -> None:
    """Leave the kernel of attention layers to PyTorch's choice."""
    _values["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """False where flash attention is disabled; else None, as in Keras."""
    return _values["flash_attention"]


def is_nnx_enabled() -> bool:
    """Whether weights are those of Flax: never."""
    return False


def session(key: str, default: Callable[[], object]):
    """The value of this session under `key`, made by `default` when it is first asked for."""
    if key not in _session:
        _session[key] = default()
    return _session[key]


def in_session(key: str) -> bool:
    """Whether this session holds something under `key`."""
    return key in _session


def set_session(key: str, value) -> None:
    """Keep `value` under `key` until `clear_session`."""
    _session[key] = value


def forget_session(key: str) -> None:
    """Drop what this session holds under `key`, so that it is made anew when next asked for."""
    _session.pop(key, None)


def clear_session(free_memory: bool = True) -> None:
    """Forget names, the global policy, custom objects and the random state of this session.

    Args:
        free_memory: also run Python's garbage collector.
    """
    _session.clear()
    naming.reset()
    if free_memory:
        import gc

        gc.collect()


def keras_home() -> pathlib.Path:
    """The folder where Keras keeps its settings, and the weights and data that it fetched."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras").expanduser()


def _read_user_settings() -> None:
    """Take over floatx, epsilon and image_data_format from Keras's own settings file, if there is one."""
    try:
        told = json.loads((keras_home() / "keras.json").read_text())
    except (OSError, ValueError):
        return
    if told.get("floatx") in FLOAT_DTYPES:
        _values["floatx"] = told["floatx"]
    if isinstance(told.get("epsilon"), float):
        _values["epsilon"] = told["epsilon"]
    if told.get("image_data_format") in DATA_FORMATS:
        _values["image_data_format"] = told["image_data_format"]


_read_user_settings()
