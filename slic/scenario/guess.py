"""Guesses how a town's lamp inventory is written: encoding, separator, decimal comma and column names."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slic.errors import InputError
from slic.site.table import Table, read_table

Separator = Literal[",", ";", "\t"]
Encoding = Literal["utf-8", "latin-1"]

# Column names seen in English, Dutch, French and German inventories, without case and punctuation.
_NAMES: dict[str, tuple[str, ...]] = {
    "lamp_id": ("lampid", "id", "assetid", "objectid", "nummer", "numero", "mastnummer", "fid", "unitid"),
    "lat": ("lat", "latitude", "breedtegraad", "breite", "y", "ywgs84"),
    "lon": ("lon", "lng", "long", "longitude", "lengtegraad", "laenge", "x", "xwgs84"),
    "street": ("street", "streetname", "road", "straat", "straatnaam", "rue", "voie", "strasse"),
    "lamp_type": ("lamptype", "type", "lamp", "lampe", "source", "technology", "lichtbron"),
    "lamp_w": ("lampw", "watts", "watt", "wattage", "power", "powerw", "vermogen", "puissance", "lampwatts1"),
    "lamp_w_2": ("lampw2", "watts2", "lampwatts2"),
    "n_lights": ("nlights", "lights", "aantal", "nombre"),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """How a file seems to be written; ``columns`` : SLIC field -> column."""

    encoding: Encoding
    separator: Separator
    decimal_comma: bool
    columns: dict[str, str]
    table: Table


def guess_format(path: Path, shown: str) -> Guess:
    """How an inventory file is written, from its first line and its first row.

    Raises InputError if it cannot be read, or has no column that looks like an id, latitude or longitude.
    """
    raw = _first_bytes(path, shown)
    encoding: Encoding = "utf-8" if _is_utf8(raw) else "latin-1"
    head = raw.split(b"\n", 1)[0].decode(encoding)
    separators: tuple[Separator, ...] = (",", ";", "\t")
    separator = max(separators, key=head.count)
    table = read_table(path, shown, encoding, separator)
    columns = _columns(table.columns)
    for name in ("lamp_id", "lat", "lon"):
        if name not in columns:
            allowed = f"a column named as one of {', '.join(_NAMES[name])}"
            raise InputError("has no column that looks like it", file=shown, line=1, field=name, allowed=allowed)
    decimal_comma = separator != "," and "," in table.rows[0].cells[columns["lat"]]
    return Guess(encoding, separator, decimal_comma, columns, table)


def _columns(names: Sequence[str]) -> dict[str, str]:
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in names}
    found = {}
    for field, known in _NAMES.items():
        hit = next((plain[name] for name in known if name in plain), None)
        if hit is not None:
            found[field] = hit
    return found


def _first_bytes(path: Path, shown: str) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({reason})", file=shown) from None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
