"""Small segments for controller tests: a night lit from 18:00 to 06:00 UTC, so that every time can be read off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from slic.control.calendar import Calendar
from slic.control.place import Place
from slic.control.planner import Planner
from slic.control.program import ControlProgram
from slic.control.segment import Action, LampPlan, SegmentPlan, SensorPlan

PLACE = Place(51.05, 3.71, "UTC")
LIT = [{"kind": "absolute", "start": "18:00", "end": "06:00"}]


def at(clock: str, day: int = 10) -> int:
    """UTC ms of a clock time (HH:MM or HH:MM:SS[.mmm]) on a day of January 2023."""
    parts = [float(x) for x in clock.split(":")] + [0.0]
    base = datetime(2023, 1, day, tzinfo=UTC).timestamp() * 1000
    return round(base + parts[0] * 3_600_000 + parts[1] * 60_000 + parts[2] * 1000)


def program(**fields: Any) -> ControlProgram:
    return ControlProgram.model_validate({"name": "p", "active_periods": LIT, **fields})


PRESENCE: dict[str, Any] = {
    "idle_level_pct": 20,
    "hold_s": 60,
    "presence": {"style": "own"},
    "dynamic_controls": [{"name": "presence"}],
}


def planner(night_program: ControlProgram, place: Place = PLACE) -> Planner:
    return Planner({night_program.name: night_program}, Calendar(name="c", default=night_program.name), place)


def plan(night_program: ControlProgram | None, lamps: int = 4, **fields: Any) -> SegmentPlan:
    """Lamps and sensors at 0, 30, 60 ... m, in clusters a, a, b, b ..., the first one an entrance lamp."""
    names = [f"{'abcdefgh'[i // 2 % 8]}" for i in range(lamps)]
    return SegmentPlan(
        name="seg",
        place=fields.pop("place", PLACE),
        lamps=tuple(
            LampPlan(f"l{i}", "g", names[i], "street", i * 30_000, entrance=i == 0, **fields.pop("lamp", {}))
            for i in range(lamps)
        ),
        sensors=tuple(SensorPlan(f"p{i}", names[i], "street", i * 30_000) for i in range(lamps)),
        groups={"g": planner(night_program) if night_program else None},
        **fields,
    )


def seen(actions: list[Action]) -> list[tuple[int, int, int]]:
    """(t_ms, lamp, level_pm) of actions."""
    return [(a.t_ms, a.lamp, a.level_pm) for a in actions]
