"""Meshes, layouts and maps of layouts are Keras's."""

import pytest
from keras import distribution as theirs

from pellucid import distribution as ours
from pellucid.errors import ArgumentError

EIGHT = [f"cpu:{k}" for k in range(8)]
BOTH = pytest.mark.parametrize("keras", [ours, theirs], ids=["ours", "keras"])


@BOTH
def test_a_mesh_lays_devices_out_in_row_major_order(keras):
    mesh = keras.DeviceMesh((4, 2), ["batch", "model"], EIGHT)
    assert mesh.devices[1, 0] == "cpu:2"
    assert mesh.shape == (4, 2) and mesh.axis_names == ["batch", "model"]
    assert repr(mesh) == "<DeviceMesh shape=(4, 2), axis_names=['batch', 'model']>"


@BOTH
@pytest.mark.parametrize(
    ("shape", "names"), [((), ["a"]), ((8,), []), ((4, 2), ["a"]), ((4,), ["a"])], ids=["none", "unnamed", "one", "few"]
)
def test_a_mesh_needs_a_name_for_each_axis_and_a_place_for_each_device(keras, shape, names):
    with pytest.raises(ValueError):
        keras.DeviceMesh(shape, names, EIGHT)


def test_the_fix_for_a_mesh_of_another_size_starts_as_many_processes():
    with pytest.raises(ArgumentError) as refusal:
        ours.DeviceMesh((2,), ["batch"])
    assert str(refusal.value) == (
        "A mesh has one place for each device.\n"
        "  got       shape=(2,) for 1 devices\n"
        "  expected  a shape with 1 places\n"
        "  fix       torchrun --nproc-per-node 2 train.py  # each process is a device"
    )


@BOTH
def test_a_layout_takes_its_mesh_later_but_once(keras):
    mesh = keras.DeviceMesh((4, 2), ["batch", "model"], EIGHT)
    layout = keras.TensorLayout([None, "model"])
    layout.device_mesh = mesh
    assert layout.axes == (None, "model") and layout.device_mesh is mesh
    with pytest.raises(ValueError):
        layout.device_mesh = mesh
    with pytest.raises(ValueError):
        keras.TensorLayout([None, "height"], mesh)


def test_an_axis_of_the_mesh_splits_one_axis_of_a_value():
    mesh = ours.DeviceMesh((8,), ["model"], EIGHT)
    with pytest.raises(ArgumentError, match="splits one axis"):
        ours.TensorLayout(["model", "model"], mesh)


@BOTH
def test_a_key_is_a_path_or_an_expression_that_matches_whole_paths(keras):
    layouts = keras.LayoutMap(keras.DeviceMesh((4, 2), ["batch", "model"], EIGHT))
    layouts["dense/kernel"] = (None, "model")
    layouts[".*dense.*kernel"] = keras.TensorLayout(("model", None))
    layouts[".*bias"] = ("model",)
    layouts[".*dense.*bias"] = ("model",)
    assert layouts["dense/kernel"].axes == (None, "model")  # the path itself comes first
    assert layouts["dense_2/kernel"].axes == ("model", None)
    assert layouts["conv/bias"].device_mesh is layouts.device_mesh
    assert layouts["conv/kernel"] is None and layouts.get("conv/kernel") is None
    with pytest.raises(ValueError, match="Path 'dense_2/bias' matches multiple layout"):
        layouts["dense_2/bias"]
    assert list(layouts) == ["dense/kernel", ".*dense.*kernel", ".*bias", ".*dense.*bias"]
    del layouts["dense/kernel"]
    assert len(layouts) == 3
    with pytest.raises(ValueError, match="already exist"):
        layouts[".*bias"] = ("model",)
    with pytest.raises(ValueError, match="should be a TensorLayout"):
        layouts["conv"] = ["model"]
    with pytest.raises(KeyError):
        layouts.pop("dense/kernel")
