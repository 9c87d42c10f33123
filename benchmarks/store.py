"""The gateway's store beside raw ``executemany`` into the same table of the same file, with the same pragmas.

Run ``python -m benchmarks.store`` (or with a folder on the disk to be measured as argument). The two take turns batch
by batch, each batch is one commit, and both files grow alike. Row counts are asserted, times are not.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from controllers.link.transport import Outgoing
from controllers.store.database_file import StoreFile
from controllers.store.outbox import INSERT
from controllers.store.sqlite_store import SqliteStore
from slic.control.segment import Action

BATCHES = {1: 400, 50: 120, 1000: 30}
"""Records of a commit -> commits of each of the two."""
DECISIONS, PER_CALL = 100_000, 20
MESSAGE = Outgoing("slic/v1/ettenleur/el-g0042/_/telemetry", b"x" * 600, 1, False, 259_200)
ACTION = Action(1_790_000_000_000, 7, 800, 1_000, "sensor", "presence p03", "sensor p03", 1_790_000_060_000, "night")
GOALS = {"put_over_raw": "at least 0.7 in each batch", "decided_us": "no goal; no disk in it"}


class Raw:
    """What ``put`` would be without the store: the insert and its commit."""

    def __init__(self, folder: Path) -> None:
        store = SqliteStore(folder)
        store.close()
        self._file = StoreFile(folder, _NoClock())
        self._db = self._file.read(lambda db: db)
        self._next = 1

    def put(self, messages: list[Outgoing]) -> None:
        """One commit."""
        rows = [(n, 0, m.topic, m.payload, m.qos, m.retain, m.expiry_s, 1) for n, m in enumerate(messages, self._next)]
        self._next += len(rows)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(INSERT, rows)
        self._db.execute("COMMIT")

    def close(self) -> int:
        """Rows that are there."""
        (rows,) = self._db.execute("SELECT count(*) FROM outbox").fetchone()
        self._file.close()
        return int(rows)


class _NoClock:
    def now_ms(self) -> int:
        return 0

    def monotonic_ms(self) -> int:
        return 0


def main() -> None:
    """Print rows per second, ratios and goals as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("folder", nargs="?", help="where the databases are written for a while")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        report: dict[str, object] = {f"put_{batch}": put(Path(folder), batch, BATCHES[batch]) for batch in BATCHES}
        report["decided"] = decided(Path(folder) / "decided")
    print(json.dumps(report | {"goals": GOALS}, indent=2))


def put(folder: Path, batch: int, commits: int) -> dict[str, float]:
    """Rows per second of both, from the median commit, and their ratio."""
    store, raw = SqliteStore(folder / f"store{batch}"), Raw(folder / f"raw{batch}")
    messages = [MESSAGE] * batch
    store_s, raw_s = [], []
    for turn in range(commits):
        both = [(store_s, lambda: store.put("reading", messages)), (raw_s, lambda: raw.put(messages))]
        for times, work in both if turn % 2 else reversed(both):
            times.append(_s(work))
    assert store.depth == raw.close() == batch * commits
    store.close()
    return {
        "store_rows_per_s": round(batch / median(store_s)),
        "raw_rows_per_s": round(batch / median(raw_s)),
        "store_over_raw": round(median(raw_s) / median(store_s), 2),
    }


def decided(folder: Path) -> dict[str, float]:
    """Noting a decision, writing them in batches, and finding the latest of a lamp, in a full table."""
    store = SqliteStore(folder)
    lamps = [f"l{n:03d}" for n in range(100)]
    actions = [ACTION._replace(lamp=n) for n in range(PER_CALL)]
    noting, writing = [], []
    for turn in range(DECISIONS // PER_CALL):
        noting.append(_s(lambda: store.decided(actions, lamps)))
        if turn % 25 == 24:
            writing.append(_s(lambda turn=turn: store.flush(turn)))  # type: ignore[misc]
    asking = [_s(lambda: store.decisions_of("l007", 20)) for _ in range(100)]
    assert len(store.decisions_of("l007", DECISIONS)) == DECISIONS // PER_CALL
    store.close()
    return {
        "decided_us": round(1e6 * median(noting) / PER_CALL, 2),
        "flush_of_500_ms": round(1e3 * median(writing), 2),
        "latest_20_of_a_lamp_ms": round(1e3 * median(asking), 2),
        "open_and_check_ms": round(1e3 * _s(lambda: SqliteStore(folder).close()), 1),
    }


def _s(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


if __name__ == "__main__":
    main()
