"""Records go from the store to the broker in order, once, not too many at a time, and leave the store after that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.link.transport import Outgoing, Received, Subscription
from controllers.store.forwarder import PER_TURN, RETRY_MS, SETTLE_MS, WINDOW, Forwarder
from controllers.store.port import KINDS
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.store_parts import ManualClock, kept, record, records


class Broker:
    """A transport that behaves: takes ``bound`` messages, answers when told, and keeps its queue over connections."""

    def __init__(self, bound: int = 1000) -> None:
        self.connected = True
        self.connections = 1
        self.problem = ""
        self.taken_over = False
        self.bound = bound
        self.published: list[Outgoing] = []
        self.open_tokens: list[int] = []
        self._answers: dict[bool, list[int]] = {True: [], False: []}

    def publish(self, message: Outgoing) -> int | None:
        if not self.connected or len(self.open_tokens) >= self.bound:
            return None
        self.published.append(message)
        if not message.qos:
            return 0
        self.open_tokens.append(len(self.published))
        return len(self.published)

    def answer(self, count: int, taken: bool = True) -> None:
        self._answers[taken] += self.open_tokens[:count]
        del self.open_tokens[:count]

    def delivered(self) -> list[int]:
        return self._collect(True)

    def refused(self) -> list[int]:
        return self._collect(False)

    def _collect(self, taken: bool) -> list[int]:
        tokens = self._answers[taken] + ([987_654] if taken else [])  # with one of somebody else's message
        self._answers[taken] = []
        return tokens

    @property
    def numbers(self) -> list[int]:
        return [int(message.payload) for message in self.published]

    def open(
        self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0
    ) -> None: ...
    def wait(self, timeout_s: float) -> list[Received]:
        return []

    def acknowledge(self, message: Received) -> None: ...
    def close(self, last: Outgoing | None = None) -> None: ...


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path, clock=clock)
    yield opened
    opened.close()


def test_a_record_leaves_the_store_after_the_broker_has_it(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", records(1, 2))
    forwarder.turn(10_000)
    assert broker.published == records(1, 2)
    forwarder.turn(12_000)
    forwarder.turn(14_000)
    assert (broker.numbers, kept(store), forwarder.under_way) == ([1, 2], [1, 2], 2)
    broker.answer(1)
    forwarder.turn(14_001)
    forwarder.turn(14_002 + SETTLE_MS)
    assert (kept(store), forwarder.under_way, forwarder.delivered) == ([2], 1, 1)
    broker.answer(1)
    forwarder.turn(14_003)
    forwarder.settle()
    assert (kept(store), broker.numbers) == ([], [1, 2])


def test_deliveries_leave_in_one_commit_a_second_or_when_the_clock_steps(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", records(1, 2, 3))
    forwarder.turn(10_000)
    for count, t_ms, left in ((1, 10_500, 3), (1, 11_000, 1), (1, 11_500, 1), (0, 3, 0)):
        broker.answer(count)
        forwarder.turn(t_ms)
        assert store.depth == left


def test_answers_then_events_then_readings_each_in_order(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", records(1, 2))
    store.put("event", records(11, 12))
    store.put("answer", records(21, 22))
    store.put("reading", records(3))
    forwarder.turn(0)
    assert broker.numbers == [21, 22, 11, 12, 1, 2, 3]


def test_a_backlog_never_takes_more_than_its_window_and_lets_an_answer_pass(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", records(*range(500)))
    for turn in range(10):
        before = len(broker.published)
        forwarder.turn(turn)
        assert len(broker.published) - before <= PER_TURN
    assert len(broker.published) == WINDOW
    broker.answer(1)
    store.put("answer", records(9999))
    forwarder.turn(11)
    assert broker.numbers[-1] == 9999
    for turn in range(12, 200):
        broker.answer(WINDOW)
        forwarder.turn(turn * 20)
    forwarder.settle()
    assert broker.numbers == [*range(WINDOW), 9999, *range(WINDOW, 500)]
    assert store.depth == 0


def test_without_connection_or_room_nothing_is_sent_and_nothing_lost(store: SqliteStore) -> None:
    broker = Broker(bound=3)
    broker.connected = False
    forwarder = Forwarder(store, broker)
    store.put("event", records(1, 2, 3, 4, 5))
    forwarder.turn(0)
    assert broker.published == []
    broker.connected = True
    forwarder.turn(1)
    forwarder.turn(2)
    assert broker.numbers == [1, 2, 3]
    broker.answer(2)
    forwarder.turn(3)
    assert broker.numbers == [1, 2, 3, 4, 5]


def test_what_was_under_way_when_the_connection_broke_is_the_transports(store: SqliteStore) -> None:
    """It sends it again over the next connection; a second copy from here would count twice."""
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", records(1, 2))
    forwarder.turn(0)
    broker.connected = False
    forwarder.turn(1)
    broker.connected, broker.connections = True, 2
    store.put("reading", records(3))
    forwarder.turn(2)
    broker.answer(3)
    forwarder.turn(5000)
    assert (broker.numbers, store.depth) == ([1, 2, 3], 0)


def test_a_restart_sends_what_was_not_acknowledged(store: SqliteStore) -> None:
    store.put("reading", records(1, 2, 3))
    first = Broker()
    forwarder = Forwarder(store, first)
    forwarder.turn(0)
    first.answer(1)
    forwarder.turn(5000)
    second = Broker()
    Forwarder(store, second).turn(0)
    assert second.numbers == [2, 3]


def test_expiry_shrinks_by_the_time_waited_and_old_records_are_given_up(store: SqliteStore, clock: ManualClock) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", [record(1, 100), record(2, 400), record(3, None), record(4, 300)])
    clock.pass_s(100)
    forwarder.turn(0)
    assert [(int(m.payload), m.expiry_s) for m in broker.published] == [(2, 300), (3, None), (4, 200)]
    broker.answer(3)
    forwarder.turn(SETTLE_MS)
    forwarder.turn(2 * SETTLE_MS)
    assert (store.depth, store.expired, store.dropped) == (0, 1, 0)


def test_a_long_outage_of_expired_answers_does_not_hold_up_the_rest(store: SqliteStore, clock: ManualClock) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("answer", [record(number, 300) for number in range(450)])
    store.put("reading", records(1000))
    clock.pass_s(3000)
    store.put("answer", [record(2000, 300)])
    forwarder.turn(0)
    assert broker.numbers == [2000, 1000]
    broker.answer(2)
    forwarder.turn(SETTLE_MS)
    assert (store.depth, store.expired) == (0, 450)


def test_a_refused_record_is_tried_again_after_a_minute(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("event", records(1, 2))
    forwarder.turn(0)
    broker.answer(1, taken=False)
    forwarder.turn(1)
    store.put("event", records(3))
    forwarder.turn(RETRY_MS)
    assert broker.numbers == [1, 2, 3]
    forwarder.turn(RETRY_MS + 1)
    assert (broker.numbers, forwarder.refused) == ([1, 2, 3, 1], 1)
    broker.answer(3)
    forwarder.turn(RETRY_MS + 2)
    forwarder.settle()
    assert (store.depth, forwarder.delivered) == (0, 3)


def test_what_was_just_delivered_is_not_sent_again_with_the_refused(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("event", records(1, 2, 3))
    forwarder.turn(0)
    broker.answer(1, taken=False)
    forwarder.turn(1)
    forwarder.turn(RETRY_MS - 100)
    broker.answer(1)
    forwarder.turn(RETRY_MS + 1)
    assert broker.numbers == [1, 2, 3, 1]


def test_a_full_disk_does_not_stop_the_sending_or_send_twice(store: SqliteStore) -> None:
    broker = Broker()
    forwarder = Forwarder(store, broker)
    store.put("reading", records(*range(100)))
    store._file.read(lambda db: db.execute("PRAGMA query_only=ON"))
    for turn in range(100):
        forwarder.turn(turn * 100)
        broker.answer(100)
    assert broker.numbers == list(range(100))
    assert store.depth == 100
    forwarder.settle()
    store._file.read(lambda db: db.execute("PRAGMA query_only=OFF"))
    forwarder.turn(20_000)
    assert (store.depth, len(broker.published)) == (0, 100)


@settings(max_examples=60)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["put", "answer", "refuse", "break", "step"]), st.integers(0, 30), st.sampled_from(KINDS)
        ),
        max_size=60,
    )
)
def test_whatever_happens_every_record_arrives_and_only_refused_ones_twice(
    steps: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = SqliteStore(tmp_path_factory.mktemp("store"))
    store._file.read(lambda db: db.execute("PRAGMA synchronous=OFF"))
    broker = Broker(bound=7)
    forwarder = Forwarder(store, broker)
    made, refused, t_ms = 0, 0, 0
    for what, count, kind in steps:
        if what == "put":
            store.put(kind, records(*range(made, made + count)))  # type: ignore[arg-type]
            made += count
        elif what in ("answer", "refuse"):
            refused += min(count, len(broker.open_tokens)) if what == "refuse" else 0
            broker.answer(count, what == "answer")
        elif what == "break":
            broker.connected = not broker.connected
        t_ms += count * (10_000 if what == "step" else 10) - (200_000 if what == "step" and count > 20 else 0)
        forwarder.turn(t_ms)
        assert forwarder.under_way <= WINDOW
    broker.connected = True
    for _ in range(made + 10):
        broker.answer(100)
        t_ms += RETRY_MS
        forwarder.turn(t_ms)
    assert store.depth == 0
    assert sorted(set(broker.numbers)) == list(range(made))
    assert len(broker.numbers) == made + refused
    store.close()
