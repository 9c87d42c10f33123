"""A TALQ document that another system changed, joined with what SLIC kept in it.

Three descriptions meet: ``ours`` is the program as SLIC had it, ``base`` what SLIC wrote of it in TALQ's words, and
``theirs`` what the document says now. A value of theirs counts only where it differs from the base.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from slic.control.program import Astronomical
from slic.control.talq_export import MAX_SENSORS, NOON

Json = dict[str, Any]
_Key = Callable[[Json], Hashable]


def _whole(entry: Json) -> Hashable:
    return repr(sorted(entry.items()))


def _any(_entry: Json) -> Hashable:
    return None


# By what an entry is found again: first as a whole, then by what names it, then, where that is sound, by its place.
_SAME: Mapping[str, tuple[_Key, ...]] = {
    "active_periods": (_whole, lambda entry: entry["kind"]),
    "fixed_time_controls": (_whole, lambda entry: entry["at"], _any),
    "astro_clock_controls": (_whole, lambda entry: entry["event"], _any),
    "dynamic_controls": (_whole, lambda entry: (str(entry["window"]), str(entry["sensors"])), _any),
}
_TALQ_LACKS = {
    "entrance_level_pct": None,
    "sun_elevation_deg": Astronomical().sun_elevation_deg,
}


def merged_program(ours: Json, base: Json, theirs: Json) -> tuple[Json, list[str]]:
    """The fields of the joined program, and in words what could not be kept."""
    merged, warnings = dict(ours), list[str]()
    if theirs["name"] != base["name"]:
        merged["name"] = theirs["name"]
    for field, keys in _SAME.items():
        if theirs[field] != base[field]:
            written = _as_written(ours[field]) if field == "fixed_time_controls" else ours[field]
            merged[field] = _merged_list(keys, written, base[field], theirs[field], warnings)
            if field == "fixed_time_controls":
                merged[field] = [one for one in ours[field] if one["at"] == NOON] + merged[field]
    if theirs["idle_level_pct"] != base["idle_level_pct"]:
        _set_noon_level(merged, theirs["idle_level_pct"])
    return merged | ramps(theirs, {key: ours[key] for key in ("ramp_up_s", "ramp_down_s")}, warnings), warnings


def ramps(theirs: Json, ours: Json, warnings: list[str]) -> Json:
    """The program's ramp times [s]: SLIC has one for all dynamic controls, TALQ one for each."""
    found = dict(ours)
    for field in ours:
        said = [one[field] for one in theirs["ramps"] if field in one]
        found[field] = next((value for value in said if value != ours[field]), ours[field])
        if len(set(said)) > 1:
            values = " and ".join(f"{value:g}" for value in dict.fromkeys(said))
            warnings.append(f"dynamic controls have a {field} of {values} s: SLIC has one, {found[field]:g} s is taken")
    return found


def named(controls: list[Json]) -> list[Json]:
    """Dynamic controls with a name each; TALQ has none."""
    return [{"name": f"dynamic {number}", **one} for number, one in enumerate(controls, 1)]


def _as_written(ours: list[Json]) -> list[Json]:
    """Fixed times as the export writes them: in clock order, the last of equal ones, without noon."""
    by_time = {one["at"]: one for one in ours if one["at"] != NOON}
    return [by_time[at] for at in sorted(by_time)]


def _set_noon_level(merged: Json, level_pct: float) -> None:
    """TALQ's entry at noon is the fixed time of noon if there is one, else the idle level."""
    fixed = merged["fixed_time_controls"]
    if any(one["at"] == NOON for one in fixed):
        changed = [{**one, "level_pct": level_pct} if one["at"] == NOON else one for one in fixed]
        merged["fixed_time_controls"] = changed
    else:
        merged["idle_level_pct"] = level_pct


def _merged_list(
    keys: tuple[_Key, ...], ours: list[Json], base: list[Json], theirs: list[Json], warnings: list[str]
) -> list[Json]:
    pairs = _pairs(keys, base, theirs)
    merged = [
        _merged_entry(ours[pairs[number]], base[pairs[number]], one, warnings) if number in pairs else one
        for number, one in enumerate(theirs)
    ]
    for number in sorted(set(range(len(base))) - set(pairs.values())):
        _warn_dropped(ours[number], base[number], warnings)
    return merged


def _pairs(keys: tuple[_Key, ...], base: list[Json], theirs: list[Json]) -> dict[int, int]:
    """Number of an entry of theirs -> that of the entry of the base that it was."""
    pairs: dict[int, int] = {}
    for key in keys:
        before, now = defaultdict[Hashable, list[int]](list), defaultdict[Hashable, list[int]](list)
        for number in sorted(set(range(len(base))) - set(pairs.values())):
            before[key(base[number])].append(number)
        for number in sorted(set(range(len(theirs))) - set(pairs)):
            now[key(theirs[number])].append(number)
        for same, numbers in now.items():
            if key is _whole or len(numbers) == len(before[same]):
                pairs |= dict(zip(numbers, before[same], strict=False))
    return pairs


def _merged_entry(ours: Json, base: Json, theirs: Json, warnings: list[str]) -> Json:
    changed = {key: value for key, value in theirs.items() if key not in base or value != base[key]}
    if "sensors" in changed:
        beyond = ours["sensors"][MAX_SENSORS:]
        changed["sensors"] = [*theirs["sensors"], *beyond] if theirs["sensors"] else []
        if beyond and not theirs["sensors"]:
            warnings.append(f"dynamic control {ours['name']}: all sensors act now, {', '.join(beyond)} are not named")
    if "at" in changed and ours.get("entrance_level_pct") is not None:
        warnings.append(
            f"fixed time {base['at']} is read as moved to {theirs['at']}: "
            f"its entrance level {ours['entrance_level_pct']:g} % moves with it"
        )
    return ours | changed


def _warn_dropped(ours: Json, base: Json, warnings: list[str]) -> None:
    what = base.get("kind") or ours.get("name") or base.get("at") or base.get("event")
    lost = [f"{key} {ours[key]:g}" for key, usual in _TALQ_LACKS.items() if ours.get(key, usual) != usual]
    lost += [f"sensor {sensor}" for sensor in ours.get("sensors", [])[MAX_SENSORS:]]
    if lost:
        warnings.append(f"{what} is no longer in the TALQ part: {', '.join(lost)} could not be kept")
