"""Reads a gateway's configuration: the YAML file, its lists of lamps and sensors, the environment, the TLS files."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from zoneinfo import available_timezones

from controllers.gateway.config import GatewayFile
from controllers.gateway.plan import GatewayPlan
from controllers.link.broker_socket import is_loopback
from controllers.service.certificate import check_tls_files
from controllers.service.environment import apply_environment
from controllers.service.lists import read_lamps, read_sensors
from slic.errors import InputError
from slic.scenario.document import Document
from slic.scenario.model_errors import nearest
from slic.scenario.yaml_file import read_document, validated

_KEY_BYTES = 32
"""Of an Ed25519 public key (RFC 8032)."""


def load_gateway(path: Path) -> GatewayPlan:
    """A gateway's configuration, whole and checked. Whether its certificate is expired is not looked at.

    Raises InputError with file, line, field, value and what is allowed for the first fault.
    """
    document = read_document(path)
    apply_environment(document)
    file = validated(document, GatewayFile)
    folder = path.parent
    _check_place(file, document)
    _check_broker(file, document)
    _check_issuers(file, document)
    _check_signers(file, document)
    check_tls_files(file, folder)
    lamps = read_lamps(folder / file.lamps, str(folder / file.lamps))
    sensors = read_sensors(folder / file.sensors, str(folder / file.sensors), lamps)
    return GatewayPlan(file, lamps, sensors, folder)


def refuse_new_identity(old: GatewayPlan, new: GatewayPlan) -> None:
    """Refuse what a running gateway cannot change: its name, broker, store and status address (InputError)."""
    for field in ("site", "segment", "broker", "store", "store_limits", "http"):
        if getattr(old.file, field) != getattr(new.file, field):
            raise InputError("has changed, which needs a restart", field=field, allowed="a restart of the gateway")


def idle_sensors(plan: GatewayPlan) -> list[str]:
    """Warnings for presence sensors whose cluster or street has no lamp, so that they can raise none."""
    clusters = {lamp.cluster for lamp in plan.lamps}
    streets = {lamp.street for lamp in plan.lamps}
    return [
        f"{plan.file.sensors}: sensor {s.id}: no lamp has its cluster {s.cluster!r} or its street {s.street!r}"
        for s in plan.sensors
        if s.kind == "presence" and s.cluster not in clusters and s.street not in streets
    ]


def _check_place(file: GatewayFile, document: Document) -> None:
    if file.place is None:
        return
    name, known = file.place.timezone, available_timezones()
    if name not in known:
        problem = f"is not a time zone{nearest(name, sorted(known))}"
        raise document.refusal(("place", "timezone"), problem, name, "an IANA name as Europe/Brussels")


def _check_broker(file: GatewayFile, document: Document) -> None:
    if file.broker.tls is None and not is_loopback(file.broker.host):
        allowed = "tls: {ca: ..., certificate: ..., key: ...}, or a broker on this machine"
        raise document.refusal(("broker", "host"), "is another machine and needs tls", file.broker.host, allowed)


def _check_issuers(file: GatewayFile, document: Document) -> None:
    names = [issuer.name for issuer in file.issuers]
    for index, issuer in enumerate(file.issuers):
        if issuer.name in names[:index]:
            raise document.refusal(("issuers", index, "name"), "stands twice", issuer.name, "each issuer once")
        if issuer.level_min_pct > issuer.level_max_pct:
            allowed = f"to {issuer.level_max_pct:g}, its level_max_pct"
            path = ("issuers", index, "level_min_pct")
            raise document.refusal(path, "is above level_max_pct", issuer.level_min_pct, allowed)


def _check_signers(file: GatewayFile, document: Document) -> None:
    for name, text in file.signers.items():
        try:
            good = len(base64.b64decode(text, validate=True)) == _KEY_BYTES
        except (binascii.Error, ValueError):
            good = False
        if not good:
            allowed = f"an Ed25519 public key: {_KEY_BYTES} bytes in base64"
            raise document.refusal(("signers", name), "is no public key", text, allowed)
