"""Programs in plain words: whatever moves a level is in them."""

from __future__ import annotations

from typing import Any

from slic.control.program import ControlProgram
from slic.report.program_words import program_words


def words(**values: Any) -> str:
    return program_words(ControlProgram.model_validate({"name": "p", **values}))


def test_a_plain_program() -> None:
    assert words(title="Full night") == "Full night: on from sunset to sunrise; 100 %"


def test_periods_with_offsets_and_their_sunset() -> None:
    early = {"kind": "astronomical", "sunset_offset_min": 10, "sunrise_offset_min": -5, "sun_elevation_deg": -6}
    late = {"kind": "absolute", "start": "05:00", "end": "07:30"}
    assert words(active_periods=[early, late]) == (
        "on from 10 min after sunset to 5 min before sunrise (sun at -6 degrees), and on from 05:00 to 07:30; 100 %"
    )


def test_photocells_with_their_lux_and_windows() -> None:
    assert words(active_periods=[{"kind": "photocell", "on_lux": 20, "off_lux": 40}]).startswith(
        "photocell: on below 20 lx, off above 40 lx"
    )
    window = {"kind": "astronomical_photocell", "before_sunset_min": 20, "on_lux": 55, "off_lux": 110}
    assert words(active_periods=[window]) == (
        "photocell (on below 55 lx, off above 110 lx) from 20 min before to 30 min after sunset and from 30 min before "
        "to 30 min after sunrise, on between; 100 %"
    )


def test_levels_times_entrances_and_clock() -> None:
    found = words(
        idle_level_pct=80,
        entrance_idle_level_pct=90,
        fixed_time_controls=[{"at": "23:00", "level_pct": 50, "entrance_level_pct": 70}],
        astro_clock_controls=[{"event": "sunrise", "offset_min": -30, "operation": "Max", "level_pct": 60}],
        ramp_up_s=2,
        minimum_burn_s=600,
        clock="utc",
    )
    assert found == (
        "on from sunset to sunrise; 80 % (90 % at entrances); 50 % from 23:00 (70 % at entrances); "
        "Max 60 % from 30 min before sunrise; ramps 2 s up, 0 s down; burns at least 600 s; "
        "clock times in UTC, without summer time"
    )


def test_learned_midnight() -> None:
    steps = [{"offset_min": -60, "level_pct": 50}, {"offset_min": 240, "level_pct": 100}]
    assert (
        "midnight learned from 5 nights, moved by +15 min: 50 % from 60 min before it, 100 % from 240 min after it"
        in (words(learned_midnight={"nights_to_learn": 5, "site_offset_min": 15, "steps": steps}))
    )


def test_presence_with_window_sensors_and_reach() -> None:
    control = {
        "name": "a",
        "level_pct": 90,
        "hold_s": 30,
        "window": {"start": "23:00", "end": "05:00"},
        "sensors": ["s1"],
    }
    train = {"style": "train", "behind_m": 10, "ahead_m": 60, "lead_s": 4, "assumed_speed_m_s": 6}
    found = words(dynamic_controls=[control], presence=train)
    assert "on presence of sensors s1 from 23:00 to 05:00: Max 90 %, hold 30 s" in found
    assert "lamps from 10 m behind to 60 m plus 4 s of travel ahead, 6 m/s where the speed is not known" in found
    assert "nearest lamp alone" in words(dynamic_controls=[{"name": "a"}], presence={"style": "own"})
    assert "presence raises" not in words()


def test_traffic_classes() -> None:
    classes = [{"name": "M5", "up_to_per_h": 100, "level_pct": 50}, {"name": "M3", "level_pct": 100}]
    assert words(traffic_classes={"window_s": 1800, "step_s": 900, "classes": classes}).endswith(
        "level by traffic counted over 1800 s, every 900 s: M5 50 % up to 100/h, M3 100 % above"
    )
