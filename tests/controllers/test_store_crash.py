"""A gateway that is killed, and a disk that is full: what was acknowledged is there, once, and nothing is harmed."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from controllers.store.port import StoreFull
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.store_parts import action, kept, order, record, records

ROOT = Path(__file__).parents[2]
KILLS = 20
WRITER = """
import pathlib, sys
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.store_parts import action, order, record
folder, first = pathlib.Path(sys.argv[1]), int(sys.argv[2])
store = SqliteStore(folder)
print("open", flush=True)
number = first
while True:
    batch = [record(number + i) for i in range(1 + number % 7)]
    store.put(("reading", "event", "answer")[number % 3], batch)
    print("kept", number, len(batch), flush=True)
    store.take_command("desk", number, f"c{number}", str(number).encode(), order(f"o{number % 5}", number))
    print("taken", number, flush=True)
    oldest = store.waiting(2)
    if number % 4 == 0:
        store.sent([w.number for w in oldest])
        print("sent", *(int(w.message.payload) for w in oldest), flush=True)
    store.decided([action(number)], ["l1"])
    store.flush(number * 50)
    number += len(batch)
"""


def run_and_kill(folder: Path, first: int, after_s: float) -> list[list[str]]:
    """What a writer acknowledged until it was killed, in lines of words."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "open\n"
    time.sleep(after_s)
    writer.kill()
    said = writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    return [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]


def test_killed_at_twenty_random_moments(tmp_path: Path) -> None:
    """The time of a kill is random on purpose; what is asked holds at any moment."""
    moments = random.Random(3)
    due: set[int] = set()
    gone: set[int] = set()
    taken: list[int] = []
    first = 0
    for _ in range(KILLS):
        for word, *values in run_and_kill(tmp_path, first, moments.uniform(0, 0.12)):
            numbers = [int(value) for value in values]
            if word == "kept":
                due.update(range(numbers[0], numbers[0] + numbers[1]))
            elif word == "taken":
                taken.append(numbers[0])
            else:
                gone.update(numbers)
        store = SqliteStore(tmp_path)
        there = kept(store)
        assert len(there) == len(set(there)), "nothing is there twice"
        extra = due - gone - set(there)
        assert len(extra) <= 2, f"lost: {extra}"
        gone |= extra  # sent, and killed before it could say so
        assert not gone & set(there), "what was sent does not come back"
        assert store.depth == len(there)
        assert (store.recovered, store.dropped) == ("", 0)
        for number in taken:
            assert store.answer_to(f"c{number}") == str(number).encode()
        assert store.last_seq("desk") >= max(taken, default=-1)
        check = store._file.read(lambda db: db.execute("PRAGMA integrity_check").fetchall())
        assert check == [("ok",)]
        store.close()
        first = max([first, *due, *there]) + 1
    assert len(due) > KILLS, "the writers wrote"


def fill(store: SqliteStore) -> int:
    """Put records of 1 kB until no more go in; how many went in."""
    for number in range(100_000):
        try:
            store.put("reading", [record(number)._replace(payload=f"{number:1000d}".encode())])
        except StoreFull:
            return number
    pytest.fail("the disk never became full")


def pages(store: SqliteStore, most: int) -> None:
    """SQLite's own bound, which gives the error of a full disk (SQLITE_FULL)."""
    store._file.read(lambda db: db.execute(f"PRAGMA max_page_count={most}"))


def check_full(store: SqliteStore, count: int) -> None:
    assert (store.depth, store.health, store.dropped) == (count, "full", 1)
    assert kept(store) == list(range(count))
    with pytest.raises(StoreFull):
        store.take_command("desk", 2, "c2", b"x" * 5000, order("o2"))
    assert (store.answer_to("c1"), store.answer_to("c2"), store.last_seq("desk")) == (b"yes", None, 1)
    assert store.overrides() == [order("o1")]
    with pytest.raises(StoreFull):
        store.keep_document("config", 1, b"x" * 9000)
    assert store.documents("config") == []
    store.decided([action(t_ms) for t_ms in range(500)], ["l1"])
    store.flush(1)
    assert store.decisions_of("l1", 1)[0].t_ms == 499
    store.keep_boot("boot-aaaa")
    store.keep_time(5)


def check_room_again(store: SqliteStore, count: int) -> None:
    store.put("event", records(count))
    store.take_command("desk", 3, "c3", b"again", order("o3"))
    store.flush(10_000)
    assert store.health == "ok"
    assert kept(store) == list(range(count + 1))
    assert (store.answer_to("c3"), store.overrides()) == (b"again", [order("o1"), order("o3")])
    assert len(store.decisions_of("l1", 1000)) == 500


def test_full_disk_by_sqlites_own_bound(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.take_command("desk", 1, "c1", b"yes", order("o1"))
    pages(store, 100)
    count = fill(store)
    assert count > 50
    check_full(store, count)
    pages(store, 1_000_000)
    check_room_again(store, count)
    store.close()
    again = SqliteStore(tmp_path)
    assert (kept(again), again.dropped, again.recovered) == (list(range(count + 1)), 1, "")
    again.close()


def test_an_override_that_ends_while_the_disk_is_full_stays_ended(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for seq in (1, 2):
        store.take_command("desk", seq, f"c{seq}", b"", order(f"o{seq}"))
    store._file.read(lambda db: db.execute("PRAGMA query_only=ON"))
    store.end_overrides(["o1"])
    store.answered(["c1"])
    assert store.health == "full"
    assert (store.overrides(), store.open_commands()) == ([order("o2")], {"c2": "o2"})
    store._file.read(lambda db: db.execute("PRAGMA query_only=OFF"))
    store.flush(10_000)
    store.close()
    again = SqliteStore(tmp_path)
    assert (again.overrides(), again.open_commands()) == ([order("o2")], {"c2": "o2"})
    again.close()


def test_an_override_of_the_same_name_after_that_is_a_new_one(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for seq in (1, 2):
        store.take_command("desk", seq, f"c{seq}", b"", order(f"o{seq}"))
    store._file.read(lambda db: db.execute("PRAGMA query_only=ON"))
    store.end_overrides(["o1"])
    store.end_overrides(["o2"])
    store._file.read(lambda db: db.execute("PRAGMA query_only=OFF"))
    store.take_command("desk", 3, "c3", b"", order("o1", 5))
    assert store.overrides() == [order("o1", 5)]
    store.close()
    again = SqliteStore(tmp_path)
    assert again.overrides() == [order("o1", 5)]
    again.close()


LIMITED = """
import pathlib, resource, signal, sys
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.test_store_crash import check_full, check_room_again, fill, order
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore(pathlib.Path(sys.argv[1]))
store.take_command("desk", 1, "c1", b"yes", order("o1"))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
count = fill(store)
check_full(store, count)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
check_room_again(store, count)
store.close()
print(count)
"""


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """The kernel refuses to make any file of the process larger than 300 kB: writing the log fails in the middle."""
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    count = int(done.stdout)
    assert count > 20
    again = SqliteStore(tmp_path)
    assert (kept(again), again.recovered) == (list(range(count + 1)), "")
    again.close()


SMALL_DISK = """
import os, pathlib, sys
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.test_store_crash import check_full, check_room_again, fill, kept, order
folder = pathlib.Path(sys.argv[1])
(folder / "other").write_bytes(bytes(200_000))
store = SqliteStore(folder / "state")
store.take_command("desk", 1, "c1", b"yes", order("o1"))
count = fill(store)
check_full(store, count)
store.close()
store = SqliteStore(folder / "state")
assert kept(store) == list(range(count)), "a full disk can be started from"
assert store.overrides() == [order("o1")]
store.decided([], [])
os.unlink(folder / "other")
store.put("event", [])
store.take_command("desk", 3, "c3", b"again", order("o3"))
store.sent([w.number for w in store.waiting(10)])
assert kept(store) == list(range(10, count))
store.close()
print(count)
"""


def test_a_small_disk_that_is_full(tmp_path: Path) -> None:
    """A file system of 1 MB, in a name space of its own: filled, closed, opened while full, and given room."""
    mount = f'mount -t tmpfs -o size=1m none "{tmp_path}" && exec "{sys.executable}" -c "$CODE" "{tmp_path}"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount],
        capture_output=True,
        text=True,
        env={**os.environ, "CODE": SMALL_DISK},
        cwd=ROOT,
    )
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("this machine allows no name spaces")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_reading_goes_on_after_a_failed_commit(tmp_path: Path) -> None:
    """No transaction stays open: SQLite would refuse the next BEGIN."""
    store = SqliteStore(tmp_path)
    with pytest.raises(sqlite3.Error):
        store._file.write(lambda db: db.execute("INSERT INTO nothing VALUES (1)"))
    store.put("reading", records(1))
    assert kept(store) == [1]
    store.close()
