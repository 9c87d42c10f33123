"""A store's file that is damaged, or a folder that cannot be used: set aside or refused, never believed or silent."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from controllers.store.sqlite_store import SqliteStore
from slic.errors import InputError, RunError
from tests.controllers.store_parts import ManualClock, action, kept, order, record, records

ROOT = Path(__file__).parents[2]
FILE = "gateway.sqlite"


def filled(folder: Path) -> Path:
    store = SqliteStore(folder)
    store.put("reading", [record(number) for number in range(3000)])
    store.take_command("desk", 1, "c1", b"yes", order("o1"))
    store.decided([action(t_ms) for t_ms in range(2000)], ["l1"])
    store.close()
    return folder / FILE


def flip(path: Path, start: int, count: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[start : start + count] = bytes(byte ^ 0xFF for byte in raw[start : start + count])
    path.write_bytes(raw)


def make_folder(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


def other_database(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.executescript("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');")
    db.close()


def no_decisions(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("DROP TABLE decisions")
    db.close()


def log_alone(path: Path) -> None:
    path.rename(path.with_name(FILE + "-wal"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "header": lambda path: flip(path, 0, 16),
    "page size": lambda path: flip(path, 16, 2),
    "version": lambda path: flip(path, 60, 4),
    "schema page": lambda path: flip(path, 100, 200),
    "middle": lambda path: flip(path, path.stat().st_size // 2 // 4096 * 4096, 64),
    "every page": lambda path: [flip(path, start, 8) for start in range(4096, path.stat().st_size, 4096)],
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "truncated in the header": lambda path: os.truncate(path, 50),
    "zero length": lambda path: os.truncate(path, 0),
    "text": lambda path: path.write_text("not a database\n" * 400),
    "folder in its place": make_folder,
    "another program's": other_database,
    "table missing": no_decisions,
    "log without its file": log_alone,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_corrupt_file_is_set_aside_and_a_new_one_begun(damage: Callable[[Path], object], tmp_path: Path) -> None:
    path = filled(tmp_path)
    damage(path)
    damaged = b"" if path.is_dir() or not path.exists() else path.read_bytes()
    store = SqliteStore(tmp_path, clock=ManualClock(1_790_000_000_123))
    name = "gateway.sqlite.corrupt-20260921T141320.123000Z"
    assert f"it was set aside as {name} and a new one begun" in store.recovered
    assert "\n" not in store.recovered
    assert store.health == "corrupt"
    assert (store.depth, store.overrides(), store.last_seq("desk")) == (0, [], -1)
    store.put("reading", records(1))
    store.close()
    aside = tmp_path / name
    if damaged:
        assert aside.read_bytes()[-100:] == damaged[-100:]
    again = SqliteStore(tmp_path)
    assert (again.recovered, again.health, kept(again)) == ("", "ok", [1])
    again.close()


def test_damage_that_shows_while_it_runs(tmp_path: Path) -> None:
    """The file goes bad under an open store: the next call goes on with a new file."""
    filled(tmp_path)
    store = SqliteStore(tmp_path)
    store.last_seq("desk")
    path = tmp_path / FILE
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    store._file.read(lambda db: db.execute("PRAGMA shrink_memory"))
    store.put("event", records(7))
    assert "was corrupt" in store.recovered
    assert (kept(store), store.depth, store.health) == ([7], 1, "corrupt")
    assert store.answer_to("c1") is None
    store.close()
    again = SqliteStore(tmp_path)
    assert kept(again) == [7]
    again.close()


def test_a_torn_end_of_the_log_loses_no_more_than_that(tmp_path: Path) -> None:
    """A power cut in the middle of a write: the commit was never acknowledged. SQLite's checksums find it."""
    copy = tmp_path / "copy"
    store = SqliteStore(tmp_path / "store")
    store.put("reading", records(1, 2))
    whole = (tmp_path / "store" / f"{FILE}-wal").stat().st_size
    store.put("reading", [record(n) for n in range(3, 500)])
    shutil.copytree(tmp_path / "store", copy)
    store.close()
    os.truncate(copy / f"{FILE}-wal", whole + 5000)
    store = SqliteStore(copy)
    assert (kept(store), store.recovered) == ([1, 2], "")
    store.close()


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "overwritten"])
def test_the_log_of_a_killed_gateway_does_not_run_into_the_new_file(lost: bool, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    store = SqliteStore(tmp_path / "store")
    store.put("reading", records(1, 2))
    shutil.copytree(tmp_path / "store", copy)
    store.close()
    assert (copy / f"{FILE}-wal").stat().st_size > 4096
    (copy / FILE).unlink() if lost else (copy / FILE).write_text("not a database\n" * 400)
    for health in ("corrupt", "ok"):
        store = SqliteStore(copy)
        assert (kept(store), store.health) == ([], health)
        store.close()
    assert lost == bool(list(copy.glob("*.corrupt-*-wal")))


def test_only_the_latest_corrupt_files_are_kept(tmp_path: Path) -> None:
    clock = ManualClock()
    for _ in range(6):
        (tmp_path / FILE).write_text("x" * 5000)
        SqliteStore(tmp_path, clock=clock).close()
        clock.pass_s(1)
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 3


def test_a_start_that_was_killed_while_it_made_the_file(tmp_path: Path) -> None:
    (tmp_path / f"{FILE}.new").write_text("half")
    store = SqliteStore(tmp_path)
    assert store.recovered == ""
    store.close()
    assert not (tmp_path / f"{FILE}.new").exists()


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(
        InputError, match=r"store: .*state' cannot be used \(.*\) \(allowed: a folder that can be written\)"
    ):
        SqliteStore(tmp_path / "state")


READ_ONLY = """
import pathlib
from controllers.store.sqlite_store import SqliteStore
from slic.errors import SlicError
try:
    SqliteStore(pathlib.Path({folder!r}))
except SlicError as error:
    print(error.exit_code, error)
"""


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    """On a read-only mount, in a name space of its own, since root may write to any other folder."""
    code = READ_ONLY.format(folder=str(tmp_path))
    mount = f'mount -t tmpfs -o ro none "{tmp_path}" && exec "{sys.executable}" -c "$CODE"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount],
        capture_output=True,
        text=True,
        env={**os.environ, "CODE": code},
        cwd=ROOT,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("this machine allows no name spaces")
    assert done.stdout == (
        f"2 store: {str(tmp_path)!r} cannot be used (Read-only file system) (allowed: a folder that can be written)\n"
    )


def test_a_file_that_another_program_has_locked_is_not_corrupt(tmp_path: Path) -> None:
    filled(tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RunError, match=r"gateway\.sqlite cannot be used: database is locked"):
        SqliteStore(tmp_path)
    other.close()
    assert not list(tmp_path.glob("*.corrupt-*"))
    store = SqliteStore(tmp_path)
    assert store.depth == 3000
    store.close()
