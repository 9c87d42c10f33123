"""Spreads street-nights over processes. The results come back in the order of the tasks, whatever the number."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from sim.night import NightResult, Task, run_night
from sim.setup import Setup
from slic.errors import RunError

_CHUNKS_PER_WORKER = 8
_LARGEST_CHUNK = 16
_setup: Setup | None = None


def default_jobs(tasks: int) -> int:
    """One worker per core that this process may use, and none for what one can do alone."""
    return max(
        1,
        min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, tasks),
    )


def run_tasks(setup: Setup, tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, NightResult]]:
    """Position and result of each task, as they are done.

    With one job all is done in this process. If the caller stops early, or Ctrl-C comes, the workers are
    stopped. Raises RunError if a worker dies.
    """
    if jobs == 1:
        for position, task in enumerate(tasks):
            yield position, run_night(setup, task)
        return
    size = max(1, min(_LARGEST_CHUNK, len(tasks) // (jobs * _CHUNKS_PER_WORKER)))
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(setup,))
    try:
        starts = {pool.submit(_work, tasks[at : at + size]): at for at in range(0, len(tasks), size)}
        yield from _collect(starts)
    finally:
        _stop(pool)


def _collect(starts: dict[Future[list[NightResult]], int]) -> Iterator[tuple[int, NightResult]]:
    try:
        for done in as_completed(starts):
            yield from enumerate(done.result(), starts[done])
    except BrokenProcessPool:
        raise RunError("a worker process died; too little memory is the usual reason, fewer jobs help") from None


def _begin(setup: Setup) -> None:
    """Ctrl-C is the parent's affair: it stops the workers."""
    global _setup
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _setup = setup


def _work(tasks: Sequence[Task]) -> list[NightResult]:
    assert _setup is not None
    return [run_night(_setup, task) for task in tasks]


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers at once; when all work is done they are idle."""
    workers = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
