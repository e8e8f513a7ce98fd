"""A training in which process 1 ends in its third step: ``failing.py raise|kill FILE`` notes in FILE when it does."""

import os
import pathlib
import signal
import sys
import time

from distribution import cases
from pellucid import callbacks, distribution


class Ends(callbacks.Callback):
    """Ends this process."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            pathlib.Path(sys.argv[2]).write_text(str(time.time()))
            if sys.argv[1] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("the disk is full")


if __name__ == "__main__":
    distribution.initialize()
    is_second = os.environ.get("RANK", os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID")) == "1"
    model = cases.dense()
    model.fit(*cases.data(), batch_size=2, epochs=100, verbose=0, callbacks=[Ends()] if is_second else [])
