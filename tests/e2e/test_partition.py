"""The link between gateway and broker is cut: an hour of simulated time, and ten seconds of a frozen broker."""

from __future__ import annotations

import json
from pathlib import Path

from controllers.envelope import Sender
from controllers.gateway.clock_watch import ClockWatch
from controllers.gateway.gateway import Gateway
from controllers.link.transport import Received
from controllers.service.loop import GatewayLoop
from controllers.store.forwarder import Forwarder
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.wire import HandClock, Wire
from tests.e2e.desk import BY
from tests.e2e.field import BASE, IDLE_PCT, LAMPS
from tests.e2e.rig import KEY, PROGRAM, plan, signed, torture

TEN_MS = 1_796_162_400_000
"""2026-12-01 22:00 UTC, date -u +%s."""
HOUR_MS = 3_600_000
STEP = {**PROGRAM, "fixed_time_controls": [{"at": "22:30", "level_pct": 40}]}


class Cut:
    """The real loop, gateway and store on a wire that the test connects and breaks, with a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock(TEN_MS)
        self.wire = Wire(self.clock)
        self.store = SqliteStore(folder, clock=self.clock)
        gateway = Gateway(plan(1883, resend_s=0), self.store, Sender("gateway-boot"))
        forwarder = Forwarder(self.store, self.wire)
        self.loop = GatewayLoop(
            gateway, self.wire, self.store, forwarder, self.clock, ClockWatch(), lambda: gateway.plan
        )
        self._seq = 0

    def say(self, node: str, channel: str, **fields: object) -> None:
        self._seq += 1
        head = {"v": 1, "id": f"01890000-0000-7000-8000-{self._seq:012d}", "ts": self.clock.now_ms()}
        payload = {**head, "boot": "field-boot", "seq": self._seq, **fields}
        self.wire.arrive(Received(f"{BASE}/{node}/{channel}", json.dumps(payload).encode(), 1, False, None, self._seq))
        self.loop.turn()

    def state(self, lamp: str, level_pct: float) -> None:
        self.say(lamp, "state", level_pct=level_pct, target_pct=level_pct, mode="auto", src="program")

    def override(self, lamp: str, level_pct: float, minutes: float) -> None:
        now_ms = self.clock.now_ms()
        until, exp = now_ms + round(minutes * 60_000), now_ms + 60_000
        what = {"op": "set", "lamps": [lamp], "level_pct": level_pct, "until": until, "exp": exp}
        self.say("_", "cmd", by=BY, reason="test", **what)

    def passes(self, ms: int) -> None:
        """Turn until so much time has gone by."""
        end_ms = self.clock.now_ms() + ms
        while self.clock.now_ms() < end_ms:
            self.loop.turn()

    def told(self) -> list[tuple[str, float]]:
        """Lamp commands since the last call, in order."""
        out, self.wire.out = self.wire.out, []
        sent = [message for message in out if message.topic.endswith("/cmd")]
        self.rest = [message for message in out if not message.topic.endswith("/cmd")]
        return [(m.topic.split("/")[-2], json.loads(m.payload)["level_pct"]) for m in sent]


def test_an_hour_without_a_broker(tmp_path: Path) -> None:
    """Until 22:30 idle is 20 %, then 40 %; of two overrides one ends while the link is cut and one goes on."""
    cut = Cut(tmp_path)
    cut.wire.connects()
    for lamp in LAMPS:
        cut.state(lamp, IDLE_PCT)
    document = {"v": 1, "version": 1, "groups": {"all": STEP["name"]}, "programs": {STEP["name"]: STEP}}
    cut.say("_", "program", **signed(document, "town", "g0042", "program", "roads", KEY))
    cut.override("l01", 70, minutes=20)
    cut.override("l02", 80, minutes=120)
    cut.passes(2000)
    for lamp, level_pct in dict(cut.told()).items():
        cut.state(lamp, level_pct)
    cut.passes(2000)
    assert cut.told() == []

    cut.say("l03", "telemetry", energy_wh=1.0, on_s=1.0)
    cut.wire.breaks()
    cut.passes(HOUR_MS)
    assert cut.told() == [] and cut.loop.gateway.why("l01").level_pm == 400
    assert cut.store.depth >= 1

    cut.wire.connects()
    cut.passes(2000)
    assert sorted(cut.told()) == [(lamp, 40.0) for lamp in LAMPS if lamp != "l02"]
    rows = [row for m in cut.rest if m.topic.endswith("/telemetry") for row in json.loads(m.payload)["rows"]]
    assert [row[0] for row in rows] == ["l03"]
    assert cut.store.depth == 0
    cut.store.close()


def test_ten_seconds_of_silence(tmp_path: Path) -> None:
    """The broker's process is stopped; the gateway's keep-alive of 5 s runs out, and it comes back by itself."""
    with torture(tmp_path) as rig:
        rig.in_control()
        rig.field.load(readings_per_s=20)
        with rig.broker.frozen():
            rig.until(lambda: "has not been heard" in rig.gateway.log.read_text(), "the gateway notices")
            rig.desk.overridden["l07"] = 45.0
            rig.desk.set("l07", 45.0)
        took_s = rig.until(rig.settled, "all right after the silence")
        rig.field.rest()
        rig.all_true()
        print(f"right again {took_s:.2f} s after the broker went on; {rig.again()}")
