"""From a list of commands to gear, without an event loop: what the radio of a street does, worked out lamp by lamp."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sim.night import radio_for
from sim.proof.case import Case
from sim.street import Radio
from slic.control.segment import Action
from slic.energy.moves import Breakpoints
from slic.lamps.gear import Gear, gear_for

_LATER_MS = 1 << 62


def gears_of(case: Case) -> list[Gear]:
    """Gear of each lamp of a case, off at the start of the night."""
    scene = case.scene
    kinds = scene.setup.scenario.luminaires
    lamps = zip(scene.street.lamps, scene.dead, strict=True)
    return [gear_for(kinds[lamp.luminaire], scene.start_ms, 0, dead=dead) for lamp, dead in lamps]


def levels_after(case: Case, actions: Sequence[Action], gears: Sequence[Gear]) -> list[Breakpoints]:
    """What the gears do with the commands of a whole night. The first of each lamp is the level it has already."""
    radio = radio_for(case.scene, case.regime)
    end_ms = case.scene.end_ms
    for lamp, gear in enumerate(gears):
        mine = [action for action in actions if action.lamp == lamp]
        gear.command(mine[0].t_ms, mine[0].level_pm, 0)
        for action, after in pairwise([*mine, None]):
            if action is mine[0] or action is None:
                continue
            until_ms = end_ms if after is None else after.t_ms
            arrived_ms = next(_arrivals(radio, action, until_ms), None)
            if arrived_ms is not None:
                gear.command(arrived_ms + radio.latency_ms, action.level_pm, action.ramp_ms)
    return [gear.finish(end_ms) for gear in gears]


def _arrivals(radio: Radio, action: Action, until_ms: int) -> Iterator[int]:
    """Moments at which a sending gets through; sent again only before ``until_ms``, when a newer command comes."""
    t_ms = action.t_ms
    while t_ms == action.t_ms or t_ms < until_ms:
        if not radio.loses(action.lamp, t_ms):
            yield t_ms
        if not radio.resend_ms:
            return
        t_ms += radio.resend_ms
