"""What carries cases out: this process, worker processes of this machine, or a Dask cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol

from sim.campaign.case import Job, Outcome, run_job
from sim.worker_process import WorkerProcess, start_workers, stop_workers, uninterrupted
from sim.workers import WORKER_DIED

_TRIES = 2
"""A case whose worker died is begun once more, on a new worker: it may have been killed for another one's memory."""


class Executor(Protocol):
    """Takes cases and gives outcomes, in any order; each case has one."""

    def check(self, campaign: Path, base_dir: Path | None) -> None:
        """Refuse to begin where no case could be run. RunError.

        campaign : its folder, absolute; base_dir : of the data files, None for the library's
        """

    def outcomes(self, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        """Carry the cases out. If the caller stops early, what runs is given up. RunError if nothing can go on."""


class LocalProcesses:
    """Worker processes of this machine, or this process alone for one job."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def check(self, campaign: Path, base_dir: Path | None) -> None:
        """There is nothing to check."""

    def outcomes(self, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        """As :class:`Executor` says; a worker that dies costs its case a try and nothing else."""
        if self.jobs == 1:
            yield from map(run_job, jobs)
            return
        pool = _Pool(iter(jobs))
        try:
            pool.fill(self.jobs)
            while pool.busy():
                yield from pool.ended()
                pool.fill(self.jobs)
        finally:
            pool.stop()


class _Pool:
    """Workers with one case each, and the cases still to do."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._again: deque[Job] = deque()
        self._tries: dict[str, int] = {}
        self._at_work: dict[int, tuple[WorkerProcess, Job]] = {}
        self._idle: list[WorkerProcess] = []
        self._all: list[WorkerProcess] = []

    def busy(self) -> bool:
        return bool(self._at_work)

    def fill(self, most: int) -> None:
        """Give each worker a case, as long as there are cases; start workers where they lack."""
        while len(self._at_work) < most and (job := self._next()) is not None:
            if not self._idle:
                with uninterrupted():
                    started = list(start_workers(run_job, 1))
                    self._all += started
                self._idle += started
            self._hand_out(self._idle.pop(), job)

    def ended(self) -> Iterator[Outcome]:
        """Outcomes of workers that have one, and of those that died."""
        by_pipe = {worker.pipe: key for key, (worker, _) in self._at_work.items()}
        for pipe in wait(list(by_pipe)):
            worker, job = self._at_work.pop(by_pipe[pipe])  # type: ignore[index]
            try:
                outcome: Outcome = worker.answer()
            except (EOFError, ConnectionError):
                yield from self._died(worker, job)
            else:
                self._idle.append(worker)
                yield outcome

    def stop(self) -> None:
        """End all workers, whatever they do."""
        stop_workers(self._all)

    def _next(self) -> Job | None:
        return self._again.popleft() if self._again else next(self._jobs, None)

    def _hand_out(self, worker: WorkerProcess, job: Job) -> None:
        self._at_work[id(worker)] = worker, job
        with suppress(OSError):  # a worker that is gone is noticed when its answer is read
            worker.send(job)

    def _died(self, worker: WorkerProcess, job: Job) -> Iterator[Outcome]:
        stop_workers([worker])
        self._all.remove(worker)
        self._tries[job.name] = self._tries.get(job.name, 1) + 1
        if self._tries[job.name] <= _TRIES:
            self._again.append(job)
        else:
            yield Outcome(job.name, WORKER_DIED)
