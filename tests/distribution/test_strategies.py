"""Strategies say what Keras's say; a single process holds all of every weight."""

import numpy as np
import pytest
import torch
from keras import distribution as theirs

import pellucid
from pellucid import distribution as ours
from pellucid.engine.data.dataset import Dataset
from pellucid.graph import scopes

EIGHT = [f"cpu:{k}" for k in range(8)]
BOTH = pytest.mark.parametrize("keras", [ours, theirs], ids=["ours", "keras"])


def model_parallel(keras, shape=(2, 4), **arguments):
    layouts = keras.LayoutMap(keras.DeviceMesh(shape, ["batch", "model"], EIGHT))
    layouts[".*kernel"] = (None, "model")
    return keras.ModelParallel(layout_map=layouts, **arguments)


@BOTH
def test_batches_are_split_along_the_first_axis(keras):
    strategy = model_parallel(keras, batch_dim_name="batch")
    assert strategy.get_data_layout((32, 28, 28)).axes == ("batch", None, None)
    assert strategy.batch_dim_name == "batch" and strategy.num_model_replicas == 2
    parallel = keras.DataParallel(devices=EIGHT)
    assert parallel.get_data_layout((32, 3)).axes == ("batch", None)
    assert parallel.num_model_replicas == 8 and parallel.num_processes == 1 and parallel.data_shard_id == 0


@BOTH
def test_a_weight_has_its_own_layout_or_that_of_its_path_or_none(keras):
    strategy = model_parallel(keras)
    library = pellucid if keras is ours else __import__("keras")
    kernel, bias = (library.Variable(np.zeros((4, 4)), name=name) for name in ("kernel", "bias"))
    assert strategy.get_variable_layout(kernel).axes == (None, "model")
    assert strategy.get_variable_layout(bias).axes == (None, None)
    own = keras.TensorLayout(("model", None), strategy.device_mesh)
    told = library.Variable(np.zeros((4, 4)), name="kernel", layout=own)
    assert strategy.get_variable_layout(told) is own
    assert keras.DataParallel(devices=EIGHT).get_variable_layout(told) is own
    assert strategy.get_tensor_layout("kernel").axes == (None, "model") and strategy.get_tensor_layout("x") is None


@BOTH
def test_a_strategy_holds_inside_its_scope(keras):
    outer, inner = keras.DataParallel(devices=EIGHT), model_parallel(keras)
    assert keras.distribution() is None
    with outer.scope():
        with inner.scope():
            assert keras.distribution() is inner
        assert keras.distribution() is outer
    assert keras.distribution() is None
    keras.set_distribution(outer)
    assert keras.distribution() is outer
    keras.set_distribution(None)


def test_a_map_and_a_mesh_are_what_strategies_are_made_of():
    with pytest.raises(ValueError, match="ModelParallel needs a LayoutMap"):
        ours.ModelParallel(layout_map={})
    with pytest.raises(ValueError, match="`device_mesh` is a DeviceMesh"):
        ours.DataParallel(device_mesh="cpu:0")
    with pytest.warns(UserWarning, match="has one axis, this one 2"):
        ours.DataParallel(device_mesh=ours.DeviceMesh((4, 2), ["a", "b"], EIGHT))


def test_a_single_process_has_one_cpu_and_needs_no_shares():
    assert ours.list_devices("cpu") == ["cpu:0"] and ours.get_device_count("cpu") == 1
    with pytest.raises(ValueError, match="There are no such devices"):
        ours.list_devices("abacus")
    data = object()
    assert ours.DataParallel().distribute_dataset(data) is data
    value = pellucid.ops.ones((2, 2))
    layout = ours.TensorLayout((None, "batch"), ours.DeviceMesh((1,), ["batch"]))
    assert ours.distribute_tensor(value, layout) is value
    assert ours.distribute_tensor(symbol := pellucid.Input((2,)), layout) is symbol


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (("a:1", 2, None), "find each other by an address"),
        (("a:1,b:1", 3, 0), "contradict each other"),
        (("a:1", 2, 2), "contradict each other"),
    ],
)
def test_processes_need_an_address_their_number_and_who_they_are(told, text):
    with pytest.raises(ValueError, match=text):
        ours.initialize(*told)


def test_the_rows_of_batches_that_are_a_process_s():
    dataset = Dataset.from_tensor_slices(np.arange(7)).batch(4)
    strategy = ours.DataParallel(devices=EIGHT[:2])
    strategy._num_processes, strategy._process_id = 2, 1
    assert [rows.tolist() for rows in strategy.distribute_dataset(dataset)] == [[2, 3], [5, 6]]
    with pytest.raises(ValueError, match="The batch size of the data set is unknown"):
        strategy.distribute_dataset(Dataset.from_tensor_slices(np.arange(7)))
    with pytest.raises(ValueError, match="not supported for auto-sharding"):
        strategy.distribute_dataset([1, 2])
    strategy.auto_shard_dataset = False
    assert strategy.distribute_dataset(dataset) is dataset


def test_a_launched_process_makes_its_values_on_its_own_gpu(monkeypatch):
    for name, value in {"RANK": 3, "WORLD_SIZE": 4, "MASTER_ADDR": "a", "MASTER_PORT": 1, "LOCAL_RANK": 1}.items():
        monkeypatch.setenv(name, str(value))
    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.delenv("PELLUCID_DEVICE", raising=False)
    monkeypatch.setattr(scopes, "_default_device", None)
    assert scopes.default_device() == "cuda" and taken == [1]
    assert ours.list_devices() == ["gpu:0", "gpu:1", "gpu:2", "gpu:3"]
