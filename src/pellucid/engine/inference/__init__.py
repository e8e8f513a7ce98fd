"""Inference: how `predict` gets faster than the model's own Python.

tape.py records what a model does, torch_engine.py and openvino_engine.py run such tapes, choosing.py decides when.
"""

from pellucid.engine.inference.choosing import Inference
