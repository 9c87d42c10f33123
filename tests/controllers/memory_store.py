"""A store that behaves and forgets at the end of the process, for tests of what is decided, not of what is kept."""

from collections.abc import Collection, Sequence
from typing import Literal

from controllers.link.transport import Outgoing
from controllers.store.port import KINDS, Decision, Document, Kind, StoreFull, Waiting
from slic.control.segment import Action, Override


class MemoryStore:
    """As :class:`controllers.store.port.Store`, in memory. ``full``: nothing more can be kept while it is set."""

    recovered = ""
    dropped = 0
    expired = 0

    def __init__(self) -> None:
        self.full = False
        self.seqs: dict[str, int] = {}
        self.answers: dict[str, bytes] = {}
        self._orders: dict[str, Override] = {}
        self._open: dict[str, str] = {}
        self._documents: dict[Document, list[tuple[int, bytes]]] = {"program": [], "config": []}
        self._records: dict[int, tuple[Kind, Outgoing]] = {}
        self._number = 0
        self._decisions: list[tuple[str, Decision]] = []
        self._last_ms = 0
        self._boots: list[str] = []

    @property
    def health(self) -> Literal["ok", "full", "corrupt"]:
        return "full" if self.full else "ok"

    @property
    def depth(self) -> int:
        return len(self._records)

    def _need_room(self) -> None:
        if self.full:
            raise StoreFull("the test says so")

    def put(self, kind: Kind, messages: Sequence[Outgoing]) -> None:
        assert kind in KINDS
        if self.full:
            self.dropped += len(messages)
        self._need_room()
        for message in messages:
            self._number += 1
            self._records[self._number] = kind, message

    def waiting(self, limit: int, after: int = 0, kind: Kind | None = None) -> list[Waiting]:
        found = [Waiting(n, m) for n, (k, m) in self._records.items() if n > after and kind in (None, k)]
        return found[:limit]

    def sent(self, numbers: Sequence[int]) -> None:
        self._need_room()
        for number in numbers:
            self._records.pop(number, None)

    def expire(self, numbers: Sequence[int]) -> None:
        self.sent(numbers)
        self.expired += len(numbers)

    def take_command(
        self,
        issuer: str,
        seq: int,
        command_id: str,
        answer: bytes,
        order: Override | None,
        ends: Sequence[str] = (),
    ) -> None:
        self._need_room()
        for order_id in ends:
            self._orders.pop(order_id, None)
        self.seqs[issuer] = max(seq, self.last_seq(issuer))
        self.answers[command_id] = answer
        if order is not None:
            self._orders.pop(order.id, None)
            self._orders[order.id] = order
            self._open[command_id] = order.id

    def answer_to(self, command_id: str) -> bytes | None:
        return self.answers.get(command_id)

    def last_seq(self, issuer: str) -> int:
        return self.seqs.get(issuer, -1)

    def overrides(self) -> list[Override]:
        return list(self._orders.values())

    def end_overrides(self, order_ids: Collection[str]) -> None:
        for order_id in order_ids:
            self._orders.pop(order_id, None)

    def open_commands(self) -> dict[str, str]:
        return dict(self._open)

    def answered(self, command_ids: Collection[str]) -> None:
        for command_id in command_ids:
            self._open.pop(command_id, None)

    def keep_document(self, document: Document, version: int, payload: bytes) -> None:
        self._need_room()
        self._documents[document] = [(version, payload), *self._documents[document]][:2]

    def documents(self, document: Document) -> list[tuple[int, bytes]]:
        return list(self._documents[document])

    def decided(self, actions: Sequence[Action], lamp_ids: Sequence[str]) -> None:
        self._decisions += [(lamp_ids[a.lamp], Decision(a.t_ms, *a[2:])) for a in actions]

    def decisions_of(self, lamp_id: str, limit: int) -> list[Decision]:
        return [decision for lamp, decision in reversed(self._decisions) if lamp == lamp_id][:limit]

    def flush(self, t_ms: int) -> None:
        """Nothing is only noted."""

    def last_ms(self) -> int:
        return self._last_ms

    def keep_time(self, t_ms: int) -> None:
        self._last_ms = t_ms

    def boots(self) -> list[str]:
        return list(self._boots)

    def keep_boot(self, boot: str) -> None:
        self._boots.insert(0, boot)

    def close(self) -> None:
        """Nothing is open."""
