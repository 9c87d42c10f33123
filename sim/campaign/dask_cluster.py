"""Cases on a Dask cluster: the named engine for many machines. They share the campaign's folder with this one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Generator, Iterable, Iterator
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
_MISSING = "needs the extra dask: pip install 'slic-lighting[dask]'"


class DaskCluster:
    """Workers that answer at a scheduler's address, as ``127.0.0.1:8786``."""

    def __init__(self, address: str) -> None:
        self.address = address

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
        with _client(self.address) as client:
            yield from self._collect(client, iter(jobs))

    def _collect(self, client: Any, jobs: Iterator[Job]) -> Iterator[Outcome]:
        import distributed

        names = {}
        waiting: Any = distributed.as_completed(loop=client.loop)  # type: ignore[no-untyped-call]
        for job in islice(jobs, _IN_FLIGHT):
            future = _submitted(client, job)
            names[future.key] = job.name
            waiting.add(future)
        for future in waiting:
            yield self._outcome(future, names.pop(future.key))
            for job in islice(jobs, 1):
                following = _submitted(client, job)
                names[following.key] = job.name
                waiting.add(following)

    def _outcome(self, future: Any, name: str) -> Outcome:
        if future.cancelled() or future.status == "lost":
            raise RunError(f"the Dask scheduler {self.address} is gone; run the same command again to go on")
        fault = future.exception()
        if fault is None:
            outcome: Outcome = future.result()
            return outcome
        if type(fault).__name__ == "KilledWorker":
            return Outcome(name, "the Dask workers that tried this case died. Too little memory is the usual reason")
        return Outcome(name, f"{type(fault).__name__}: {fault}")

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
        from distributed import Client
    except ImportError:
        raise InputError(_MISSING, field="--dask", value=address) from None
    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        client = _connected(Client, address)
        with client:
            yield client
    finally:
        log.setLevel(level)


def _connected(client: Any, address: str) -> Any:
    try:
        return client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise RunError(f"no Dask scheduler answers at {address} ({error})") from None
    except ValueError as error:
        raise InputError(f"is no address: {error}", field="--dask", value=address, allowed="host:port") from None
