"""Traces and explanations show themselves in a notebook; a real one is run."""

from __future__ import annotations

import html.parser

import nbclient
import nbformat
import pytest

CELLS = (
    """
import numpy as np
import pellucid
from pellucid import Input, Sequential, layers

model = Sequential([Input((3, 2, 4), name="image"), layers.Flatten(name="flatten"), layers.Dense(3, name="<b>dense")])
x = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)
""",
    'pellucid.explain(model, at=("flatten", 5), x=x)',
    "pellucid.trace(model, x)",
    'pellucid.explain(model, at="<b>dense[1]", x=x)',
)


class Pieces(html.parser.HTMLParser):
    """The tags of a piece of HTML, and its words by the tag that they stand in."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag  # nothing is left open

    def handle_data(self, data):
        self.words.append((self._open[-1], data))

    def told(self, tag: str) -> list[str]:
        return [data for inside, data in self.words if inside == tag]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What each cell of the notebook shows, as HTML."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        for word in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            patch.setenv(word, str(folder / word))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
        nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return [Pieces(cell.outputs[0].data["text/html"]) for cell in notebook.cells[1:]]


def test_an_element_is_shown_in_its_place_with_its_rule(shown):
    flatten = shown[0]
    assert flatten.told("mark") == ["5"]  # the chosen element, pointed out without any style
    assert "flat = h*8 + w*4 + c" in flatten.told("span")
    assert flatten.told("th") == ["sample 0", "c=0", "c=1", "c=2", "c=3", "flat"]
    assert "<b>dense.kernel[5, 0:3]" in flatten.told("span")


def test_a_trace_is_shown_as_a_table_of_its_layers(shown):
    assert {"image (Input)", "flatten (Flatten)", "<b>dense (Dense)"} <= set(shown[1].told("td"))


def test_names_are_words_and_nothing_runs(shown):
    for one in shown:
        assert one.tags <= {"style", "div", "h3", "p", "span", "table", "thead", "tbody", "tr", "th", "td", "mark"}
    assert shown[2].told("span")[0] == "<b>dense"
