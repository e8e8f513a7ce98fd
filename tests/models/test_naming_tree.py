"""Paths of weights in files, as Keras gives them."""

import pellucid
from pellucid.models import naming_tree

L = pellucid.layers


def paths(model, **kwargs):
    return [path for path, _ in naming_tree.objects(model, **kwargs)]


def test_layers_are_counted_by_class_and_not_by_name():
    model = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3, name="x"), L.ReLU(), L.Dense(2)])
    assert paths(model) == ["", "layers/dense", "layers/re_lu", "layers/dense_1"]


def test_an_object_stands_at_its_first_path_only():
    class Twice(pellucid.Model):
        def __init__(self):
            super().__init__()
            self.a = L.Dense(1)
            self.b = self.a
            self._hidden = [self.a, {"k": L.ReLU()}]

    # What the attributes before "layers" name is not named by "layers" again, but counts there.
    assert paths(Twice()) == ["", "a", "layers/re_lu"]


def test_what_is_left_out_is_left_out_with_all_below():
    inner = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3)])
    model = pellucid.Sequential([pellucid.Input((4,)), inner, L.Dense(3)])
    assert paths(model, without=[inner]) == ["", "layers/dense"]


def test_an_optimizer_has_one_path():
    model = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3)])
    model.compile("adam", "mse", metrics=["mae"])
    assert paths(model) == ["", "layers/dense", "optimizer"]
