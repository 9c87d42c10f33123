"""One example of each message, as it stands on the wire: an evening in the segment el-g0042 of Etten-Leur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

SITE, SEGMENT, LAMP, SENSOR = "ettenleur", "el-g0042", "l017", "p03"
_T_MS = 1_668_441_600_000
"""14 November 2022, 16:00 UTC."""
_COMMAND = "0184771e-3a10-7c44-8d2e-5b7f1a9c0d31"
_PING = "0184771e-3a10-7f02-b1aa-90c4de17f650"


def _message(number: int, boot: str, **fields: Any) -> Json:
    envelope = {"v": 1, "id": f"0184771e-3a10-7c44-8d2e-{number:012x}", "ts": _T_MS, "boot": boot, "seq": number}
    return envelope | fields


_LAMP, _GATEWAY, _SITE = "5a1d0c77e3b2", "c0ffee12ab34", "b7e4905d21f8"

EXAMPLES: Mapping[str, Json] = {
    "Presence": _message(
        41, "90d1f3a2c4b6", active=True, momentary=True, kind="bicycle", count=1, speed_mps=4.6, dir=1, conf=0.9
    ),
    "Ambient": _message(7, "4e6a8c0b2d1f", lux=38.5, quality="good"),
    "LampCommand": _message(
        5120,
        _GATEWAY,
        level_pct=100,
        fade_s=1.5,
        exp=_T_MS + 60_000,
        src="sensor",
        rule="presence: Max 100 %",
        cause="sensor p03",
        until=_T_MS + 61_500,
        program="presence-cluster",
    ),
    "LampState": _message(
        318, _LAMP, level_pct=42.7, target_pct=100, fade_end=_T_MS + 1500, mode="auto", src="sensor", cmd_id=_COMMAND
    ),
    "LampReading": _message(
        319,
        _LAMP,
        energy_wh=18204.25,
        on_s=2_410_220,
        switch_ons=611,
        power_w=27.9,
        voltage_v=231.4,
        power_factor=0.96,
        temperature_c=34.5,
    ),
    "Event": _message(5121, _GATEWAY, code="lamp_failure", phase="start", first_seen=_T_MS - 90_000, count=3),
    "SegmentCommand": _message(
        12,
        _SITE,
        op="set",
        lamps=[LAMP, "l018"],
        level_pct=40,
        fade_s=5,
        kind="override",
        by="operator",
        reason="film crew in the street",
        exp=_T_MS + 60_000,
        until=_T_MS + 7_200_000,
        ref="film-crew",
    ),
    "Ack": _message(5122, _GATEWAY, cmd_id=_COMMAND, status="applied", code="ok", level_pct=40),
    "ProgramSet": _message(
        13,
        _SITE,
        version=4,
        sha256="0c1666225091c76c5fa509b003be7e641c631c9e8c2d2578c45acf4c28f3e140",
        signer="programs",
        signature="QvoLHpcJLP5bC7iBAIBCCARu0uey9qedFsaxoXk2Nui60gzVi8USJV2EXKoHHbwcKFMGXHrRLghuhbdBu+BiAg==",
        groups={"all": "weekdays"},
        programs={
            "late-dim": {
                "name": "late-dim",
                "idle_level_pct": 100,
                "fixed_time_controls": [{"at": "23:00", "level_pct": 40}, {"at": "05:30", "level_pct": 100}],
                "dynamic_controls": [{"name": "presence", "level_pct": 80}],
                "hold_s": 60,
            },
            "full-night": {"name": "full-night"},
        },
        calendars={
            "weekdays": {
                "name": "weekdays",
                "rules": [{"program": "full-night", "weekdays": ["fri", "sat"]}],
                "default": "late-dim",
                "holidays": ["2022-12-25"],
            }
        },
    ),
    "SegmentConfig": _message(
        14,
        _SITE,
        version=2,
        sha256="8283b51f1748c0d8d2fad4b2dd360e448557bf0d2bd04c39664f4f90bcc7ae14",
        signer="programs",
        signature="uSMahQ54DrgkBX81VatHtNhryOOQmhoOLff/JtIpWFPMhGfFkJ0RCJIWKBVarVKQZj+qOqiA7fqq+i0L/qSCBQ==",
        telemetry_s=900,
        sensor_stale_s=3600,
        limits={"below_pct": 20, "share_pct": 10, "within_s": 600},
        sensor_clusters={SENSOR: "crossing"},
    ),
    "Applied": _message(
        5123, _GATEWAY, version=4, sha256="0c1666225091c76c5fa509b003be7e641c631c9e8c2d2578c45acf4c28f3e140", ok=True
    ),
    "Telemetry": _message(
        5124,
        _GATEWAY,
        start=_T_MS - 900_000,
        end=_T_MS,
        cols=["lamp", "t", "boot", "wh", "on_s", "switch_ons", "w", "v", "pf", "temp"],
        rows=[
            [LAMP, _T_MS - 850, _LAMP, 18204.25, 2_410_220, 611, 27.9, 231.4, 0.96, 34.5],
            ["l018", _T_MS - 120, "e3b25a1d0c77", 17990.5, 2_398_004, 598, None, None, None, None],
        ],
    ),
    "Status": _message(5100, _GATEWAY, status="online", software="slic 0.1.0"),
    "Health": _message(
        5125,
        _GATEWAY,
        clock_trusted=True,
        clock_offset_ms=-12,
        rungs={"all": "program"},
        store="ok",
        queue_depth=0,
        loop_ms=3.5,
        lamps_lost=1,
        refused={"malformed": 2},
    ),
    "Ping": _message(5126, _GATEWAY),
    "Pong": _message(15, _SITE, ping_id=_PING, who="core"),
    "Inventory": _message(
        5101,
        _GATEWAY,
        lamp_cols=["lamp", "group", "cluster", "street", "position_m", "minimum_level_pct", "w", "lat", "lon"],
        lamps=[
            [LAMP, "all", "crossing", "stationsstraat", 0.0, 10, 28, 51.5712, 4.6385],
            ["l018", "all", "crossing", "stationsstraat", 30.0, 10, None, None, None],
        ],
        sensor_cols=["sensor", "kind", "cluster", "street", "position_m"],
        sensors=[[SENSOR, "presence", "crossing", "stationsstraat", 15.0], ["a01", "ambient", "", "", 0.0]],
    ),
    "Clock": _message(16, "f1e1d0c5b4a3", op="tick", rate=0),
    "ClockDone": _message(5127, _GATEWAY, op="tick", commands=2),
}
"""By payload: its name in :mod:`slic.messages.payloads`. Signed with the first test key of RFC 8032, section 7.1."""
