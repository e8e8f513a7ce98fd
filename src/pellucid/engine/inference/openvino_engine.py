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
    """Runs a tape of a few samples over any number of them, for models in which no sample looks at another.

    Args:
        streams: how many such pieces are computed at a time, each by its share of the threads.

    Raises:
        Refused: inputs or operations that cannot be translated.
    """

    name = "OpenVINO"

    def __init__(self, tape: Tape, streams: int):
        self.rows = len(tape.inputs[0])
        compiled = _compiled(tape, streams, torch.get_num_threads())
        self._lanes = [_Lane(compiled.create_infer_request(), len(tape.inputs)) for _ in range(streams)]
        self._like = [(tuple(x.shape[1:]), x.data.dtype) for x in self._lanes[0].outputs]
        self._lock = threading.Lock()

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The outputs, flat."""
        arrays = [np.ascontiguousarray(x.numpy()) for x in inputs]
        outputs = [np.empty((len(arrays[0]), *shape), dtype) for shape, dtype in self._like]
        pieces = [slice(start, start + self.rows) for start in range(0, len(arrays[0]), self.rows)]
        with self._lock:
            for at, piece in enumerate(pieces):
                lane = self._lanes[at % len(self._lanes)]
                lane.finish()
                lane.begin([x[piece] for x in arrays], [y[piece] for y in outputs], self.rows)
            for lane in self._lanes:
                lane.finish()
                lane.give(lane.own)  # a user's array is not kept
        return [torch.from_numpy(output) for output in outputs]


class _Lane:
    """One piece on its way through OpenVINO."""

    def __init__(self, request, inputs: int):
        self._request = request
        self.own = [request.get_input_tensor(at) for at in range(inputs)]
        self.outputs = request.output_tensors
        self._wanted: list[np.ndarray] = []

    def begin(self, arrays: list, wanted: list, rows: int):
        """Compute; what is missing to all rows repeats the last."""
        if len(arrays[0]) == rows:
            self.give([_shared(x) for x in arrays])
        else:
            self.give(self.own)
            for held, x in zip(self.own, arrays, strict=True):
                held.data[: len(x)], held.data[len(x) :] = x, x[-1]
        self._wanted = wanted
        self._request.start_async()

    def finish(self):
        """Wait, and write the outputs where they were wanted."""
        if self._wanted:
            self._request.wait()
            for wanted, output in zip(self._wanted, self.outputs, strict=True):
                np.copyto(wanted, output.data[: len(wanted)])
            self._wanted = []

    def give(self, tensors):
        """Let the inputs be these."""
        for at, tensor in enumerate(tensors):
            self._request.set_input_tensor(at, tensor)


def _shared(array: np.ndarray):
    import openvino

    return openvino.Tensor(array, shared_memory=True)


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
