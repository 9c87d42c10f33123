"""Spreads street-nights over processes."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait

from sim.engine import EngineName
from sim.night import Deciders
from sim.runner import NightResult, Runner, Task
from sim.setup import Setup
from sim.worker_process import WorkerProcess, start_workers, stop_workers, uninterrupted
from slic.errors import RunError

WORKER_DIED = (
    "a worker process died. Too little memory is the usual reason (fewer jobs help); in a script of your own "
    "it is a missing 'if __name__ == \"__main__\":' around the call"
)

_CHUNKS_PER_WORKER = 8
"""So many parts like the next one are left to each worker."""
_LARGEST_CHUNK = 16
_IN_HAND = 2
"""Chunks that a worker has at a time: one in work and one to go on with."""

Chunk = Sequence[Task]
Outcome = list[NightResult] | Exception


def default_jobs(tasks: int) -> int:
    """One worker per core that this process may use, and none for what one can do alone."""
    return max(
        1,
        min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, tasks),
    )


def run_tasks(
    setup: Setup, tasks: Sequence[Task], jobs: int, engine: EngineName = "auto", deciders: Deciders | None = None
) -> Iterator[NightResult]:
    """Result of each task, as they are done.

    With one job all is done in this process, as it must with ``deciders``. If the caller stops early, or Ctrl-C comes,
    the workers are stopped; if this process is killed they end by themselves. Raises RunError if a worker dies.
    """
    if jobs == 1:
        runner = Runner(setup, engine, deciders)
        for task in tasks:
            yield runner.run(task)
        return
    workers: list[WorkerProcess] = []
    try:
        with uninterrupted():
            workers += start_workers(_Work(setup, engine), jobs)
        yield from _collect(workers, chunks(tasks, jobs))
    finally:
        stop_workers(workers)


def chunks(tasks: Sequence[Task], jobs: int) -> Iterator[Chunk]:
    """Tasks in parts that become smaller towards the end, so that all workers end at about the same time."""
    at = 0
    while at < len(tasks):
        size = max(1, min(_LARGEST_CHUNK, (len(tasks) - at) // (jobs * _CHUNKS_PER_WORKER)))
        yield tasks[at : at + size]
        at += size


def _collect(workers: Sequence[WorkerProcess], parts: Iterator[Chunk]) -> Iterator[NightResult]:
    try:
        for worker in [*workers] * _IN_HAND:
            _hand_out(worker, parts)
        while busy := {worker.pipe: worker for worker in workers if worker.in_hand}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                results = _received(worker)
                _hand_out(worker, parts)
                yield from results
    except (EOFError, ConnectionError):
        raise RunError(WORKER_DIED) from None


def _hand_out(worker: WorkerProcess, parts: Iterator[Chunk]) -> None:
    chunk = next(parts, None)
    if chunk is not None:
        worker.send(chunk)


def _received(worker: WorkerProcess) -> list[NightResult]:
    outcome: Outcome = worker.answer()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _Work:
    """What a worker process does; its runner is made there, with what it keeps."""

    def __init__(self, setup: Setup, engine: EngineName) -> None:
        self._setup = setup
        self._engine = engine
        self._runner: Runner | None = None

    def __call__(self, chunk: Chunk) -> Outcome:
        """The results of some tasks, or the error that one of them ended with."""
        try:
            self._runner = self._runner or Runner(self._setup, self._engine)
            return [self._runner.run(task) for task in chunk]
        except Exception as error:
            error.add_note("In a worker process:\n" + traceback.format_exc())
            return error
