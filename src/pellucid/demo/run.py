"""The demo's course: learn, show the network, answer, and keep what was made.

Below:  digits.py has the data, answer.py the explanation; models/ and layers/ as any user has them.
Above:  cli.py calls `run`.
"""

from __future__ import annotations

import csv
import math
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.demo.answer import Seen, answer, example_place
from pellucid.demo.digits import Digits, digits
from pellucid.errors import ArgumentError
from pellucid.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Permute, Reshape
from pellucid.models import Model, Sequential
from pellucid.optimizers import Adam
from pellucid.optimizers.schedules import CosineDecay
from pellucid.places import flat_index
from pellucid.random.seed import set_random_seed
from pellucid.report import text
from pellucid.report.explanation import explain
from pellucid.report.parts import Gap, Heading, Paragraph, Part

GOAL = 0.97
BATCH_SIZE = 32
PAGE_DIGITS = 8


@dataclass(frozen=True)
class DemoResult:
    """What came out: the share of held-out digits read right, and where the files lie."""

    accuracy: float
    folder: pathlib.Path

    @property
    def is_reached(self) -> bool:
        """Whether the network reads at least 97 % right."""
        return self.accuracy >= GOAL


def run(folder="pellucid-demo", epochs: int = 15, seed: int = 0) -> DemoResult:
    """Train a small network on real digits, and answer with its values what Flatten does.

    Args:
        folder: where weights, values, history and the printed text are kept.
        epochs: how often all digits are learnt from.
        seed: of the fifth that is held out, of the first weights and of the order of learning.

    Raises:
        ArgumentError: no epoch at all.
    """
    if epochs < 1:
        raise ArgumentError(
            "The demo has to learn first.", got=f"epochs={epochs}", expected="1 or more", fix="epochs=15"
        )
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    set_random_seed(seed)
    page = _Page()
    data = digits(seed)
    page.show(_introduction(data, seed))
    model = _network(steps=epochs * math.ceil(len(data.labels) / BATCH_SIZE))
    history = model.fit(data.images, data.labels, epochs=epochs, batch_size=BATCH_SIZE)
    _, accuracy = model.evaluate(data.held_images, data.held_labels, verbose=0)
    result = DemoResult(accuracy, folder)
    page.show([Gap(), _outcome(result, len(data.held_labels)), Gap()])
    model.summary(print_fn=page.say)
    seen = _seen(model, data)
    page.show(answer(seen))
    page.show([Gap(), *_kept(result, model, seen, history), *_html_page(result, model, seen, data)])
    (folder / "report.txt").write_text(page.text, encoding="utf-8")
    return result


class _Page:
    """Shows parts in the terminal, and keeps them as text."""

    def __init__(self):
        self.text = ""

    def show(self, parts: Sequence[Part]):
        text.show(parts)
        self.text += text.as_text(parts)

    def say(self, words: str):
        print(words, end="")
        self.text += words


def _introduction(data: Digits, seed: int) -> list[Part]:
    count, held = len(data.labels), len(data.held_labels)
    return [
        Heading("What happens to the values when a network flattens them?"),
        Gap(),
        Paragraph(
            f"{count + held:,} scans of handwritten digits, 8 x 8 pixels. A network learns from {count:,} of them; "
            f"{held}, a fifth drawn at random (seed {seed}), are held out."
        ),
        Gap(),
    ]


def _outcome(result: DemoResult, count: int) -> Heading:
    missed = "" if result.is_reached else f", below the {GOAL:.0%} that it should reach"
    return Heading(f"Held out: {result.accuracy:.1%} of {count} digits read right{missed}")


def _network(steps: int) -> Sequential:
    """The network, compiled to be trained in so many steps."""
    model = Sequential(
        [
            Input((8, 8, 1)),
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    rate = CosineDecay(0.02, decay_steps=steps)  # large steps first, small ones last: 97 % whatever the seed
    model.compile(Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _seen(model: Sequential, data: Digits) -> Seen:
    """The first held-out digit, as the network's own layers pass it on."""
    _, pooling, flatten, _ = model.layers
    inside = Model(model.inputs, [pooling.output, flatten.output, model.outputs[0]])
    pooled, flat, says = inside.predict(data.held_images[:1], verbose=0)
    maps = Input(pooled.shape[1:])
    channels_first = Permute((3, 1, 2))(maps)
    other_ways = Model(maps, [Flatten(data_format="channels_first")(channels_first), Reshape((-1,))(channels_first)])
    flat_of_first, plain_of_first = other_ways.predict(pooled, verbose=0)
    return Seen(
        image=data.held_images[0, ..., 0],
        label=int(data.held_labels[0]),
        guess=int(says[0].argmax()),
        sureness=float(says[0].max()),
        pooled=pooled[0],
        flat=flat[0],
        flat_of_first=flat_of_first[0],
        plain_of_first=plain_of_first[0],
    )


def _kept(result: DemoResult, model: Model, seen: Seen, history) -> list[Part]:
    """Write the files, and say where they are."""
    weights: dict = {v.path: v.numpy() for v in model.weights}
    np.savez(result.folder / "weights.npz", **weights)
    np.savez(result.folder / "values.npz", image=seen.image, pooled=seen.pooled, flat=seen.flat)
    with open(result.folder / "history.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["epoch", *history.history])
        table.writerows([epoch, *values] for epoch, values in enumerate(zip(*history.history.values(), strict=True)))
    files = ["weights.npz", "values.npz", "history.csv", "report.txt"]
    return [Paragraph(f"Kept in {result.folder}/: {', '.join(files)}")]


def _html_page(result: DemoResult, model: Model, seen: Seen, data: Digits) -> list[Part]:
    """Write a page of the network with some digits, and say where it is."""
    path = result.folder / "page.html"
    flat = flat_index(example_place(seen), seen.pooled.shape)
    explain(model, at=("flatten", flat), x=data.held_images[:PAGE_DIGITS]).to_html(path)
    return [Paragraph(f"To point at any value of any layer, open this page in a browser:\n{path}")]
