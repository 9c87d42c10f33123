"""Guesses how a town's lamp inventory is written: encoding, separator, decimal comma and column names."""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slic.errors import InputError
from slic.site.inventory import ROW_NUMBER
from slic.site.table import Table, read_table

Separator = Literal[",", ";", "\t"]
Encoding = Literal["utf-8", "latin-1"]

# Column names seen in English, Dutch, French and German inventories: small letters without accents and punctuation.
_NAMES: dict[str, tuple[str, ...]] = {
    "lamp_id": (
        "lampid", "id", "assetid", "objectid", "unitid", "fid", "poleid", "columnid", "number", "no", "mast",
        "mastid", "mastnr", "mastnummer", "paal", "paalnr", "paalnummer", "lichtmast", "lichtmastnummer", "lichtpunt",
        "lichtpuntid", "nummer", "nr", "kennung", "leuchte", "leuchtennr", "leuchtennummer", "lichtpunktnummer",
        "leuchtstelle", "numero", "num", "identifiant", "matricule", "mat", "support", "candelabre", "pointlumineux",
    ),
    "lat": ("lat", "latitude", "breedtegraad", "breitengrad", "breite", "geobreite", "y", "ywgs84", "latwgs84"),
    "lon": (
        "lon", "lng", "long", "longitude", "lengtegraad", "laengengrad", "laenge", "geolaenge", "x", "xwgs84",
        "lonwgs84",
    ),
    "street": (
        "street", "streetname", "road", "roadname", "straat", "straatnaam", "weg", "strasse", "strassenname", "str",
        "rue", "voie", "nomvoie", "nomrue", "libellevoie",
    ),
    "lamp_type": (
        "lamptype", "type", "lamp", "source", "technology", "lichtbron", "lamptechnologie", "leuchtmittel", "lampentyp",
        "lichtquelle", "lampe", "typelampe", "typedelampe", "technologie",
    ),
    "lamp_w": (
        "lampw", "watts", "watt", "wattage", "w", "power", "powerw", "lampwatts1", "vermogen", "vermogenw",
        "lampvermogen", "leistung", "leistungw", "lampenleistung", "nennleistung", "puissance", "puissancew",
        "puissancelampe",
    ),
    "lamp_w_2": ("lampw2", "watts2", "lampwatts2", "vermogen2", "leistung2", "puissance2"),
    "n_lights": (
        "nlights", "lights", "aantal", "aantallampen", "anzahl", "anzahllampen", "nombre", "nblampes", "nombredelampes",
    ),
}  # fmt: skip
_NUMBERS = ("lat", "lon", "lamp_w", "lamp_w_2")


@dataclass(frozen=True, slots=True)
class Guess:
    """How a file seems to be written; ``columns`` : SLIC field -> column."""

    encoding: Encoding
    separator: Separator
    decimal_comma: bool
    columns: dict[str, str]
    table: Table


def guess_format(path: Path, shown: str, given: Mapping[str, str] | None = None) -> Guess:
    """How an inventory file is written, from its bytes, its first line and its numbers.

    given : SLIC field -> column, for columns that cannot be guessed. Without an id column lamps go by their rows.
    Raises InputError if the file cannot be read, or has no column that looks like latitude or longitude.
    """
    raw = _first_bytes(path, shown)
    encoding: Encoding = "utf-8" if _is_utf8(raw) else "latin-1"
    head = raw.split(b"\n", 1)[0].decode(encoding)
    separators: tuple[Separator, ...] = (",", ";", "\t")
    separator = max(separators, key=head.count)
    table = read_table(path, shown, encoding, separator)
    columns = {"lamp_id": ROW_NUMBER} | _columns(table.columns, given or {})
    for name in ("lat", "lon"):
        if name not in columns:
            allowed = f"--column {name}=NAME with one of: {', '.join(table.columns)}"
            raise InputError("has no column that looks like it", file=shown, line=1, field=name, allowed=allowed)
    return Guess(encoding, separator, _has_decimal_comma(table, columns), columns, table)


def _has_decimal_comma(table: Table, columns: Mapping[str, str]) -> bool:
    numbers = [columns[name] for name in _NUMBERS if name in columns]
    return any("," in row.cells.get(column, "") for row in table.rows for column in numbers)


def _columns(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """SLIC field -> column: the given ones first, and each column once."""
    plain = {_plain(name): name for name in names if name not in given.values()}
    found = dict(given)
    for field, known in _NAMES.items():
        hit = next((plain[name] for name in known if name in plain), None)
        if hit is not None and field not in given:
            found[field] = hit
    return found


def _plain(name: str) -> str:
    """Small letters and digits only: ``Länge (°)`` is ``laenge``, ``Numéro`` is ``numero``."""
    spelled = name.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", spelled))


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
