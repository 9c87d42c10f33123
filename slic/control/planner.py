"""Which schedule holds on which night: programs, a calendar and a place in, compiled nights out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from slic.control.active import longest_burn
from slic.control.calendar import Calendar
from slic.control.civil import night_of, night_span, zone
from slic.control.compile_night import NightCompiler
from slic.control.darkness import Darkness
from slic.control.place import Place
from slic.control.program import ControlProgram
from slic.control.schedule import NightSchedule
from slic.control.sun import DAY_MS, Interval
from slic.errors import InputError

DEFAULT_PROGRAM = ControlProgram(
    name="astronomical-default",
    title="Full level from sunset to sunrise",
    source="what a lamp does when nothing else is known",
)


class Planner:
    """Compiles the nights of one lamp group, each once.

    Raises InputError if the place is not on the earth, its time zone is unknown, or the calendar names a program
    that is not among ``programs``.
    """

    def __init__(self, programs: Mapping[str, ControlProgram], calendar: Calendar, place: Place) -> None:
        _check(programs, calendar, place)
        self.programs = dict(programs)
        self.calendar = calendar
        self.place = place
        self._darkness = Darkness(place)
        self._compilers = {name: NightCompiler(program, self._darkness) for name, program in programs.items()}
        self._nights: dict[date, NightSchedule] = {}
        self._burns: dict[date, Interval | None] = {}

    def night(self, night: date) -> NightSchedule:
        """Schedule of the night that begins at local noon of ``night``."""
        if night not in self._nights:
            self._nights[night] = self._compile(night)
        return self._nights[night]

    def night_at(self, t_ms: int) -> NightSchedule:
        """Schedule of the night that holds a moment [UTC ms]."""
        return self.night(night_of(self.place.timezone, t_ms))

    def _compile(self, night: date) -> NightSchedule:
        name = self.calendar.program_for(night)
        span = night_span(self.place.timezone, night)
        return self._compilers[name].night(span, self._learned_middle_ms(self.programs[name], night))

    def _learned_middle_ms(self, program: ControlProgram, night: date) -> int | None:
        """Mean of the middles of the last nights' burns, moved to this night; None if one of them had no burn."""
        learned = program.learned_midnight
        if learned is None:
            return None
        total_ms = 0
        for back in range(1, learned.nights_to_learn + 1):
            burn = self._burn(date.fromordinal(night.toordinal() - back))
            if burn is None:
                return None
            total_ms += (burn[0] + burn[1]) // 2 + back * DAY_MS
        return round(total_ms / learned.nights_to_learn + learned.site_offset_min * 60_000)

    def _burn(self, night: date) -> Interval | None:
        if night not in self._burns:
            program = self.programs[self.calendar.program_for(night)]
            span = night_span(self.place.timezone, night)
            self._burns[night] = longest_burn(program, span, self._darkness)
        return self._burns[night]


def astronomical_default(place: Place) -> Planner:
    """The planner that stands in for a missing program: full level from sunset to sunrise."""
    return planner_for(DEFAULT_PROGRAM, place)


def planner_for(program: ControlProgram, place: Place) -> Planner:
    """A planner that runs one program every night."""
    return Planner({program.name: program}, Calendar(name="every-night", default=program.name), place)


def _check(programs: Mapping[str, ControlProgram], calendar: Calendar, place: Place) -> None:
    zone(place.timezone)
    for field, value, limit in (("latitude", place.latitude, 90), ("longitude", place.longitude, 180)):
        if not -limit <= value <= limit:
            raise InputError("is not on the earth", field=field, value=value, allowed=f"-{limit} to {limit}")
    for name in (*(rule.program for rule in calendar.rules), calendar.default):
        if name not in programs:
            raise InputError(
                "is not a known program",
                field=f"calendar {calendar.name}",
                value=name,
                allowed=", ".join(sorted(programs)),
            )
