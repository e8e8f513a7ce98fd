"""A tape run by OpenVINO: on CPUs, where the extra `cpu` installed it. float32 stays float32.

Below:  tape.py; openvino_lowering.py translates operation by operation.
Kept true: an engine has one request and hands out copies of its outputs; it is not called from two threads at once.
"""

from __future__ import annotations

import importlib.util
import threading

import numpy as np
import torch

from pellucid.engine.inference.tape import Refused, Tape


def engines() -> tuple:
    """The engines of this file that can run here."""
    return (OpenVINOEngine,) if importlib.util.find_spec("openvino") else ()


class OpenVINOEngine:
    """Runs a tape by OpenVINO's CPU plugin. Inputs and outputs are tensors on the CPU.

    Raises:
        Refused: inputs or operations that cannot be translated.
    """

    name = "OpenVINO"

    def __init__(self, tape: Tape):
        if any(x.device.type != "cpu" for x in tape.inputs):
            raise Refused("inputs on another device")
        compiled = _compiled(tape)
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


def _compiled(tape: Tape):
    import openvino

    from pellucid.engine.inference.openvino_lowering import lower

    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # it would take bfloat16 by itself where the CPU has it
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    try:
        return openvino.Core().compile_model(lower(tape), "CPU", settings)
    except RuntimeError as error:
        raise Refused(f"OpenVINO: {error}") from error


def _bare_infer(request):
    """`request.infer` on the tensors that it holds, without the 30 microseconds of its Python."""
    from openvino._pyopenvino import InferRequest

    return lambda: InferRequest.infer(request, {}, share_outputs=True, decode_strings=False)
