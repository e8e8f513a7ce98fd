"""Door: ``pellucid.preprocessing.text``, Keras 2's names for texts made numbers."""

from pellucid.engine.data.tokenizer import (
    Tokenizer,
    hashing_trick,
    one_hot,
    text_to_word_sequence,
    tokenizer_from_json,
)

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]
