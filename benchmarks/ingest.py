"""Rows per second of the ingest store against raw ``executemany`` with the same settings, and messages per second.

Run ``python -m benchmarks.ingest``. Runs of both sides alternate, and the ratio is what counts on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from controllers.ingest.ingest_store import Batch, IngestStore
from controllers.ingest.rows import Row, rows_of
from slic.messages.codec import Decoded, decode, encode
from slic.messages.payloads import Telemetry
from slic.report.field_schema import DAY_TABLES, create

LAMPS, BATCHES, RUNS = 100, 200, 5
PER_COMMIT = 10
"""Messages that are committed together."""
T0_MS = 1_668_434_400_000
COLS = ["lamp", "boot", "wh", "on_s", "switch_ons", "w", "v", "pf", "temp"]
TOPIC = "slic/v1/site/segment/_/telemetry"


def main() -> None:
    """Print medians as JSON."""
    argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__).parse_args()
    payloads = [_payload(number) for number in range(BATCHES)]
    decoded = _together([_rows(payload) for payload in payloads])
    ours, raw, whole = [], [], []
    for _ in range(RUNS):
        raw.append(_rate(_write_raw, decoded))
        ours.append(_rate(_write_store, decoded))
        whole.append(_rate(_take, payloads))
    print(
        json.dumps(
            {
                "raw_executemany_rows_per_s": round(median(raw)),
                "store_rows_per_s": round(median(ours)),
                "ratio": round(median(our / bare for our, bare in zip(ours, raw, strict=True)), 2),
                "decoded_and_stored_rows_per_s": round(median(whole)),
                "goals": {"ratio": "at least 0.7"},
            },
            indent=2,
        )
    )


def _payload(seq: int) -> bytes:
    t_ms = T0_MS + seq * 900_000 // BATCHES
    rows = [[f"l{lamp:03d}", "boot-0001", seq + 0.25, 36.5, 1, 28.1, 230.0, 0.95, 31.5] for lamp in range(LAMPS)]
    envelope = {"id": f"00000000-0000-0000-0000-{seq:012x}", "ts": t_ms, "boot": "boot-0001", "seq": seq}
    return encode(Telemetry.model_validate({**envelope, "start": T0_MS, "end": t_ms, "cols": COLS, "rows": rows}))


def _rows(payload: bytes) -> list[Row]:
    found = decode(TOPIC, payload)
    assert isinstance(found, Decoded)
    return rows_of(found.topic, found.message, T0_MS)


def _together(messages: list[list[Row]]) -> list[list[Row]]:
    starts = range(0, len(messages), PER_COMMIT)
    return [[row for message in messages[at : at + PER_COMMIT] for row in message] for at in starts]


def _rate(write: object, given: list[object]) -> float:
    assert callable(write)
    with tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        write(Path(folder), given)
        return LAMPS * BATCHES / (perf_counter() - began)


def _write_raw(folder: Path, batches: list[list[Row]]) -> None:
    db = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(create({"readings": DAY_TABLES["readings"]})[0] + " WITHOUT ROWID")
    for batch in batches:
        db.execute("BEGIN")
        values = [row.values for row in batch]
        db.executemany(f"INSERT INTO readings VALUES ({', '.join('?' * len(values[0]))})", values)
        db.execute("COMMIT")
    db.close()


def _write_store(folder: Path, batches: list[list[Row]]) -> None:
    store = IngestStore(folder, "site")
    for batch in batches:
        store.write(Batch(rows=list(batch)))
    store.close()


def _take(folder: Path, payloads: list[bytes]) -> None:
    _write_store(folder, _together([_rows(payload) for payload in payloads]))


if __name__ == "__main__":
    main()
