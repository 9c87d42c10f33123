"""A control program in plain words: everything in it that can change a level."""

from __future__ import annotations

from slic.control.program import (
    Absolute,
    ActivePeriod,
    Astronomical,
    AstronomicalPhotocell,
    ControlProgram,
    DynamicControl,
    PresenceReach,
    TrafficClasses,
)

_UPPER_LIMB_DEG = -0.8333


def program_words(program: ControlProgram) -> str:
    """Title, active periods, levels, controls and times of a program, in one line."""
    words = [", and ".join(_active(period) for period in program.active_periods), *_levels(program)]
    if program.traffic_classes is not None:
        words.append(_classes(program.traffic_classes))
    words += [_dynamic(program, control) for control in program.dynamic_controls]
    if program.dynamic_controls:
        words.append(_reach(program.presence))
    if program.ramp_up_s or program.ramp_down_s:
        words.append(f"ramps {program.ramp_up_s:g} s up, {program.ramp_down_s:g} s down")
    if program.minimum_burn_s:
        words.append(f"burns at least {program.minimum_burn_s:g} s")
    if program.clock == "utc":
        words.append("clock times in UTC, without summer time")
    levels = "; ".join(words)
    return f"{program.title}: {levels}" if program.title else levels


def _active(period: ActivePeriod) -> str:
    if isinstance(period, Absolute):
        return f"on from {period.start} to {period.end}"
    if isinstance(period, Astronomical):
        return (
            f"on from {_moment(period.sunset_offset_min, 'sunset')} to {_moment(period.sunrise_offset_min, 'sunrise')}"
            f"{_sun(period.sun_elevation_deg)}"
        )
    lux = f"on below {period.on_lux:g} lx, off above {period.off_lux:g} lx"
    if isinstance(period, AstronomicalPhotocell):
        return (
            f"photocell ({lux}) from {period.before_sunset_min:g} min before to {period.after_sunset_min:g} min after "
            f"sunset and from {period.before_sunrise_min:g} min before to {period.after_sunrise_min:g} min after "
            f"sunrise, on between{_sun(period.sun_elevation_deg)}"
        )
    return f"photocell: {lux}"


def _moment(offset_min: float, event: str) -> str:
    if offset_min == 0:
        return event
    return f"{abs(offset_min):g} min {'before' if offset_min < 0 else 'after'} {event}"


def _sun(elevation_deg: float) -> str:
    return "" if elevation_deg == _UPPER_LIMB_DEG else f" (sun at {elevation_deg:g} degrees)"


def _levels(program: ControlProgram) -> list[str]:
    words = [f"{program.idle_level_pct:g} %{_entrance(program.entrance_idle_level_pct)}"]
    words += [f"{c.level_pct:g} % from {c.at}{_entrance(c.entrance_level_pct)}" for c in program.fixed_time_controls]
    words += [
        f"{c.operation} {c.level_pct:g} % from {_moment(c.offset_min, c.event)}" for c in program.astro_clock_controls
    ]
    learned = program.learned_midnight
    if learned is not None:
        steps = ", ".join(f"{s.level_pct:g} % from {_moment(s.offset_min, 'it')}" for s in learned.steps)
        moved = f", moved by {learned.site_offset_min:+g} min" if learned.site_offset_min else ""
        words.append(f"midnight learned from {learned.nights_to_learn} nights{moved}: {steps}")
    return words


def _entrance(level_pct: float | None) -> str:
    return "" if level_pct is None else f" ({level_pct:g} % at entrances)"


def _classes(classes: TrafficClasses) -> str:
    levels = ", ".join(
        f"{c.name} {c.level_pct:g} % " + ("above" if c.up_to_per_h is None else f"up to {c.up_to_per_h:g}/h")
        for c in classes.classes
    )
    return f"level by traffic counted over {classes.window_s:g} s, every {classes.step_s:g} s: {levels}"


def _dynamic(program: ControlProgram, control: DynamicControl) -> str:
    window = "" if control.window is None else f" from {control.window.start} to {control.window.end}"
    sensors = f" of sensors {', '.join(control.sensors)}" if control.sensors else ""
    hold_s = program.hold_ms(control) / 1000
    return f"on presence{sensors}{window}: {control.operation} {control.level_pct:g} %, hold {hold_s:g} s"


def _reach(reach: PresenceReach) -> str:
    if reach.style == "cluster":
        return "presence raises the clusters of the sensor"
    if reach.style == "own":
        return "presence raises the nearest lamp alone"
    return (
        f"presence raises the lamps from {reach.behind_m:g} m behind to {reach.ahead_m:g} m plus {reach.lead_s:g} s of "
        f"travel ahead, {reach.assumed_speed_m_s:g} m/s where the speed is not known"
    )
