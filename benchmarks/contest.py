"""The cases of a task, and the goals they are measured by: tables in Markdown.

Below: turns.py runs the contenders of a case, machine.py says what the machine could do. Above: __main__.py keeps the page.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import math
from collections.abc import Iterator

from benchmarks.cases import CASES, ENGINES, KERAS, Case
from benchmarks.machine import Machine
from benchmarks.turns import Times, in_turn

PACKAGES = "torch keras tensorflow-cpu jax openvino onnxruntime numpy".split()
BARE = ("torch", "torch-tuned")
BACKENDS = (*KERAS, "keras-openvino")


def installed(contenders: list[str]) -> list[str]:
    """Those whose package is there."""
    module = {"torch-tuned": "torch"}
    return [one for one in contenders if importlib.util.find_spec(module.get(one, one.removeprefix("keras-")))]


def versions() -> str:
    """Of what took part."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


def main(task: str, machine: Machine) -> None:
    """Run the cases of a task; print each as soon as it is there, and how far the goals are reached."""
    found = {}
    for name, case in CASES.items():
        if case.task == task:
            found[name] = in_turn(name, installed(case.contenders), rounds=case.rounds)
            print("\n".join(table(name, case, found[name], machine)), flush=True)
    print("\n### Goals\n\n| case | goal | reached | enough |\n|---|---|--:|---|")
    for name, wanted, figure, enough in goals(found, machine):
        print(f"| {name} | {wanted} | {figure:.2f} | {'yes' if enough else '**no**'} |")


def table(name: str, case: Case, times: dict[str, Times], machine: Machine) -> Iterator[str]:
    """One case: medians, ratios to ours, the lowest and the highest of the turns."""
    ours = times["pellucid"].median
    batches = f"{case.samples} in batches of {case.batch}" if case.samples > 1 else "one sample"
    yield f"\n### {name}\n\n{batches}, {case.precision}"
    yield "\n| contender | engine | ms | to ours | lowest to highest | of the machine's rate |\n|---|---|--:|--:|--:|--:|"
    for contender, one in times.items():
        if one.trouble:
            yield f"| {contender} | | | | {one.trouble.replace('|', '/')[:100]} | |"
            continue
        share = machine.share(case, one.median)
        low, high = min(one.seconds) * 1e3, max(one.seconds) * 1e3
        yield f"| {contender} | {one.engine} | {one.median * 1e3:.3f} | {one.median / ours:.2f} | {low:.3f} to {high:.3f} | {share:.0%} |"


def best(times: dict[str, Times], among: tuple[str, ...]) -> float:
    """Seconds of the fastest of these; infinite if none of them ran."""
    return min((times[one].median for one in among if one in times and times[one].seconds), default=math.inf)


def goals(found: dict[str, dict[str, Times]], machine: Machine) -> Iterator[tuple[str, str, float, bool]]:
    """Each goal of a case that ran: the case, what is wanted, the figure reached, whether that is enough."""
    for name, times in found.items():
        case, ours = CASES[name], times["pellucid"].median
        keras, bare, engine = (best(times, among) for among in (BACKENDS, BARE, ENGINES))
        for wanted, figure, enough in _goals_of(case, name, ours, keras, bare, engine, found):
            yield name, wanted, figure, enough
        if name == "predict one: VGG16":
            share = machine.share(case, ours)
            yield name, "at least 80 % of the machine's matrix rate", share, share >= 0.8


def _goals_of(case, name, ours, keras, bare, engine, found) -> Iterator[tuple[str, float, bool]]:
    def at_most(limit: float, text: str, other: float):
        return f"at most {limit} of {text}", ours / other, ours / other <= limit

    if case.task == "fit":
        yield at_most(0.85, "the best of Keras and bare PyTorch", min(keras, bare))
        full = name.replace("bfloat16", "float32")
        if case.precision == "bfloat16" and full in found:
            yield at_most(0.6, "our own float32", found[full]["pellucid"].median)
    elif case.samples > 1:
        yield at_most(1.0, "the best bare engine", engine)
    elif case.network in ("Flatten", "small CNN"):
        yield at_most(0.1, "the best Keras backend", keras)
        yield "within 15 us of the best bare engine", (ours - engine) * 1e6, ours - engine <= 15e-6
    else:
        yield at_most(0.95, "the best Keras backend and bare PyTorch", min(keras, bare))
        yield at_most(1.05, "the best bare engine", engine)
