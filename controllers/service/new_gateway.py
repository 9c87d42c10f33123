"""A new gateway's folder from a lamp inventory."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from controllers.gateway.config import BrokerAddress, GatewayFile, Position
from controllers.gateway.plan import FieldLamp, GatewayPlan
from controllers.service.gateway_folder import topic_ids, write_gateway
from controllers.service.load import load_gateway
from slic.errors import InputError, RunError
from slic.files import read_text, write_whole
from slic.messages.topics import ALLOWED, is_id
from slic.site.inventory import Inventory, read_inventory

_TO_FILL_IN = """\
# Who may override lamps (docs/gateway.md describes every field). Nobody may while this is a comment:
# issuers: [{name: control-room}]
# Whose programs are taken: name and public key, as "slic program keygen" prints it.
# signers: {office: PUBLIC-KEY}
"""


def new_gateway(folder: Path, lamps: Path, site: str, segment: str, timezone: str) -> tuple[Path, list[str]]:
    """Write gateway.yaml, lamps.csv and an empty sensors.csv; the path of the first, and notes on what was changed.

    Positions along a street are not in an inventory and stay 0: train style needs them filled in.
    Raises InputError for a folder that holds something, and for a bad inventory, name or time zone.
    """
    for field, value in (("--site", site), ("--segment", segment)):
        if not is_id(value):
            raise InputError("is no identifier", field=field, value=value, allowed=ALLOWED)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("is not an empty folder", field="folder", value=str(folder), allowed="a new or empty folder")
    inventory = read_inventory(lamps, str(lamps))
    ids = topic_ids([lamp.id for lamp in inventory.lamps])
    file = GatewayFile(
        slic_gateway=1,
        site=site,
        segment=segment,
        place=_middle(inventory, timezone),
        broker=BrokerAddress(host="127.0.0.1", port=1883),
    )
    path = _write(folder, GatewayPlan(file, _lamps(inventory, ids), ()))
    renamed = [f"{lamp} is called {name}" for lamp, name in ids.items() if lamp != name]
    more = [f"and {len(renamed) - 3} lamps more got another name"] if len(renamed) > 3 else []
    return path, [*inventory.warnings, *renamed[:3], *more]


def _write(folder: Path, plan: GatewayPlan) -> Path:
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be made: {error.strerror or error}") from None
    path = write_gateway(folder, plan)
    write_whole(path, read_text(path, str(path)) + _TO_FILL_IN)
    try:
        load_gateway(path)
    except InputError:
        for one in folder.iterdir():
            one.unlink()
        if made:
            folder.rmdir()
        raise
    return path


def _middle(inventory: Inventory, timezone: str) -> Position:
    """Median position: one faulty lamp does not move it."""
    return Position(
        latitude=round(median(lamp.latitude for lamp in inventory.lamps), 4),
        longitude=round(median(lamp.longitude for lamp in inventory.lamps), 4),
        timezone=timezone,
    )


def _lamps(inventory: Inventory, ids: dict[str, str]) -> tuple[FieldLamp, ...]:
    return tuple(
        FieldLamp(
            id=ids[lamp.id],
            group=lamp.group or "all",
            street=lamp.street[:60],
            power_w=round(sum(lamp.light_w), 3),
            latitude=lamp.latitude,
            longitude=lamp.longitude,
        )
        for lamp in inventory.lamps
    )
