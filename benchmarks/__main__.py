"""The benchmarks, and the page of their results: ``python -m benchmarks [SECTION ...]``; all sections without one.

RESULTS.md beside this file holds a section for each; those measured now are written anew, the others stay as they were.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import pathlib
import re
import sys
from collections.abc import Callable

from benchmarks import contest, convert, files, growth, imports, machine, page, xray

PAGE = pathlib.Path(__file__).with_name("RESULTS.md")
ABOUT = """# Results

Written by `make bench`; each section was measured in one run, on the machine that it names. Where contenders are compared,
each runs in a process of its own; they take turns, round after round, and a figure is the median of the turns. "To ours"
above 1 means slower than Pellucid. `torch` is the loop that a PyTorch user writes, `torch-tuned` the same with channels_last
and the fused Adam, `onnxruntime` and `openvino` are the engines alone; to these four, published networks come through
`convert`. All networks give logits.
"""
SECTIONS: dict[str, Callable[[machine.Machine], None]] = {
    "Predict": lambda here: contest.main("predict", here),
    "Fit": lambda here: contest.main("fit", here),
    "Import": lambda here: in_block(imports),
    "Growth": lambda here: in_block(growth),
    "Files": lambda here: in_block(files),
    "Conversions": lambda here: in_block(convert),
    "Questions": lambda here: in_block(xray),
    "Pages": lambda here: in_block(page),
}


def in_block(benchmark) -> None:
    print("```text")
    benchmark.main()
    print("```")


def written() -> dict[str, str]:
    """Sections of the page as it lies there."""
    if not PAGE.exists():
        return {}
    _, *parts = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts)}


class Both(io.StringIO):
    """Keeps what is printed, and shows it."""

    def write(self, text: str) -> int:
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
        return super().write(text)


def main(words: list[str]) -> None:
    wanted = [title for title in SECTIONS if title.lower() in [word.lower() for word in words] or not words]
    sections, here = written(), machine.measured()
    for title in wanted:
        print(f"\n## {title}\n")
        with contextlib.redirect_stdout(Both()) as text:
            SECTIONS[title](here)
        measured = f"{datetime.date.today()}, {here}; {contest.versions()}."
        sections[title] = f"{measured}\n\n{text.getvalue().strip()}"
        parts = [f"## {one}\n\n{sections[one]}\n" for one in SECTIONS if one in sections]
        PAGE.write_text("\n".join([ABOUT, *parts]))


if __name__ == "__main__":
    main(sys.argv[1:])
