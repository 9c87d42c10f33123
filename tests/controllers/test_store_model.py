"""The store against a plain model of lists and dictionaries, over any sequence of calls, full times and restarts."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controllers.gateway.config import StoreLimits
from controllers.store.port import KINDS, Kind, StoreFull
from controllers.store.sqlite_store import SqliteStore
from slic.control.segment import Override
from tests.controllers.store_parts import ManualClock, action, order, record

BOUND = 100
NAMES = st.sampled_from(["a", "b", "c"])


class Model:
    """What a store should hold. A record is (kind, number of the test)."""

    def __init__(self) -> None:
        self.records: list[tuple[Kind, int]] = []
        self.dropped = self.expired = self.last_ms = 0
        self.seqs: dict[str, int] = {}
        self.answers: dict[str, bytes] = {}
        self.orders: list[Override] = []
        self.open: dict[str, str] = {}
        self.documents: list[tuple[int, bytes]] = []
        self.boots: list[str] = []
        self.decisions: list[tuple[str, int]] = []

    def put(self, kind: Kind, numbers: list[int]) -> bool:
        """One by one in the order of giving up: readings, events, answers, the oldest first. False: no room."""
        candidates = [r for k in KINDS[: KINDS.index(kind) + 1] for r in self.records if r[0] == k]
        surplus = max(0, len(self.records) + len(numbers) - BOUND)
        if surplus > len(candidates):
            self.dropped += len(numbers)
            return False
        for gone in candidates[:surplus]:
            self.records.remove(gone)
        self.dropped += surplus
        self.records += [(kind, number) for number in numbers]
        return True


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="slic-store-"))
        self.clock = ManualClock()
        self.model = Model()
        self.next = 0
        self.store = self.opened()

    def opened(self) -> SqliteStore:
        store = SqliteStore(self.folder, StoreLimits(records=BOUND, decisions=100), self.clock)
        store._file.read(lambda db: db.execute("PRAGMA synchronous=OFF"))
        return store

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(kind=st.sampled_from(KINDS), count=st.sampled_from([0, 1, 2, 17, 60, 101]))
    def put(self, kind: Kind, count: int) -> None:
        numbers = list(range(self.next, self.next + count))
        self.next += count
        try:
            self.store.put(kind, [record(number) for number in numbers])
            fitted = True
        except StoreFull:
            fitted = False
        assert fitted == self.model.put(kind, numbers)

    @rule(start=st.integers(0, 40), count=st.integers(0, 60), expired=st.booleans())
    def send_some(self, start: int, count: int, expired: bool) -> None:
        numbers = [w.number for w in self.store.waiting(start + count)][start:]
        (self.store.expire if expired else self.store.sent)(numbers)
        self.model.expired += len(numbers) if expired else 0
        del self.model.records[start : start + len(numbers)]

    @rule(issuer=NAMES, seq=st.integers(0, 1 << 52), command=NAMES, name=st.none() | NAMES, lamp=st.integers(0, 9))
    def take_command(self, issuer: str, seq: int, command: str, name: str | None, lamp: int) -> None:
        taken = None if name is None else order(name, lamp)
        answer = f"{seq}".encode()
        self.store.take_command(issuer, seq, command, answer, taken)
        self.model.seqs[issuer] = max(seq, self.model.seqs.get(issuer, -1))
        self.model.answers[command] = answer
        if taken is not None:
            self.model.orders = [o for o in self.model.orders if o.id != name] + [taken]
            self.model.open.pop(command, None)
            self.model.open[command] = taken.id

    @rule(names=st.lists(NAMES, max_size=3))
    def end_overrides(self, names: list[str]) -> None:
        self.store.end_overrides(names)
        self.model.orders = [o for o in self.model.orders if o.id not in names]

    @rule(commands=st.lists(NAMES, max_size=3))
    def answered(self, commands: list[str]) -> None:
        self.store.answered(commands)
        self.model.open = {k: v for k, v in self.model.open.items() if k not in commands}

    @rule(version=st.integers(1, 5), payload=st.binary(max_size=9))
    def keep_document(self, version: int, payload: bytes) -> None:
        self.store.keep_document("program", version, payload)
        others = [d for d in self.model.documents if d[0] != version]
        self.model.documents = [(version, payload), *others][:2]

    @rule(t_ms=st.integers(0, 1 << 52), boot=st.sampled_from(["boot-aaaa", "boot-bbbb", "boot-cccc"]))
    def keep_time_and_boot(self, t_ms: int, boot: str) -> None:
        self.store.keep_time(t_ms)
        self.store.keep_boot(boot)
        self.model.last_ms = t_ms
        self.model.boots = [boot, *(b for b in self.model.boots if b != boot)]

    @rule(lamps=st.lists(st.integers(0, 1), max_size=70), flush=st.booleans())
    def decide(self, lamps: list[int], flush: bool) -> None:
        self.store.decided([action(self.next + i, lamp) for i, lamp in enumerate(lamps)], ["l0", "l1"])
        self.model.decisions += [(f"l{lamp}", self.next + i) for i, lamp in enumerate(lamps)]
        self.next += len(lamps)
        if flush:
            self.clock.pass_s(1)
            self.store.flush(self.clock.now_ms())

    @rule(seconds=st.integers(0, 100_000), wall_ms=st.none() | st.integers(0, 1 << 42))
    def reopen(self, seconds: int, wall_ms: int | None) -> None:
        self.store.close()
        self.clock.pass_s(seconds)
        self.clock.wall_ms = self.clock.wall_ms if wall_ms is None else wall_ms
        self.store = self.opened()
        self.model.decisions = self.model.decisions[-100:]

    @invariant()
    def same(self) -> None:
        store, model = self.store, self.model
        waiting = store.waiting(1000)
        assert [int(w.message.payload) for w in waiting] == [number for _, number in model.records]
        assert [w.number for w in waiting] == sorted({w.number for w in waiting})
        for kind in KINDS:
            found = [int(w.message.payload) for w in store.waiting(1000, kind=kind)]
            assert found == [number for k, number in model.records if k == kind]
        assert (store.depth, store.dropped, store.expired) == (len(model.records), model.dropped, model.expired)
        assert [store.last_seq(name) for name in "abc"] == [model.seqs.get(name, -1) for name in "abc"]
        assert [store.answer_to(name) for name in "abc"] == [model.answers.get(name) for name in "abc"]
        assert store.overrides() == model.orders
        assert list(store.open_commands().items()) == list(model.open.items())
        assert (store.documents("program"), store.documents("config")) == (model.documents, [])
        assert (store.last_ms(), store.boots()) == (model.last_ms, model.boots)

    @invariant()
    def same_latest_decisions(self) -> None:
        for lamp in ("l0", "l1"):
            told = [t_ms for name, t_ms in self.model.decisions[-100:] if name == lamp]
            assert [d.t_ms for d in self.store.decisions_of(lamp, 100)][: len(told)] == told[::-1][:100]


TestStoreModel = StoreMachine.TestCase
TestStoreModel.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
