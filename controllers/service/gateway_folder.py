"""The folder of a gateway for a simulated street: its configuration, its lists of lamps and sensors, a signing key.

Names in topics are lower-case letters, digits and hyphens; a lamp or sensor with another name gets one like it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ruamel.yaml import YAML

from controllers.gateway.config import BrokerAddress, GatewayFile, HttpAddress, Issuer, Position
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.operator.key_files import new_key_file, read_key_file
from controllers.service.lists import LAMP_COLUMNS, SENSOR_COLUMNS
from slic.errors import RunError
from slic.files import write_whole
from slic.lamps.level import pct_from_pm, pm_from_pct
from slic.messages.payloads import Limits
from slic.scenario.layout import Street
from slic.scenario.model import Scenario

AMBIENT = "ambient-1"
"""Id of a street's light sensor."""
SIGNER = "field"
"""Who signs the programs of a simulated street."""
SIGNING_KEY = "signing-key.pem"
GATEWAY_FILE = "gateway.yaml"
_LONGEST_ID = 55
_NO_LIMIT = Limits(below_pct=0, share_pct=100, within_s=0)


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What a street, its lamps and its sensors are called in topics, each by its name in the scenario."""

    site: str
    segment: str
    lamps: Mapping[str, str]
    sensors: Mapping[str, str]


def topic_ids(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A topic identifier for each name: the name itself where it can be one, and none twice."""
    used, result = set(taken), {}
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_ID] or "node"
        unique, number = plain, 1
        while unique in used:
            number += 1
            unique = f"{plain}-{number}"
        used.add(unique)
        result[name] = unique
    return result


def field_names(scenario: Scenario, streets: Sequence[Street], street: Street) -> FieldNames:
    """Names of a scenario's street: the site is the scenario, each of its streets is a segment."""
    lamps = topic_ids([lamp.id for lamp in street.lamps], [AMBIENT])
    sensors = topic_ids([sensor.id for sensor in street.sensors], [AMBIENT, *lamps.values()])
    segments = topic_ids([other.name for other in streets])
    return FieldNames(topic_ids([scenario.name])[scenario.name], segments[street.name], lamps, sensors)


def gateway_plan(
    scenario: Scenario,
    street: Street,
    names: FieldNames,
    broker: BrokerAddress,
    public_key: str,
    *,
    lockstep: bool,
    http_port: int = 0,
) -> GatewayPlan:
    """A gateway for a street of a scenario.

    public_key : of the signer of its programs, Ed25519 in base64
    lockstep : nothing that the simulation in process has not: no readings, no resending, no limit of darkening
    http_port : of the status pages where there are any, 0 for any free one
    """
    quiet: dict[str, Any] = {"telemetry_s": 0, "health_s": 0, "resend_s": 0, "limits": _NO_LIMIT, "http": None}
    live: dict[str, Any] = {"http": HttpAddress(port=http_port)}
    site = scenario.site
    file = GatewayFile(
        slic_gateway=1,
        site=names.site,
        segment=names.segment,
        place=Position(latitude=site.latitude, longitude=site.longitude, timezone=site.timezone),
        broker=broker,
        safe_level_pct=scenario.safe_level_pct,
        smoothing_s=scenario.ambient_sensor.smoothing_s,
        stale_after_s=scenario.ambient_sensor.stale_after_s,
        issuers=_issuers(scenario),
        signers={SIGNER: public_key},
        **(quiet if lockstep else live),
    )
    return GatewayPlan(file, _lamps(scenario, street, names), _sensors(street, names))


def _issuers(scenario: Scenario) -> list[Issuer]:
    names = dict.fromkeys(order.issuer for order in scenario.overrides)
    return [Issuer(name=name, kinds=["safety", "manual", "override"]) for name in names]


def _lamps(scenario: Scenario, street: Street, names: FieldNames) -> tuple[FieldLamp, ...]:
    return tuple(
        FieldLamp(
            id=names.lamps[lamp.id],
            group=lamp.group,
            cluster=lamp.cluster,
            street=street.name,
            position_mm=lamp.position_mm,
            entrance=lamp.entrance,
            minimum_level_pm=pm_from_pct(scenario.luminaires[lamp.luminaire].minimum_level_pct),
            power_w=lamp.power_w,
            latitude=lamp.latitude,
            longitude=lamp.longitude,
        )
        for lamp in street.lamps
    )


def _sensors(street: Street, names: FieldNames) -> tuple[FieldSensor, ...]:
    presence = (
        FieldSensor(names.sensors[s.id], "presence", s.cluster, street.name, s.position_mm) for s in street.sensors
    )
    return *presence, FieldSensor(AMBIENT, "ambient", street=street.name)


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in a gateway's folder that signs its programs, made if there is none yet."""
    path = folder / SIGNING_KEY
    if path.exists():
        return read_key_file(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be made: {error.strerror or error}") from None
    return new_key_file(path)


def write_gateway(folder: Path, plan: GatewayPlan) -> Path:
    """Write the files of a gateway into an existing folder; the path of its configuration."""
    write_whole(folder / plan.file.lamps, _csv(LAMP_COLUMNS, [_lamp_row(lamp) for lamp in plan.lamps]))
    sensors = [[s.id, s.kind, s.cluster, s.street, _metres(s.position_mm)] for s in plan.sensors]
    write_whole(folder / plan.file.sensors, _csv(SENSOR_COLUMNS, sensors))
    text = io.StringIO()
    YAML().dump(plan.file.model_dump(mode="json", exclude_unset=True), text)
    write_whole(folder / GATEWAY_FILE, text.getvalue())
    return folder / GATEWAY_FILE


def _lamp_row(lamp: FieldLamp) -> list[object]:
    return [
        lamp.id,
        lamp.group,
        lamp.cluster,
        lamp.street,
        _metres(lamp.position_mm),
        "yes" if lamp.entrance else "no",
        pct_from_pm(lamp.minimum_level_pm),
        lamp.power_w,
        lamp.latitude,
        lamp.longitude,
    ]


def _metres(position_mm: int) -> str:
    return f"{position_mm / 1000:.3f}"


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()
