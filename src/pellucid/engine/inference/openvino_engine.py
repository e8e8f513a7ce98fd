"""A tape run by OpenVINO: on CPUs, where the extra `cpu` installed it. float32 stays float32.

Below:  tape.py; openvino_lowering.py translates operation by operation.
Kept true: an engine owns its requests and hands out memory of its own; it is not called from two threads at once.
"""

from __future__ import annotations

import importlib.util
import threading

import numpy as np
import torch

from pellucid.engine.inference.tape import Refused, Tape


def is_here() -> bool:
    """Whether OpenVINO is installed."""
    return importlib.util.find_spec("openvino") is not None


class OpenVINOEngine:
    """Runs a tape by OpenVINO's CPU plugin, all threads at one operation. Inputs and outputs are tensors on the CPU.

    Args:
        threads: as many as PyTorch has if None. For a small model one is best: none has to be woken.

    Raises:
        Refused: inputs or operations that cannot be translated.
    """

    name = "OpenVINO"

    def __init__(self, tape: Tape, threads: int | None = None):
        compiled = _compiled(tape, 1, threads or torch.get_num_threads())
        self._request = compiled.create_infer_request()
        self._inputs = [self._request.get_input_tensor(at).data for at in range(len(tape.inputs))]
        self._outputs = [self._request.get_output_tensor(at).data for at in range(len(compiled.outputs))]
        self._infer = _bare_infer(self._request)
        self._lock = threading.Lock()

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The outputs, flat."""
        with self._lock:
            for held, x in zip(self._inputs, inputs, strict=True):
                np.copyto(held, x.numpy())
            self._infer()
            return [torch.from_numpy(output.copy()) for output in self._outputs]


class OpenVINORows:
    """Runs a tape of a few samples over any number of them: each thread takes the next few when it is done.

    For models in which no sample looks at another. On two cores, images of a batch of 32: MobileNetV2 0.75 of the time
    that it takes as one batch, a small CNN 0.9, ResNet50 0.95.

    Raises:
        Refused: inputs or operations that cannot be translated.
    """

    name = "OpenVINO"

    def __init__(self, tape: Tape):
        self.rows = len(tape.inputs[0])
        streams = torch.get_num_threads()
        compiled = _compiled(tape, streams, streams)
        self._requests = [compiled.create_infer_request() for _ in range(streams)]
        self._own = [[r.get_input_tensor(at) for at in range(len(tape.inputs))] for r in self._requests]
        self._like = [(tuple(o.shape[1:]), o.data.dtype) for o in self._requests[0].output_tensors]
        self._lock = threading.Lock()

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The outputs, flat."""
        arrays = [np.ascontiguousarray(x.numpy()) for x in inputs]
        count = len(arrays[0])
        outputs = [np.empty((count, *shape), dtype) for shape, dtype in self._like]
        with self._lock:
            begun: list[int | None] = [None] * len(self._requests)
            for at, start in enumerate(range(0, count, self.rows)):
                self._finish(lane := at % len(begun), begun[lane], outputs)
                self._begin(lane, [x[start : start + self.rows] for x in arrays])
                begun[lane] = start
            for lane, last in enumerate(begun):
                self._finish(lane, last, outputs)
                self._give(lane, self._own[lane])  # a user's array is not kept
        return [torch.from_numpy(output) for output in outputs]

    def _begin(self, lane, arrays):
        import openvino

        if len(arrays[0]) == self.rows:
            self._give(lane, [openvino.Tensor(x, shared_memory=True) for x in arrays])
        else:
            self._give(lane, self._own[lane])
            for held, x in zip(self._own[lane], arrays, strict=True):
                held.data[: len(x)], held.data[len(x) :] = x, x[-1]
        self._requests[lane].start_async()

    def _give(self, lane, tensors):
        for at, tensor in enumerate(tensors):
            self._requests[lane].set_input_tensor(at, tensor)

    def _finish(self, lane, start, outputs):
        if start is None:
            return
        self._requests[lane].wait()
        for output, tensor in zip(outputs, self._requests[lane].output_tensors, strict=True):
            part = output[start : start + self.rows]
            np.copyto(part, tensor.data[: len(part)])


def _compiled(tape: Tape, streams: int, threads: int):
    if any(x.device.type != "cpu" for x in tape.inputs):
        raise Refused("inputs on another device")
    import openvino

    from pellucid.engine.inference.openvino_lowering import lower

    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # it would take bfloat16 by itself where the CPU has it
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": threads,
    }
    try:
        return openvino.Core().compile_model(lower(tape), "CPU", settings)
    except RuntimeError as error:
        raise Refused(f"OpenVINO: {error}") from error


def _bare_infer(request):
    """`request.infer` on the tensors that it holds, without the 30 microseconds of its Python."""
    from openvino._pyopenvino import InferRequest

    return lambda: InferRequest.infer(request, {}, share_outputs=True, decode_strings=False)
