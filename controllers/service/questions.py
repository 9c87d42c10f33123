"""Questions from other threads to the one that owns the gateway: it answers between two turns of its loop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

WAIT_S = 3.0


class Questions:
    """A line of questions."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()

    def ask(self, question: Callable[[], T], wait_s: float = WAIT_S) -> T:
        """Let the owner call ``question``; its result or error. TimeoutError if the owner does not get to it."""
        future: Future[T] = Future()
        self._waiting.put((question, future))
        try:
            return future.result(wait_s)
        except TimeoutError:
            future.cancel()
            raise

    def answer(self) -> None:
        """Answer all that wait. Only the owner calls it."""
        while True:
            try:
                question, future = self._waiting.get_nowait()
            except Empty:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(question())
            except Exception as error:
                future.set_exception(error)
