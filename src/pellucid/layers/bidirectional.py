"""Bidirectional: one recurrent layer forwards, one backwards, and their outputs merged.

Below:  recurrent.py, or any layer that can go backwards.
Kept true: the second layer's outputs are turned round, so that both lie in the same order.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, MissingAttributeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers.base import Layer
from pellucid.layers.calls import Signature
from pellucid.layers.recurrent import RNN
from pellucid.links import All, Along, Beside, Each, Link, Outputs, Past, Whole
from pellucid.ops.joining import concatenate

_MERGES = {
    "concat": lambda there, back: concatenate([there, back], axis=-1),
    "sum": lambda there, back: there + back,
    "ave": lambda there, back: (there + back) / 2,
    "mul": lambda there, back: there * back,
    None: lambda there, back: (there, back),
}


class Bidirectional(Layer):
    """A recurrent layer that walks the steps forwards, and another one backwards.

    Shapes:
        input   (batch, steps, ...)
        output  as the layer's; twice the features with "concat", two outputs with None; behind it, with return_state,
                the states of the forward layer and those of the backward one

    Args:
        layer: the forward layer; it is made anew from its config.
        merge_mode: "concat", "sum", "mul", "ave", or None to keep both.
        weights: values for all weights, forward ones first.
        backward_layer: with the opposite `go_backwards`; made from `layer` if None.

    Raises:
        ArgumentError: no layers, an unknown merge mode, or two layers that do not fit together.

    Source: Schuster and Paliwal 1997; keras.layers.Bidirectional, Keras 3.15.
    """

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        for given in (layer, *([] if backward_layer is None else [backward_layer])):
            if not isinstance(given, Layer):
                raise ArgumentError("Bidirectional goes around layers.", got=repr(given), expected="a recurrent layer")
        if merge_mode not in _MERGES:
            raise ArgumentError("Unknown `merge_mode`.", got=repr(merge_mode), expected=", ".join(map(repr, _MERGES)))
        super().__init__(**kwargs)
        self.merge_mode = merge_mode
        self.forward_layer = _again(layer, "forward_")
        self.backward_layer = backward_layer or _again(layer, "backward_", go_backwards=True)
        if hasattr(layer, "use_cudnn"):  # which configs leave out
            self.forward_layer.use_cudnn = self.backward_layer.use_cudnn = layer.use_cudnn
        self._check_that_layers_fit()
        for inner in (self.forward_layer, self.backward_layer):
            # What one direction has nothing to say about must not show through in the merged outputs.
            if getattr(inner, "zero_output_for_mask", None) is not None:
                inner.zero_output_for_mask = inner.return_sequences
        self._first_weights = weights
        self.stateful = layer.stateful
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def _check_that_layers_fit(self):
        there, back = self.forward_layer, self.backward_layer
        if there.go_backwards == back.go_backwards:
            raise ArgumentError(
                "Both layers walk in the same direction.",
                got=f"go_backwards={there.go_backwards} twice",
                fix="backward_layer=LSTM(..., go_backwards=True)",
            )
        for word in ("stateful", "return_sequences", "return_state"):
            if getattr(there, word) != getattr(back, word):
                raise ArgumentError(
                    f"The layers of a Bidirectional differ in `{word}`.",
                    got=f"{getattr(there, word)} forwards, {getattr(back, word)} backwards",
                    expected="the same",
                )

    def build(self, sequences_shape, initial_state_shape=None):
        for inner in (self.forward_layer, self.backward_layer):
            if not inner.built:
                inner.build(sequences_shape)
        if self._first_weights:
            self.set_weights(self._first_weights)

    def call(self, sequences, initial_state=None, mask=None, training=None):
        takes = Signature.of(self.forward_layer)
        kwargs = {"training": training} if takes.has_training else {}
        if takes.has_mask:
            kwargs["mask"] = mask
        outputs, states = [], []
        for k, inner in enumerate((self.forward_layer, self.backward_layer)):
            if initial_state is not None:
                half = len(initial_state) // 2
                kwargs["initial_state"] = initial_state[half * k : half * (k + 1)]
            output = inner(sequences, **kwargs)
            if self.return_state:
                output, *last = output
                states += last
            outputs.append(output)
        there, back = outputs
        output = _MERGES[self.merge_mode](there, back.flip(1) if self.return_sequences else back)
        if not self.return_state:
            return output
        return (*output, *states) if self.merge_mode is None else (output, *states)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple = ()
        if self.return_state:
            shape, *last = shape
            states = (*last, *last)
        if self.merge_mode is None:
            return (shape, shape, *states)
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        return (shape, *states) if self.return_state else tuple(shape)

    def compute_mask(self, _, mask):
        if isinstance(mask, list):
            mask = mask[0]
        mask = mask if self.return_sequences else None
        return (mask, mask) if self.merge_mode is None else mask

    @property
    def states(self) -> tuple | None:
        """With `stateful`: what the last batch left behind, forwards and backwards."""
        there, back = self.forward_layer.states, self.backward_layer.states
        return (*there, *back) if there and back else None

    def reset_state(self):
        """Begin anew with the next batch: the kept states become 0.

        Raises:
            MissingAttributeError: it keeps no states.
        """
        if not self.stateful:
            raise MissingAttributeError(f"'{self.name}' keeps no states.", fix="LSTM(..., stateful=True)")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self):
        """Another name for `reset_state`."""
        self.reset_state()

    def links(self):
        """Each direction's steps, and with return_state the last states; None where a layer inside does not know.

        Layers that slide windows within a step are not told: here a step is taken whole.
        """
        both = (self.forward_layer, self.backward_layer)
        if not all(isinstance(inner, RNN) and inner.links() is not None for inner in both) or hasattr(
            self.forward_layer.cell, "kernel_size"
        ):
            return None
        ways = [Along({0: Past(inner.go_backwards, flipped=inner is both[1]), -1: Whole()}) for inner in both]
        if not self.return_sequences:
            given: list[Link] = [All()] * (1 if self.merge_mode else 2)
        elif self.merge_mode is None:
            given = [Each((way,), rest=All()) for way in ways]
        elif self.merge_mode == "concat":
            sizes = (inner.cell.output_size for inner in both)
            given = [Each((Beside(-1, tuple(zip(ways, sizes, strict=True))),), rest=All())]
        else:
            given = [All()]
        states = [All()] * sum(len(inner.state_size) for inner in both if self.return_state)
        return given[0] if len(given) + len(states) == 1 else Outputs((*given, *states))

    def get_config(self):
        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": serialize_keras_object(self.forward_layer),
            "backward_layer": serialize_keras_object(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        inner = {
            word: deserialize_keras_object(config[word], custom_objects=custom_objects)
            for word in ("layer", "backward_layer")
            if config.get(word) is not None
        }
        return super().from_config({**config, **inner})


def _again(layer, prefix, **changes):
    """The same layer made anew, under a name that says its direction."""
    data = serialize_keras_object(layer)
    data["config"] = {**data["config"], "name": prefix + layer.name.removeprefix(prefix), **changes}
    return deserialize_keras_object(data)
