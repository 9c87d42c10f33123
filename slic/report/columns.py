"""Every column of every table: the data dictionary, and the one place that knows how a value is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "flag", "integer", "number", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    kind : text, flag (true/false), integer, number (fixed ``decimals``) or time (UTC, to the millisecond)
    unit : of the value, "" where it has none; meaning : in words, for the reader of the file
    """

    table: str
    name: str
    kind: Kind
    unit: str
    meaning: str
    decimals: int = 0


def _text(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "text", "", meaning)


def _count(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "integer", "1", meaning)


def _flag(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "flag", "true/false", meaning)


def _time(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "time", "UTC", meaning)


def _kwh(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "number", "kWh", meaning, 6)


def _hours(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "number", "h", meaning, 6)


def _pct(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "number", "%", meaning, 3)


def _rate(table: str, name: str, meaning: str) -> Column:
    return Column(table, name, "number", "1/h", meaning, 6)


def _energies(table: str, over: str) -> tuple[Column, ...]:
    return (
        _kwh(table, "energy_kwh", f"all energy of {over}: light, loss, standby and sensing together"),
        _kwh(table, "light_kwh", "into the light source of lit lamps"),
        _kwh(table, "loss_kwh", "lost in driver or ballast of lit lamps"),
        _kwh(table, "standby_kwh", "drivers of dark lamps"),
        _kwh(table, "sensing_kwh", "sensors and radio nodes, day and night"),
    )


_PROGRAMS = (
    _text("programs", "program", "name of the compared regime"),
    _flag("programs", "baseline", "true for the regime that savings are measured against"),
    *_energies("programs", "all lamps over the counted nights, mean over the replicates"),
    _hours("programs", "lit_h", "hours at a level above 0, per lamp"),
    _hours("programs", "full_level_equivalent_h", "integral of level (1 = full) over time, per lamp"),
    _pct("programs", "high_share_pct", "share of lit lamp time at or above the presence level; empty without presence"),
    _pct("programs", "saving_pct", "energy saved against the baseline; empty for the baseline"),
    _pct("programs", "saving_low_pct", "lower end of the range; empty with fewer than three nights, unless exact"),
    _pct("programs", "saving_high_pct", "upper end of the range"),
    Column("programs", "confidence", "number", "1", "confidence level of the range", 4),
    _flag("programs", "significant", "false: the saving is not distinguishable from zero"),
    _flag("programs", "exact_for_these_nights", "true: nothing is left to chance, both ends are the saving itself"),
)

_SERVICE = (
    _text("service", "program", "name of the compared regime"),
    _hours("service", "user_hours", "time of road users under lamps, mean over the replicates"),
    _hours("service", "served_hours", "part of it with at least the required level"),
    _pct("service", "served_pct", "served_hours / user_hours; empty without road users"),
    _pct("service", "light_given_pct", "light users got, up to the required level, of that level over their time"),
    Column("service", "passages", "number", "1", "road users passing a lamp, mean over the replicates", 3),
    _pct("service", "late_events_pct", "passages whose required level came late; empty without passages"),
    _pct("service", "missed_events_pct", "passages without the required level at any moment"),
    _rate("service", "level_changes_per_lamp_hour", "changes of actual level per lamp and lit hour"),
    Column("service", "triggers", "number", "1", "presence detections that reached the controller, mean", 3),
)

_NIGHTS = (
    _text("nights", "program", "name of the compared regime"),
    _count("nights", "replicate", "number of the replicate, from 0"),
    _text("nights", "night", "date of the evening; a night runs noon to noon, civil time"),
    _flag("nights", "complete", "false: counts were missing in dark time, the night is left out of all totals"),
    *_energies("nights", "all lamps in this night"),
    _hours("nights", "lit_lamp_h", "lamp-hours at a level above 0, all lamps"),
    _hours("nights", "level_lamp_h", "integral of level (1 = full) over time, all lamps"),
    _count("nights", "users", "road users"),
    _count("nights", "passages", "road users passing a lamp"),
    _hours("nights", "user_hours", "time of road users under lamps"),
    _hours("nights", "served_hours", "part of it with at least the required level"),
    _count("nights", "late_events", "passages whose required level came late"),
    _count("nights", "missed_events", "passages without the required level at any moment"),
    _hours("nights", "given_full_h", "light users got, up to the required level, in hours of full level"),
    _hours("nights", "wanted_full_h", "required level over the time of users, in hours of full level"),
    _count("nights", "level_changes", "changes of actual level, all lamps"),
    _count("nights", "triggers", "presence detections that reached the controller, false ones included"),
)

_HALF_HOURS = (
    _text("half_hours", "program", "name of the compared regime"),
    _text("half_hours", "night", "date of the evening"),
    _flag("half_hours", "complete", "false: the night is left out of all totals"),
    _time("half_hours", "start_utc", "start of the half hour"),
    Column("half_hours", "energy_kwh", "number", "kWh", "all lamps in the half hour, mean over the replicates", 9),
)

_MONTHS = (
    _text("months", "program", "name of the compared regime"),
    _text("months", "month", "year and month of the evening"),
    _count("months", "nights", "counted nights in the month"),
    *_energies("months", "all lamps over the counted nights of the month, mean over the replicates"),
)

_LAMPS = (
    _text("lamps", "program", "name of the compared regime"),
    _text("lamps", "lamp", "lamp id"),
    _text("lamps", "street", "street on which it was simulated; fitted and made-up ones are called so"),
    Column("lamps", "at_m", "number", "m", "where along that street it was simulated", 3),
    _kwh("lamps", "energy_kwh", "all nights of replicate 0, incomplete nights included"),
    _pct("lamps", "saving_pct", "against the same lamp under the baseline; empty for the baseline"),
)

_DECISIONS = (
    _text("decisions", "program", "name of the compared regime"),
    _time("decisions", "at_utc", "moment of the command"),
    _text("decisions", "lamp", "lamp id"),
    Column("decisions", "level_pct", "number", "%", "commanded level", 1),
    Column("decisions", "ramp_s", "number", "s", "time of the whole transition", 3),
    _text("decisions", "source", "priority or rung that decided"),
    _text("decisions", "rule", "the control, in words"),
    _text(
        "decisions",
        "cause",
        "what triggered it: start (of the night, at noon), time (of the program), hold time over, or the input",
    ),
    _time(
        "decisions",
        "until_utc",
        "moment of the lamp's next command, when this decision ended; empty for the last of its night",
    ),
)

_TRACE = (
    _text("trace", "program", "name of the compared regime"),
    _text("trace", "lamp", "lamp id"),
    _text("trace", "night", "date of the evening"),
    _time("trace", "at_utc", "breakpoint; straight lines lie between, two at one moment are a step"),
    Column("trace", "level_pct", "number", "%", "actual level", 1),
)

_DATA_QUALITY = (
    _text("data_quality", "night", "date of the evening"),
    _count("data_quality", "slots", "slots of the count file in the dark time of the night"),
    _count("data_quality", "missing", "slots of these without a value"),
    _flag("data_quality", "counted", "false: the night is left out of all totals"),
)

_ASSUMPTIONS = (
    _text("assumptions", "topic", "what the assumption is about"),
    _text("assumptions", "name", "the quantity"),
    _text("assumptions", "value", "its value with unit, in words"),
)

COLUMNS: tuple[Column, ...] = (
    *_PROGRAMS,
    *_SERVICE,
    *_NIGHTS,
    *_HALF_HOURS,
    *_MONTHS,
    *_LAMPS,
    *_DECISIONS,
    *_TRACE,
    *_DATA_QUALITY,
    *_ASSUMPTIONS,
)
"""The data dictionary, in the order of tables and columns."""

TABLES: tuple[str, ...] = tuple(dict.fromkeys(column.table for column in COLUMNS))
"""Names of all tables, in order."""


def columns_of(table: str, columns: Sequence[Column] = COLUMNS) -> tuple[Column, ...]:
    """Columns of one table, in order; empty for an unknown table."""
    return tuple(column for column in columns if column.table == table)


def dictionary_csv(columns: Iterable[Column] = COLUMNS) -> str:
    """Content of ``data-dictionary.csv``."""
    lines = ["table,column,unit,meaning", *(f'{c.table},{c.name},{c.unit},"{c.meaning}"' for c in columns)]
    return "\n".join(lines) + "\n"
