"""Tables of a store of field records: one SQLite file per UTC day, and one for what belongs to no day.

Times are UTC milliseconds, levels per mille of nominal luminous flux, energies millijoules: whole numbers, so that
sums are exact in any order. What a message does not say is NULL. Every key holds the publisher's boot and number, so
that a message that comes twice is one row.
"""

from __future__ import annotations

from collections.abc import Mapping

SCHEMA = 1
SITE_FILE = "site.sqlite"
DAY_GLOB = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].sqlite"

_READINGS = """segment TEXT NOT NULL, lamp TEXT NOT NULL, t_ms INTEGER NOT NULL, boot TEXT NOT NULL,
    seq INTEGER NOT NULL, row_no INTEGER NOT NULL, lamp_boot TEXT, counter_mj INTEGER, on_ms INTEGER,
    switch_ons INTEGER, power_mw INTEGER, voltage_mv INTEGER, power_factor_pm INTEGER, temperature_mc INTEGER,
    level_pm INTEGER, target_pm INTEGER, PRIMARY KEY (segment, lamp, t_ms, boot, seq, row_no)"""

_NODE = """segment TEXT NOT NULL, node TEXT NOT NULL, t_ms INTEGER NOT NULL, boot TEXT NOT NULL,
    seq INTEGER NOT NULL, channel TEXT NOT NULL"""
_NODE_KEY = "PRIMARY KEY (segment, node, t_ms, boot, seq, channel)"

DAY_TABLES: Mapping[str, str] = {
    "readings": _READINGS,
    "states": f"""{_NODE}, level_pm INTEGER NOT NULL, target_pm INTEGER NOT NULL, fade_end_ms INTEGER,
        mode TEXT NOT NULL, src TEXT NOT NULL, cmd_id TEXT, faults TEXT NOT NULL, {_NODE_KEY}""",
    "ambients": f"{_NODE}, millilux INTEGER NOT NULL, quality TEXT NOT NULL, {_NODE_KEY}",
    "events": f"""{_NODE}, code TEXT NOT NULL, phase TEXT NOT NULL, first_seen_ms INTEGER NOT NULL,
        count INTEGER NOT NULL, detail TEXT NOT NULL, {_NODE_KEY}""",
    "acks": f"""{_NODE}, cmd_id TEXT NOT NULL, status TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
        level_pm INTEGER, {_NODE_KEY}""",
    "status": f"{_NODE}, status TEXT NOT NULL, software TEXT NOT NULL, received_ms INTEGER NOT NULL, {_NODE_KEY}",
    "health": f"""{_NODE}, clock_trusted INTEGER NOT NULL, clock_offset_ms INTEGER, store TEXT NOT NULL,
        queue_depth INTEGER NOT NULL, records_dropped INTEGER NOT NULL, lamps_lost INTEGER NOT NULL,
        sensors_lost INTEGER NOT NULL, rungs TEXT NOT NULL, refused TEXT NOT NULL, {_NODE_KEY}""",
    "applied": f"""{_NODE}, version INTEGER NOT NULL, sha256 TEXT NOT NULL, ok INTEGER NOT NULL,
        errors TEXT NOT NULL, {_NODE_KEY}""",
}
"""Table -> columns of a day's file. A reading's ``row_no`` is its row in the message."""

SITE_TABLES: Mapping[str, str] = {
    "about": "only INTEGER PRIMARY KEY CHECK (only = 1), site TEXT NOT NULL, schema INTEGER NOT NULL",
    "inventory": """segment TEXT PRIMARY KEY, t_ms INTEGER NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL,
        payload TEXT NOT NULL""",
    "rejected": """number INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, code TEXT NOT NULL,
        topic TEXT NOT NULL, payload BLOB NOT NULL""",
    "rejected_counts": "code TEXT PRIMARY KEY, count INTEGER NOT NULL",
}
"""Table -> columns of the site's file: latest inventory of each segment, and messages that could not be used."""


def create(tables: Mapping[str, str]) -> list[str]:
    """Statements that make tables where they are missing. Those of a day are stored in the order of their key."""
    ending = " WITHOUT ROWID" if tables is DAY_TABLES else ""
    return [f"CREATE TABLE IF NOT EXISTS {name} ({columns}){ending}" for name, columns in tables.items()]
