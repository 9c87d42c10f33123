"""What happens on a street in one night, whatever controls it: users, sensor reports, light, overrides, faults.

It is made once per street, night and replicate, so that all regimes meet the same users and sensor faults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np

from controllers.replay import Inputs, Kind, Row
from sim.ambient import readings
from sim.counts import Counts, Integers, dark_slots
from sim.dice import Purpose, stream
from sim.faults import fault_rows, fault_spans, silenced, takes_orders
from sim.passages import passages
from sim.sensing import sense
from sim.setup import HOUR_MS, Setup, dark_spans
from sim.traffic import Users, flow_of, make_users
from slic.control.civil import minutes_after_noon, night_span
from slic.control.planner import Planner
from slic.control.program import AstronomicalPhotocell, ControlProgram, Photocell
from slic.control.segment import Override
from slic.errors import InputError
from slic.lamps.level import pm_from_pct
from slic.scenario.layout import Street
from slic.scenario.model import PlannedOverride

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """One street, one night, one replicate.

    dark : spans without sun [UTC ms]; passages : for each lamp, users' enter and leave in the dark
    reports : of the presence sensors, in order; orders : planned overrides; dead : which lamps do not light
    missing : slots of the count file in the dark that had no value
    """

    setup: Setup
    street: Street
    night: date
    replicate: int
    start_ms: int
    end_ms: int
    dark: list[Span]
    users: Users
    passages: list[tuple[Integers, Integers]]
    reports: list[Row]
    orders: list[Override]
    dead: list[bool]
    missing: int

    def dice(self, purpose: Purpose) -> np.random.Generator:
        """The stream of random numbers of this street-night for one purpose."""
        seed = self.setup.scenario.run.seed
        return stream(seed, self.replicate, self.street.name, self.night, purpose)


def make_scene(setup: Setup, street: Street, night: date, replicate: int) -> Scene:
    """Draw a street-night."""
    scenario = setup.scenario
    span = night_span(setup.place.timezone, night)
    start_ms, end_ms = span.start_ms, span.end_ms
    dark = dark_spans(setup.default.night(night))
    seed = (scenario.run.seed, replicate, street.name, night)
    flow = flow_of(setup.traffic, start_ms, end_ms)
    users = make_users(flow, scenario.traffic, start_ms, end_ms, stream(*seed, Purpose.TRAFFIC))
    _, missing = dark_slots(setup.traffic, dark) if isinstance(setup.traffic, Counts) else (0, 0)
    dead = stream(*seed, Purpose.GEAR).random(len(street.lamps)) < scenario.gear.dead_lamps
    return Scene(
        setup=setup,
        street=street,
        night=night,
        replicate=replicate,
        start_ms=start_ms,
        end_ms=end_ms,
        dark=dark,
        users=users,
        passages=passages(street, users, dark),
        reports=sense(
            street,
            users,
            silenced(scenario.sensors, scenario.faults),
            (start_ms, end_ms),
            _wanted_reports(setup, night),
            stream(*seed, Purpose.SENSORS),
        ),
        orders=_orders(scenario.overrides, street, start_ms, end_ms),
        dead=dead.tolist(),
        missing=missing,
    )


def inputs_for(scene: Scene, regime: str) -> Inputs:
    """What the controller of a regime gets. An override that comes while the clock is not trusted is not taken.

    The baseline has no control system, so commands and faults of one do not reach it.
    """
    planners = scene.setup.regimes[regime]
    programs = [planner.programs[planner.night(scene.night).program] for planner in planners.values()]
    reports = _reports(scene, programs)
    lux_ms, lux = _readings(scene) if any(has_photocell(program) for program in programs) else ([], [])
    rows = [] if is_baseline(scene, regime) else _disturbances(scene)
    rows += [(t_ms, Kind.AMBIENT, i, 0, 0) for i, t_ms in enumerate(lux_ms)]
    if rows:
        reports = sorted(rows + reports, key=lambda row: row[:2])
    return Inputs(reports, lux, scene.orders)


def is_baseline(scene: Scene, regime: str) -> bool:
    """Whether a regime is the one that savings are measured against."""
    return regime == scene.setup.scenario.baseline


def _disturbances(scene: Scene) -> list[Row]:
    faults = scene.setup.scenario.faults
    starts_ms = [max(order.start_ms, scene.start_ms) for order in scene.orders]
    orders = enumerate(starts_ms)
    return [
        *fault_rows(faults, scene.street, scene.start_ms),
        *((t_ms, Kind.OVERRIDE, i, 0, 0) for i, t_ms in orders if takes_orders(faults, scene.start_ms, t_ms)),
    ]


def reads_presence(program: ControlProgram) -> bool:
    """Whether a program uses presence sensors."""
    return bool(program.dynamic_controls or program.traffic_classes)


def has_photocell(program: ControlProgram) -> bool:
    """Whether a program uses ambient light."""
    return any(isinstance(period, Photocell | AstronomicalPhotocell) for period in program.active_periods)


def required_steps(scene: Scene) -> list[tuple[int, int]]:
    """Required level as (t_ms, level_pm) steps from the start of the night on."""
    span = night_span(scene.setup.place.timezone, scene.night)
    wanted = [(minutes_after_noon(entry.at), entry) for entry in scene.setup.scenario.service.required]
    steps = sorted((span.at(minutes), pm_from_pct(entry.level_pct)) for minutes, entry in wanted)
    return [(min(scene.start_ms, steps[0][0]), steps[-1][1]), *steps]


def _readings(scene: Scene) -> tuple[list[int], list[float]]:
    setup = scene.setup
    stale_s = setup.scenario.ambient_sensor.stale_after_s
    t_ms, lux = readings(setup.scenario.ambient, setup.weather, setup.place, scene.start_ms, scene.end_ms, stale_s)
    for since_ms, until_ms in fault_spans(setup.scenario.faults, "light_sensor", scene.start_ms):
        sent = [i for i, moment_ms in enumerate(t_ms) if not since_ms <= moment_ms < until_ms]
        t_ms, lux = [t_ms[i] for i in sent], [lux[i] for i in sent]
    return t_ms, lux


def _reports(scene: Scene, programs: Sequence[ControlProgram]) -> list[Row]:
    """The sensor reports that a regime's programs of this night can act on.

    While a sensor is up a further user matters only to trains, which follow each one, and to traffic counts.
    """
    acting = [program for program in programs if reads_presence(program)]
    if not acting:
        return []
    if any(program.presence.style == "train" or program.traffic_classes for program in acting):
        return scene.reports
    return [row for row in scene.reports if row[1] != Kind.MORE]


def _wanted_reports(setup: Setup, night: date) -> Span:
    """From the first to the last moment at which a report can matter to any regime, holds included."""
    planners = [planner for groups in setup.regimes.values() for planner in groups.values()]
    spans = [span for span in (_presence_span(planner, night) for planner in planners) if span is not None]
    latency_ms = round(setup.scenario.sensors.latency_s * 1000)
    return (
        min((span[0] for span in spans), default=0) - latency_ms,
        max((span[1] for span in spans), default=-latency_ms - 1),
    )


def _presence_span(planner: Planner, night: date) -> Span | None:
    schedule = planner.night(night)
    program = planner.programs[schedule.program]
    if program.traffic_classes:
        return schedule.start_ms, schedule.end_ms
    acting = [(step.t_ms, end) for step, end in schedule.spans() if step.dynamics]
    if not acting:
        return None
    hold_ms = max(program.hold_ms(control) for control in program.dynamic_controls)
    return acting[0][0] - hold_ms, acting[-1][1]


def order_span(order: PlannedOverride) -> Span:
    """Start and end of a planned override [UTC ms]. Raises InputError for what is not a UTC time."""
    try:
        start = datetime.strptime(order.start, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(
            "is not a time", field="overrides.start", value=order.start, allowed="UTC, YYYY-MM-DDTHH:MMZ"
        ) from None
    start_ms = round(start.timestamp() * 1000)
    return start_ms, start_ms + round(order.for_h * HOUR_MS)


def _orders(planned: Sequence[PlannedOverride], street: Street, start_ms: int, end_ms: int) -> list[Override]:
    """The overrides that hold during a night for lamps of a street."""
    index = {lamp.id: i for i, lamp in enumerate(street.lamps)}
    orders = []
    for number, order in enumerate(planned, 1):
        since_ms, until_ms = order_span(order)
        lamps = tuple(index[lamp] for lamp in order.lamps if lamp in index)
        if since_ms < end_ms and until_ms > start_ms and (lamps or not order.lamps):
            taken = Override(
                id=f"planned-{number}",
                issuer=order.issuer,
                reason=order.reason,
                level_pm=pm_from_pct(order.level_pct),
                start_ms=since_ms,
                expiry_ms=until_ms,
                kind=order.kind,
            )
            orders.append(replace(taken, lamps=lamps))
    return orders
