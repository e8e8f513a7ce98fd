"""Door: ``pellucid.preprocessing.sequence``, Keras 2's name for lists made of one length."""

from pellucid.engine.data.sequences import pad_sequences

__all__ = ["pad_sequences"]
