"""How each contender does a case: Pellucid, Keras on each backend, bare PyTorch, bare ONNX Runtime, bare OpenVINO.

Used by worker.py, in a process of the contender's own. `prepared` gives the function to time and the engine's name.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable

import numpy as np

from benchmarks.cases import Case
from benchmarks.networks import NETWORKS

Run = Callable[[], object]


def prepared(case: Case, contender: str) -> tuple[Run, str]:
    """What to time, and how to call it in a table.

    Raises:
        ImportError: the contender is not installed.
    """
    if contender == "pellucid" or contender.startswith("keras-"):
        return _library(case, contender)
    if contender.startswith("torch"):
        return _bare_torch(case, tuned=contender == "torch-tuned")
    return {"onnxruntime": _onnxruntime, "openvino": _openvino}[contender](case)


def data(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (samples, height, width, channels) or (samples, features), and labels (samples,)."""
    network, rng = NETWORKS[case.network], np.random.default_rng(0)
    x = rng.random((case.samples, *network.shape), dtype="float32")
    return x, rng.integers(0, network.classes, case.samples).astype("int64")


def channels_first(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if x.ndim > 2 else x


def as_asked(x: np.ndarray, shape) -> np.ndarray:
    """In the order of axes that a converted network takes: without a layer that has a layout, nothing is moved."""
    return x if [str(size) for size in shape[1:]] == [str(size) for size in x.shape[1:]] else channels_first(x)


def _library(case: Case, contender: str) -> tuple[Run, str]:
    if contender != "pellucid":
        importlib.import_module(contender.removeprefix("keras-"))
    library = importlib.import_module("pellucid" if contender == "pellucid" else "keras")
    if case.precision == "bfloat16":
        library.mixed_precision.set_global_policy("mixed_bfloat16")
    model = NETWORKS[case.network].make(library)
    run = _library_predict(case, model) if case.task == "predict" else _library_fit(case, library, model)
    return run, "" if contender == "pellucid" else contender.removeprefix("keras-")


def _library_predict(case: Case, model) -> Run:
    x, _ = data(case)
    return lambda: model.predict(x, batch_size=case.batch, verbose=0)


def _library_fit(case: Case, library, model) -> Run:
    x, y = data(case)
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=library.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
    return lambda: model.fit(x, y, batch_size=case.batch, verbose=0)


def _bare_torch(case: Case, *, tuned: bool) -> tuple[Run, str]:
    """What a PyTorch user writes; `tuned` is what an expert adds: channels_last and the fused optimizer."""
    import torch

    module = NETWORKS[case.network].bare()
    x, y = data(case)
    x, y = torch.from_numpy(channels_first(x)), torch.from_numpy(y)
    if tuned and x.ndim == 4:
        module, x = module.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=case.precision == "bfloat16")
    run = _torch_predict(case, module.eval(), x, autocast) if case.task == "predict" else None
    return run or _torch_fit(case, module.train(), x, y, autocast, tuned), "PyTorch"


def _torch_predict(case: Case, module, x, autocast) -> Run:
    import torch

    def run():
        with torch.inference_mode(), autocast:
            return torch.cat([module(part) for part in x.split(case.batch)]).numpy()

    return run


def _torch_fit(case: Case, module, x, y, autocast, tuned: bool) -> Run:
    """An epoch with shuffling, loss and accuracy."""
    import torch

    optimizer = torch.optim.Adam(module.parameters(), 1e-3, fused=tuned or None)
    loss_of = torch.nn.CrossEntropyLoss()

    def run():
        total, right = 0.0, torch.zeros(())
        for rows in torch.randperm(len(x)).split(case.batch):
            optimizer.zero_grad()
            with autocast:
                logits = module(x[rows])
                loss = loss_of(logits, y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item()
            right += (logits.argmax(1) == y[rows]).sum()
        return total, right

    return run


def _exported(case: Case, folder: str) -> str:
    """The network as an ONNX file."""
    import pellucid

    path = os.path.join(folder, "network.onnx")
    pellucid.convert.to_onnx(NETWORKS[case.network].make(pellucid), path, layout="channels_first")
    return path


def _onnxruntime(case: Case) -> tuple[Run, str]:
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        session = onnxruntime.InferenceSession(_exported(case, folder), providers=["CPUExecutionProvider"])
    asked = session.get_inputs()[0]
    x, name = as_asked(data(case)[0], asked.shape), asked.name
    parts = [x[at : at + case.batch] for at in range(0, len(x), case.batch)]
    return lambda: [session.run(None, {name: part})[0] for part in parts], "ONNX Runtime"


def _openvino(case: Case) -> tuple[Run, str]:
    import openvino

    core, many = openvino.Core(), case.samples > case.batch
    with tempfile.TemporaryDirectory() as folder:
        network = core.read_model(_exported(case, folder))
        x = as_asked(data(case)[0], list(network.input().partial_shape))
        network.reshape([min(case.batch, case.samples), *x.shape[1:]])  # sizes that are known make it quicker
        settings = {"PERFORMANCE_HINT": "THROUGHPUT" if many else "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        compiled = core.compile_model(network, "CPU", settings)
    if not many:
        request = compiled.create_infer_request()
        return lambda: request.infer([x], share_inputs=True, share_outputs=True)[0], "OpenVINO"
    parts = [x[at : at + case.batch] for at in range(0, len(x), case.batch)]
    queue = openvino.AsyncInferQueue(compiled)
    results: list = [None] * len(parts)
    queue.set_callback(lambda request, at: results.__setitem__(at, request.get_output_tensor().data.copy()))

    def run():
        for at, part in enumerate(parts):
            queue.start_async([part], userdata=at, share_inputs=True)
        queue.wait_all()
        return results

    return run, "OpenVINO"
