"""Why a lamp had its level at a moment: that street-night is run again, and the decision in force is picked out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from controllers.replay import Kind, replay
from sim.night import Controlled, control, radio_for, segment_plan
from sim.scene import Scene, inputs_for, make_scene
from sim.setup import Setup, prepare
from slic.control.civil import night_of
from slic.control.controller import SegmentController
from slic.control.schedule import Step
from slic.control.segment import Action
from slic.energy.moves import moves_of
from slic.errors import InputError
from slic.lamps.gear import gear_for
from slic.lamps.level import level_on_ramp, pct_from_pm
from slic.scenario.load import LoadedScenario

_NEAR_SENSORS = 3
_LAST_REPORTS = 5


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a sensor near the lamp. kind : on, pulse or off; speed and direction are 0 if not known."""

    t_ms: int
    sensor: str
    kind: str
    speed_mm_s: int
    direction: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision in force at a moment.

    commanded_pm, actual_pm : level [per mille] of the last command, and of the lamp; they differ while a ramp
        is under way, after a lost command and where the lamp is dead
    since_ms, until_ms : of the decision; the end if nothing else happens
    source, rule, cause : who decided, by which control, after which input
    step_rule, step_level_pm : what the schedule alone says at that moment
    unheard : the command has not reached the lamp, though there was time: its sendings were lost
    reports : the last ones of the nearest sensors
    """

    regime: str
    replicate: int
    lamp: str
    t_ms: int
    timezone: str
    night: str
    program: str
    commanded_pm: int
    actual_pm: int
    source: str
    rule: str
    cause: str
    since_ms: int
    until_ms: int
    ramp_ms: int
    step_rule: str
    step_level_pm: int
    dead: bool
    unheard: bool
    reports: tuple[Report, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; moments also as UTC text."""
        values = asdict(self)
        for name in ("t_ms", "since_ms", "until_ms"):
            values[name.removesuffix("_ms")] = _utc(values[name])
        return values

    def text(self) -> str:
        """A few lines for people, in the civil time of the site."""
        lines = [
            f"{self.lamp} under {self.regime}, replicate {self.replicate}, {self._civil(self.t_ms)} ({self.timezone}):",
            f"  level     {pct_from_pm(self.actual_pm)} % (commanded {pct_from_pm(self.commanded_pm)} %)",
            f"  decided   by {self.source}: {self.rule}",
            f"  because   {self.cause}",
            f"  since     {self._civil(self.since_ms)}, ramp {self.ramp_ms / 1000:g} s",
            f"  until     {self._civil(self.until_ms)} if nothing else happens",
            f"  schedule  {self.program}: {self.step_rule}, {pct_from_pm(self.step_level_pm)} %",
        ]
        if self.dead:
            lines.append("  the lamp is dead this night (a simulated fault)")
        if self.unheard:
            lines.append("  the lamp has not got this command: its radio messages were lost")
        lines += [f"  sensor    {self._civil(r.t_ms)} {r.sensor} {r.kind}" for r in self.reports]
        return "\n".join(lines)

    def _civil(self, t_ms: int) -> str:
        """Seconds are cut, not rounded, so that no input seems to come after its effect."""
        return f"{datetime.fromtimestamp(t_ms // 1000, ZoneInfo(self.timezone)):%Y-%m-%d %H:%M:%S}"


def explain_moment(loaded: LoadedScenario, regime: str, lamp_id: str, t_ms: int, replicate: int = 0) -> Explanation:
    """Run that street-night again and say why the lamp had its level at ``t_ms`` [UTC ms].

    Raises InputError for a regime, lamp, moment or replicate that is not of the run.
    """
    setup = prepare(loaded)
    index, lamp = _find(setup, regime, lamp_id, t_ms, replicate)
    night = night_of(setup.place.timezone, t_ms)
    scene = make_scene(setup, setup.streets[index], night, replicate)
    return _explain(scene, regime, lamp, t_ms, control(scene, regime))


def _why(scene: Scene, regime: str, lamp: int, t_ms: int) -> Action:
    """The decision in force at a moment, by the controller itself: its end may have moved since the command."""
    planners = scene.setup.regimes[regime]
    controller = SegmentController(segment_plan(scene.setup, scene.street, planners))
    replay(controller, inputs_for(scene, regime), scene.start_ms, t_ms + 1)
    return controller.why(lamp)


def _find(setup: Setup, regime: str, lamp_id: str, t_ms: int, replicate: int) -> tuple[int, int]:
    """Street and lamp by number."""
    if regime not in setup.regimes:
        raise InputError("is not a regime of the run", field="program", value=regime, allowed=", ".join(setup.regimes))
    if not 0 <= replicate < setup.scenario.run.replicates:
        allowed = f"0 to {setup.scenario.run.replicates - 1}"
        raise InputError("is not a replicate of the run", field="replicate", value=replicate, allowed=allowed)
    if night_of(setup.place.timezone, t_ms) not in setup.nights:
        allowed = f"noon of {setup.nights[0]} to noon after the evening of {setup.nights[-1]}"
        raise InputError("lies outside the run", field="at", value=_utc(t_ms), allowed=allowed)
    for index, street in enumerate(setup.streets):
        for place, lamp in enumerate(street.lamps):
            if lamp.id == lamp_id:
                return index, place
    allowed = f"ids like {setup.streets[0].lamps[0].id}"
    raise InputError("is not a lamp of the run", field="lamp", value=lamp_id, allowed=allowed)


def _explain(scene: Scene, regime: str, lamp: int, t_ms: int, controlled: Controlled) -> Explanation:
    action = _why(scene, regime, lamp, t_ms)
    layout = scene.street.lamps[lamp]
    schedule = scene.setup.regimes[regime][layout.group].night(scene.night)
    step = [step for step in schedule.steps if step.t_ms <= t_ms][-1]
    actual_pm = _level_at(controlled.levels[lamp], t_ms)
    return Explanation(
        regime=regime,
        replicate=scene.replicate,
        lamp=layout.id,
        t_ms=t_ms,
        timezone=scene.setup.place.timezone,
        night=scene.night.isoformat(),
        program=schedule.program,
        commanded_pm=action.level_pm,
        actual_pm=actual_pm,
        source=action.source,
        rule=action.rule,
        cause=action.cause,
        since_ms=action.t_ms,
        until_ms=min(action.until_ms, scene.end_ms),
        ramp_ms=action.ramp_ms,
        step_rule=step.rule,
        step_level_pm=_step_level(step, layout.entrance),
        dead=scene.dead[lamp],
        unheard=not scene.dead[lamp] and _is_unheard(scene, regime, lamp, action, t_ms, actual_pm),
        reports=_near_reports(scene, regime, lamp, t_ms),
    )


def _is_unheard(scene: Scene, regime: str, lamp: int, action: Action, t_ms: int, actual_pm: int) -> bool:
    radio = radio_for(scene, regime)
    there_ms = action.t_ms + radio.latency_ms + action.ramp_ms
    kind = scene.setup.scenario.luminaires[scene.street.lamps[lamp].luminaire]
    settled_pm = gear_for(kind, 0, action.level_pm).level_at(0)
    return radio.loss > 0 and t_ms > there_ms and actual_pm != settled_pm


def _step_level(step: Step, entrance: bool) -> int:
    return step.entrance_level_pm if entrance else step.level_pm


def _level_at(points: list[tuple[int, int]], t_ms: int) -> int:
    moves = moves_of([points])
    at = int((moves.t0_ms <= t_ms).nonzero()[0][-1])
    t0_ms, t1_ms, from_pm, to_pm = (
        int(column[at]) for column in (moves.t0_ms, moves.t1_ms, moves.from_pm, moves.to_pm)
    )
    return level_on_ramp(t0_ms, from_pm, t1_ms, to_pm, t_ms) if t_ms < t1_ms else to_pm


def _near_reports(scene: Scene, regime: str, lamp: int, t_ms: int) -> tuple[Report, ...]:
    place = scene.street.lamps[lamp].position_mm
    sensors = scene.street.sensors
    near = sorted(range(len(sensors)), key=lambda i: (abs(sensors[i].position_mm - place), i))[:_NEAR_SENSORS]
    rows = [r for r in inputs_for(scene, regime).rows if r[0] <= t_ms and Kind.ON <= r[1] <= Kind.OFF and r[2] in near]
    return tuple(Report(r[0], sensors[r[2]].id, Kind(r[1]).name.lower(), r[3], r[4]) for r in rows[-_LAST_REPORTS:])


def _utc(t_ms: int) -> str:
    return f"{datetime.fromtimestamp(t_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{t_ms % 1000:03d}Z"
