"""Cases on a Dask cluster: the named engine for many machines. They share the campaign's folder with this one."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sim.campaign.case import Job, Outcome, run_job
from sim.campaign.installation import installation
from slic.errors import InputError, RunError

_PATIENCE_S = 8
"""For the scheduler to answer, and for its first worker: together with the start-up below ten seconds."""
_IN_FLIGHT = 500
"""Cases that the scheduler knows of at a time, so that neither it nor this process holds them all."""
_ALONE_S = 60
"""A campaign whose workers are all gone waits so long for one: clusters that grow by themselves replace theirs."""
_LOOK_S = 5
"""Between two looks whether there are workers. Cases that end are taken at once."""
_POLL_S = 0.02
_GO_ON = "run the same command again to go on"
_MISSING = "needs the extra dask: pip install 'slic-lighting[dask]'"


class DaskCluster:
    """Workers that answer at a scheduler's address, as ``127.0.0.1:8786``."""

    def __init__(self, address: str, *, alone_s: float = _ALONE_S) -> None:
        """address : host:port; alone_s : how long to wait for a worker when all are gone."""
        self.address = address
        self._alone_s = alone_s

    def check(self, campaign: Path, base_dir: Path | None) -> None:
        """RunError if no scheduler or worker answers, or a worker has another SLIC or does not see a folder."""
        token = campaign / f".seen-{secrets.token_hex(8)}"
        token.write_text(token.name, encoding="utf-8")
        try:
            with _client(self.address) as client:
                self._check_workers(client, str(token), "" if base_dir is None else str(base_dir))
        finally:
            token.unlink(missing_ok=True)

    def outcomes(self, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        """As :class:`sim.campaign.executor.Executor` says. A worker that dies costs a case one of four tries."""
        try:
            with _client(self.address) as client:
                yield from self._collect(client, iter(jobs))
        except (OSError, CancelledError):  # in the middle of an answer, or of saying goodbye
            raise self._gone() from None

    def _collect(self, client: Any, jobs: Iterator[Job]) -> Iterator[Outcome]:
        import distributed

        names = {}
        waiting: Any = distributed.as_completed(loop=client.loop)  # type: ignore[no-untyped-call]
        for job in islice(jobs, _IN_FLIGHT):
            future = _submitted(client, job)
            names[future.key] = job.name
            waiting.add(future)
        for future in self._ended(client, waiting):
            yield self._outcome(future, names.pop(future.key))
            for job in islice(jobs, 1):
                following = _submitted(client, job)
                names[following.key] = job.name
                waiting.add(following)

    def _ended(self, client: Any, waiting: Any) -> Iterator[Any]:
        """Futures as they end; RunError when there is nobody left to end one."""
        seen = looked = time.monotonic()
        while not waiting.is_empty():
            if waiting.has_ready():
                yield next(waiting)
                continue
            time.sleep(_POLL_S)
            now = time.monotonic()
            if now - looked < min(_LOOK_S, self._alone_s):
                continue
            looked = now
            seen = now if self._has_workers(client) else seen
            if now - seen > self._alone_s:
                raise RunError(f"the Dask workers of {self.address} are all gone; {_GO_ON}")

    def _has_workers(self, client: Any) -> bool:
        try:
            return bool(client.ncores())
        except (OSError, TimeoutError, ValueError):
            return False

    def _outcome(self, future: Any, name: str) -> Outcome:
        if future.cancelled() or future.status == "lost":
            raise self._gone()
        fault = future.exception()
        if fault is None:
            outcome: Outcome = future.result()
            return outcome
        if type(fault).__name__ == "KilledWorker":
            return Outcome(name, "the Dask workers that tried this case died. Too little memory is the usual reason")
        return Outcome(name, f"{type(fault).__name__}: {fault}")

    def _gone(self) -> RunError:
        return RunError(f"the Dask scheduler {self.address} is gone; {_GO_ON}")

    def _check_workers(self, client: Any, token: str, base_dir: str) -> None:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except TimeoutError:
            raise RunError(f"the Dask scheduler {self.address} has no workers") from None
        found = client.run(_look_around, token, base_dir, on_error="return")
        for worker, said in sorted(found.items()):
            problem = _problem(said, token, base_dir)
            if problem:
                raise RunError(f"the Dask worker {worker} {problem}")


def _look_around(token: str, base_dir: str) -> tuple[str, bool, bool]:
    """On a worker: its installation, and whether it sees the campaign's folder and the scenario's."""
    try:
        sees = Path(token).read_text(encoding="utf-8") == Path(token).name
    except OSError:
        sees = False
    return installation(), sees, not base_dir or Path(base_dir).is_dir()


def _problem(said: object, token: str, base_dir: str) -> str:
    if isinstance(said, BaseException) and ("ImportError" in repr(said) or "ModuleNotFoundError" in repr(said)):
        return f"has no SLIC that fits ({said}); install the one that plans the campaign: {installation()}"
    if not isinstance(said, tuple):
        return f"cannot run SLIC: {said}"
    theirs, sees, sees_data = said
    if theirs != installation():
        return f"has another installation: {theirs}; this is {installation()}"
    if not sees:
        return f"does not see the campaign's folder {Path(token).parent}: it must be shared, at the same path"
    if not sees_data:
        return f"does not see the scenario's folder {base_dir}: it must be shared, at the same path"
    return ""


def _submitted(client: Any, job: Job) -> Any:
    return client.submit(run_job, job, key=f"slic-{job.name}-{secrets.token_hex(4)}", pure=False)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A connection; the cluster's chatter about it stays out of the way of the one line that says what is wrong."""
    try:
        import distributed
    except ImportError:
        raise InputError(_MISSING, field="--dask", value=address) from None
    _check_address(address)
    with _silent("distributed"), _connected(distributed.Client, address) as client:
        yield client


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """No word from a library's loggers: each has a level of its own, so that of the first one is not enough."""
    logs = [log for log in map(logging.getLogger, [*logging.root.manager.loggerDict]) if _is_of(log.name, name)]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def _is_of(logger: str, library: str) -> bool:
    return logger == library or logger.startswith(f"{library}.")


def _check_address(address: str) -> None:
    """Refuse what is no address before a client is begun with it: one that fails half-made ends in a traceback."""
    from distributed.comm.addressing import resolve_address
    from distributed.core import coerce_to_address

    try:
        resolve_address(coerce_to_address(address))  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise InputError(f"is no address: {error}", field="--dask", value=address, allowed="host:port") from None
    except OSError as error:
        raise RunError(f"no Dask scheduler answers at {address} ({error.strerror or error})") from None


def _connected(client: Any, address: str) -> Any:
    try:
        return client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise RunError(f"no Dask scheduler answers at {address} ({error})") from None
