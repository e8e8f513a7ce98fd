"""PyTorch source of a flow: a class for it, and one for each network inside, as a PyTorch user would write them.

Below:  modules.py and expressions.py say how each operation reads; names.py gives names.
Above:  to_torch.py runs the source and loads the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pellucid.convert.flow import Flow, Op, Value, Weight
from pellucid.convert.torch.expressions import EXPRESSIONS, INFIX
from pellucid.convert.torch.modules import MODULES, Phrase, refusal
from pellucid.convert.torch.names import Names, class_name, literal, whole_tuple

# A text up to this long may stand inside the call that reads it; those of these kinds never do.
_SHORT = 50
_IN_LINES_OF_THEIR_OWN = {*INFIX, "noise", "prelu", "network", "recurrent"}


@dataclass
class Source:
    """What `written` gives.

    Attributes:
        text: the whole file.
        name: of its main class.
        weights: for each key of the state dict the weight that belongs there.
        frozen: keys of weights that do not learn.
    """

    text: str
    name: str
    weights: dict[str, Weight] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)


_HEAD = """import torch
import torch.nn.functional as F
from torch import nn
"""


def written(flow: Flow, doc: str = "") -> Source:
    """The source of a flow and all flows inside.

    Raises:
        UnsupportedError: PyTorch has no counterpart of an operation; its layer is named.
    """
    classes = _Classes()
    name = classes.add(flow)
    texts = "\n\n\n".join(classes.texts)
    head = "\n".join(line for line in _HEAD.splitlines() if _is_used(line, texts))
    source = Source(f'"""{doc}"""\n\n{head}\n\n\n{texts}\n', name)
    classes.weights_of(name, "", source)
    return source


def _is_used(line: str, text: str) -> bool:
    return {"import torch": "torch." in text, "import torch.nn.functional as F": "F." in text}.get(line, True)


class _Classes:
    """The classes of one file, those inside first."""

    def __init__(self):
        self.texts: list[str] = []
        self.written: dict[str, _Class] = {}
        self._names = Names("Net")

    def add(self, flow: Flow) -> str:
        name = self._names.new(class_name(flow.name))
        one = _Class(flow, name, self)
        self.texts.append(one.text())
        self.written[name] = one
        return name

    def weights_of(self, name: str, prefix: str, source: Source):
        """Enter the weights of a class, and of those inside, under their keys."""
        one = self.written[name]
        for key, (weight, learns) in one.weights.items():
            source.weights[prefix + key] = weight
            if not learns:
                source.frozen.add(prefix + key)
        for attribute, inner in one.networks.items():
            self.weights_of(inner, f"{prefix}{attribute}.", source)


class _Class:
    """One class: lines of `__init__` and `forward`."""

    def __init__(self, flow: Flow, name: str, classes: _Classes):
        self.flow, self.name, self.classes = flow, name, classes
        self.made: list[str] = []
        self.steps: list[str] = []
        self.weights: dict[str, tuple[Weight, bool]] = {}
        self.networks: dict[str, str] = {}
        self._attributes = Names()
        self._owned: dict[str, tuple[str, Phrase | None]] = {}
        self._variables = _Variables(flow)
        for op in flow.ops:
            self._write(op)

    def text(self) -> str:
        inputs = ", ".join(self._variables.names[x] for x in self.flow.inputs)
        outputs = ", ".join(self._variables.texts[y] for y in self.flow.outputs)
        lines = [f"class {self.name}(nn.Module):", *self._docstring(), "", "    def __init__(self):"]
        lines += ["        super().__init__()", *(f"        {line}" for line in self.made), ""]
        lines += [f"    def forward(self, {inputs}):", *(f"        {line}" for line in self.steps)]
        return "\n".join([*lines, f"        return {outputs}"])

    def _docstring(self) -> list[str]:
        shapes = [", ".join(_shape(x) for x in values) for values in (self.flow.inputs, self.flow.outputs)]
        return [f'    """From {shapes[0]} to {shapes[1]}."""']

    # ---- one operation

    def _write(self, op: Op):
        args = [self._variables.texts[x] if isinstance(x, Value) else literal(x) for x in op.inputs]
        if op.kind in ("parameter", "constant"):
            self._variables.texts[op.output] = f"self.{self._tensor(op)}"
        elif op.kind == "network":
            self._network(op, args)
        elif op.kind == "recurrent":
            self._recurrent(op, args)
        else:
            self._variables.give(op, self._expression(op, args), self.steps)

    def _expression(self, op: Op, args: list[str]) -> str:
        phrase = self._module(op) if op.kind in MODULES else None
        if phrase is not None:
            attribute, told = phrase
            return told.called.format(self=f"self.{attribute}", x=args[0])
        if op.kind == "prelu":
            args = [*args, f"self.{self._tensor(op)}"]
        expression = EXPRESSIONS.get(op.kind)
        if expression is None:
            raise refusal(op, "it has no counterpart there", op.kind)
        return expression(op, *args)

    def _module(self, op: Op) -> tuple[str, Phrase] | None:
        """The attribute of an operation's module, made where it is met first."""
        owner = f"{op.owner}:{op.kind}"
        if owner not in self._owned:
            phrase = MODULES[op.kind](op)
            if phrase is None:
                return None
            attribute = self._attributes.new(op.layer, avoid_modules=True)
            self.made.append(f"self.{attribute} = {phrase.made}")
            self._owned[owner] = (attribute, phrase)
            self._enter(attribute, op, phrase.states or {})
        attribute, first = self._owned[owner]
        phrase = MODULES[op.kind](op) or first
        assert phrase is not None
        return attribute, phrase

    def _enter(self, attribute: str, op: Op, states: dict):
        for word, weight in op.weights.items():
            if op.kind == "prelu":
                weight = Weight(weight.tensor.reshape(-1), weight.source, weight.axes, weight.note)
            self.weights[f"{attribute}.{states.get(word, word)}"] = weight, op.trainable

    def _tensor(self, op: Op) -> str:
        """The attribute of a weight that stands alone."""
        if op.owner not in self._owned:
            [weight] = op.weights.values()
            attribute = self._attributes.new(op.layer, avoid_modules=True)
            sizes = whole_tuple(tuple(weight.tensor.shape))
            dtype = "" if weight.tensor.dtype.is_floating_point else f", dtype={weight.tensor.dtype}"
            empty = f"torch.empty({sizes}{dtype})"
            learned = op.kind != "constant"
            made = f"self.{attribute} = nn.Parameter({empty})"
            self.made.append(made if learned else f'self.register_buffer("{attribute}", {empty})')
            self._owned[op.owner] = (attribute, None)
            self.weights[attribute] = weight, op.trainable
        return self._owned[op.owner][0]

    def _network(self, op: Op, args: list[str]):
        owner = f"{op.owner}:network"
        if owner not in self._owned:
            attribute = self._attributes.new(op.layer, avoid_modules=True)
            inner = self.classes.add(op.settings["flow"])
            self.made.append(f"self.{attribute} = {inner}()")
            self.networks[attribute] = inner
            self._owned[owner] = (attribute, None)
        called = f"self.{self._owned[owner][0]}({', '.join(args)})"
        self._variables.give_several(op, called, self.steps)

    def _recurrent(self, op: Op, args: list[str]):
        found = self._module(op)
        assert found is not None
        settings, ways = op.settings, op.settings["ways"]
        first = ""
        if len(args) > 1:
            per_way = len(args[1:]) // ways
            states = [_stacked(args[1 + k :: per_way]) for k in range(per_way)]
            first = f", ({', '.join(states)})" if settings["cell"] == "lstm" else f", {states[0]}"
        self._variables.give_recurrent(op, f"self.{found[0]}({args[0]}{first})", self.steps)


def _stacked(states: list[str]) -> str:
    return f"{states[0]}.unsqueeze(0)" if len(states) == 1 else f"torch.stack([{', '.join(states)}])"


def _shape(x: Value) -> str:
    sizes = [
        "batch" if at == 0 and x.batched else "any" if size is None else str(size) for at, size in enumerate(x.shape)
    ]
    return f"({', '.join(sizes)})"


class _Variables:
    """Names of the values in `forward`: a value whose reader is its last takes over its name."""

    def __init__(self, flow: Flow):
        self.flow, self._names = flow, Names("x")
        single = len(flow.inputs) == 1
        self.names = {x: "x" if single else self._names.new(x.name) for x in flow.inputs}
        self.texts: dict[Value, str] = dict(self.names)
        self._last: dict[Value, int] = {}
        self._reads: dict[Value, int] = {}
        self._inside: dict[Value, list[Value]] = {}
        self._place = {op: at for at, op in enumerate(flow.ops)}
        for at, op in enumerate(flow.ops):
            for x in op.values:
                self._last[x] = at
                self._reads[x] = self._reads.get(x, 0) + 1
        for y in flow.outputs:
            self._last[y] = len(flow.ops)
            self._reads[y] = self._reads.get(y, 0) + 1

    def give(self, op: Op, text: str, steps: list[str]):
        """Name the one output of an operation, or put its text into the operation that follows."""
        if self._goes_inside(op, text):
            self.texts[op.output] = text
            self._inside[op.output] = self._named(op)
            for x in self._inside[op.output]:  # what it reads lives on until its reader has run
                self._last[x] = max(self._last[x], self._place[op] + 1)
            return
        name = self._name(op, op.output)
        self.texts[op.output] = name
        if text != name:
            steps.append(f"{name} = {text}")

    def _named(self, op: Op) -> list[Value]:
        """The values with names that an operation reads, those read by texts inside its own included."""
        return [one for x in op.values for one in self._inside.get(x, [x])]

    def _goes_inside(self, op: Op, text: str) -> bool:
        at = self._place[op]
        if op.kind in _IN_LINES_OF_THEIR_OWN or self._reads.get(op.output) != 1 or len(text) > _SHORT:
            return False
        reader = self.flow.ops[at + 1] if at + 1 < len(self.flow.ops) else None
        if reader is None or reader.kind in _IN_LINES_OF_THEIR_OWN or reader.kind == "avg_pool":
            return False
        return len(reader.inputs) == 1 and op.output in reader.values and reader.layer == op.layer

    def _name(self, op: Op, output: Value) -> str:
        at = self._place[op]
        dying = [self.names[x] for x in self._named(op) if x in self.names and self._last[x] <= at]
        alive = {name for x, name in self.names.items() if self._last.get(x, -1) > at}
        free = [name for name in dying if name not in alive]
        name = "x" if "x" in free else free[0] if free else self._fresh(op)
        self.names[output] = name
        return name

    def _fresh(self, op: Op) -> str:
        return "x" if "x" not in self.names.values() else self._names.new(op.layer)

    def give_several(self, op: Op, text: str, steps: list[str]):
        """Name all outputs of a network."""
        names = []
        for at, y in enumerate(op.outputs):
            name = self._name(op, y) if at == 0 else self._names.new(f"{op.layer}_{at}")
            self.names[y] = self.texts[y] = name
            names.append(name)
        steps.append(f"{', '.join(names)} = {text}")

    def give_recurrent(self, op: Op, text: str, steps: list[str]):
        """Name the outputs and states of a recurrent module, as far as somebody reads them."""
        sequence, *states = op.outputs
        is_lstm = op.settings["cell"] == "lstm"
        per_way = 2 if is_lstm else 1
        words = []
        for k, letter in enumerate("hc"[:per_way]):
            read = any(y in self._reads for y in states[k::per_way])
            words.append(self._names.new(letter) if read else "_")
        told = f"({', '.join(words)})" if is_lstm and set(words) != {"_"} else words[0]
        for at, y in enumerate(states):
            self.texts[y] = f"{words[at % per_way]}[{at // per_way}]"
        name = "_"
        if sequence in self._reads:
            name = self.texts[sequence] = self._name(op, sequence)
        steps.append(f"{name}, {told} = {text}")
