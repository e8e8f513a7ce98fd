"""Vetting: a source file of a network, run only if it says nothing but a network.

Below:  files/ reads the weights beside it.
Above:  sides.py opens such files for `prove`, which may come from anybody.
Kept true: what is run consists of classes with `__init__` and `forward`, in words of `torch.nn` and those functions and
           methods that are listed here; nothing in it reaches a file, a module or a name with two underscores.
"""

from __future__ import annotations

import ast
import os

import torch
import torch.nn.functional as F
from torch import nn

from pellucid.errors import FileError, UnsupportedError
from pellucid.files.safetensors_model import SafetensorsFile
from pellucid.files.source import opened, opened_beside, refusals

_MOST_BYTES = 2**24
_IMPORTS = ("import torch", "import torch.nn.functional as F", "from torch import nn")
_SUPER = "super().__init__()"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_TORCH = _words(
    "abs acos acosh asin asinh atan atanh cat ceil clamp cos cosh einsum empty erf exp floor log log_softmax logical_and "
    "logical_not logical_or matmul maximum minimum negative ones_like randn_like reciprocal round rsqrt sigmoid sign sin "
    "sinh softmax sqrt square stack tan tanh where zeros_like float16 float32 float64 bfloat16 int8 int16 int32 int64 "
    "uint8 bool"
)
_OF_FUNCTIONAL = _words(
    "celu elu gelu hardshrink hardsigmoid hardswish interpolate leaky_relu logsigmoid mish pad relu relu6 "
    "scaled_dot_product_attention selu silu softplus softshrink softsign"
)
_OF_VALUES = _words(
    "amax amin argmax argmin bool expand flatten flip float int long mean permute prod repeat_interleave reshape shape "
    "squeeze sum to transpose unflatten unsqueeze"
)
_OF_SELF = _words("training register_buffer")
_NODES = (
    ast.arguments, ast.arg, ast.Return, ast.Assign, ast.Expr, ast.Call, ast.Attribute, ast.Name, ast.Constant,
    ast.keyword, ast.Tuple, ast.List, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp,
    ast.expr_context, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


def module_of(path: str) -> nn.Module:
    """The network of a source file that `to_torch` wrote, with the weights beside it, in use and not in training.

    Raises:
        FileError: it is no such file, or its weights are not beside it.
        UnsupportedError: it says something else than a network.
    """
    with refusals(path), opened(path) as file:
        tree = ast.parse(file.read(_MOST_BYTES).decode())
    name = _vet(tree)
    names: dict = {"__name__": name.lower(), "torch": torch, "F": F, "nn": nn}
    names["__builtins__"] = {"__build_class__": __build_class__, "super": super, "float": float}
    with refusals(path), torch.device("meta"):
        exec(compile(tree, path, "exec"), names)
        module = names[name]()
    with refusals(path), opened_beside(path, os.path.basename(path)[: -len(".py")] + ".safetensors") as file:
        with SafetensorsFile(file) as weights:
            module.load_state_dict({key: weights.tensor(key) for key in weights}, strict=True, assign=True)
    return module.eval()


def _vet(tree: ast.Module) -> str:
    """Take the imports out, and give the name of the last class, which is the network's.

    Raises:
        UnsupportedError: something else stands there.
    """
    classes: list[str] = []
    body = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            _vet_class(node, classes)
            classes.append(node.name)
            body.append(node)
        elif not _is_text(node) and ast.unparse(node) not in _IMPORTS:
            raise _refusal(node)
    if not classes:
        raise FileError("The file holds no network.", expected="a class of torch.nn.Module")
    tree.body = list(body)
    return classes[-1]


def _vet_class(node: ast.ClassDef, classes: list[str]):
    if [ast.unparse(base) for base in node.bases] != ["nn.Module"] or node.keywords or node.decorator_list:
        raise _refusal(node)
    own = _attributes(node)
    for part in node.body:
        if _is_text(part):
            continue
        if not isinstance(part, ast.FunctionDef) or part.name not in ("__init__", "forward") or part.decorator_list:
            raise _refusal(part)
        _vet_function(part, own, classes)


def _attributes(node: ast.ClassDef) -> set[str]:
    """The names that the class gives to its modules and weights."""
    targets = [target for one in ast.walk(node) if isinstance(one, ast.Assign) for target in one.targets]
    named = {target.attr for target in targets if isinstance(target, ast.Attribute)}
    buffers = [one for one in ast.walk(node) if isinstance(one, ast.Call) and _called(one) == "self.register_buffer"]
    named |= {one.args[0].value for one in buffers if one.args and isinstance(one.args[0], ast.Constant)}  # type: ignore[misc]
    if any(hasattr(nn.Module, str(name)) for name in named):
        raise UnsupportedError("The file gives a name to a part that every module has of its own.", got=sorted(named))
    return named


def _vet_function(node: ast.FunctionDef, own: set[str], classes: list[str]):
    if node.returns is not None or node.args.defaults or node.args.kw_defaults or node.args.vararg or node.args.kwarg:
        raise _refusal(node)
    local = {one.arg for one in node.args.args}
    local |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    roots = set()
    for statement in node.body:
        if ast.unparse(statement) == _SUPER:
            continue
        for one in ast.walk(statement):
            if isinstance(one, ast.Attribute):
                roots.add(id(one.value))
                _vet_attribute(one, own)
            is_known = not isinstance(one, ast.Name) or one.id in {*local, *classes, "float"} or id(one) in roots
            is_power = isinstance(one, ast.BinOp) and _is_number(one.left) and _is_number(one.right)
            if not isinstance(one, _NODES) or not is_known or is_power:
                raise _refusal(one)
    if local & {"torch", "nn", "F", "float", *classes} or any("__" in name for name in local):
        raise _refusal(node)


def _vet_attribute(node: ast.Attribute, own: set[str]):
    root = node.value.id if isinstance(node.value, ast.Name) else ""
    allowed = {"torch": _OF_TORCH, "F": _OF_FUNCTIONAL, "self": own | _OF_SELF}.get(root, _OF_VALUES)
    if root == "nn":
        found = getattr(nn, node.attr, None)
        allowed = frozenset(
            [node.attr] if isinstance(found, type) and issubclass(found, (nn.Module, nn.Parameter)) else []
        )
    if node.attr not in allowed or "__" in node.attr:
        raise _refusal(node)


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def _is_text(node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_number(node) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str)


def _refusal(node) -> UnsupportedError:
    return UnsupportedError(
        "The file says something else than a network, so it is not run.", got=ast.unparse(node)[:200],
        where=f"line {getattr(node, 'lineno', '?')}", fix="prove(model, module), with a module of your own making",
    )  # fmt: skip
