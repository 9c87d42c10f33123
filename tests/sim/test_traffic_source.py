"""Profiles and streets that differ: another place's mean week in the site's civil time, and factors by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import exp
from pathlib import Path

import numpy as np
import pytest

from sim.count_file import read_counts
from sim.traffic_source import street_factor
from sim.week_profile import mean_weeks
from slic.errors import InputError
from slic.scenario.model import CountFile


def test_another_places_week_holds_in_the_sites_civil_time(tmp_path: Path) -> None:
    """Each hour of three Auckland weeks counts its own hour of the week; in Paris it is found at the same clock."""
    start = datetime(2024, 6, 2, 12, tzinfo=UTC)  # Monday 3 June, 00:00 in Auckland (UTC+12)
    rows = [f"{start + timedelta(hours=n):%Y-%m-%dT%H:%MZ},{n % 168}\n" for n in range(3 * 168)]
    (tmp_path / "c.csv").write_text("time_utc,n\n" + "".join(rows))
    source = CountFile(file="c.csv", slot_min=60, forward=["n"], mean_week_in="Pacific/Auckland")
    counts = read_counts(tmp_path / "c.csv", source, "Europe/Paris")
    monday_ms = round(datetime(2026, 11, 15, 23, tzinfo=UTC).timestamp() * 1000)  # Monday 16 November, 00:00 in Paris
    weeks = mean_weeks(counts, source, "Europe/Paris", monday_ms, monday_ms + 14 * 86_400_000)
    assert weeks.start_ms == monday_ms
    assert weeks.forward.tolist() == list(range(168)) * 2
    assert "the mean week of the file stands for every week" in weeks.warnings[0]
    with pytest.raises(InputError, match="is no part of an hour"):
        mean_weeks(counts, source.model_copy(update={"slot_min": 45}), "Europe/Paris", 0, 1)


def test_an_hour_of_the_week_that_was_never_counted_stays_missing(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("time_utc,n\n2024-06-03T00:00Z,5\n2024-06-03T02:00Z,6\n")
    source = CountFile(file="c.csv", slot_min=60, forward=["n"], mean_week_in="UTC")
    counts = read_counts(tmp_path / "c.csv", source, "UTC")
    weeks = mean_weeks(counts, source, "UTC", counts.start_ms, counts.start_ms + 7 * 86_400_000)
    assert int(np.isnan(weeks.forward).sum()) == 166
    assert weeks.warnings[-1] == "c.csv: 166 slots of the week were never counted"


def test_streets_differ_by_a_log_normal_factor_of_mean_one() -> None:
    """The median of a log-normal variable of mean 1 is exp(-s^2 / 2); its 16th and 84th part lie e^s apart from it."""
    factors = np.array([street_factor(f"street-{n:04d}", 0.5) for n in range(20_000)])
    assert factors.mean() == pytest.approx(1, abs=0.015)
    assert np.quantile(factors, [0.1587, 0.5, 0.8413]) == pytest.approx(
        [exp(-0.625), exp(-0.125), exp(0.375)], rel=0.02
    )
    assert street_factor("K ST", 0) == 1
    assert street_factor("K ST", 1) == street_factor("K ST", 1) != street_factor("L ST", 1)
