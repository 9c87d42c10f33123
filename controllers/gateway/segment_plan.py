"""The controller's plan of a segment, from a gateway's inventory and the programs in force."""

from __future__ import annotations

from collections.abc import Mapping

from controllers.gateway.plan import GatewayPlan
from controllers.gateway.settings import Settings
from slic.control.place import Place
from slic.control.planner import Planner
from slic.control.segment import LampPlan, SegmentPlan, SensorPlan
from slic.lamps.level import pm_from_pct


def place_of(plan: GatewayPlan) -> Place | None:
    """Where the segment stands, or None if nobody knows."""
    place = plan.file.place
    return None if place is None else Place(place.latitude, place.longitude, place.timezone)


def segment_plan(plan: GatewayPlan, settings: Settings, planners: Mapping[str, Planner | None]) -> SegmentPlan:
    """What the controller is made from; a lamp group without a planner has no program."""
    return SegmentPlan(
        name=plan.file.segment,
        place=place_of(plan),
        lamps=tuple(
            LampPlan(
                id=lamp.id,
                group=lamp.group,
                cluster=lamp.cluster,
                street=lamp.street,
                position_mm=lamp.position_mm,
                entrance=lamp.entrance,
                minimum_level_pm=lamp.minimum_level_pm,
            )
            for lamp in plan.lamps
        ),
        sensors=tuple(
            SensorPlan(s.id, settings.sensor_clusters.get(s.id, s.cluster), s.street, s.position_mm)
            for s in plan.sensors
            if s.kind == "presence"
        ),
        groups={group: planners.get(group) for group in dict.fromkeys(lamp.group for lamp in plan.lamps)},
        safe_level_pm=pm_from_pct(settings.safe_level_pct),
        smoothing_s=plan.file.smoothing_s,
        stale_after_s=plan.file.stale_after_s,
    )
