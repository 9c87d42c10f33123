"""A gateway process under torture: its folder, its field, its desk, its listener, and what must be true at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.gateway.config import BrokerAddress, GatewayFile, Issuer, Position
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.signatures import public_key_of, signed
from controllers.service.gateway_folder import write_gateway
from sim.field_processes import GatewayProcess
from slic.messages.payloads import Limits
from slic.report.field_energy import LampMeter
from slic.report.field_store import LampKey, Reading
from tests.brokers import PATIENCE_S, TUNED, Mosquitto, eventually, publish
from tests.contract.recorder import Recorder, recording
from tests.e2e.desk import BY, Desk
from tests.e2e.field import BASE, BUSY, IDLE_PCT, LAMPS, PRESENCE_PCT, Field, envelope
from tests.e2e.listener import Listener

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PERSISTENT = (*TUNED[:-1], "persistence true", "autosave_on_changes true", "autosave_interval 50")
PROGRAM = {
    "name": "day-and-night",
    "active_periods": [
        {"kind": "absolute", "start": "12:00", "end": "00:00"},
        {"kind": "absolute", "start": "00:00", "end": "12:00"},
    ],
    "idle_level_pct": IDLE_PCT,
    "hold_s": 60,
    "presence": {"style": "cluster"},
    "dynamic_controls": [{"name": "presence", "operation": "Set", "level_pct": PRESENCE_PCT}],
}


def midnight_longitude() -> float:
    """Where it is solar midnight now, so that the astronomical default has the lamps on whenever a test runs."""
    hours = time.time() / 3600 % 24
    return round(-15 * hours if hours <= 12 else 360 - 15 * hours, 3)


def plan(port: int, **fields: Any) -> GatewayPlan:
    lamps = tuple(FieldLamp(lamp, cluster=lamp, minimum_level_pm=100) for lamp in LAMPS)
    sensors = tuple(FieldSensor(f"p{lamp[1:]}", cluster=lamp) for lamp in BUSY)
    file: dict[str, Any] = {
        "slic_gateway": 1,
        "site": "town",
        "segment": "g0042",
        "place": Position(latitude=0, longitude=midnight_longitude(), timezone="UTC"),
        "broker": BrokerAddress(port=port, keepalive_s=5),
        "issuers": [Issuer(name=BY, kinds=["override", "safety"])],
        "signers": {"roads": public_key_of(KEY)},
        "limits": Limits(share_pct=100),
        "health_s": 1,
        "resend_s": 2,
        "http": None,
    }
    return GatewayPlan(GatewayFile(**file | fields), lamps, sensors)


class Rig:
    """All of it around one broker."""

    def __init__(self, folder: Path, broker: Mosquitto, recorder: Recorder, level_pct: float, **fields: Any) -> None:
        self.broker, self.folder, self.recorder = broker, folder, recorder
        folder.mkdir(exist_ok=True)
        self.gateway = GatewayProcess(write_gateway(folder, plan(broker.port, **fields)), follow_clock=False)
        self.listener, self.desk = Listener(broker.port), Desk(broker.port)
        self.field = Field(broker.port, level_pct)

    def close(self) -> None:
        self.gateway.stop()
        for part in (self.field, self.desk, self.listener):
            part.close()

    def give_program(self, version: int = 1) -> None:
        document = {"v": 1, "version": version, "groups": {"all": PROGRAM["name"]}}
        document["programs"] = {PROGRAM["name"]: PROGRAM}
        said = {**envelope("site-boot", version), **signed(document, "town", "g0042", "program", "roads", KEY)}
        publish(self.desk.client, f"{BASE}/_/program", json.dumps(said), retain=True).wait_for_publish(10)

    def in_control(self) -> None:
        """Start the gateway, and wait until it runs the program with somebody at the busy lamps."""
        self.gateway.start()
        self.give_program()
        self.until(lambda: any(said["ok"] for said in self.listener.of("program-applied")), "program applied")
        self.until(lambda: self.field.pass_by() or self.right(), "lamps at their levels")

    def right(self) -> bool:
        return self.field.levels() == self.desk.should_hold()

    def settled(self) -> bool:
        """All commands answered, all lamps at the levels that follow from them."""
        return not self.desk.unanswered() and self.right()

    def until(self, look: Callable[[], object], what: str) -> float:
        """Wait for it; how long it took [s]. The gateway must not end meanwhile."""
        began = time.monotonic()
        while not look():
            self.gateway.check()
            assert time.monotonic() - began < PATIENCE_S, f"never came: {what}\n{self.wrong()}"
            time.sleep(0.01)
        return time.monotonic() - began

    def wrong(self) -> str:
        """What is not as it should be, for a failure's text."""
        holds, should = self.field.levels(), self.desk.should_hold()
        levels = {lamp: (holds[lamp], should[lamp]) for lamp in holds if holds[lamp] != should[lamp]}
        log = self.gateway.log.read_text()[-2000:]
        return f"levels (is, should): {levels}; unanswered: {self.desk.unanswered()}; log:\n{log}"

    # ---- what must be true

    def readings_kept(self) -> None:
        """Every reading that the broker took is in a telemetry message; nothing else is."""
        eventually(lambda: self.field.confirmed() <= set(self.listener.rows), "all readings in telemetry", 20)
        assert set(self.listener.rows) <= {reading for reading, _, _ in self.field.readings}
        assert max(self.listener.rows_of_boot.values()) == 1, "a start kept a reading twice"

    def counted_once(self) -> None:
        """The report's meter counts no more than a lamp's last counter less its first, though readings came again."""
        for name, rows in self.listener.in_order.items():
            meter = LampMeter(LampKey("g0042", name))
            readings = [Reading(t_ms, boot, round(wh), None) for t_ms, boot, wh in sorted(rows)]
            rises = [meter.add(reading, None) for reading in readings]
            counted = sum(rise.energy_mj or 0 for rise in rises if rise is not None)
            energies_wh = [wh for _, _, wh in rows]
            assert meter.restarts == 0
            assert 0 < counted <= max(energies_wh) - min(energies_wh), name

    def all_true(self) -> None:
        self.readings_kept()
        self.counted_once()
        self.never_dark()
        self.all_accepted_once()
        assert " error " not in self.gateway.log.read_text(), self.gateway.log.read_text()[-2000:]

    def again(self) -> str:
        """What came twice, in words: records of the last second before a kill, readings not yet acknowledged."""
        twice = sum(count > 1 for count in self.listener.rows.values())
        return f"{self.listener.repeated.total()} messages again by boot and number, {twice} readings again"

    def never_dark(self) -> None:
        assert self.field.darkest_pct() >= IDLE_PCT

    def all_accepted_once(self) -> None:
        """Each command has one answer ``accepted`` and no refusal, and each override ruled its lamp once."""
        for command_id in self.desk.sent:
            statuses = self.desk.statuses(command_id)
            assert set(statuses) & {"rejected", "expired"} == set(), (command_id, statuses)
            assert "accepted" in statuses
        for lamp in self.field.lamps.values():
            runs = [level_pct for level_pct, _ in groupby(level for _, level in lamp.history)]
            own = [level_pct for level_pct in runs if level_pct not in (IDLE_PCT, PRESENCE_PCT)]
            assert len(own) == len(set(own)), f"an override of {lamp.name} ruled twice: {runs}"


@contextmanager
def torture(folder: Path, *, keeps: bool = False, level_pct: float = IDLE_PCT, **fields: Any) -> Iterator[Rig]:
    """A rig on a Mosquitto of its own, with a recorder of the contract beside it. ``keeps``: it writes its data."""
    data = folder / "broker"
    data.mkdir()
    settings = (*PERSISTENT, f"persistence_location {data}/") if keeps else TUNED
    with Mosquitto(data, settings) as broker, recording("127.0.0.1", broker.port) as recorder:
        rig = Rig(folder / "gateway", broker, recorder, level_pct, **fields)
        try:
            yield rig
        finally:
            rig.close()
