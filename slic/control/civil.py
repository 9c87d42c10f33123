"""Civil time: nights from local noon to local noon, and clock times of a night as UTC moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slic.errors import InputError

MINUTE_MS = 60_000
DAY_MIN = 1440
NOON_MIN = 720
_MS = timedelta(milliseconds=1)
_NOON_MS = (NOON_MIN - date(1970, 1, 1).toordinal() * DAY_MIN) * MINUTE_MS

ClockFault = Literal["", "twice", "never"]


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Time zone by IANA name. Raises InputError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            "is not a time zone", field="timezone", value=name, allowed="an IANA name, as Europe/Brussels"
        ) from None


def utc_ms(local: datetime, timezone: str) -> int:
    """UTC ms of a civil time: its first pass if it happens twice, the moment of the jump if it never does."""
    moment = local.replace(tzinfo=zone(timezone))
    if clock_fault(local, timezone) == "never":
        return _jump_ms(moment)
    return round(moment.timestamp() * 1000)


def clock_fault(local: datetime, timezone: str) -> ClockFault:
    """Whether a civil time happens "twice" or "never" because the clock changes; "" if once."""
    moment = local.replace(tzinfo=zone(timezone))
    first, second = moment.utcoffset(), moment.replace(fold=1).utcoffset()
    if first == second or first is None or second is None:
        return ""
    return "never" if first < second else "twice"


def _jump_ms(moment: datetime) -> int:
    """The moment of the jump, by bisection between the two readings of a civil time inside its gap."""
    before, after = moment.utcoffset(), moment.replace(fold=1).utcoffset()
    low, high = (round(moment.replace(fold=fold).timestamp()) for fold in (1, 0))
    while high - low > 1:
        middle = (low + high) // 2
        jumped = datetime.fromtimestamp(middle, UTC).astimezone(moment.tzinfo).utcoffset() != before
        low, high = (low, middle) if jumped else (middle, high)
    assert before != after
    return high * 1000


@lru_cache(maxsize=8192)
def noon_ms(timezone: str, day: date) -> int:
    """UTC ms of local noon of a day: where its night begins."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=zone(timezone))
    offset = moment.utcoffset()
    if offset is None or offset != moment.replace(fold=1).utcoffset():
        return utc_ms(datetime(day.year, day.month, day.day, 12), timezone)
    return _NOON_MS + day.toordinal() * DAY_MIN * MINUTE_MS - offset // _MS


def midnight_ms(timezone: str, day: date) -> int:
    """UTC ms at which the civil day begins."""
    return utc_ms(datetime(day.year, day.month, day.day), timezone)


def night_of(timezone: str, t_ms: int) -> date:
    """The evening whose night (noon to noon) holds a moment [UTC ms]."""
    day = datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone(timezone)).date()
    while t_ms < noon_ms(timezone, day):
        day -= timedelta(days=1)
    while t_ms >= noon_ms(timezone, day + timedelta(days=1)):
        day += timedelta(days=1)
    return day


def minutes_of(clock_time: str) -> int:
    """Minutes after midnight of "HH:MM"."""
    return int(clock_time[:2]) * 60 + int(clock_time[3:])


def minutes_after_noon(clock_time: str) -> int:
    """Minutes [0, 1440) from noon to the next time "HH:MM"."""
    return (minutes_of(clock_time) - NOON_MIN) % DAY_MIN


class Night(NamedTuple):
    """A night and its clock. ``steady`` : the clock does not change and the night lasts 24 h."""

    date: date
    timezone: str
    start_ms: int
    end_ms: int
    steady: bool

    def at(self, minutes: int) -> int:
        """UTC ms of a civil time, in minutes after the night's noon; may lie in a neighbouring night."""
        if self.steady and 0 <= minutes <= DAY_MIN:
            return self.start_ms + minutes * MINUTE_MS
        return utc_ms(self._local(minutes), self.timezone)

    def at_utc(self, minutes_after_midnight: int) -> int:
        """UTC ms of the first time a clock that shows UTC reads so many minutes after midnight."""
        ahead_ms = (minutes_after_midnight * MINUTE_MS - self.start_ms) % (DAY_MIN * MINUTE_MS)
        return self.start_ms + ahead_ms

    def fault(self, minutes: int) -> ClockFault:
        """Whether a civil time, in minutes after the night's noon, happens twice or never."""
        return "" if self.steady else clock_fault(self._local(minutes), self.timezone)

    def _local(self, minutes: int) -> datetime:
        day = self.date
        return datetime(day.year, day.month, day.day, 12) + timedelta(minutes=minutes)


def night_span(timezone: str, day: date) -> Night:
    """The night that begins at local noon of ``day``."""
    start_ms = noon_ms(timezone, day)
    end_ms = noon_ms(timezone, date.fromordinal(day.toordinal() + 1))
    return Night(day, timezone, start_ms, end_ms, end_ms - start_ms == DAY_MIN * MINUTE_MS)
