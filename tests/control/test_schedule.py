"""Compiled nights: published clock times and hand-made cases, then any program at any place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slic.control.calendar import Calendar, CalendarRule
from slic.control.place import Place
from slic.control.planner import Planner, astronomical_default, planner_for
from slic.control.program import ControlProgram
from slic.control.schedule import Mode, NightSchedule, Step
from slic.errors import InputError

LONDON = Place(51.5074, -0.1278, "Europe/London")
TROMSO = Place(69.65, 18.96, "Europe/Oslo")
QUITO = Place(-0.18, -78.47, "America/Guayaquil")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def program(**fields: Any) -> ControlProgram:
    return ControlProgram.model_validate({"name": "test", **fields})


def night_of(day: str, place: Place = LONDON, **fields: Any) -> NightSchedule:
    return planner_for(program(**fields), place).night(date.fromisoformat(day))


def absolute(start: str, end: str) -> dict[str, str]:
    return {"kind": "absolute", "start": start, "end": end}


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def at(schedule: NightSchedule, text: str) -> Step:
    """The step that holds at a UTC moment."""
    return [step for step in schedule.steps if step.t_ms <= utc(text)][-1]


def clock(schedule: NightSchedule) -> list[tuple[str, int]]:
    """(UTC time, level) of the steps."""
    return [(f"{datetime.fromtimestamp(s.t_ms / 1000, UTC):%H:%M}", s.level_pm) for s in schedule.steps]


def test_an_absolute_night_with_fixed_times() -> None:
    schedule = night_of(
        "2023-01-10",
        active_periods=[absolute("17:00", "07:00")],
        fixed_time_controls=[{"at": "06:00", "level_pct": 90}, {"at": "23:00", "level_pct": 33.3}],
    )
    levels = [(t, level) for t, level in clock(schedule) if t in ("12:00", "17:00", "23:00", "06:00", "07:00")]
    assert levels == [("12:00", 0), ("17:00", 1000), ("23:00", 333), ("06:00", 900), ("07:00", 0)]
    assert at(schedule, "2023-01-11T02:00").rule == "fixed time 23:00"
    assert at(schedule, "2023-01-10T18:00").rule == "idle level"
    assert at(schedule, "2023-01-10T13:00").rule == "outside the active period"


def test_steps_also_change_where_the_clock_says_dark() -> None:
    """London, 21 June 2023: sunset 21:21, sunrise 04:43 summer time (HM Nautical Almanac Office)."""
    schedule = night_of("2023-06-21", active_periods=[absolute("20:00", "06:00")])
    dark = [step.t_ms for step in schedule.steps if step.dark_by_clock]
    assert abs(dark[0] - utc("2023-06-21T20:21:30")) < MINUTE_MS
    assert not at(schedule, "2023-06-21T20:00").dark_by_clock
    assert not at(schedule, "2023-06-22T04:00").dark_by_clock


def test_fixed_times_on_the_clock_change_nights() -> None:
    controls = [{"at": "01:30", "level_pct": 50}, {"at": "03:00", "level_pct": 80}]
    spring = night_of("2023-03-25", fixed_time_controls=controls)
    assert [s.t_ms for s in spring.steps if s.rule == "fixed time 01:30"] == [utc("2023-03-26T01:00")]
    assert [s.t_ms for s in spring.steps if s.rule == "fixed time 03:00"] == [utc("2023-03-26T02:00")]
    autumn = night_of("2023-10-28", fixed_time_controls=controls)
    assert [s.t_ms for s in autumn.steps if s.rule == "fixed time 01:30"] == [utc("2023-10-29T00:30")]
    assert [s.t_ms for s in autumn.steps if s.rule == "fixed time 03:00"] == [utc("2023-10-29T03:00")]


def test_a_cell_on_utc_does_not_follow_summer_time() -> None:
    schedule = night_of("2023-07-01", clock="utc", fixed_time_controls=[{"at": "00:00", "level_pct": 0}])
    assert [s.t_ms for s in schedule.steps if s.rule == "fixed time 00:00"] == [utc("2023-07-02T00:00")]


def test_on_wins_over_cell_and_cell_over_off() -> None:
    schedule = night_of(
        "2023-01-10",
        active_periods=[{"kind": "photocell"}, absolute("20:00", "22:00"), absolute("21:00", "23:00")],
    )
    assert at(schedule, "2023-01-10T19:59").mode is Mode.CELL
    assert at(schedule, "2023-01-10T19:59").cell == 0
    assert at(schedule, "2023-01-10T20:00").mode is Mode.ON
    assert at(schedule, "2023-01-10T22:30").mode is Mode.ON
    assert at(schedule, "2023-01-10T23:00").mode is Mode.CELL


def test_trigger_windows_of_a_photocell() -> None:
    schedule = night_of(
        "2023-01-10",
        active_periods=[
            {
                "kind": "astronomical_photocell",
                "before_sunset_min": 20,
                "after_sunset_min": 10,
                "before_sunrise_min": 40,
                "after_sunrise_min": 5,
            }
        ],
    )
    t_ms = [step.t_ms for step in schedule.steps]
    modes = [(step.mode, step.dark_by_clock) for step in schedule.steps]
    off, cell, on = Mode.OFF, Mode.CELL, Mode.ON
    assert modes == [(off, False), (cell, False), (cell, True), (on, True), (cell, True), (cell, False), (off, False)]
    assert (t_ms[2] - t_ms[1], t_ms[3] - t_ms[2]) == (20 * MINUTE_MS, 10 * MINUTE_MS)
    assert (t_ms[5] - t_ms[4], t_ms[6] - t_ms[5]) == (40 * MINUTE_MS, 5 * MINUTE_MS)


@pytest.mark.parametrize(
    ("operation", "level_pct", "expected"),
    [("Set", 10, 100), ("Max", 70, 700), ("Min", 20, 200), ("Add", 70, 1000), ("Sub", 70, 0), ("Mul", 50, 200)],
)
def test_astro_clock_controls_act_on_the_fixed_times(operation: str, level_pct: float, expected: int) -> None:
    schedule = night_of(
        "2023-01-10",
        idle_level_pct=40,
        astro_clock_controls=[{"event": "sunset", "offset_min": 60, "operation": operation, "level_pct": level_pct}],
    )
    sunset_ms = next(step.t_ms for step in schedule.steps if step.mode is Mode.ON)
    assert [(s.t_ms - sunset_ms, s.level_pm) for s in schedule.steps if s.mode is Mode.ON] == [
        (0, 400),
        (HOUR_MS, expected),
    ]


def test_the_next_astro_clock_control_ends_the_one_before() -> None:
    schedule = night_of(
        "2023-01-10",
        astro_clock_controls=[
            {"event": "sunrise", "offset_min": -120, "operation": "Set", "level_pct": 100},
            {"event": "sunset", "offset_min": 120, "operation": "Mul", "level_pct": 50},
        ],
    )
    assert [s.level_pm for s in schedule.steps if s.mode is Mode.ON] == [1000, 500, 1000]
    assert at(schedule, "2023-01-10T23:00").rule == "sunset +120 min: Mul 50 % on idle level"


def test_learned_midnight_is_the_middle_of_past_burns() -> None:
    """Burns of a clock from 18:00 to 06:00 have their middle at 00:00; the site offset moves it."""
    schedule = night_of(
        "2023-01-10",
        active_periods=[absolute("18:00", "06:00")],
        learned_midnight={
            "site_offset_min": 15,
            "steps": [{"offset_min": -120, "level_pct": 50}, {"offset_min": 240, "level_pct": 100}],
        },
    )
    learned = [(s.t_ms, s.level_pm) for s in schedule.steps if s.rule.startswith("learned midnight")]
    assert learned[0] == (utc("2023-01-10T22:15"), 500)
    assert learned[-1] == (utc("2023-01-11T04:15"), 1000)
    assert schedule.steps[-1].mode is Mode.OFF


def test_learned_midnight_does_not_follow_the_clock_change() -> None:
    """The burns before are centred on solar midnight; summer time does not move it."""
    learned = {"steps": [{"offset_min": 0, "level_pct": 50}]}
    before, after = (night_of(day, learned_midnight=learned) for day in ("2023-03-24", "2023-03-27"))
    middles = [next(s.t_ms for s in one.steps if s.level_pm == 500) for one in (before, after)]
    assert abs(middles[1] - middles[0] - 3 * 24 * HOUR_MS) < 3 * MINUTE_MS


def test_learned_midnight_knows_nothing_after_the_midnight_sun() -> None:
    learned = {"nights_to_learn": 3, "steps": [{"offset_min": -300, "level_pct": 50}]}
    planner = planner_for(program(learned_midnight=learned), TROMSO)
    lit = [night for day in range(20, 32) if _lit(night := planner.night(date(2023, 7, day)))]
    assert 3 < len(lit) < 12
    assert not any("learned" in s.rule for night in lit[:3] for s in night.steps)
    assert any("learned" in s.rule for s in lit[3].steps)


def _lit(schedule: NightSchedule) -> bool:
    return any(step.mode is Mode.ON for step in schedule.steps)


def test_a_short_scheduled_burn_is_left_out() -> None:
    periods = [absolute("16:00", "16:08"), absolute("20:00", "23:00")]
    assert len(_on(night_of("2023-01-10", active_periods=periods, minimum_burn_s=480))) == 2
    kept = _on(night_of("2023-01-10", active_periods=periods, minimum_burn_s=481))
    assert [step.t_ms for step in kept] == [utc("2023-01-10T20:00")]


def _on(schedule: NightSchedule) -> list[Step]:
    """First step of each part that is on."""
    steps = schedule.steps
    return [s for i, s in enumerate(steps) if s.mode is Mode.ON and (i == 0 or steps[i - 1].mode is not Mode.ON)]


def test_a_short_burn_beside_a_photocell_stays() -> None:
    schedule = night_of(
        "2023-01-10", active_periods=[{"kind": "photocell"}, absolute("20:00", "20:05")], minimum_burn_s=3600
    )
    assert [step.t_ms for step in _on(schedule)] == [utc("2023-01-10T20:00")]


def test_a_burn_across_noon_counts_with_its_whole_length() -> None:
    day = night_of("2023-01-10", active_periods=[absolute("11:55", "14:00")], minimum_burn_s=3600)
    assert [step.t_ms for step in _on(day)] == [utc("2023-01-10T12:00"), utc("2023-01-11T11:55")]


def test_dynamic_windows_are_steps() -> None:
    schedule = night_of(
        "2023-01-10",
        active_periods=[absolute("18:00", "06:00")],
        dynamic_controls=[
            {"name": "late", "window": {"start": "23:00", "end": "05:00"}},
            {"name": "always"},
        ],
    )
    assert at(schedule, "2023-01-10T22:59").dynamics == (1,)
    assert at(schedule, "2023-01-10T23:00").dynamics == (0, 1)
    assert at(schedule, "2023-01-11T05:00").dynamics == (1,)
    assert at(schedule, "2023-01-11T06:00").dynamics == ()


def test_entrance_lamps_keep_their_own_level() -> None:
    schedule = night_of(
        "2023-01-10",
        idle_level_pct=20,
        entrance_idle_level_pct=30,
        fixed_time_controls=[{"at": "23:00", "level_pct": 0, "entrance_level_pct": 20}],
    )
    levels = [(s.level_pm, s.entrance_level_pm) for s in schedule.steps if s.mode is Mode.ON]
    assert levels == [(200, 300), (0, 200)]


def test_polar_night_is_one_step_and_midnight_sun_has_none_lit() -> None:
    default = astronomical_default(TROMSO)
    winter, summer = default.night(date(2023, 12, 15)), default.night(date(2023, 6, 15))
    assert [(s.t_ms, s.mode, s.level_pm) for s in winter.steps] == [(winter.start_ms, Mode.ON, 1000)]
    assert [(s.t_ms, s.mode) for s in summer.steps] == [(summer.start_ms, Mode.OFF)]


def test_the_night_of_a_moment() -> None:
    planner = astronomical_default(LONDON)
    assert planner.night_at(utc("2023-01-11T11:59")).night == date(2023, 1, 10)
    assert planner.night_at(utc("2023-01-11T12:00")).night == date(2023, 1, 11)


def test_the_calendar_chooses_the_program() -> None:
    rule = CalendarRule(program="weekend", weekdays=["fri", "sat"])
    calendar = Calendar(name="town", rules=[rule], default="week")
    programs = {name: ControlProgram(name=name) for name in ("week", "weekend")}
    planner = Planner(programs, calendar, LONDON)
    assert [planner.night(date(2023, 1, day)).program for day in (5, 6, 7, 8)] == ["week", "weekend", "weekend", "week"]


def test_bad_places_and_programs_are_refused() -> None:
    with pytest.raises(InputError, match="latitude: 95"):
        astronomical_default(Place(95, 0, "UTC"))
    with pytest.raises(InputError, match="timezone: 'Mars/Base'"):
        astronomical_default(Place(0, 0, "Mars/Base"))
    with pytest.raises(InputError, match="'none' is not a known program"):
        Planner({}, Calendar(name="town", default="none"), LONDON)


# Any program, anywhere

percent = st.sampled_from([0, 0.04, 10, 33.3, 50, 100])
clock_time = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)) | st.sampled_from(
    ["01:00", "01:30", "02:00", "02:30", "03:00", "12:00", "00:00"]
)
offset = st.integers(-720, 720)
window = st.fixed_dictionaries({"start": clock_time, "end": clock_time})
elevation = st.sampled_from([-18, -6, -0.8333, 5])
minutes = st.integers(0, 180)
period = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("astronomical"),
            "sunset_offset_min": offset,
            "sunrise_offset_min": offset,
            "sun_elevation_deg": elevation,
        }
    ),
    st.fixed_dictionaries({"kind": st.just("photocell")}),
    st.fixed_dictionaries(
        {
            "kind": st.just("astronomical_photocell"),
            "before_sunset_min": minutes,
            "after_sunset_min": minutes,
            "before_sunrise_min": minutes,
            "after_sunrise_min": minutes,
            "sun_elevation_deg": elevation,
        }
    ),
    st.fixed_dictionaries({"kind": st.just("absolute"), "start": clock_time, "end": clock_time}),
)
programs = st.fixed_dictionaries(
    {
        "clock": st.sampled_from(["civil", "utc"]),
        "active_periods": st.lists(period, min_size=1, max_size=3),
        "idle_level_pct": percent,
        "fixed_time_controls": st.lists(
            st.fixed_dictionaries({"at": clock_time, "level_pct": percent, "entrance_level_pct": st.none() | percent}),
            max_size=4,
        ),
        "astro_clock_controls": st.lists(
            st.fixed_dictionaries(
                {
                    "event": st.sampled_from(["sunset", "sunrise"]),
                    "offset_min": offset,
                    "operation": st.sampled_from(["Set", "Max", "Min", "Add", "Sub", "Mul"]),
                    "level_pct": percent,
                }
            ),
            max_size=3,
        ),
        "learned_midnight": st.none()
        | st.fixed_dictionaries(
            {
                "nights_to_learn": st.integers(1, 4),
                "site_offset_min": offset,
                "steps": st.lists(
                    st.fixed_dictionaries({"offset_min": offset, "level_pct": percent}), min_size=1, max_size=2
                ),
            }
        ),
        "dynamic_controls": st.lists(
            st.fixed_dictionaries({"name": st.just("any"), "window": st.none() | window}), max_size=3
        ),
        "minimum_burn_s": st.sampled_from([0, 600, 43_200]),
    }
)
places = st.sampled_from(
    [
        LONDON,
        TROMSO,
        QUITO,
        Place(90, 0, "UTC"),
        Place(-78, 166, "Antarctica/McMurdo"),
        Place(1.87, -157.43, "Pacific/Kiritimati"),
        Place(-31.55, 159.08, "Australia/Lord_Howe"),
        Place(-13.83, -171.77, "Pacific/Apia"),
    ]
)
nights = st.one_of(
    st.dates(date(2000, 1, 1), date(2035, 12, 31)),
    st.sampled_from([date(2023, 3, 25), date(2023, 10, 28), date(2011, 12, 29), date(2011, 12, 30), date(2023, 9, 30)]),
)


@settings(max_examples=150, deadline=None)
@given(programs, places, nights)
def test_any_program_makes_valid_steps(fields: dict[str, Any], place: Place, night: date) -> None:
    planner = planner_for(program(**fields), place)
    schedule = planner.night(night)
    moments = [step.t_ms for step in schedule.steps]
    assert moments[0] == schedule.start_ms < schedule.end_ms
    assert all(a < b for a, b in pairwise(moments))
    assert moments[-1] < schedule.end_ms
    assert schedule.end_ms == planner.night(date.fromordinal(night.toordinal() + 1)).start_ms
    for step, following in pairwise(schedule.steps):
        assert step[1:] != following[1:]
    for step in schedule.steps:
        _check(step, fields)


def _check(step: Step, fields: dict[str, Any]) -> None:
    assert isinstance(step.t_ms, int)
    assert 0 <= step.level_pm <= 1000 and 0 <= step.entrance_level_pm <= 1000
    assert step.rule
    assert list(step.dynamics) == sorted(set(step.dynamics))
    assert all(0 <= index < len(fields["dynamic_controls"]) for index in step.dynamics)
    if step.mode is Mode.CELL:
        assert fields["active_periods"][step.cell]["kind"] in ("photocell", "astronomical_photocell")
    else:
        assert step.cell == -1
    if step.mode is Mode.OFF:
        assert (step.level_pm, step.dynamics) == (0, ())


@settings(max_examples=40, deadline=None)
@given(programs, places, nights)
def test_a_night_does_not_depend_on_the_nights_asked_before(fields: dict[str, Any], place: Place, night: date) -> None:
    alone = planner_for(program(**fields), place).night(night)
    planner = planner_for(program(**fields), place)
    for back in range(300, 0, -50):
        planner.night(date.fromordinal(night.toordinal() - back))
    assert planner.night(night) == alone


@settings(max_examples=60, deadline=None)
@given(programs, places, nights)
def test_a_period_given_twice_changes_nothing(fields: dict[str, Any], place: Place, night: date) -> None:
    """Periods that overlap are joined moment by moment, those that do not in one pass: both must say the same."""
    own = program(**fields)
    twice = own.model_copy(update={"active_periods": [*own.active_periods, *own.active_periods]})
    assert planner_for(twice, place).night(night).steps == planner_for(own, place).night(night).steps
