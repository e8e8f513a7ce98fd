"""Place: where one operation of a flow becomes layers of a model under way.

Below:  flow.py; layers make the graph.
Above:  the rules of this folder are functions of a place and its symbols; walk.py calls them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pellucid import layers, registry
from pellucid.convert.flow import Flow, Op, Value, Weight
from pellucid.convert.ledger import Move
from pellucid.errors import UnsupportedError
from pellucid.graph.symbol import any_symbolic


class Draft:
    """The layers and symbols of a model under way.

    Attributes:
        symbols: for each value of the flow the symbol that stands for it; weights that stand alone have their tensor.
        moves: what became of each weight.
        makers: for each value of the flow the operation that gives it.
        read: values that somebody reads.
        layers: those that own weights, by owner and kind.
        first: the first input.
        tables: Embeddings of weights that stand alone whose rows are set.
    """

    def __init__(self, flow: Flow):
        self.makers = flow.makers()
        self.read = {x for op in flow.ops for x in op.values} | set(flow.outputs)
        self.symbols: dict[Value, object] = {}
        self.moves: list[Move] = []
        self.layers: dict[str, Any] = {}
        self.first: Any = None
        self.tables: set[str] = set()
        self._names: set[str] = set()

    def name(self, wish: str) -> str:
        """A layer's name like the wish, that no other layer has."""
        name = "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in wish).strip("_") or "layer"
        found, count = name, 0
        while found in self._names:
            count += 1
            found = f"{name}_{count}"
        self._names.add(found)
        return found


class Place:
    """One operation on its way into a model.

    Args:
        model: the model under way.
        op: the operation.
    """

    def __init__(self, model: Draft, op: Op):
        self.model, self.op = model, op
        self.settings = op.settings

    def refuse(self, reason: str, **facts) -> UnsupportedError:
        """The error that names the operation and says why no layer computes it."""
        return UnsupportedError(f"'{self.op.layer}' ({self.op.kind}) cannot become a layer: {reason}.", **facts)

    def name(self, part: str = "") -> str:
        """A name for a layer of this operation."""
        return self.model.name(f"{self.op.layer}_{part}" if part else self.op.layer)

    def run(self, function: str, *args, part: str = "", **kwargs):
        """What a function of `pellucid.ops` gives, under a name of this operation."""
        run = registry.operator(function)
        assert run is not None
        if not any_symbolic(args, kwargs):
            return run(*args, **kwargs)
        return run(*args, **kwargs, name=self.name(part))

    def owned(self, make, weights=lambda layer: ()):
        """The layer that owns this operation's weights: made where it is met first, then called again.

        Args:
            make: ``make(name)`` gives the layer.
            weights: ``weights(layer)`` lists (our weight, its values, the word in the flow, axes in words, note).
        """
        key = f"{self.op.owner}:{self.op.kind}"

        def call(*args, **kwargs):
            if key in self.model.layers:
                return self.model.layers[key](*args, **kwargs)
            layer = self.model.layers[key] = make(self.name())
            result = layer(*args, **kwargs)
            for variable, tensor, word, axes, note in weights(layer):
                self.give(variable, tensor, self.op.weights.get(word), axes, note)
            layer.trainable = self.op.trainable
            return result

        return call

    def give(self, variable, tensor: torch.Tensor, weight: Weight | None, axes: str = "", note: str = ""):
        """Set a weight, and enter what became of it."""
        tensor = tensor.detach()
        tensor = tensor.to(torch.float32) if tensor.is_floating_point() else tensor
        if variable._value is None:
            variable.begin_with(tensor)
        else:
            variable.assign(tensor.to(variable.value.device))
        if weight is not None and weight.source:
            notes = "; ".join(filter(None, (weight.note, note)))
            why = "as Keras keeps it"
            self.model.moves.append(Move(weight.source, variable.path, axes or weight.axes, why=why, note=notes))

    def weight(self, word: str) -> torch.Tensor:
        """The tensor of a weight."""
        return self.op.weights[word].tensor

    # ---- operands

    def operand(self, x):
        """A symbol, a number, an array; a weight that learns becomes a symbol, but for products, which own theirs."""
        if not isinstance(x, Value):
            return x
        found = self.model.symbols[x]
        if not isinstance(found, Op) or self.op.kind in ("einsum", "matmul"):
            return found
        weight = found.weights["value"].tensor
        if found.kind == "parameter" or self.op.kind == "for_each_sample":
            return self.learned(found, self.op.output.ndim)
        return weight.cpu().numpy()

    def learned(self, op: Op, ndim: int):
        """A weight that stands alone, as a value: the rows of an Embedding, taken in order for each sample.

        No layer of Keras gives out its weights by themselves; this is how its users write position embeddings.
        """
        tensor = op.weights["value"].tensor
        if tensor.ndim >= ndim:
            if any(size != 1 for size in tensor.shape[: tensor.ndim - ndim + 1]):
                raise self.refuse("a weight as large as a batch stands alone", got=tuple(tensor.shape))
            tensor = tensor.reshape(tensor.shape[tensor.ndim - ndim + 1 :])
        sizes = (*[1] * (ndim - 1 - tensor.ndim), *tensor.shape)
        table = tensor.reshape(-1, tensor.shape[-1] if tensor.ndim else 1)
        key = f"{op.owner}:table"
        if key not in self.model.layers:
            self.model.layers[key] = layers.Embedding(*table.shape, name=self.model.name(op.layer))
            self.model.layers[key].trainable = op.trainable
        embedding = self.model.layers[key]
        first = self.model.first
        assert first is not None
        one = self._number_of_each_sample(first)
        zero = self.run("expand_dims", self.run("zeros_like", one, dtype="int32", part="zero"), 1, part="column")
        rows = embedding(self.run("add", zero, np.arange(len(table), dtype="int32"), part="rows"))
        if key not in self.model.tables:
            self.give(embedding.embeddings, table, op.weights["value"], note="rows in order")
            self.model.tables.add(key)
        if len(sizes) == 2 and sizes[0] == len(table):
            return rows
        return layers.Reshape(sizes, name=self.model.name(f"{op.layer}_shape"))(rows)

    def _number_of_each_sample(self, x):
        """Any number of each sample: (batch,)."""
        rank = len(x.shape) - 2
        if rank in (2, 3):  # taken behind a layer that knows where the channels lie, so that these can move
            pooling = getattr(layers, f"GlobalMaxPooling{rank}D")
            x = pooling(data_format="channels_first", name=self.name("sample"))(x)
        return self.run("get_item", x, (slice(None), *[0] * (len(x.shape) - 1)), part="number")
