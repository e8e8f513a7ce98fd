"""Workers: threads or processes that make batches ahead of need, handed out in order."""

from __future__ import annotations

import collections
import concurrent.futures
import itertools
from collections.abc import Iterator

_dataset_of_process = None


def read_ahead(dataset, order: Iterator[int], workers: int, use_processes: bool, most_waiting: int) -> Iterator:
    """The batches ``dataset[i] for i in order``, made by workers, at most `most_waiting` ahead."""
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
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin_process(dataset):
    import torch  # in the new process

    global _dataset_of_process
    _dataset_of_process = dataset
    # PyTorch's own threads do not survive a fork; a call that waits for them would hang.
    torch.set_num_threads(1)


def _batch_in_process(index):
    return _dataset_of_process[index]
