"""What a run assumes and does not measure, as rows that people can read."""

from __future__ import annotations

from slic.report.csv_file import Row
from slic.report.program_words import program_words
from slic.report.regimes import programs_of, standby_w
from slic.scenario.model import (
    LampCity,
    LampGroups,
    LampInventory,
    LampRow,
    Network,
    Scenario,
    Sensors,
    SteadyFlow,
    SunAmbient,
    Traffic,
)
from slic.scenario.sumo_model import SumoDetectors, SumoInstant, SumoPositions
from slic.scenario.traffic_model import TrafficSource

Fact = tuple[str, str]


def assumption_rows(scenario: Scenario) -> list[Row]:
    """Topic, name and value of every assumption that moves the result, in reading order."""
    topics = {
        "place": _place(scenario),
        "lamps": _lamps(scenario),
        "sensors": _sensors(scenario.sensors),
        "traffic": _traffic(scenario.traffic),
        "field": _field(scenario),
        "service": _service(scenario),
        "programs": _programs(scenario),
        "stated by the scenario": [("", text) for text in scenario.assumptions],
    }
    return [{"topic": topic, "name": name, "value": value} for topic, facts in topics.items() for name, value in facts]


def _place(scenario: Scenario) -> list[Fact]:
    site = scenario.site
    sky = "clear sky, from the sun's elevation" if isinstance(scenario.ambient, SunAmbient) else scenario.ambient.file
    return [
        ("position", f"{site.latitude:g}, {site.longitude:g} degrees"),
        ("time zone", site.timezone),
        ("ambient light", sky),
    ]


def _lamps(scenario: Scenario) -> list[Fact]:
    facts = [("lamps", _lamp_words(scenario.lamps))]
    for name, watts in standby_w(scenario).items():
        kind = scenario.luminaires[name]
        curve = ", ".join(f"{p.level_pct:g} %: {p.power_pct:g} %" for p in kind.power_curve)
        facts.append((f"power of {name} at level", curve))
        facts.append((f"standby of {name}", f"{watts:g} W" if kind.when_dark == "standby" else "0 W (relay off)"))
    facts.append(("radio node at each lamp, but for the baseline", f"{scenario.node_power_w:g} W"))
    if scenario.gear.dead_lamps:
        facts.append(("lamps that are dead for a night", f"{100 * scenario.gear.dead_lamps:g} %"))
    return facts


def _lamp_words(lamps: LampRow | LampCity | LampInventory | LampGroups) -> str:
    if isinstance(lamps, LampRow | LampCity):
        row = f"{lamps.count} luminaires of {lamps.power_w:g} W (circuit), {lamps.spacing_m:g} m apart"
        return f"{lamps.streets} streets of {row}" if isinstance(lamps, LampCity) else row
    if isinstance(lamps, LampInventory):
        fitted = ", streets fitted to their places" if lamps.streets == "fitted" else ""
        return f"from the inventory {lamps.file}{fitted}"
    return "; ".join(f"{g.count} of {g.power_w:g} W in group {g.group}" for g in lamps.groups)


def _sensors(sensors: Sensors) -> list[Fact]:
    if sensors.every == 0:
        return [("presence sensors", "none")]
    where = "on every lamp" if sensors.every == 1 else f"on one lamp in {sensors.every}"
    return [
        ("presence sensors", where),
        ("range", f"{sensors.range_m:g} m before and behind" if sensors.range_m else "at the pole only"),
        ("share of passages seen", f"{100 * sensors.detection_probability:g} %"),
        ("false triggers", f"{sensors.false_triggers_per_h:g} per sensor and hour"),
        ("latency", f"{sensors.latency_s:g} s"),
        ("power of a sensor", f"{sensors.power_w:g} W"),
    ]


def _traffic(traffic: Traffic) -> list[Fact]:
    source = traffic.source
    if source is None:
        return [("road users", "none simulated")]
    facts = [("road users", _source_words(source))]
    if traffic.thin < 1:
        facts.append(("thinned to", f"{100 * traffic.thin:g} % of the counts"))
    if traffic.street_spread:
        facts.append(("streets differ by", f"a log-normal factor of mean 1, sigma {traffic.street_spread:g}"))
    if isinstance(source, SumoPositions | SumoInstant):
        return facts
    for user in traffic.users:
        speed = f"{100 * user.share:g} %, {user.mean_m_s:g} m/s (standard deviation {user.sd_m_s:g})"
        facts.append((f"{user.kind}s", speed))
    return facts


def _source_words(source: TrafficSource) -> str:
    if isinstance(source, SteadyFlow):
        return f"steady flow, {source.forward_per_h:g} and {source.backward_per_h:g} per hour"
    if isinstance(source, SumoPositions | SumoInstant):
        return f"the very users of {source.file} (SUMO) with their speeds"
    if isinstance(source, SumoDetectors):
        return f"loop counts of {source.file} (SUMO); nights with missing counts left out"
    words = f"counts of {source.file} per {source.slot_min} min"
    if source.mean_week_in:
        words += f", the mean week there ({source.mean_week_in}) taken as every week here"
    if source.passers_per_day is not None:
        words += f", scaled to {source.passers_per_day:g} on the mean day of the file"
    if source.when_missing == "same_hour_mean":
        return words + "; missing counts replaced by the mean of that hour"
    return words + "; nights with missing counts left out"


def _loss_words(network: Network) -> str:
    if not network.command_loss:
        return "0 %"
    again = f"sent again after {network.resend_s:g} s" if network.resend_s else "never sent again"
    return f"{100 * network.command_loss:g} % of sendings, {again}"


def _field(scenario: Scenario) -> list[Fact]:
    network = scenario.network
    facts = [
        ("radio commands lost", _loss_words(network)),
        ("radio latency", f"{network.latency_s:g} s"),
    ]
    if scenario.overrides:
        facts.append(("planned overrides", str(len(scenario.overrides))))
    facts += [
        (
            f"fault of the {fault.kind.replace('_', ' ')} {fault.sensor}".rstrip(),
            _fault_words(fault.from_h, fault.for_h),
        )
        for fault in scenario.faults
    ]
    return facts


def _fault_words(from_h: float, for_h: float) -> str:
    return f"every night from {from_h:g} h after noon for {for_h:g} h"


def _service(scenario: Scenario) -> list[Fact]:
    required = ", ".join(f"from {r.at}: {r.level_pct:g} %" for r in scenario.service.required)
    facts = [("required level", required), ("late after", f"{scenario.service.late_after_s:g} s")]
    return [*facts, ("source of the required level", scenario.service.source)] if scenario.service.source else facts


def _programs(scenario: Scenario) -> list[Fact]:
    regimes = list(scenario.regimes) or list(scenario.programs)
    return [(regime, " | ".join(program_words(p) for p in programs_of(scenario, regime))) for regime in regimes]
