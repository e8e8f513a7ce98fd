"""Running: a traced model run on values, to keep them, or to measure what a change of one element does.

Below:  recording.py catches what each layer gives, measuring.py changes elements one at a time.
Above:  trace.py.
Kept true: a run is a plain call of the model; nothing here computes.
"""

from __future__ import annotations

import torch

from pellucid import nest
from pellucid.errors import ShapeError, StateError
from pellucid.graph.values import convert_to_tensor
from pellucid.xray import measuring, recording
from pellucid.xray.directory import Directory
from pellucid.xray.recording import Recorder
from pellucid.xray.regions import Region
from pellucid.xray.sites import is_walked
from pellucid.xray.walking import Walk


def run(model, directory: Directory, x, training: bool, wanted, max_bytes) -> Recorder:
    """Run a model on values; gives the recorder with what is wanted and fits.

    Raises:
        ShapeError: another number of inputs than the model has.
    """
    recorder = Recorder([site for site in directory.sites if not site.is_input], wanted, max_bytes)
    given = nest.map_structure(convert_to_tensor, x)
    inputs = [site for site in directory.sites if site.is_input]
    values = [given[name] for name in directory.inputs] if isinstance(given, dict) else nest.flatten(given)
    if len(values) != len(inputs):
        raise ShapeError(
            "The values do not fit the inputs.", got=f"{len(values)} values", expected=", ".join(directory.inputs)
        )
    for site, value in zip(inputs, values, strict=True):
        recorder.keep(site, convert_to_tensor(value, dtype=getattr(site.layer, "dtype", None)))
    _record(model, directory, given, training, recorder)
    return recorder


def _record(model, directory: Directory, given, training: bool, recorder: Recorder):
    if is_walked(model):
        recording.record(model, given, training, recorder)
    else:
        with torch.no_grad():
            recorder.keep(directory.sites[-1], model(given))


def measure(walk: Walk, goals, number: int, region: Region, model, directory: Directory, values: dict) -> None:
    """Put what runs show in the place of what no link told.

    Args:
        number, region: what was asked about.
        values: of a run, by number.

    Raises:
        StateError: a goal is no input, or the inputs have no values.
    """
    numbers = list(directory.inputs.values())
    if not set(goals.values()) <= set(numbers) or not set(numbers) <= set(values):
        raise StateError(
            "Only from inputs with values can be measured what reaches.", got=", ".join(goals),
            fix='trace(model, x).sources(at, to="input", verify=True)',
        )  # fmt: skip
    inputs = [values[one][:1] for one in numbers]
    path = directory.writer(number).path

    def again(some: list[torch.Tensor]) -> torch.Tensor:
        steps = [site for site in directory.sites if not site.is_input]
        recorder = Recorder(steps, lambda one: one == path, None)
        _record(model, directory, some if len(some) > 1 else some[0], False, recorder)
        return recorder.values[number]

    for goal in goals.values():
        if walk.regions.get(goal):
            walk.regions[goal] = measuring.reaching(again, inputs, numbers.index(goal), walk.regions[goal], region)
