"""What the store's tests share: a clock that is set by hand, and records that are told apart by a number."""

from __future__ import annotations

from controllers.link.transport import Outgoing
from controllers.store.sqlite_store import SqliteStore
from slic.control.segment import Action, Override

NOON_MS = 1_790_000_000_000


class ManualClock:
    """Both clocks move together with ``pass_s``; ``wall_ms`` may be set."""

    def __init__(self, wall_ms: int = NOON_MS) -> None:
        self.wall_ms = wall_ms
        self.up_ms = 5_000

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.up_ms

    def pass_s(self, seconds: int) -> None:
        self.wall_ms += 1000 * seconds
        self.up_ms += 1000 * seconds


def record(number: int, expiry_s: int | None = 3600) -> Outgoing:
    return Outgoing("slic/v1/site/seg/_/telemetry", str(number).encode(), 1, False, expiry_s)


def records(*numbers: int) -> list[Outgoing]:
    return [record(number) for number in numbers]


def kept(store: SqliteStore) -> list[int]:
    """Numbers of the records that wait, in their order."""
    return [int(waiting.message.payload) for waiting in store.waiting(1_000_000)]


def order(name: str, *lamps: int) -> Override:
    return Override(name, "desk", "party", 800, NOON_MS, NOON_MS + 60_000, "manual", lamps, 2_000)


def action(t_ms: int, lamp: int = 0, level_pm: int = 500) -> Action:
    return Action(t_ms, lamp, level_pm, 1_000, "sensor", "presence", "sensor p01", t_ms + 60_000, "night")
