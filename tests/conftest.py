"""What holds for every test: Keras, the judge, runs on PyTorch; each test begins with a fresh session."""

import os
import signal

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


@pytest.fixture(autouse=True)
def no_handler_is_left():
    """PyTorch's DataLoader keeps a handler for dead children; a later test's child must not set it off.

    Seen with Python 3.11: once a library has changed the main thread's alternate stack, that signal ends the process.
    """
    yield
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        torch.utils.data._utils.signal_handling._SIGCHLD_handler_set = False
