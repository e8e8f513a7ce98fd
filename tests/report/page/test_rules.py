"""Links as data for the page: every kind there is, and no other."""

import inspect
import json
import pathlib
import re

import pytest

from pellucid import links
from pellucid.errors import UnsupportedError
from pellucid.layers.embedding import Lookup
from pellucid.report.page import document
from pellucid.report.page.rules import link_data
from pellucid.report.page.weighing import plain_index

# Of several outputs each has a link of its own; where nobody knows, there is no link.
ABSTRACT = {links.Link, links.Axiswise, links.Rule, links.Outputs, links.Unknown}


def kinds(parent) -> set[str]:
    found = [one for one in vars(links).values() if inspect.isclass(one) and issubclass(one, parent)]
    return {one.__name__ for one in found if one not in ABSTRACT}


def test_the_script_follows_every_kind_of_link_and_rule():
    script = (document.HERE / "script" / "links.js").read_text() + (document.HERE / "script" / "rules.js").read_text()
    named = set(re.findall(r"^  (\w+)[:(]", script, re.MULTILINE)) | set(re.findall(r'is === "(\w+)"', script))
    assert kinds(links.Rule) | kinds(links.Link) <= named


def test_a_link_is_written_with_all_that_it_holds():
    window = links.Window((0,), (3,), (2,), (1,), "same", mix=1, groups=2)
    assert link_data(links.Each((window,), links.Same()), [(6, 4)], (3, 4)) == {
        "is": "Each",
        "links": [
            {
                "is": "Along",
                "axes": [
                    [0, {"is": "Slide", "size": 3, "stride": 2, "dilation": 1, "padding": "same"}],
                    [1, {"is": "Whole", "groups": 2}],
                ],
            }
        ],
        "rest": {"is": "Same"},
    }
    inside = link_data(links.Within(links.Reshape((1, 0))), [(2, 3, 4)], (2, 12))
    assert inside == {"is": "Within", "link": {"is": "Reshape", "order": [1, 0]}}
    assert json.loads(json.dumps(inside)) == inside


def test_a_link_that_is_a_rule_for_each_axis_is_written_as_these_rules():
    assert link_data(Lookup(), [(5,)], (5, 3)) == {"is": "Follow", "axes": [[{"is": "Keep"}, 0]]}


class Strange(links.Link):
    pass


class StrangeRule(links.Rule):
    pass


@pytest.mark.parametrize(
    ("link", "words"),
    [(Strange(), "a link of kind Strange"), (links.Along({0: StrangeRule()}), "a StrangeRule")],
)
def test_a_link_that_the_page_cannot_follow_is_refused_not_left_out(link, words):
    with pytest.raises(UnsupportedError, match=f"^The page cannot follow {words}"):
        link_data(link, [(3,)], (3,))


def test_an_index_is_written_as_numbers_and_slices():
    assert plain_index((3, slice(0, 4), slice(1, 9, 2))) == [3, [0, 4, 1], [1, 9, 2]]


def test_all_scripts_and_styles_are_in_the_page():
    for folder, names, ending in (("script", document.SCRIPTS, "js"), ("style", document.STYLES, "css")):
        lying = {path.stem for path in pathlib.Path(document.HERE / folder).glob(f"*.{ending}")}
        assert set(names) == lying and len(names) == len(lying)
