"""What a worker makes of messages and keeps: exact rows, once each, on the day they tell of."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.ingest.ingest_store import REJECTED_KEPT, IngestStore
from controllers.ingest.worker import NOTHING_HEARD, PROGRESS_MS, subscriptions
from slic.errors import InputError, RunError
from tests.controllers.ingest_parts import Worker, keep, rows
from tests.field_messages import T0_MS, inventory, message, place, state, telemetry

DAY_MS = 86_400_000
COLS = ("lamp", "boot", "wh", "on_s", "w", "pf", "temp")


def test_a_reading_is_kept_in_whole_numbers(tmp_path: Path) -> None:
    batch = telemetry(
        7, T0_MS, [["l1", "b1", 280.0, 36000.5, 28.1, 0.95, None], ["l2", None, None, None, None, None, -3.5]], COLS
    )
    keep(tmp_path, (place("seg", "_", "telemetry"), batch))
    query = (
        "SELECT segment, lamp, t_ms, seq, row_no, lamp_boot, counter_mj, on_ms, power_mw, power_factor_pm, "
        "temperature_mc FROM readings"
    )
    # 280 Wh = 1,008,000 J
    assert rows(tmp_path, "2022-11-14", query) == [
        ("seg", "l1", T0_MS, 7, 0, "b1", 1_008_000_000, 36_000_500, 28_100, 950, None),
        ("seg", "l2", T0_MS, 7, 1, None, None, None, None, None, -3500),
    ]


def test_each_kind_of_record_has_its_table(tmp_path: Path) -> None:
    event = {"code": "lampFailure", "phase": "start", "first_seen": T0_MS - 5, "count": 2}
    applied = {"version": 3, "sha256": "ab" * 32, "ok": False, "errors": ["no"]}
    health = {"clock_trusted": True, "rungs": {"all": "program"}, "store": "ok", "queue_depth": 4}
    uuid = "00000000-0000-0000-0000-000000000009"
    keep(
        tmp_path,
        (place("s", "l1", "state"), state(1, T0_MS, 12.5, cmd_id=uuid)),
        (place("s", "p1", "ambient"), message("ambient", 1, T0_MS, lux=10.25)),
        (place("s", "l1", "event"), message("deviceEvent", 2, T0_MS, **event)),
        (place("s", "l1", "fault"), message("fault", 2, T0_MS, **event)),
        (place("s", "_", "event"), message("event", 3, T0_MS, **event)),
        (place("s", "_", "ack"), message("ack", 4, T0_MS, cmd_id=uuid, status="applied", level_pct=20.0)),
        (place("s", "_", "status"), message("status", 5, T0_MS, status="online")),
        (place("s", "_", "health"), message("health", 6, T0_MS, **health)),
        (place("s", "_", "program-applied"), message("programApplied", 7, T0_MS, **applied)),
        (place("s", "_", "config-applied"), message("configApplied", 7, T0_MS, **applied)),
    )
    day = "2022-11-14"
    assert rows(tmp_path, day, "SELECT node, level_pm, cmd_id, faults FROM states") == [("l1", 125, uuid, "[]")]
    assert rows(tmp_path, day, "SELECT node, millilux FROM ambients") == [("p1", 10_250)]
    found = rows(tmp_path, day, "SELECT node, channel, count FROM events ORDER BY node, channel")
    assert found == [("_", "event", 2), ("l1", "event", 2), ("l1", "fault", 2)]
    assert rows(tmp_path, day, "SELECT status, level_pm FROM acks") == [("applied", 200)]
    assert rows(tmp_path, day, "SELECT status FROM status") == [("online",)]
    assert rows(tmp_path, day, "SELECT queue_depth, rungs FROM health") == [(4, '{"all": "program"}')]
    assert rows(tmp_path, day, "SELECT channel, ok, errors FROM applied ORDER BY channel") == [
        ("config-applied", 0, '["no"]'),
        ("program-applied", 0, '["no"]'),
    ]


def test_the_same_message_twice_is_one_row(tmp_path: Path) -> None:
    one = (place("s", "l1", "state"), state(5, T0_MS))
    keep(tmp_path, one, one)
    keep(tmp_path, one, (place("s", "l1", "state"), state(5, T0_MS, boot="boot-0002")))
    assert rows(tmp_path, "2022-11-14", "SELECT boot, seq FROM states") == [("boot-0001", 5), ("boot-0002", 5)]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_order_with_repeats_gives_the_same_store(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sent = [(place("s", "l1", "state"), state(n, T0_MS + n * 7 * 3_600_000, n * 10.0)) for n in range(6)]
    order = data.draw(st.permutations(sent)) + data.draw(st.lists(st.sampled_from(sent), max_size=6))
    folder = tmp_path_factory.mktemp("store")
    keep(folder, *order)
    found = [rows(folder, f"2022-11-{day}", "SELECT seq FROM states ORDER BY seq") for day in (14, 15, 16)]
    # 14:00, 21:00 | 04:00, 11:00, 18:00 | 01:00 the day after
    assert found == [[(0,), (1,)], [(2,), (3,), (4,)], [(5,)]]


def test_late_records_land_on_their_own_day(tmp_path: Path) -> None:
    late = telemetry(1, T0_MS - 3 * DAY_MS, [["l1", 1.0]], ("lamp", "wh"))
    keep(tmp_path, (place("s", "_", "telemetry"), telemetry(2, T0_MS, [["l1", 2.0]], ("lamp", "wh"))))
    keep(tmp_path, (place("s", "_", "telemetry"), late))
    assert sorted(path.name for path in tmp_path.glob("2*.sqlite")) == ["2022-11-11.sqlite", "2022-11-14.sqlite"]


@pytest.mark.parametrize(
    ("channel", "node", "payload", "code"),
    [
        ("state", "l1", b"{", "malformed"),
        ("state", "l1", b"\xff", "not_utf8"),
        ("state", "l1", b" " * 2000, "too_large"),
        ("nonsense", "l1", b"{}", "unknown_topic"),
        ("state", "l1", state(1, 5), "time"),
        ("state", "l1", state(1, 1 << 52), "time"),
        ("telemetry", "_", telemetry(1, T0_MS, [[5.0]], ("wh",)), "columns"),
        ("telemetry", "_", telemetry(1, T0_MS, [["l1", "much"]], ("lamp", "wh")), "cell"),
        ("telemetry", "_", telemetry(1, T0_MS, [["l1", -1.0]], ("lamp", "wh")), "cell"),
        ("telemetry", "_", telemetry(1, T0_MS, [["l1", 1e300]], ("lamp", "wh")), "cell"),
    ],
)
def test_what_cannot_be_used_is_counted_kept_and_acknowledged(
    tmp_path: Path, channel: str, node: str, payload: bytes, code: str
) -> None:
    worker = keep(tmp_path, (place("s", node, channel), payload), (place("s", "l1", "state"), state(9, T0_MS)))
    assert rows(tmp_path, "site", "SELECT code, topic, payload FROM rejected") == [
        (code, place("s", node, channel), payload)
    ]
    assert rows(tmp_path, "site", "SELECT * FROM rejected_counts") == [(code, 1)]
    assert rows(tmp_path, "2022-11-14", "SELECT seq FROM states") == [(9,)]
    assert worker.inbox.acknowledged == [1, 2]


def test_rejected_messages_are_bounded_and_still_counted(tmp_path: Path) -> None:
    keep(tmp_path, *[(place("s", "l1", "state"), b"%d" % number) for number in range(REJECTED_KEPT + 50)])
    assert rows(tmp_path, "site", "SELECT count(*), min(payload) FROM rejected") == [(REJECTED_KEPT, b"100")]
    assert rows(tmp_path, "site", "SELECT * FROM rejected_counts") == [("malformed", REJECTED_KEPT + 50)]


def test_the_latest_inventory_of_a_segment_is_kept(tmp_path: Path) -> None:
    topic = place("s", "_", "inventory")
    keep(tmp_path, (topic, inventory(2, T0_MS + 5, [["l2", 20]])), (topic, inventory(1, T0_MS, [["l1", 10]])))
    [(payload,)] = rows(tmp_path, "site", "SELECT payload FROM inventory")
    assert '"l2"' in payload


def test_nothing_is_acknowledged_before_it_is_committed(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.inbox.put(place("s", "l1", "state"), state(1, T0_MS))
    worker.inbox.put(place("s", "_", "health"), b"{}", qos=0)
    worker.turn()
    assert worker.inbox.acknowledged == []
    worker.turn(later_ms=199)
    assert worker.inbox.acknowledged == []
    worker.turn(later_ms=1)
    assert worker.inbox.acknowledged == [1]
    assert rows(tmp_path, "2022-11-14", "SELECT seq FROM states") == [(1,)]


def test_five_hundred_messages_do_not_wait(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    for seq in range(500):
        worker.inbox.put(place("s", "l1", "state"), state(seq, T0_MS + seq))
    worker.turn()
    assert len(worker.inbox.acknowledged) == 500


def test_a_folder_of_another_site_is_refused(tmp_path: Path) -> None:
    IngestStore(tmp_path, "ghent").close()
    with pytest.raises(InputError, match=r"belongs to another site.*ghent"):
        IngestStore(tmp_path, "bruges")


def test_a_damaged_file_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "2022-11-14.sqlite").write_bytes(b"this is no database, and long enough to be looked at" * 20)
    with pytest.raises(RunError, match=r"2022-11-14\.sqlite is damaged"):
        keep(tmp_path, (place("s", "l1", "state"), state(1, T0_MS)))


def test_a_worker_that_hears_nothing_says_that_it_may_not_be_allowed_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Mosquitto 2.0.11 grants every subscription, whatever its access list says (tests/controllers/test_access.py)."""
    worker = Worker(tmp_path)
    worker.turn(PROGRESS_MS)
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [NOTHING_HEARD]
    caplog.clear()
    worker.inbox.put(place("seg", "l1", "state"), state(1, T0_MS))
    worker.turn(PROGRESS_MS)
    worker.ingest.finish()
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_a_worker_asks_for_what_the_contract_gives_it() -> None:
    asked = {one.filter: one.qos for one in subscriptions("ghent", "g1")}
    assert asked == {
        "$share/g1/slic/v1/ghent/+/+/ambient": 1,
        "$share/g1/slic/v1/ghent/+/+/state": 1,
        "$share/g1/slic/v1/ghent/+/+/ack": 1,
        "$share/g1/slic/v1/ghent/+/+/event": 1,
        "$share/g1/slic/v1/ghent/+/+/fault": 1,
        "$share/g1/slic/v1/ghent/+/_/program-applied": 1,
        "$share/g1/slic/v1/ghent/+/_/config-applied": 1,
        "$share/g1/slic/v1/ghent/+/_/telemetry": 1,
        "$share/g1/slic/v1/ghent/+/_/status": 1,
        "$share/g1/slic/v1/ghent/+/_/health": 0,
        "slic/v1/ghent/+/_/inventory": 1,
        "$share/g1/slic/v1/ghent/_core/status": 1,
    }


_FULL_DISK = """
import json, resource, sys
from pathlib import Path
from tests.controllers.ingest_parts import Worker
from tests.field_messages import T0_MS, place, state

folder = Path(sys.argv[1])
worker = Worker(folder)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
sent = 0
while not worker.ingest.full:
    for _ in range(500):
        worker.inbox.put(place("s", "l1", "state"), state(sent, T0_MS + sent))
        sent += 1
    worker.turn()
acknowledged = len(worker.inbox.acknowledged)
for _ in range(20):
    for _ in range(500):
        worker.inbox.put(place("s", "l1", "state"), state(sent, T0_MS + sent))
        sent += 1
    worker.turn(later_ms=1000)
left, still = not worker.inbox.is_open, len(worker.inbox.acknowledged)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
for _ in range(100):
    worker.turn(later_ms=1000)
worker.ingest.finish()
print(json.dumps([sent, acknowledged, left, still, len(worker.inbox.acknowledged)]))
"""


def test_a_full_disk_stops_the_taking_and_loses_nothing(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True, cwd=root
    )
    sent, acknowledged, left, still, at_last = json.loads(done.stdout)
    assert left, "with the store full the connection is left, so that the broker keeps the messages"
    assert 0 < acknowledged == still < sent
    assert at_last == sent
    assert rows(tmp_path, "2022-11-14", "SELECT count(*), count(DISTINCT seq) FROM states") == [(sent, sent)]
    assert "cannot be written" in done.stderr
