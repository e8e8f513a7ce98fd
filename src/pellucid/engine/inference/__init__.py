"""Inference: how `predict` gets faster than the model's own Python.

tape.py records what a model does, rewriting.py shortens that, torch_engine.py and openvino_engine.py run it; making.py
finds the engine that is right and fastest, choosing.py decides when.
"""

from pellucid.engine.inference.choosing import Inference
