"""What happens on a street in one night, whatever controls it: users, sensor reports, light, overrides, faults.

It is made once per street, night and replicate, so that all regimes meet the same users and sensor faults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np

from controllers.replay import Inputs, Kind, Row
from sim.ambient import readings
from sim.detections import Detections
from sim.dice import Purpose, stream
from sim.faults import fault_rows, fault_spans, takes_orders
from sim.frame import Frame, frame
from sim.passages import Passages, passages
from sim.presence import presence
from sim.sensing import sense
from sim.sensor_view import Sensing
from sim.setup import HOUR_MS, Setup
from sim.sightings import Sightings
from sim.traffic import Users
from sim.traffic_source import users_of
from slic.control.civil import minutes_after_noon, night_span
from slic.control.program import AstronomicalPhotocell, ControlProgram, Photocell
from slic.control.segment import Override
from slic.errors import InputError
from slic.lamps.level import pm_from_pct
from slic.scenario.layout import Street
from slic.scenario.model import PlannedOverride

Span = tuple[int, int]


@dataclass(frozen=True)
class Scene:
    """One street, one night, one replicate. What no regime asks for is not drawn.

    given : road users in the place of drawn ones
    """

    setup: Setup
    street: Street
    night: date
    replicate: int
    frame: Frame
    given: Users | None = None

    @property
    def start_ms(self) -> int:
        """Start of the night [UTC ms]."""
        return self.frame.start_ms

    @property
    def end_ms(self) -> int:
        """End of the night [UTC ms]."""
        return self.frame.end_ms

    @property
    def dark(self) -> list[Span]:
        """Spans without sun [UTC ms]."""
        return self.frame.dark

    @property
    def missing(self) -> int:
        """Slots of the count file in the dark that had no value."""
        return self.frame.missing

    @cached_property
    def users(self) -> Users:
        """Road users."""
        if self.given is not None:
            return self.given
        night = (self.start_ms, self.end_ms)
        source, traffic = self.setup.traffic, self.setup.scenario.traffic
        return users_of(source, traffic, self.street.name, self.frame.flow, night, lambda: self.dice(Purpose.TRAFFIC))

    @cached_property
    def passages(self) -> Passages:
        """Users at lamps in the dark."""
        return passages(self.street.like, self.users, self.dark)

    @cached_property
    def detections(self) -> Detections:
        """What presence sensors detect."""
        return sense(self.sensing)

    @cached_property
    def sightings(self) -> Sightings:
        """When presence sensors see anybody, whoever it is."""
        return presence([self.sensing])[0]

    @property
    def sensing(self) -> Sensing:
        """What it takes to know what presence sensors see."""
        sensors, night = self.frame.sensors, (self.start_ms, self.end_ms)
        street = self.street if sensors.stuck else self.street.like
        return Sensing(street, self.users, sensors, night, self.frame.wanted, lambda: self.dice(Purpose.SENSORS))

    @cached_property
    def reports(self) -> list[Row]:
        """The detections as reports, in order."""
        return self.detections.rows()

    @cached_property
    def orders(self) -> list[Override]:
        """Planned overrides."""
        return _orders(self.setup.scenario.overrides, self.street, self.start_ms, self.end_ms)

    @cached_property
    def dead(self) -> list[bool]:
        """Which lamps do not light."""
        share, number = self.setup.scenario.gear.dead_lamps, len(self.street.like.lamps)
        if not share:
            return [False] * number
        dead: list[bool] = (self.dice(Purpose.GEAR).random(number) < share).tolist()
        return dead

    def dice(self, purpose: Purpose) -> np.random.Generator:
        """The stream of random numbers of this street-night for one purpose."""
        seed = self.setup.scenario.run.seed
        return stream(seed, self.replicate, self.street.name, self.night, purpose)


def make_scene(setup: Setup, street: Street, night: date, replicate: int, users: Users | None = None) -> Scene:
    """A street-night. ``users`` are who moves there, in order of ``t_ms``, in the place of drawn ones."""
    return Scene(setup, street, night, replicate, frame(setup, night), users)


def see_together(scenes: Sequence[Scene]) -> None:
    """Work out the sightings of scenes of one night, those of streets that are alike at once; they keep them."""
    alike: dict[Street, list[Scene]] = {}
    for scene in scenes:
        if "sightings" not in vars(scene):
            alike.setdefault(scene.sensing.street, []).append(scene)
    for some in alike.values():
        for scene, found in zip(some, presence([scene.sensing for scene in some]), strict=True):
            vars(scene)["sightings"] = found


def inputs_for(scene: Scene, regime: str) -> Inputs:
    """What the controller of a regime gets. An override that comes while the clock is not trusted is not taken.

    The baseline has no control system, so commands and faults of one do not reach it.
    """
    others = inputs_without_presence(scene, regime)
    reports = _reports(scene, programs_of(scene, regime))
    if others.rows:
        reports = sorted([*others.rows, *reports], key=lambda row: row[:2])
    return Inputs(reports, others.lux, others.overrides)


def inputs_without_presence(scene: Scene, regime: str) -> Inputs:
    """What the controller of a regime gets but for presence, in order."""
    has_cell = any(has_photocell(program) for program in programs_of(scene, regime))
    lux_ms, lux = _readings(scene) if has_cell else ([], [])
    rows = [] if is_baseline(scene, regime) else _disturbances(scene)
    rows += [(t_ms, Kind.AMBIENT, i, 0, 0) for i, t_ms in enumerate(lux_ms)]
    return Inputs(sorted(rows, key=lambda row: row[:2]), lux, scene.orders)


def programs_of(scene: Scene, regime: str) -> list[ControlProgram]:
    """The programs of this night under a regime, one for each lamp group."""
    planners = scene.setup.regimes[regime].values()
    return [planner.programs[planner.night(scene.night).program] for planner in planners]


def is_baseline(scene: Scene, regime: str) -> bool:
    """Whether a regime is the one that savings are measured against."""
    return regime == scene.setup.scenario.baseline


def _disturbances(scene: Scene) -> list[Row]:
    faults = scene.setup.scenario.faults
    starts_ms = [max(order.start_ms, scene.start_ms) for order in scene.orders]
    orders = enumerate(starts_ms)
    return [
        *(fault_rows(faults, scene.street, scene.start_ms) if faults else ()),
        *((t_ms, Kind.OVERRIDE, i, 0, 0) for i, t_ms in orders if takes_orders(faults, scene.start_ms, t_ms)),
    ]


def reads_presence(program: ControlProgram) -> bool:
    """Whether a program uses presence sensors."""
    return bool(program.dynamic_controls or program.traffic_classes)


def reports_every_user(programs: Sequence[ControlProgram]) -> bool:
    """Whether sensors that are up report further users too: only trains, which follow each one, and counts need it."""
    return any(reads_presence(p) and (p.presence.style == "train" or p.traffic_classes) for p in programs)


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
    """The sensor reports that a regime's programs of this night can act on."""
    if not any(map(reads_presence, programs)):
        return []
    if reports_every_user(programs):
        return scene.reports
    return [row for row in scene.reports if row[1] != Kind.MORE]


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
    index = {lamp.id: i for i, lamp in enumerate(street.lamps)} if planned else {}
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
