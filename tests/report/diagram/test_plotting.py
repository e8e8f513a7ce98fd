"""Pictures of models: every layer a box, every link an arrow, nothing over anything else; files that others can read."""

from __future__ import annotations

import itertools
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

import pellucid
from pellucid import errors, layers, utils
from pellucid.report.diagram.boxes import Box, Diagram, Shown, diagram_of
from pellucid.report.diagram.layout import figure
from pellucid.report.diagram.rows import placed

ODD = 'a <b> & "c"'


@pytest.fixture
def model():
    image, meta = pellucid.Input((8, 8, 1), name="image"), pellucid.Input((5,), name="meta")
    x = layers.Flatten()(layers.Conv2D(2, 3, activation="relu", name="conv")(image))
    y = layers.Dense(4, name="narrow")(meta)
    head = pellucid.Sequential([pellucid.Input((4,)), layers.Dense(3, name="one"), layers.ReLU()], name="head")
    head.trainable = False
    z = layers.Concatenate(name=ODD)([x, head(y), y])
    return pellucid.Model([image, meta], layers.Dense(2)(z) * 2.0)


def titles(diagram) -> list[str]:
    return [box.title for box in diagram.boxes]


def test_every_layer_is_a_box_and_every_link_an_arrow(model):
    diagram = diagram_of(model, Shown(show_layer_names=True))
    names = [title.rpartition(" (")[0] for title in titles(diagram)]
    assert sorted(names) == sorted([layer.name for layer in model.layers] + ["multiply"])
    links = {(names[a], names[b]) for a, b in diagram.edges}
    assert links == {
        ("image", "conv"),
        ("conv", "flatten"),
        ("flatten", ODD),
        ("meta", "narrow"),
        ("narrow", "head"),
        ("narrow", ODD),
        ("head", ODD),
        (ODD, "dense"),
        ("dense", "multiply"),
    }


def test_a_sequence_is_a_chain_and_a_model_of_ones_own_a_box(model):
    chain = pellucid.Sequential([pellucid.Input((4,)), layers.Dense(3), layers.ReLU()])
    assert diagram_of(chain, Shown()).edges == ((0, 1),)

    class Own(pellucid.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2)

        def call(self, x):
            return self.inner(x)

    own = Own()
    own.build((None, 3))
    assert titles(diagram_of(own, Shown(show_layer_names=False))) == ["Own"]


def test_boxes_tell_what_was_asked_for(model):
    shown = Shown(True, True, True, True, True, expand_nested=True)
    boxes = {box.title: box for box in diagram_of(model, shown).boxes}
    assert [(cell.label, cell.value, cell.tone) for row in boxes["conv (Conv2D)"].rows for cell in row] == [
        ("Activation", "relu", "plain"),
        ("Input shape", "(None, 8, 8, 1)", "plain"),
        ("Output shape", "(None, 6, 6, 2)", "plain"),
        ("Output dtype", "float32", "plain"),
        ("", "Trainable", "yes"),
    ]
    assert [cell.value for cell in boxes["image (InputLayer)"].rows[0]] == ["(None, 8, 8, 1)", "float32"]
    inner = boxes["head (Sequential)"].inner
    assert titles(inner) == ["one (Dense)", "re_lu (ReLU)"]
    assert inner.boxes[0].rows[-1][-1].value == "Non-trainable"


NETWORKS = {
    "chain": (3, [(0, 1), (1, 2)]),
    "diamond": (4, [(0, 1), (0, 2), (1, 3), (2, 3)]),
    "long arrows": (5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 4), (0, 3)]),
    "two beginnings": (5, [(0, 2), (2, 3), (1, 4), (3, 4)]),
    "wide": (9, [(0, k) for k in range(1, 8)] + [(k, 8) for k in range(1, 8)]),
    "apart": (4, [(0, 1), (2, 3)]),
    "a layer that is shared": (4, [(0, 1), (1, 2), (2, 1), (2, 3), (1, 1)]),
    "one": (1, []),
    "none": (0, []),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_boxes_stand_apart_and_arrows_go_one_way(name, rankdir):
    count, edges = NETWORKS[name]
    boxes = tuple(Box("box " * (1 + k % 3)) for k in range(count))
    drawn = figure(Diagram("it", boxes, tuple(edges)), rankdir)
    spans = [(box.x, box.y, box.x + box.frame.width, box.y + box.frame.height) for box in drawn.boxes]
    for one, other in itertools.combinations(spans, 2):
        assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    for span in spans:
        assert 0 <= span[0] and span[2] <= drawn.width and 0 <= span[1] and span[3] <= drawn.height
    axis, sign = {"TB": (1, 1), "BT": (1, -1), "LR": (0, 1), "RL": (0, -1)}[rankdir]
    kept = [edge for edge in edges if edge[0] != edge[1]]
    for (source, target), arrow in zip(kept, drawn.arrows, strict=True):
        forward = sign if source < target else -sign
        begin, tip = arrow[0][0], arrow[-1][3]
        assert (tip[axis] - begin[axis]) * forward > 0
        for point, number in ((begin, source), (tip, target)):  # on the edge of its box, in the middle
            near, far = spans[number][axis], spans[number][axis + 2]
            assert point[axis] == pytest.approx(near) or point[axis] == pytest.approx(far)
            middle = (spans[number][1 - axis] + spans[number][3 - axis]) / 2
            assert point[1 - axis] == pytest.approx(middle)
        assert all(bend[3] == following[0] for bend, following in itertools.pairwise(arrow))


def test_long_arrows_pass_beside_the_boxes():
    boxes = tuple(Box("a box of some width") for _ in range(4))
    drawn = figure(Diagram("it", boxes, ((0, 1), (1, 2), (2, 3), (0, 3))))
    spans = [(box.x, box.x + box.frame.width, box.y, box.y + box.frame.height) for box in drawn.boxes]
    for bend in drawn.arrows[-1]:
        for x, y in bend:
            assert not any(left < x < right and top < y < bottom for left, right, top, bottom in spans)


def test_neighbours_stand_under_one_another():
    items, _ = placed([(10, 10)] * 4, [(0, 1), (0, 2), (1, 3), (2, 3)])
    assert items[0].center == pytest.approx(items[3].center)
    assert items[0].center == pytest.approx((items[1].center + items[2].center) / 2)


@pytest.mark.parametrize("expand_nested", [False, True])
def test_svg_is_xml_with_the_names_of_all_layers(tmp_path, model, expand_nested):
    utils.plot_model(model, tmp_path / "m.svg", show_layer_names=True, show_shapes=True, expand_nested=expand_nested)
    root = ElementTree.parse(tmp_path / "m.svg").getroot()
    words = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert f"{ODD} (Concatenate)" in words
    assert ("one (Dense)" in words) == expand_nested
    assert "Output shape: (None, 6, 6, 2)" in words
    paths = list(root.iter("{http://www.w3.org/2000/svg}path"))
    assert len(paths) == 1 + 9 + expand_nested  # the tip, then one for each link
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", (tmp_path / "m.svg").read_text())  # nothing is loaded


@pytest.mark.parametrize("name", ["m.png", "m.jpg", "m", "m.gif"])
def test_pixels_show_boxes(tmp_path, model, name):
    utils.plot_model(model, tmp_path / name, dpi=96)
    with Image.open(tmp_path / name) as file:
        image = file.convert("RGB")
    shown = figure(diagram_of(model, Shown(show_layer_names=False)))
    assert image.size == (pytest.approx(shown.width, abs=1), pytest.approx(shown.height, abs=1))
    box = shown.boxes[0]
    assert max(image.getpixel((int(box.x + 3), int(box.y + 3)))) < 100  # dark
    assert min(image.getpixel((2, 2))) > 240  # white


def test_more_pixels_in_an_inch_make_a_larger_picture(tmp_path, model):
    sizes = []
    for dpi in (96, 192):
        utils.plot_model(model, tmp_path / f"{dpi}.png", dpi=dpi)
        with Image.open(tmp_path / f"{dpi}.png") as file:
            sizes.append(file.size)
    small, large = sizes
    assert large == (pytest.approx(2 * small[0], abs=2), pytest.approx(2 * small[1], abs=2))


def test_html_is_a_page_and_dot_is_text_for_graphviz(tmp_path, model):
    utils.plot_model(model, tmp_path / "m.html")
    assert (tmp_path / "m.html").read_text().startswith("<!doctype html>")
    utils.plot_model(model, tmp_path / "m.dot", rankdir="LR", expand_nested=True, show_layer_names=True)
    text = (tmp_path / "m.dot").read_text()
    assert text == utils.model_to_dot(model, rankdir="LR", expand_nested=True).to_string()
    assert text.startswith("digraph G {") and "rankdir=LR;" in text
    assert "a &lt;b&gt; &amp; &quot;c&quot; (Concatenate)" in text
    assert text.count("subgraph cluster_") == 1
    assert len(re.findall(r"^n_\S+ -> n_\S+;$", text, re.M)) == 10
    assert text.count("{") == text.count("}")
    assert str(utils.model_to_dot(model, subgraph=True)).startswith("subgraph cluster_n {")


def test_a_notebook_gets_the_picture(tmp_path, model, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)  # other tests run notebooks
    assert utils.plot_model(model, tmp_path / "m.svg") is None
    monkeypatch.setitem(sys.modules, "IPython", object())
    shown = utils.plot_model(model, tmp_path / "m.svg")
    assert shown._repr_svg_() == (tmp_path / "m.svg").read_text()
    assert shown.create_svg().decode() == shown._repr_svg_()


def test_what_cannot_be_drawn_is_told(tmp_path, model, monkeypatch):
    with pytest.raises(errors.OrderError, match=r"drawn when it is built(?s:.*)model\.build"):
        utils.plot_model(pellucid.Sequential([layers.Dense(2)]), tmp_path / "m.svg")
    with pytest.raises(errors.ArgumentError, match="Unknown `rankdir`"):
        utils.plot_model(model, tmp_path / "m.svg", rankdir="UP")
    with pytest.raises(errors.ArgumentError, match=r"Unknown kind of picture(?s:.*)svg, html, dot, png"):
        utils.plot_model(model, tmp_path / "m.doc")
    with pytest.raises(errors.ArgumentError, match="`layer_range` is no longer there"):
        utils.plot_model(model, tmp_path / "m.svg", layer_range=["a", "b"])
    with pytest.raises(errors.UnknownArgumentError, match="does not take these"):
        utils.model_to_dot(model, show_shape=True)
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(errors.MissingPackageError, match=r"pip install pillow(?s:.*)model\.svg"):
        utils.plot_model(model, tmp_path / "m.png")
