"""A secured Mosquitto, a real gateway process over mutual TLS, and the site and the field with certificates."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.broker.files import BrokerFolder, init_folder
from controllers.gateway.config import BrokerAddress, GatewayFile, HttpAddress, Issuer, Position, TlsFiles
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.signatures import public_key_of, signed
from controllers.service.gateway_folder import write_gateway
from sim.field_processes import GatewayProcess
from tests.controllers.secured_broker import Peer, SecuredBroker, free_port, until

SITE, SEGMENT, OTHERS = "town", "g0042", ("g0043", "g0044", "g0045")
BASE = f"slic/v1/{SITE}/{SEGMENT}"
LAMPS = tuple(f"l{i:02}" for i in range(20))
KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
IDLE_PCT, VERSION = 40, 5
_ALWAYS = [{"kind": "absolute", "start": a, "end": b} for a, b in (("12:00", "00:00"), ("00:00", "12:00"))]
PROGRAM = {"name": "always", "active_periods": _ALWAYS, "idle_level_pct": IDLE_PCT}


def new_broker_folder(folder: Path) -> BrokerFolder:
    return init_folder(folder, {segment: SITE for segment in (SEGMENT, *OTHERS)}, [], 30, datetime.now(UTC))


def new_gateway(folder: Path, broker: SecuredBroker, segment: str, http_port: int | None = None) -> GatewayProcess:
    """A gateway's folder, and the process that is not started yet."""
    clients = (broker.folder / "clients").absolute()
    tls = TlsFiles(
        ca=str(broker.folder.absolute() / "ca.crt"),
        certificate=str(clients / f"{segment}.crt"),
        key=str(clients / f"{segment}.key"),
    )
    file = GatewayFile(
        slic_gateway=1,
        site=SITE,
        segment=segment,
        place=Position(latitude=51.05, longitude=3.71, timezone="UTC"),
        broker=BrokerAddress(host="localhost", port=broker.port, tls=tls),
        http=None if http_port is None else HttpAddress(port=http_port),
        issuers=[Issuer(name="control-room", kinds=["override"], level_max_pct=80)],
        signers={"town-hall": public_key_of(KEY)},
        resend_s=0,
        health_s=0,
    )
    lamps = tuple(FieldLamp(lamp, minimum_level_pm=100) for lamp in LAMPS)
    folder.mkdir()
    plan = GatewayPlan(file, lamps, (FieldSensor("p01"), FieldSensor("lux", "ambient")))
    return GatewayProcess(write_gateway(folder, plan), follow_clock=False)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Fortress:
    """All of it around one gateway, lit at 40 % by a signed program. ``site`` and ``field``: their connections."""

    def __init__(self, folder: Path, broker: SecuredBroker, site: Peer, field: Peer) -> None:
        self.broker, self.site, self.field = broker, site, field
        self._port = free_port()
        self.gateway = new_gateway(folder / "gateway", broker, SEGMENT, self._port)
        self._boot, self._seq, self._log_from = "site-boot-1", 0, 0
        for channel in ("ack", "program-applied", "config-applied", "status"):
            site.subscribe(f"{BASE}/_/{channel}")
        field.subscribe(f"{BASE}/+/cmd")

    def start(self) -> None:
        """Start it the first time: the site gives it its program, the lamps show their level."""
        self.gateway.start()
        self.wait_until_online()
        assert self.document("program", version=VERSION)["ok"]
        until(lambda: len({topic for topic, _ in self._lamps_at(IDLE_PCT)}) == len(LAMPS), "all lamps are told 40 %")
        for lamp in LAMPS:
            self.show(lamp)

    def wait_until_online(self) -> None:
        until(lambda: self.metric("slic_started") == 1, f"the gateway runs: {self.log()[-1:]}")

    def restart(self) -> None:
        """Kill it, and start it again."""
        self.gateway.kill()
        self._log_from = len(self.log())
        self.gateway.start()
        self.wait_until_online()

    # ---- what is said ---------------------------------------------------------------------------

    def envelope(self) -> dict[str, Any]:
        self._seq += 1
        return {"v": 1, "id": str(uuid4()), "ts": now_ms(), "boot": self._boot, "seq": now_ms() + self._seq}

    def command(self, retain: bool = False, **fields: Any) -> dict[str, Any]:
        """Give a command; the first answer to it. A field that is None is left out."""
        t_ms = now_ms()
        given = self.envelope() | {
            "op": "set", "by": "control-room", "reason": "test", "level_pct": 50, "lamps": ["l01"],
            "exp": t_ms + 60_000, "until": t_ms + 600_000, **fields,
        }  # fmt: skip
        return self.send(given, retain)

    def send(self, command: Mapping[str, Any], retain: bool = False) -> dict[str, Any]:
        """Publish a command as it is; the first answer that comes after that."""
        before = len(self.site.received)
        payload = json.dumps({key: value for key, value in command.items() if value is not None}).encode()
        self.site.publish(f"{BASE}/_/cmd", payload, retain)
        return self._answer("ack", before, lambda said: said["cmd_id"] == command["id"])

    def document(
        self, kind: str, key: Ed25519PrivateKey = KEY, signer: str = "town-hall", segment: str = SEGMENT, **fields: Any
    ) -> dict[str, Any]:
        """Publish a program set or settings; what the gateway says of it."""
        content: dict[str, Any] = {"v": 1, **fields}
        if kind == "program":
            content |= {"groups": {"all": "always"}, "programs": {"always": PROGRAM}}
        before = len(self.site.received)
        whole = self.envelope() | signed(content, SITE, segment, kind, signer, key)  # type: ignore[arg-type]
        self.site.publish(f"{BASE}/_/{kind}", json.dumps(whole).encode())
        return self._answer(f"{kind}-applied", before, lambda said: said["sha256"] == whole["sha256"])

    def _answer(self, channel: str, before: int, mine: Any) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            news = [json.loads(p) for topic, p in self.site.received[before:] if topic == f"{BASE}/_/{channel}"]
            return [said for said in news if mine(said)]

        until(lambda: bool(found()), f"an answer on {channel}")
        return found()[0]

    def show(self, lamp: str) -> None:
        """The lamp says that it is at the program's level."""
        level = {"level_pct": IDLE_PCT, "target_pct": IDLE_PCT, "mode": "auto", "src": "program"}
        said = self.envelope() | {"boot": f"lamp-{lamp}-1"} | level
        self.field.publish(f"{BASE}/{lamp}/state", json.dumps(said).encode(), retain=True)

    # ---- what is seen ---------------------------------------------------------------------------

    def told(self) -> list[tuple[str, bytes]]:
        """Commands that the lamps have got so far."""
        return [one for one in self.field.received if one[0].endswith("/cmd")]

    def _lamps_at(self, level_pct: float) -> list[tuple[str, bytes]]:
        return [one for one in self.told() if json.loads(one[1])["level_pct"] == level_pct]

    def metric(self, name: str) -> float:
        """A figure of /metrics; 0 if it is not there."""
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as page:
                lines = page.read().decode().splitlines()
        except OSError:
            return 0
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0)

    def refused(self, code: str) -> float:
        return self.metric(f'slic_messages_refused_total{{code="{code}"}}')

    def log(self) -> list[str]:
        return self.gateway.log.read_text().splitlines() if self.gateway.log.exists() else []

    def logged(self, *words: str) -> list[str]:
        """Lines with all these words since the last start."""
        return [line for line in self.log()[self._log_from :] if all(word in line for word in words)]

    def prove_unharmed(self, told_before: int) -> None:
        """A good command comes next to the lamp, so nothing came to any lamp before it; then it is given back."""
        assert self.command(level_pct=60, lamps=["l07"])["code"] == "ok"
        assert self.command(op="resume", lamps=["l07"], level_pct=None, until=None)["status"] in ("applied", "accepted")
        until(lambda: len(self.told()) >= told_before + 2, "the lamp hears both")
        news = [(topic, json.loads(payload)["level_pct"]) for topic, payload in self.told()[told_before:]]
        assert news == [(f"{BASE}/l07/cmd", 60), (f"{BASE}/l07/cmd", IDLE_PCT)]
