"""Calibrating: GPTQ and AWQ go through a model block by block, and choose each kernel's numbers by what comes in.

Below:  layers/quantized/calibrated.py knows what a layer notes of its inputs, and takes the numbers.
Above:  quantizing.py.
Kept true: a block sees what the blocks before it give after their own numbers were chosen.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.values import convert_to_numpy, convert_to_tensor
from pellucid.layers.quantizable import Quantizable


def calibrate(config, structure: dict, choose) -> None:
    """Choose the numbers of all layers of the blocks that `choose` says.

    Args:
        config: a GPTQConfig or AWQConfig with data.
        structure: "pre_block_layers", run on token ids first, and "sequential_blocks".

    Raises:
        ArgumentError: no data, or no blocks.
    """
    blocks = structure.get("sequential_blocks", [])
    if not blocks:
        raise ArgumentError("There are no blocks to go through.", got=structure, expected='"sequential_blocks": [...]')
    with torch.no_grad():
        values = [_through(structure.get("pre_block_layers", []), sample) for sample in token_windows(config)]
        for block in blocks:
            layers = [layer for layer in block._flatten_layers() if _is_meant(layer, config.mode) and choose(layer)]
            _choose_numbers(block, layers, values, config)
            values = [block(value) for value in values]


def _is_meant(layer, mode) -> bool:
    return isinstance(layer, Quantizable) and layer.quantization_mode == mode


def _choose_numbers(block, layers, values, config):
    for layer in layers:
        layer.watch_inputs()
    for value in values:
        block(value)
    for layer in layers:
        layer.choose_numbers(config)


def _through(layers, value):
    for layer in layers:
        value = layer(value)
    return value


def token_windows(config) -> list[torch.Tensor]:
    """`num_samples` pieces of the data, each (1, sequence_length), evenly spread; data that is too short is repeated.

    Raises:
        ArgumentTypeError: a dataset that cannot be gone through.
        ArgumentError: no data, or texts without a tokenizer.
    """
    tokens = _tokens(config)
    length, count = config.sequence_length, config.num_samples
    tokens = np.tile(tokens, max(1, math.ceil(length * count / tokens.size)))
    starts = np.linspace(0, tokens.size - length, count).astype(int)
    return [convert_to_tensor(tokens[None, start : start + length]) for start in starts]


def _tokens(config) -> np.ndarray:
    if config.dataset is None or config.tokenizer is None:
        raise ArgumentError(
            f"{config.mode} needs data.", got="no dataset or no tokenizer", fix="dataset=texts, tokenizer=..."
        )
    if isinstance(config.dataset, (str, bytes)) or not hasattr(config.dataset, "__iter__"):
        raise ArgumentTypeError("`dataset` is a list of texts or of token ids.", got=type(config.dataset).__name__)
    pieces = [config.tokenizer.tokenize(one) if isinstance(one, str) else one for one in config.dataset]
    found = [np.asarray(convert_to_numpy(piece)).reshape(-1) for piece in pieces]
    if not sum(piece.size for piece in found):
        raise ArgumentError("`dataset` is empty.", got=config.dataset)
    return np.concatenate(found).astype("int32")
