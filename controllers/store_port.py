"""What a gateway must find again after a restart, and what waits for the broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from controllers.transport import Outgoing
from slic.control.segment import Action, Override

Kind = Literal["reading", "event", "answer"]
"""Of a record, in the order in which they are given up when the store is full."""

Document = Literal["program", "config"]


class StoreFull(Exception):
    """The disk or the store's own bound is full: what was to be kept is not kept."""


class Waiting(NamedTuple):
    """A record that waits for the broker. ``number`` is for :meth:`Store.sent`."""

    number: int
    message: Outgoing


class Store(Protocol):
    """The memory of a gateway. What a call has returned from survives a crash and a power cut."""

    def put(self, kind: Kind, messages: Sequence[Outgoing]) -> None:
        """Keep records until the broker has them. StoreFull if that cannot be."""

    def waiting(self, limit: int, after: int = 0) -> list[Waiting]:
        """The oldest records with a number above ``after``."""

    def sent(self, numbers: Sequence[int]) -> None:
        """The broker has these records."""

    @property
    def depth(self) -> int:
        """Records that wait."""

    @property
    def dropped(self) -> int:
        """Records given up because the store was full, since it was made."""

    def take_command(self, issuer: str, seq: int, command_id: str, answer: bytes, order: Override | None) -> None:
        """Keep a command's number, answer and override, all or nothing. StoreFull if that cannot be."""

    def answer_to(self, command_id: str) -> bytes | None:
        """The answer that was given to a command, if it is not long ago."""

    def last_seq(self, issuer: str) -> int:
        """Highest command number of an issuer so far; -1 for none."""

    def overrides(self) -> list[Override]:
        """Overrides that were not ended, oldest first; some may have expired."""

    def end_override(self, order_id: str) -> None:
        """Forget an override."""

    def keep_document(self, document: Document, version: int, payload: bytes) -> None:
        """Keep a program set or configuration that was taken over; the one before is kept too."""

    def documents(self, document: Document) -> list[tuple[int, bytes]]:
        """Version and payload of those kept, newest first."""

    def decided(self, actions: Sequence[Action], lamp_ids: Sequence[str]) -> None:
        """Keep decisions, for explanations. Never raises: when there is no room the oldest go."""

    def last_ms(self) -> int:
        """The latest time that was kept [UTC ms]; a clock before it is wrong."""

    def keep_time(self, t_ms: int) -> None:
        """Keep the time."""

    def boots(self) -> list[str]:
        """Boot ids of earlier starts, newest first."""

    def keep_boot(self, boot: str) -> None:
        """Keep this start's boot id."""

    def close(self) -> None:
        """Leave."""
