"""The store of a gateway: what it keeps, in which order, and what goes when it is full."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from controllers.gateway.config import StoreLimits
from controllers.link.transport import Outgoing
from controllers.store.port import Decision, Store, StoreFull
from controllers.store.sqlite_store import SqliteStore
from slic.errors import InputError
from tests.controllers.store_parts import NOON_MS, ManualClock, action, kept, order, record, records

ROOT = Path(__file__).parents[2]
SMALL = StoreLimits(records=100, decisions=100)


def port(store: Store) -> Store:
    """Checked by mypy: the class is an implementation of the port."""
    return store


def test_records_come_back_as_they_were_put_and_in_order(tmp_path: Path) -> None:
    plain = Outgoing("slic/v1/a/b/_/event", b"\x00\xff{}", 1, True, None)
    store = SqliteStore(tmp_path)
    store.put("event", [plain, record(2)])
    store.put("reading", records(3))
    assert [w.message for w in port(store).waiting(10)] == [plain, record(2), record(3)]
    assert [w.message for w in store.waiting(10, kind="reading")] == [record(3)]
    first, second, _ = store.waiting(10)
    assert [w.message for w in store.waiting(1, after=first.number)] == [record(2)]
    store.sent([second.number, second.number, 10_000])
    assert store.depth == 2
    assert [w.message for w in store.waiting(10)] == [plain, record(3)]
    store.close()


def test_all_is_there_after_reopening(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.put("reading", records(1, 2))
    store.take_command("desk", 7, "c1", b"yes", order("o1", 3, 4))
    store.take_command("desk", 5, "c2", b"no", None)
    for version in (1, 2, 3):
        store.keep_document("program", version, f"p{version}".encode())
    store.keep_document("config", 9, b"c9")
    store.keep_time(NOON_MS)
    store.keep_boot("boot-one-")
    store.keep_boot("boot-two-")
    store.decided([action(1)], ["l1"])
    store.close()

    again = SqliteStore(tmp_path)
    assert (kept(again), again.depth) == ([1, 2], 2)
    assert (again.last_seq("desk"), again.last_seq("nobody")) == (7, -1)
    assert (again.answer_to("c1"), again.answer_to("c2"), again.answer_to("c3")) == (b"yes", b"no", None)
    assert again.overrides() == [order("o1", 3, 4)]
    assert again.documents("program") == [(3, b"p3"), (2, b"p2")]
    assert again.documents("config") == [(9, b"c9")]
    assert (again.last_ms(), again.boots()) == (NOON_MS, ["boot-two-", "boot-one-"])
    assert again.decisions_of("l1", 5) == [Decision(1, 500, 1_000, "sensor", "presence", "sensor p01", 60_001, "night")]
    assert (again.recovered, again.health) == ("", "ok")
    again.close()


def test_a_new_store_knows_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a" / "b")
    assert (store.last_ms(), store.boots(), store.overrides(), store.documents("program")) == (0, [], [], [])
    assert (store.depth, store.dropped, store.expired, store.waiting(5), store.health) == (0, 0, 0, [], "ok")
    store.close()


def test_numbers_of_sent_records_are_not_used_again(tmp_path: Path) -> None:
    """A forwarder that asks for what comes after the last number would never see such a record."""
    store = SqliteStore(tmp_path)
    store.put("reading", records(1, 2))
    last = store.waiting(10)[-1].number
    store.sent([w.number for w in store.waiting(10)])
    store.put("reading", records(3))
    assert [int(w.message.payload) for w in store.waiting(10, after=last)] == [3]
    store.close()


def test_when_full_readings_go_first_then_events_and_answers_last(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, SMALL)
    store.put("answer", records(*range(10)))
    store.put("reading", records(*range(100, 150)))
    store.put("event", records(*range(200, 240)))
    assert (store.depth, store.health) == (100, "full")

    store.put("event", records(*range(240, 250)))
    assert kept(store) == [*range(10), *range(110, 150), *range(200, 250)]
    store.put("reading", records(150, 151))
    assert kept(store) == [*range(10), *range(112, 150), *range(200, 250), 150, 151]
    store.put("answer", records(*range(10, 60)))
    assert kept(store) == [*range(10), *range(210, 250), *range(10, 60)]
    assert (store.depth, store.dropped) == (100, 10 + 2 + 50)

    store.put("answer", records(*range(60, 100)))
    with pytest.raises(StoreFull):
        store.put("event", records(300))
    with pytest.raises(StoreFull):
        store.put("reading", records(301, 302))
    assert kept(store) == list(range(100))
    store.put("answer", records(100))
    assert kept(store) == list(range(1, 101))
    assert (store.depth, store.dropped) == (100, 62 + 40 + 3 + 1)
    store.close()
    again = SqliteStore(tmp_path, SMALL)
    assert (again.depth, again.dropped) == (100, 106)
    again.close()


def test_more_than_the_bound_at_once_is_refused_whole(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, SMALL)
    store.put("reading", records(1))
    with pytest.raises(StoreFull):
        store.put("answer", records(*range(101)))
    assert (kept(store), store.dropped) == ([1], 101)
    store.close()
    again = SqliteStore(tmp_path, SMALL)
    assert again.dropped == 101
    again.close()


def test_expired_records_are_counted_apart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.put("reading", records(1, 2, 3))
    store.expire([w.number for w in store.waiting(2)] + [999])
    assert (kept(store), store.depth, store.expired, store.dropped) == ([3], 1, 2, 0)
    store.close()
    again = SqliteStore(tmp_path)
    assert again.expired == 2
    again.close()


def test_an_override_with_the_same_name_replaces_and_is_the_newest(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for seq, name in enumerate(("a", "b", "a")):
        store.take_command("desk", seq, f"c{seq}", b"", order(name, seq))
    assert store.overrides() == [order("b", 1), order("a", 2)]
    store.end_overrides(["b"])
    store.end_overrides(["unknown"])
    assert store.overrides() == [order("a", 2)]
    store.take_command("desk", 3, "c3", b"", order("b"))
    assert store.overrides() == [order("a", 2), order("b")]
    store.close()


def test_answers_are_kept_ten_minutes_and_ten_thousand_commands(tmp_path: Path) -> None:
    """Both must be over. No command after the first 10,001 waits for the disk here: that would take a minute."""
    clock = ManualClock()
    store = SqliteStore(tmp_path, clock=clock)
    store._file.read(lambda db: db.execute("PRAGMA synchronous=OFF"))
    store.take_command("desk", 0, "first", b"one", None)
    clock.pass_s(601)
    for seq in range(1, 10_000):
        store.take_command("desk", seq, f"c{seq}", b"", None)
    assert store.answer_to("first") == b"one"
    store.take_command("desk", 10_000, "one-too-many", b"", None)
    assert store.answer_to("first") is None
    for seq in range(10_001, 10_050):
        store.take_command("desk", seq, f"d{seq}", b"", None)
    assert store.answer_to("c1") == b"", "more than 10,000 newer, but not ten minutes old"
    clock.pass_s(601)
    store.take_command("desk", 10_050, "later", b"", None)
    assert store.answer_to("c1") is None
    assert store.last_seq("desk") == 10_050
    store.close()


def test_decisions_are_seen_at_once_written_in_batches_and_bounded(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, SMALL)
    lamps = ["l1", "l2"]
    for t_ms in range(250):
        store.decided([action(t_ms, lamp=t_ms % 2, level_pm=t_ms)], lamps)
        if t_ms % 40 == 0:
            store.flush(10_000 + 1000 * t_ms)
    assert [d.t_ms for d in store.decisions_of("l2", 3)] == [249, 247, 245]
    assert [d.t_ms for d in store.decisions_of("l1", 1000)][:45] == list(range(248, 158, -2))
    assert store.decisions_of("l3", 3) == []
    store.close()
    again = SqliteStore(tmp_path, SMALL)
    assert [d.t_ms for d in again.decisions_of("l2", 1000)] == list(range(249, 149, -2))
    again.close()


def test_decisions_are_written_each_second_or_a_hundred(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    written = lambda: store._file.read(lambda db: db.execute("SELECT count(*) FROM decisions").fetchone()[0])  # noqa: E731
    store.flush(50_000)
    store.decided([action(1)], ["l1"])
    store.flush(50_999)
    assert written() == 0
    store.flush(51_000)
    assert written() == 1
    store.decided([action(2)], ["l1"])
    store.flush(40_000)
    assert written() == 2, "the clock was set back"
    store.decided([action(3)] * 99, ["l1"])
    store.flush(40_001)
    assert written() == 2
    store.decided([action(4)], ["l1"])
    store.flush(40_001)
    assert written() == 102
    store.close()


def test_records_wait_for_the_disk_and_decisions_do_not(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    said: list[str] = []
    store._file.read(lambda db: db.set_trace_callback(said.append))
    synchronous = lambda: store._file.read(lambda db: db.execute("PRAGMA synchronous").fetchone()[0])  # noqa: E731
    store.decided([action(1)], ["l1"])
    store.flush(50_000)
    assert (said.count("COMMIT"), synchronous()) == (1, 1), "1 is NORMAL in SQLite's manual"
    store.put("event", records(1))
    assert (said.count("COMMIT"), synchronous()) == (2, 2), "2 is FULL"
    store.close()


def test_waiting_time_follows_the_monotonic_clock_and_survives_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    store = SqliteStore(tmp_path, clock=clock)
    store.put("reading", records(1))
    clock.wall_ms -= 10**12
    clock.up_ms += 90_000
    assert [w.waited_s for w in store.waiting(1)] == [90]
    store.close()
    later = ManualClock(NOON_MS + 3_600_000)
    store = SqliteStore(tmp_path, clock=later)
    assert [w.waited_s for w in store.waiting(1)] == [3600]
    store.close()
    wrong = ManualClock(0)
    store = SqliteStore(tmp_path, clock=wrong)
    wrong.pass_s(60)
    assert [w.waited_s for w in store.waiting(1)] == [60], "a clock in 1970 is not believed"
    store.close()


def test_what_was_kept_in_1970_has_not_waited_for_half_a_century(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, clock=ManualClock(1_000))
    store.put("reading", records(1))
    store.close()
    store = SqliteStore(tmp_path, clock=ManualClock())
    assert [w.waited_s for w in store.waiting(1)] == [0]
    store.close()


def test_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    """2: FULL, which syncs the log at each commit (SQLite's documentation of PRAGMA synchronous)."""
    store = SqliteStore(tmp_path)
    ask = lambda pragma: store._file.read(lambda db: db.execute(f"PRAGMA {pragma}").fetchone()[0])  # noqa: E731
    assert (ask("synchronous"), ask("journal_mode"), ask("locking_mode")) == (2, "wal", "exclusive")
    store.close()


def test_a_second_gateway_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.put("reading", records(1))
    code = f"""
import pathlib, sys
from controllers.store.sqlite_store import SqliteStore
from slic.errors import InputError
try:
    SqliteStore(pathlib.Path({str(tmp_path)!r}))
except InputError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert f"{str(tmp_path)!r} is in use by another gateway (process " in found
    with pytest.raises(InputError, match="is in use by another gateway"):
        SqliteStore(tmp_path)
    assert kept(store) == [1]
    store.close()
    SqliteStore(tmp_path).close()


def test_the_file_of_a_newer_release_is_refused_and_untouched(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    db = sqlite3.connect(tmp_path / "gateway.sqlite")
    db.executescript("PRAGMA user_version = 3; UPDATE meta SET value = 3 WHERE name = 'version'; DROP TABLE boots;")
    db.close()
    before = (tmp_path / "gateway.sqlite").read_bytes()
    with pytest.raises(InputError, match=r"gateway\.sqlite: version: 3 was written by a newer release"):
        SqliteStore(tmp_path)
    assert (tmp_path / "gateway.sqlite").read_bytes() == before
    assert not list(tmp_path.glob("*corrupt*"))


def test_the_file_of_the_release_before_is_taken_over_whole(tmp_path: Path) -> None:
    """Version 1 had no open commands."""
    store = SqliteStore(tmp_path)
    store.take_command("desk", 1, "c1", b"yes", order("o1", 3))
    store.put("reading", records(1, 2))
    store.close()
    db = sqlite3.connect(tmp_path / "gateway.sqlite")
    one = "PRAGMA user_version = 1; UPDATE meta SET value = 1 WHERE name = 'version'; DROP TABLE open_commands;"
    db.executescript(one)
    db.close()
    again = SqliteStore(tmp_path)
    assert (kept(again), again.overrides(), again.recovered) == ([1, 2], [order("o1", 3)], "")
    assert again.open_commands() == {}
    again.take_command("desk", 2, "c2", b"yes", order("o2"))
    assert again.open_commands() == {"c2": "o2"}
    again.close()
    SqliteStore(tmp_path).close()


def test_a_command_with_an_override_is_open_until_its_last_answer_also_after_a_restart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.take_command("desk", 1, "c1", b"yes", order("o1"))
    store.take_command("desk", 2, "c2", b"yes", order("o1"))
    store.take_command("desk", 3, "c3", b"yes", None, ["o1"])
    store.take_command("desk", 4, "c4", b"yes", order("o4"))
    store.answered(["c4", "unknown"])
    assert store.open_commands() == {"c1": "o1", "c2": "o1"}, "oldest first, whatever became of the override"
    store.close()
    again = SqliteStore(tmp_path)
    assert (again.open_commands(), again.overrides()) == ({"c1": "o1", "c2": "o1"}, [order("o4")])
    again.close()


def test_overrides_that_end_together_are_one_commit_and_are_read_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for seq in range(100):
        store.take_command("desk", seq, f"c{seq}", b"", order(f"o{seq}"))
    said: list[str] = []
    store._file.read(lambda db: db.set_trace_callback(said.append))
    store.end_overrides([f"o{seq}" for seq in range(99)])
    assert sum("COMMIT" in line for line in said) == 1
    said.clear()
    assert store.overrides() == store.overrides() == [order("o99")]
    store.take_command("desk", 100, "c100", b"", order("o100"))
    assert store.overrides() == [order("o99"), order("o100")]
    assert not any("FROM overrides ORDER" in line for line in said), "what is known is not read again"
    store.close()


def test_the_file_reuses_its_room(tmp_path: Path) -> None:
    """2,000 records of 1 kB come and go 15 times: the file grows no more after the first, and the log is bounded."""
    store = SqliteStore(tmp_path)
    payload = b"x" * 1000
    sizes = []
    for _ in range(15):
        store.put("reading", [Outgoing("t", payload, 1)] * 2000)
        store.sent([w.number for w in store.waiting(3000)])
        sizes.append((tmp_path / "gateway.sqlite").stat().st_size)
    assert store.depth == 0
    assert max(sizes) <= 1.25 * max(sizes[:5])
    assert (tmp_path / "gateway.sqlite-wal").stat().st_size <= 16 << 20
    store.close()
    assert (tmp_path / "gateway.sqlite").stat().st_size < 2 * 2000 * 1000


def test_boot_ids_are_bounded(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store._file.read(lambda db: db.execute("PRAGMA synchronous=OFF"))
    for n in range(1005):
        store.keep_boot(f"boot{n:08d}")
    store.keep_boot("boot00000500")
    boots = store.boots()
    assert (len(boots), boots[:2]) == (999, ["boot00000500", "boot00001004"])
    store.close()
