"""Spreads street-nights over processes. The results come back in the order of the tasks, whatever the number.

Each worker has a pipe of its own, whose other end only the main process holds. So a worker ends when the main process
is gone, however it went, and a worker that died is an end of file and never a wait for ever. The pool of
concurrent.futures cannot promise that: its workers share one queue, and one that is killed while it holds the
queue's lock leaves all others, and the main process, waiting.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue

from sim.night import NightResult, Task, run_night
from sim.setup import Setup
from slic.errors import RunError

_CHUNKS_PER_WORKER = 8
_LARGEST_CHUNK = 16
_IN_HAND = 2
"""Chunks that a worker has at a time: one in work and one to go on with."""
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)

Chunk = tuple[int, Sequence[Task]]
Outcome = tuple[int, list[NightResult] | Exception]


@dataclass(slots=True)
class _Worker:
    """A worker process, the main process's end of its pipe, and how many chunks it has in hand."""

    process: BaseProcess
    pipe: Connection
    in_hand: int = 0


def default_jobs(tasks: int) -> int:
    """One worker per core that this process may use, and none for what one can do alone."""
    return max(
        1,
        min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, tasks),
    )


def run_tasks(setup: Setup, tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, NightResult]]:
    """Position and result of each task, as they are done.

    With one job all is done in this process. If the caller stops early, or Ctrl-C comes, the workers are
    stopped; if this process is killed they end by themselves. Raises RunError if a worker dies.
    """
    if jobs == 1:
        for position, task in enumerate(tasks):
            yield position, run_night(setup, task)
        return
    size = max(1, min(_LARGEST_CHUNK, len(tasks) // (jobs * _CHUNKS_PER_WORKER)))
    chunks = ((at, tasks[at : at + size]) for at in range(0, len(tasks), size))
    workers: list[_Worker] = []
    try:
        with _uninterrupted():
            workers += (_started(setup) for _ in range(jobs))
        yield from _collect(workers, chunks)
    finally:
        _stop(workers)


def _started(setup: Setup) -> _Worker:
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(setup, theirs), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Interruptions wait until the end: a worker that is interrupted while it is made dies with a traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    handlers = {kind: signal.signal(kind, lambda found, _: waiting.append(found)) for kind in _INTERRUPTIONS}
    try:
        yield
    finally:
        for kind, handler in handlers.items():
            signal.signal(kind, handler)
        for found in waiting[:1]:
            signal.raise_signal(found)


def _collect(workers: Sequence[_Worker], chunks: Iterator[Chunk]) -> Iterator[tuple[int, NightResult]]:
    try:
        for worker in [*workers] * _IN_HAND:
            _hand_out(worker, chunks)
        while busy := {worker.pipe: worker for worker in workers if worker.in_hand}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                at, outcome = _received(worker)
                _hand_out(worker, chunks)
                yield from enumerate(outcome, at)
    except (EOFError, ConnectionError):
        raise RunError(
            "a worker process died. Too little memory is the usual reason (fewer jobs help); in a script of your own "
            "it is a missing 'if __name__ == \"__main__\":' around the call"
        ) from None


def _hand_out(worker: _Worker, chunks: Iterator[Chunk]) -> None:
    chunk = next(chunks, None)
    if chunk is not None:
        worker.pipe.send(chunk)
        worker.in_hand += 1


def _received(worker: _Worker) -> tuple[int, list[NightResult]]:
    outcome: Outcome = worker.pipe.recv()
    worker.in_hand -= 1
    at, results = outcome
    if isinstance(results, Exception):
        raise results
    return at, results


def _stop(workers: Sequence[_Worker]) -> None:
    """End the workers at once; when all work is done they are idle."""
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.join()
        worker.pipe.close()


def _serve(setup: Setup, pipe: Connection) -> None:
    """A worker: Ctrl-C and a polite end are the main process's affair, it stops the workers."""
    for kind in _INTERRUPTIONS:
        signal.signal(kind, signal.SIG_IGN)
    chunks: SimpleQueue[Chunk] = SimpleQueue()
    threading.Thread(target=_take_in, args=(pipe, chunks), daemon=True).start()
    while True:
        at, tasks = chunks.get()
        pipe.send(_outcome(setup, at, tasks))


def _take_in(pipe: Connection, chunks: SimpleQueue[Chunk]) -> None:
    """Receive chunks until the main process is gone, and then end this worker whatever it is doing."""
    try:
        while True:
            chunks.put(pipe.recv())
    finally:
        os._exit(1)


def _outcome(setup: Setup, at: int, tasks: Sequence[Task]) -> Outcome:
    try:
        return at, [run_night(setup, task) for task in tasks]
    except Exception as error:
        error.add_note("In a worker process:\n" + traceback.format_exc())
        return at, error
