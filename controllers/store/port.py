"""What a gateway must find again after a restart, and what waits for the broker."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, Protocol, get_args

from controllers.link.transport import Outgoing
from slic.control.segment import Action, Override, Source

Kind = Literal["reading", "event", "answer"]
"""Of a record, in the order in which they are given up when the store is full."""
KINDS: tuple[Kind, ...] = get_args(Kind)

Document = Literal["program", "config"]


class StoreFull(Exception):
    """The store's own bound is reached or the disk takes nothing: what was to be kept is not kept."""


class Waiting(NamedTuple):
    """A record that waits for the broker. ``number`` is for :meth:`Store.sent`; waited_s : since it was put."""

    number: int
    message: Outgoing
    waited_s: int = 0


class Decision(NamedTuple):
    """A lamp's level and why, as in :class:`slic.control.segment.Action`."""

    t_ms: int
    level_pm: int
    ramp_ms: int
    source: Source
    rule: str
    cause: str
    until_ms: int
    program: str


class Store(Protocol):
    """The memory of a gateway. What a call has returned from survives a crash and a power cut."""

    def put(self, kind: Kind, messages: Sequence[Outgoing]) -> None:
        """Keep records until the broker has them. StoreFull if that cannot be; they count as dropped then."""

    def waiting(self, limit: int, after: int = 0, kind: Kind | None = None) -> list[Waiting]:
        """The oldest records with a number above ``after``, of one kind or of all."""

    def sent(self, numbers: Sequence[int]) -> None:
        """The broker has these records. StoreFull if that cannot be written down; they may come twice then."""

    def expire(self, numbers: Sequence[int]) -> None:
        """Give up records whose expiry has passed. StoreFull if that cannot be written down."""

    @property
    def depth(self) -> int:
        """Records that wait."""

    @property
    def dropped(self) -> int:
        """Records given up because the store was full, since it was made."""

    @property
    def expired(self) -> int:
        """Records given up because their expiry had passed, since it was made."""

    @property
    def recovered(self) -> str:
        """What happened to a corrupt store since this process began, in words, or empty."""

    @property
    def health(self) -> Literal["ok", "full", "corrupt"]:
        """How the store does."""

    def take_command(
        self,
        issuer: str,
        seq: int,
        command_id: str,
        answer: bytes,
        order: Override | None,
        ends: Sequence[str] = (),
    ) -> None:
        """Keep a command's number, answer, override and what it ends, all or nothing. StoreFull if that cannot be.

        One with an override is open until :meth:`answered`.
        """

    def open_commands(self) -> dict[str, str]:
        """Commands that wait for their last answer, oldest first: command id -> override id, which may have ended."""

    def answered(self, command_ids: Collection[str]) -> None:
        """Commands have had their last answer. A power cut, or a crash on a full disk, may undo it."""

    def answer_to(self, command_id: str) -> bytes | None:
        """The answer that was given to a command, if it is not long ago."""

    def last_seq(self, issuer: str) -> int:
        """Highest command number of an issuer so far; -1 for none."""

    def overrides(self) -> list[Override]:
        """Overrides that were not ended, oldest first; some may have expired."""

    def end_overrides(self, order_ids: Collection[str]) -> None:
        """Forget overrides; on a full disk as soon as there is room."""

    def keep_document(self, document: Document, version: int, payload: bytes) -> None:
        """Keep a program set or configuration that was taken over; the one before is kept too. StoreFull if not."""

    def documents(self, document: Document) -> list[tuple[int, bytes]]:
        """Version and payload of those kept, newest first."""

    def decided(self, actions: Sequence[Action], lamp_ids: Sequence[str]) -> None:
        """Note decisions, for explanations. Never raises: when there is no room the oldest go."""

    def decisions_of(self, lamp_id: str, limit: int) -> list[Decision]:
        """The latest decisions about a lamp, newest first."""

    def flush(self, t_ms: int) -> None:
        """Write the decisions that were noted, about once a second; a crash loses those after it. Never raises."""

    def last_ms(self) -> int:
        """The time that was kept last [UTC ms]; 0 for none. A clock before it is wrong."""

    def keep_time(self, t_ms: int) -> None:
        """Keep the time, if there is room."""

    def boots(self) -> list[str]:
        """Boot ids of earlier starts, newest first."""

    def keep_boot(self, boot: str) -> None:
        """Keep this start's boot id, if there is room."""

    def close(self) -> None:
        """Leave."""
