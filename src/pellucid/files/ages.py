"""Configs of every age as today's: what Keras 1, Keras 2 and tf.keras wrote, in the words of Keras 3.

Beside: keras1_configs.py and keras2_configs.py hold the tables of an age, old_models.py what is told of whole models.
Above:  models/saving.py and models/legacy.py, before anything is made from a config.
Kept true: data in, data out; a key is dropped only while it holds a value at which it changes nothing, and classes
           that the caller gave by name stay as they are.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from pellucid.files import keras1_configs, keras2_configs, old_models
from pellucid.files.entries import is_entry

# Keys that some version of Keras 3 writes for its layers, beside the values at which they change nothing.
_WITHOUT_EFFECT = {
    "quantization_config": (None,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "gptq_unpacked_column_size": (None,),
}
# What a layer tells of itself and does not take.
_TOLD = {"TextVectorization": ("vocabulary_size",)}
# Classes that the legacy files of Keras 3 call by another name than the public one.
INNER_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}
_RENAMED = {inner: public for public, inner in INNER_NAMES.items()}
# Words that only Keras 1 wrote, and one that Keras 3 no longer writes.
_KERAS_1 = {"nb_filter", "border_mode", "dim_ordering", "W_regularizer", "inner_init", "input_dtype", "pool_length"}
_KERAS_2 = {"batch_input_shape"}


def modern(config, version: str | None = None, known: Container[str] = ()):
    """A config in today's words; what is given stays as it is.

    Args:
        version: of the Keras that wrote it, such as "2.2.4"; found out from its words if None.
        known: names of the caller's own classes and functions.

    Raises:
        FileError: something that no layer of today does; its layer is named.
    """
    number = era(config, version)
    return _Reader(number, known, keras1_configs.order_of_images(config) if number == 1 else None).value(config)


def era(config, version: str | None) -> int:
    """1, 2 or 3: the Keras whose words a config is written in.

    An odd version counts as none; tf.keras writes such as "2.4.0" or "2.2.4-tf".
    """
    first = (version or "").split(".")[0]
    if first in ("1", "2", "3"):
        return int(first)
    words = set(_words(config))
    return 1 if words & _KERAS_1 else 2 if words & _KERAS_2 else 3


def _words(config) -> Iterator[str]:
    if isinstance(config, dict):
        yield from config
    for item in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from _words(item)


class _Reader:
    def __init__(self, era: int, known: Container[str], order: str | None):
        self.era, self.known, self.order = era, known, order

    def value(self, config, path: tuple[str, ...] = ()):
        """Anything that stands in a config."""
        if isinstance(config, list):
            return [self.value(item, path) for item in config]
        if not isinstance(config, dict):
            return config
        if is_entry(config):
            return self._entry(config, path)
        if config.get("type") == "ndarray" and "value" in config and len(config) == 2:
            return config["value"]  # as Keras 2 wrote numbers of NumPy
        return {key: self.value(item, path) for key, item in config.items()}

    def _entry(self, entry: dict, path):
        if self.era < 3:
            entry = old_models.whole(entry)
        inner = entry["config"]
        own = isinstance(inner, dict) and inner.get("name")
        path = (*path, str(entry.get("name") or own or entry["class_name"]))
        if isinstance(inner, dict):
            entry = {**entry, "config": dict(inner)}
            if entry["class_name"] not in self.known:
                entry = self._of_today(entry, path)
            if self.era < 3:
                entry = keras2_configs.of_any_class(entry, path)
        return {key: self.value(item, path) for key, item in entry.items()}

    def _of_today(self, entry, path):
        if self.era == 1:
            entry = keras1_configs.in_words_of_keras_2(entry, path, self.order)
        if self.era < 3:
            entry = keras2_configs.in_words_of_keras_3(entry, path, self.known)
        if entry.get("registered_name"):
            return entry
        name = _RENAMED.get(entry["class_name"], entry["class_name"])
        kept = {
            key: value
            for key, value in entry["config"].items()
            if not (key in _WITHOUT_EFFECT and value in _WITHOUT_EFFECT[key]) and key not in _TOLD.get(name, ())
        }
        if name == "Flatten":
            # Before there was this key, and whatever the global setting is today, it was a plain reshape.
            kept.setdefault("data_format", "channels_last")
        return {**entry, "class_name": name, "config": kept}
