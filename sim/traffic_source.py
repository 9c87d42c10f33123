"""Where a scenario's road users come from: reads the source once, and gives the users of a street-night."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from statistics import NormalDist
from zoneinfo import ZoneInfo

import numpy as np

from sim.count_file import read_counts
from sim.counts import Counts
from sim.recorded import Recorded
from sim.sumo_detectors import read_e1, read_instant
from sim.sumo_positions import read_positions
from sim.traffic import NOBODY, Flow, Users, flow_of, make_users
from sim.week_profile import mean_weeks
from slic.control.civil import night_span
from slic.errors import InputError
from slic.scenario.load import LoadedScenario, resolve_file
from slic.scenario.model import CountFile, SteadyFlow, Traffic
from slic.scenario.sumo_model import SumoDetectors, SumoPositions

Source = Counts | Recorded | SteadyFlow | None


def read_source(loaded: LoadedScenario, nights: tuple[date, ...]) -> Source:
    """The road users of a scenario's file; a steady flow, or None for nobody.

    Raises InputError for a bad file, and if it knows nothing of any night of the run.
    """
    source = loaded.scenario.traffic.source
    if source is None or isinstance(source, SteadyFlow):
        return source
    zone = loaded.scenario.site.timezone
    first_ms, last_ms = night_span(zone, nights[0]).start_ms, night_span(zone, nights[-1]).end_ms
    path = resolve_file(loaded, source.file)
    if isinstance(source, CountFile):
        counts = read_counts(path, source, zone)
        read: Counts | Recorded = mean_weeks(counts, source, zone, first_ms, last_ms) if source.mean_week_in else counts
    elif isinstance(source, SumoDetectors):
        read = read_e1(path, source)
    else:
        read = read_positions(path, source) if isinstance(source, SumoPositions) else read_instant(path, source)
    known = read.counts if isinstance(read, Recorded) else read
    if known.end_ms <= first_ms or known.start_ms >= last_ms:
        night, problem = str(nights[0]), "lies outside the count file"
        allowed = f"nights in what the file covers, {_civil(known.start_ms, zone)} to {_civil(known.end_ms, zone)}"
        raise InputError(problem, file=source.file, field="run.start", value=night, allowed=allowed)
    return read


def _civil(t_ms: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(t_ms / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def counts_in(source: Source) -> Counts | None:
    """The counts of a source, by which it is known what it does not cover; None if it holds at any time."""
    return source.counts if isinstance(source, Recorded) else source if isinstance(source, Counts) else None


def flow_in(source: Source, start_ms: int, end_ms: int) -> Flow:
    """The flow of a mean street between two moments; nobody where users are recorded and so not drawn."""
    return flow_of(None if isinstance(source, Recorded) else source, start_ms, end_ms)


def users_of(
    source: Source,
    traffic: Traffic,
    street: str,
    flow: Flow,
    span_ms: tuple[int, int],
    dice: Callable[[], np.random.Generator],
) -> Users:
    """Who passes the middle of a street in a span [UTC ms]: the recorded users, or a draw from the mean flow."""
    if isinstance(source, Recorded):
        return source.between(*span_ms, traffic.thin, dice)
    if flow.nobody:
        return NOBODY
    if traffic.street_spread:
        factor = street_factor(street, traffic.street_spread)
        flow = Flow(flow.starts_ms, flow.slot_ms, flow.forward * factor, flow.backward * factor)
    return make_users(flow, traffic, *span_ms, dice())


@lru_cache(maxsize=100_000)
def street_factor(street: str, spread: float) -> float:
    """By how much a street is busier than the mean: log-normal with mean 1, from the street's name alone.

    spread : standard deviation of the factor's natural logarithm
    """
    share = (int.from_bytes(sha256(street.encode()).digest()[:6], "big") + 0.5) / 2**48
    return math.exp(spread * NormalDist().inv_cdf(share) - spread**2 / 2)
