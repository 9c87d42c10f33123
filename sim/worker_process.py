"""A worker process with a pipe of its own, for the pools of a run and of a campaign.

Only the main process holds the other end of the pipe. So a worker ends when the main process is gone, however it went,
and a worker that died is an end of file and never a wait for ever. The pool of concurrent.futures cannot promise that:
its workers share one queue, and one that is killed while it holds the queue's lock leaves all others waiting.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)

Work = Callable[[Any], Any]
"""What a worker does with each thing it is sent; it raises nothing, and what it returns is sent back."""


@dataclass(slots=True)
class WorkerProcess:
    """A worker, the main process's end of its pipe, and how many things it was sent and has not answered."""

    process: BaseProcess
    pipe: Connection
    in_hand: int = 0

    def send(self, thing: object) -> None:
        """Hand a thing to the worker. OSError if it is gone."""
        self.pipe.send(thing)
        self.in_hand += 1

    def answer(self) -> Any:
        """The next answer. EOFError or ConnectionError if the worker is gone."""
        answer = self.pipe.recv()
        self.in_hand -= 1
        return answer


def start_workers(work: Work, count: int) -> Iterator[WorkerProcess]:
    """Start workers one by one; what was started is to be ended by :func:`stop_workers`."""
    context = multiprocessing.get_context("forkserver")
    for _ in range(count):
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(work, theirs), daemon=True)
        process.start()
        theirs.close()
        yield WorkerProcess(process, ours)


def stop_workers(workers: Sequence[WorkerProcess]) -> None:
    """End workers at once; when all work is done they are idle."""
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.join()
        worker.pipe.close()


@contextmanager
def uninterrupted() -> Iterator[None]:
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


def _serve(work: Work, pipe: Connection) -> None:
    """A worker: Ctrl-C and a polite end are the main process's affair, it stops the workers."""
    for kind in _INTERRUPTIONS:
        signal.signal(kind, signal.SIG_IGN)
    things: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_take_in, args=(pipe, things), daemon=True).start()
    while True:
        pipe.send(work(things.get()))


def _take_in(pipe: Connection, things: SimpleQueue[Any]) -> None:
    """Receive things until the main process is gone, and then end this worker whatever it is doing."""
    try:
        while True:
            things.put(pipe.recv())
    finally:
        os._exit(1)
