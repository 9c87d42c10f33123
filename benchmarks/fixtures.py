"""The streets that the benchmarks run: made from whole numbers, without a random generator."""

from __future__ import annotations

from datetime import date

from controllers.replay import Inputs, Kind, Row
from slic.control.place import Place
from slic.control.planner import Planner, planner_for
from slic.control.program import (
    AstroClockControl,
    AstronomicalPhotocell,
    ClockWindow,
    ControlProgram,
    DynamicControl,
    FixedTimeControl,
    PresenceReach,
    TrafficClass,
    TrafficClasses,
)
from slic.control.segment import LampPlan, SegmentPlan, SensorPlan
from slic.lamps.luminaire import LuminaireType, PowerPoint

GHENT = Place(51.05, 3.71, "Europe/Brussels")
NIGHT = date(2022, 11, 14)
LAMPS_PER_STREET = 100
SPACING_MM = 30_000
USERS_PER_NIGHT = 40
HOUR_MS = 3_600_000

LED = LuminaireType(
    name="bench-led",
    power_curve=[PowerPoint(level_pct=0, power_pct=5), PowerPoint(level_pct=100, power_pct=100)],
    lamp_power_pct=88,
    standby_w=0.4,
)
POWER_W = 28

PRESENCE = ControlProgram(
    name="presence",
    idle_level_pct=20,
    hold_s=60,
    ramp_up_s=1,
    ramp_down_s=5,
    presence=PresenceReach(style="own"),
    dynamic_controls=[DynamicControl(name="presence")],
)

FULL_RULES = ControlProgram(
    name="full-rules",
    active_periods=[AstronomicalPhotocell()],
    idle_level_pct=50,
    entrance_idle_level_pct=70,
    fixed_time_controls=[
        FixedTimeControl(at="22:00", level_pct=40, entrance_level_pct=60),
        FixedTimeControl(at="23:30", level_pct=20),
        FixedTimeControl(at="05:00", level_pct=50),
    ],
    astro_clock_controls=[AstroClockControl(event="sunrise", offset_min=-40, operation="Max", level_pct=60)],
    traffic_classes=TrafficClasses(
        classes=[
            TrafficClass(name="quiet", up_to_per_h=20, level_pct=20),
            TrafficClass(name="busy", level_pct=60),
        ]
    ),
    hold_s=60,
    ramp_up_s=1,
    ramp_down_s=5,
    presence=PresenceReach(style="train"),
    dynamic_controls=[
        DynamicControl(name="late", level_pct=80, window=ClockWindow(start="23:00", end="05:00")),
        DynamicControl(name="add", operation="Add", level_pct=30, hold_s=20),
        DynamicControl(name="presence"),
    ],
    minimum_burn_s=600,
)


def segment(program: ControlProgram, planner: Planner | None = None) -> SegmentPlan:
    """A straight street of a hundred lamps, a sensor at each, in clusters of six."""
    places = [(f"{i:03d}", f"c{i // 6}", i * SPACING_MM) for i in range(LAMPS_PER_STREET)]
    ends = (0, LAMPS_PER_STREET - 1)
    return SegmentPlan(
        name="street",
        place=GHENT,
        lamps=tuple(
            LampPlan(f"lamp-{i}", "all", c, "street", mm, entrance=n in ends) for n, (i, c, mm) in enumerate(places)
        ),
        sensors=tuple(SensorPlan(f"sensor-{i}", c, "street", mm) for i, c, mm in places),
        groups={"all": planner or planner_for(program, GHENT)},
    )


def passing_users(street: int, start_ms: int, end_ms: int) -> Inputs:
    """Users that pass every sensor of street number ``street``, at 4 to 6 m/s, one way or the other, by turns."""
    rows: list[Row] = []
    every_ms = (end_ms - start_ms - 2 * HOUR_MS) // USERS_PER_NIGHT
    for user in range(USERS_PER_NIGHT):
        enter_ms = start_ms + HOUR_MS + user * every_ms + (street * 7919 + user * 104_729) % every_ms
        speed_mm_s = 4_000 + 500 * ((street + user) % 5)
        direction = 1 if (street + user) % 2 else -1
        for step in range(LAMPS_PER_STREET):
            sensor = step if direction > 0 else LAMPS_PER_STREET - 1 - step
            rows.append((enter_ms + step * SPACING_MM * 1000 // speed_mm_s, Kind.PULSE, sensor, speed_mm_s, direction))
    rows.sort()
    return Inputs(rows)
