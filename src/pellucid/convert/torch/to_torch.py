"""to_torch: a model as a plain `torch.nn.Module`, and as a source file with its weights beside it.

Below:  lowering/ makes a flow of the model, source.py writes it; files/safetensors.py keeps weights.
Kept true: the module is made by running the very source that is written, so the two cannot differ; neither knows us.
"""

from __future__ import annotations

import linecache
import os

import torch

from pellucid.convert.lowering import lowered
from pellucid.convert.standing import ledger_of, standing
from pellucid.convert.torch.names import identifier
from pellucid.convert.torch.source import Source, written
from pellucid.errors import ArgumentError
from pellucid.files import atomic, safetensors


def to_torch(model, layout: str | None = "channels_first", path=None) -> torch.nn.Module:
    """A plain PyTorch module that computes what a model computes.

    It is made of `torch.nn` layers and knows nothing of Pellucid. Gradients, dropout and batch statistics are as in
    PyTorch; penalties and constraints of training stay behind. Layers of your own are written out as what PyTorch says
    that their `call` computes.

    Args:
        model: a functional or sequential model that is built.
        layout: where the module has the channels, of its inputs too; "channels_last", or None for where the model has
            them, leaves transposes around each window, as PyTorch's layers have channels first.
        path: a file that ends in ``.py`` for the source; the weights go beside it, ending in ``.safetensors``.

    Returns:
        The module, in use and not in training; ``module.ledger`` says what became of each weight.

    Raises:
        UnsupportedError: a layer has no counterpart; its name and the reason are told, and nothing is written.
        ArgumentError: a path that does not end in ``.py``.
    """
    files = None if path is None else _files(path)
    model, ledger = standing(model, layout)
    source = written(lowered(model), _doc(model, files))
    state = states(source)
    module = made(source, state)
    # Past Module.__setattr__, to which it would be a thing of the network.
    module.__dict__["ledger"] = ledger_of("PyTorch", source.weights, ledger)
    if files is not None:
        _save(source, state, *files)
    return module


def _files(path) -> tuple[str, str]:
    path = os.fspath(path)
    if not path.endswith(".py"):
        raise ArgumentError("A source file of Python ends in .py.", got=repr(path), fix='path="network.py"')
    return path, path[: -len(".py")] + ".safetensors"


def _doc(model, files) -> str:
    """The first lines of the file: what it is, and how the weights come in."""
    about = f"{identifier(model.name)}, a PyTorch network converted from Keras's layers."
    if files is None:
        return about
    weights = os.path.basename(files[1])
    shown = weights if weights.isprintable() and '"' not in weights and "\\" not in weights else "weights.safetensors"
    return f'{about}\n\nWeights: model.load_state_dict(safetensors.torch.load_file("{shown}")); model.eval()\n'


def made(source: Source, state: dict[str, torch.Tensor]) -> torch.nn.Module:
    """The module of a source, with these weights, in use and not in training."""
    place = f"<{source.name}>"
    linecache.cache[place] = (len(source.text), None, source.text.splitlines(keepends=True), place)
    names: dict = {"__name__": source.name.lower()}
    # Our own text: names in it were made letters and digits, all else are numbers.
    exec(compile(source.text, place, "exec"), names)
    with torch.device("meta"):
        module = names[source.name]()
    module.load_state_dict(state, strict=True, assign=True)
    for key, parameter in module.named_parameters():
        parameter.requires_grad_(key not in source.frozen)
    return module.eval()


def states(source: Source) -> dict[str, torch.Tensor]:
    """The state dict: copies of the weights as they lie in PyTorch."""
    found = {}
    places = [weight.tensor.device for weight in source.weights.values() if weight.source]
    for key, weight in source.weights.items():
        tensor = weight.tensor.to(places[0]) if places else weight.tensor  # ones that stand in lie where the others do
        found[key] = tensor.clone(memory_format=torch.contiguous_format)
        if key.endswith("running_mean"):
            counter = key.removesuffix("running_mean") + "num_batches_tracked"
            found[counter] = torch.tensor(0, device=weight.tensor.device)
    return found


def _save(source: Source, state, path: str, weights: str):
    def text(file):
        file.write(source.text.encode())

    def check(file):
        compile(file.read(), path, "exec")

    atomic.replace(weights, lambda file: safetensors.write(file, state), safetensors.check)
    atomic.replace(path, text, check)
