"""What holds for every test: Keras, the judge, runs on PyTorch; each test begins with a fresh session."""

import os

os.environ["KERAS_BACKEND"] = "torch"  # before anything imports keras

import pytest
import torch

from pellucid import settings

# Tests compute on small values, where more threads would only wait for each other.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def fresh_session():
    settings.clear_session(free_memory=False)
    yield
    settings.clear_session(free_memory=False)
