"""Workers: threads or processes that make batches ahead of need, handed out in order.

Above: py_dataset.py and streams.py.
"""

from __future__ import annotations

import collections
import concurrent.futures
import itertools
from collections.abc import Iterator

from pellucid.errors import StateError

_dataset_of_process = None


def read_ahead(dataset, order: Iterator[int], workers: int, use_processes: bool, most_waiting: int) -> Iterator:
    """The batches ``dataset[i] for i in order``, made by workers, at most `most_waiting` ahead.

    Raises:
        StateError: a process died.
    """
    pool: concurrent.futures.Executor
    if use_processes:
        # Made anew for each pass, so that the processes see what the data set changed between epochs.
        pool = concurrent.futures.ProcessPoolExecutor(workers, initializer=_begin_process, initargs=(dataset,))
        make = _batch_in_process
    else:
        pool = concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="pellucid-batches")
        make = dataset.__getitem__
    waiting = collections.deque()
    try:
        for index in itertools.islice(order, max(most_waiting, 1)):
            waiting.append(pool.submit(make, index))
        while waiting:
            batch = waiting.popleft().result()
            for index in itertools.islice(order, 1):
                waiting.append(pool.submit(make, index))
            yield batch
    except concurrent.futures.BrokenExecutor as error:
        raise worker_died(type(dataset).__name__, "use_multiprocessing=False", error) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def worker_died(whose: str, fix: str, error: Exception) -> StateError:
    """The error for a worker that ended before its work did."""
    return StateError(
        f"A worker process of the {whose} died.",
        got=str(error).split("\n")[0] or type(error).__name__,
        expected="that it makes batches: killed ones often lacked memory",
        fix=f"{fix}  # to see what happens in one process",
    )


def _begin_process(dataset):
    import torch  # in the new process

    global _dataset_of_process
    _dataset_of_process = dataset
    # PyTorch's own threads do not survive a fork; a call that waits for them would hang.
    torch.set_num_threads(1)


def _batch_in_process(index):
    return _dataset_of_process[index]
