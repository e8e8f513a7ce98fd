"""Reading: a graph of ATen functions as a flow.

Below:  exporting.py asks PyTorch for the graph; aten.py says which operation each function is, formulas.py which others
        some functions are made of.
Above:  from_torch.py.
Kept true: in a flow the batch is axis 0; where PyTorch has it elsewhere for a while, `Seen` says where. What hangs on
           no input is computed at once.
"""

from __future__ import annotations

import inspect
import operator
from dataclasses import dataclass
from typing import Any

import torch
from torch.fx import Node
from torch.fx.experimental.proxy_tensor import make_fx

from pellucid.convert.flow import Flow, Op, Value, Weight, dtype_name
from pellucid.convert.torch.formulas import FORMULAS
from pellucid.errors import UnsupportedError


@dataclass(frozen=True, eq=False)
class Seen:
    """A value of the flow as PyTorch sees it: with the batch on another axis, say.

    Attributes:
        value: with the batch on axis 0.
        batch: the axis on which PyTorch has the batch.
    """

    value: Value
    batch: int = 0


@dataclass(frozen=True, eq=False)
class Known:
    """A tensor that hangs on no input: a weight, or computed from weights.

    Attributes:
        tensor: the numbers; where PyTorch has the batch on an axis, for one sample.
        source: the name of the weight.
        learns: whether a weight in it does.
    """

    tensor: torch.Tensor
    source: str = ""
    learns: bool = False


# Functions whose sizes only say how large the result is: where that is the batch, one sample says all.
_OF_SIZES = (
    "zeros", "ones", "full", "new_zeros", "new_ones", "new_full", "expand", "view", "reshape", "repeat", "zeros_like",
    "ones_like", "full_like",
)  # fmt: skip


class Reading:
    """One graph on its way into a flow.

    Args:
        program: what PyTorch says.
        name: of the flow.
        rules: by the names of functions.
        owned: as `read` takes it.
    """

    def __init__(self, program: torch.export.ExportedProgram, name: str, rules: dict, owned: dict):
        self.flow = Flow(name, [], [])
        self.rules = rules
        self.found: dict[Node, Any] = {}
        self._owners: dict[tuple[str, str], list] = {}
        self._program, self._owned = program, owned
        self._known = self._tensors()
        nodes = list(program.graph.nodes)
        self.batch = self._batch_symbol(nodes)
        for node in nodes:
            self._read(node)

    def _tensors(self) -> dict[str, Known]:
        """The weights and constants by the names of their places in the graph."""
        found, program = {}, self._program
        for spec in program.graph_signature.input_specs:
            if spec.target is None:
                continue
            tensor = program.state_dict.get(spec.target, program.constants.get(spec.target))
            learns = isinstance(tensor, torch.nn.Parameter) and tensor.requires_grad
            source, learns = self._owned.get(tensor.data_ptr(), (spec.target, learns))
            found[spec.arg.name] = Known(tensor.detach(), source, learns)
        return found

    def _batch_symbol(self, nodes):
        for node in nodes:
            if node.op == "placeholder" and node.name not in self._known:
                size = node.meta["val"].shape[0]
                if isinstance(size, int):
                    raise UnsupportedError(
                        "The module fixes its batch size, so it computes nothing for any other.",
                        got=f"a batch of {size} only",
                        fix="x.shape[0] in place of a number in forward()",
                    )
                return size.node.expr
        raise UnsupportedError("The module takes no input.", got="forward() without arguments")

    # ---- nodes

    def _read(self, node: Node):
        if node.op == "placeholder":
            self.found[node] = self._known.get(node.name) or self._input(node)
        elif node.op == "get_attr":
            tensor = operator.attrgetter(str(node.target))(self._program.graph_module)
            self.found[node] = Known(tensor.detach(), str(node.target))
        elif node.op == "output":
            for result in _leaves(node.args[0]):
                self._output(result)
        elif node.op == "call_function":
            self.found[node] = self._called(node)

    def _input(self, node: Node) -> Seen:
        value = self.new_value(node.meta["val"])
        value.name = node.name
        self.flow.inputs.append(value)
        return Seen(value)

    def _output(self, result):
        found = self.found[result] if isinstance(result, Node) else result
        if found is None:
            return
        if not isinstance(found, Seen) or found.batch != 0:
            raise UnsupportedError(
                "An output does not have the samples of the batch on its first axis.",
                got=f"{getattr(result, 'name', result)}",
                fix="return x.transpose(0, 1)",
            )
        value = found.value
        if value in self.flow.inputs or value in self.flow.outputs:
            value = self.emit(result, "identity", value)
        self.flow.outputs.append(value)

    def _called(self, node: Node):
        target = node.target
        if target is operator.getitem:
            return self.found[node.args[0]][node.args[1]]  # type: ignore[index]
        if "val" in node.meta and not _has_tensor(node.meta["val"]):
            return None  # arithmetic on sizes: what needs them reads shapes
        args = torch.fx.node.map_arg(node.args, self._argument)
        kwargs = torch.fx.node.map_arg(node.kwargs, self._argument)
        name = str(target).removeprefix("aten.")
        if name.split(".")[0] in _OF_SIZES:
            args, kwargs = self._of_one_sample((args, kwargs))
        if self._is_known((args, kwargs)) and "val" in node.meta:
            computed = self._computed(node, args, kwargs)
            if computed is not None:
                return computed
        if name.startswith(("_assert", "sym_constrain")):
            return None
        rule, changes = self._named(self.rules, name)
        result = NotImplemented
        if rule is not None:
            _check_call(self, node, rule, args, kwargs)
            result = rule(self, node, *args, **kwargs)
        if result is NotImplemented:
            formula, changes = self._named(FORMULAS, name)
            if formula is None:
                raise self.refuse(node, "no layer computes this function")
            result = self._by_formula(node, formula)
        if changes:  # what reads the first argument from now on reads the result
            self.found[node.args[0]] = result  # type: ignore[index]
        return result

    def _named(self, table: dict, name: str):
        """What a table has for a function, and whether it changes its first argument, as those do that end in ``_``."""
        word = name.split(".")[0]
        found = table.get(name) or table.get(word)
        if found is not None or not word.endswith("_"):
            return found, False
        return table.get(word.rstrip("_")), True

    def _by_formula(self, node: Node, formula):
        """What a function gives, read from the graph that PyTorch makes of its formula."""
        given = [one for one in node.all_input_nodes if isinstance(one.meta.get("val"), torch.Tensor)]

        def run(*tensors):
            seen = dict(zip(given, tensors, strict=True))
            args, kwargs = (
                torch.fx.node.map_arg(part, lambda one: seen.get(one, one.meta.get("val")))
                for part in (node.args, node.kwargs)
            )
            return formula(*args, **kwargs)

        try:
            inside = make_fx(run, pre_dispatch=True)(*(one.meta["val"] for one in given))
        except UnsupportedError as error:
            raise self.refuse(node, error.message.rstrip("."), **error.facts) from None
        except Exception as error:
            raise self.refuse(node, "it is called in a way that no layer has", got=f"{error}"[:200]) from error
        for outer, one in zip(given, (x for x in inside.graph.nodes if x.op == "placeholder"), strict=True):
            self.found[one] = self.found[outer]
        for one in inside.graph.nodes:
            one.meta["nn_module_stack"] = node.meta.get("nn_module_stack", {})
            if one.op == "get_attr":
                self.found[one] = Known(operator.attrgetter(str(one.target))(inside).detach())
            elif one.op == "call_function":
                self.found[one] = self._called(one)
            elif one.op == "output":
                return torch.fx.node.map_arg(one.args[0], lambda x: self.found[x])
        return None

    def _argument(self, node: Node):
        return self.found[node] if self.found[node] is not None else Size(node.meta["val"])

    def _of_one_sample(self, arguments):
        """Arguments with the sizes of a batch of one, where no value of the network is among them."""
        if any(isinstance(x, Seen) for x in _leaves(arguments)):
            return arguments

        def sized(x):
            if not isinstance(x, Size):
                return x
            return int(x.number if isinstance(x.number, int) else x.number.node.expr.subs(self.batch, 1))

        return torch.fx.node.map_aggregate(arguments, sized)

    def _is_known(self, arguments) -> bool:
        leaves = list(_leaves(arguments))
        return not any(isinstance(x, (Seen, Size)) for x in leaves)

    def _computed(self, node: Node, args, kwargs):
        """The result of a function whose arguments are all known."""
        leaves = list(_leaves((args, kwargs)))
        tensors = _with_tensors((args, kwargs))
        with torch.no_grad():
            result = node.target(*tensors[0], **tensors[1])  # type: ignore[operator]
        sources = [x for x in leaves if isinstance(x, Known)]
        learns, source = any(x.learns for x in sources), next((x.source for x in sources if x.source), "")
        if isinstance(result, torch.Tensor):
            return Known(result, source, learns)
        return [Known(one, source, learns) for one in result]

    # ---- what rules use

    def refuse(self, node: Node, reason: str, **facts) -> UnsupportedError:
        """The error that names the module and function."""
        place = self.layer_of(node)
        facts.setdefault("got", str(node.target))
        return UnsupportedError(f"'{place}' ({node.target}) cannot become a layer: {reason}.", **facts)

    def layer_of(self, node: Node) -> str:
        """The name of the module in which a function runs; its own where that is the whole network."""
        stack = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        return stack[-1] if stack and stack[-1] else node.name

    def new_value(self, fake, batch: int = 0) -> Value:
        """A value of the flow for what PyTorch says of a tensor that has the batch on this axis."""
        sizes = [size if isinstance(size, int) else size.node.expr for size in fake.shape]
        shape = [size if isinstance(size, int) else int(size) if size.is_Integer else None for size in sizes]
        shape = [shape[batch], *shape[:batch], *shape[batch + 1 :]]
        return Value(tuple(shape), dtype_name(fake))

    def is_batch(self, size) -> bool:
        """Whether a size is that of the batch."""
        return not isinstance(size, int) and size.node.expr == self.batch

    def emit(self, node, kind: str, *inputs, fake=None, batch: int = 0, weights=None, part="", **settings) -> Value:
        """Put an operation at the end of the flow; its value has the shape that PyTorch tells for the node."""
        value = self.new_value(node.meta["val"] if fake is None else fake, batch)
        return self.emit_values(node, kind, *inputs, outputs=[value], weights=weights, part=part, **settings)[0]

    def emit_values(self, node, kind: str, *inputs, outputs, weights=None, part="", **settings) -> list[Value]:
        """Put an operation with these outputs at the end of the flow."""
        layer = self.layer_of(node) + (f".{part}" if part else "")
        kept = {word: known for word, known in (weights or {}).items() if known is not None}
        owner = next((known.source.rpartition(".")[0] for known in kept.values() if known.source), "") or node.name
        owner = self._owner(owner + part, kind, kept) if kept else owner + part
        self.flow.ops.append(
            Op(
                kind, inputs, tuple(outputs), settings,
                {word: Weight(known.tensor, known.source) for word, known in kept.items()},
                owner=owner, layer=layer,
                trainable=any(known.learns for known in kept.values()) if kept else True,
            )
        )  # fmt: skip
        return list(outputs)

    def _owner(self, name: str, kind: str, weights: dict[str, Known]) -> str:
        """Who owns these very tensors: the name, with a number where it owns others of this kind already."""
        told = tuple((known.tensor.data_ptr(), known.tensor.shape, known.tensor.stride()) for known in weights.values())
        owned = self._owners.setdefault((name, kind), [])
        if told not in owned:
            owned.append(told)
        at = owned.index(told)
        return f"{name}_{at + 1}" if at else name

    def operand(self, node, x):
        """A value of the flow, or a plain number; a tensor that is known becomes a weight or a constant."""
        if isinstance(x, Seen):
            return x.value
        if not isinstance(x, Known):
            return x
        tensor = x.tensor
        if tensor.ndim == 0 and not x.learns:
            return tensor.item()
        value = Value(tuple(tensor.shape), dtype_name(tensor), batched=False)
        kind = "parameter" if x.learns else "constant"
        name = self._owner(x.source or f"{node.name}.constant", kind, {"value": x})
        self.flow.ops.append(
            Op(kind, (), (value,), {}, {"value": Weight(tensor, x.source)}, owner=name, layer=name, trainable=x.learns)
        )
        return value


def _check_call(reading: Reading, node, rule, args, kwargs):
    try:
        inspect.signature(rule).bind(reading, node, *args, **kwargs)
    except TypeError:
        raise reading.refuse(node, "it is called in a way that no layer has") from None


@dataclass(frozen=True)
class Size:
    """A size that hangs on the batch, or plain arithmetic on sizes."""

    number: Any


def _has_tensor(found) -> bool:
    return any(isinstance(x, torch.Tensor) for x in _leaves(found))


def _leaves(structure):
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        for one in structure:
            yield from _leaves(one)
    else:
        yield structure


def _with_tensors(structure):
    if isinstance(structure, dict):
        return {word: _with_tensors(one) for word, one in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(_with_tensors(one) for one in structure)
    return structure.tensor if isinstance(structure, Known) else structure
