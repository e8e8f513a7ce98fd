"""Configs of every age as today's: keys that other versions write and that say nothing are left out.

Above:  models/saving.py, before anything is made from a config.
Kept true: data in, data out; a key is dropped only while it holds the value that it would have anyway.
"""

from __future__ import annotations

# Keys that some version of Keras writes for its layers, beside the values at which they change nothing.
_WITHOUT_EFFECT = {
    "quantization_config": (None,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "gptq_unpacked_column_size": (None,),
}
# Classes that some files call by another name than the public one.
_RENAMED = {"GroupedQueryAttention": "GroupQueryAttention"}


def modern(config):
    """A config with today's names and without keys that say nothing; what is given stays as it is."""
    if isinstance(config, list):
        return [modern(item) for item in config]
    if not isinstance(config, dict):
        return config
    found = {key: modern(value) for key, value in config.items()}
    inner = found.get("config")
    if isinstance(inner, dict) and isinstance(found.get("class_name"), str) and not found.get("registered_name"):
        found["config"] = {
            key: value for key, value in inner.items() if not (key in _WITHOUT_EFFECT and value in _WITHOUT_EFFECT[key])
        }
        found["class_name"] = _RENAMED.get(found["class_name"], found["class_name"])
    return found
