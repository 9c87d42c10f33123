"""The Ghent counts of 2022 on one lamp, against published savings and against a closed form of the same counts.

Idle level 20 %, hold 60 s, point detection, no ramp, power = 5 % + 95 % x level, lit while the sun is below
-0.8333 degrees. The ranges are 90 % intervals over nights of an independent calculation.
"""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from math import exp
from pathlib import Path

import pytest

from sim.run import simulate
from slic.scenario.load import LoadedScenario
from slic.scenario.model import Scenario

DATA = Path(__file__).parents[2] / "config/data"
COUNTS = "bike_counts_ghent_coupure_2022_5min.csv.gz"
DIRECTIONS = ("bikes_to_mariakerke", "bikes_to_centre")


def one_lamp_for_a_year(thin: float) -> LoadedScenario:
    curve = [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}]
    presence = {
        "name": "presence",
        "idle_level_pct": 20,
        "hold_s": 60,
        "presence": {"style": "own"},
        "dynamic_controls": [{"name": "cyclist"}],
    }
    source = {
        "kind": "counts",
        "file": COUNTS,
        "slot_min": 5,
        "forward": DIRECTIONS[:1],
        "backward": DIRECTIONS[1:],
    }
    values = {
        "name": "ghent-one-lamp",
        "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
        "lamps": {"kind": "row", "count": 1, "spacing_m": 30, "luminaire": "led", "power_w": 28},
        "luminaires": {"led": {"name": "led", "power_curve": curve}},
        "traffic": {"source": source, "thin": thin},
        "programs": {"full-night": {"name": "full-night"}, "presence": presence},
        "regimes": {"full-night": {"all": "full-night"}, "presence": {"all": "presence"}},
        "baseline": "full-night",
        "service": {"required": [{"at": "12:00", "level_pct": 100}]},
        "run": {"start": "2022-01-01", "nights": 364, "replicates": 1, "seed": 2022},
    }
    return LoadedScenario(Scenario.model_validate(values), "ghent.yaml", DATA, {})


def saving_pct(tallies) -> float:
    energy = {regime: sum(t.energy_mj for t in tallies if t.regime == regime) for regime in ("full-night", "presence")}
    return 100 * (1 - energy["presence"] / energy["full-night"])


def closed_form_saving_pct(thin: float) -> float:
    """From pvlib's sun and the counts alone: in a slot with n users the lamp is high 1 - exp(-n x 60 s / 300 s)."""
    pandas, pvlib = pytest.importorskip("pandas"), pytest.importorskip("pvlib")
    with gzip.open(DATA / COUNTS, "rt") as file:
        rows = [r for r in csv.DictReader(file) if all(r[d] for d in DIRECTIONS)]
    middles = [datetime.fromisoformat(r["time_utc"]).timestamp() + 150 for r in rows]
    times = pandas.DatetimeIndex([datetime.fromtimestamp(t, UTC) for t in middles])
    elevation = pvlib.solarposition.get_solarposition(times, 51.05, 3.71)["elevation"].to_numpy()
    low = 0.05 + 0.95 * 0.2
    dark = [sum(int(r[d]) for d in DIRECTIONS) for r, e in zip(rows, elevation, strict=True) if e < -0.8333]
    power = [low + (1 - low) * (1 - exp(-thin * n * 60 / 300)) for n in dark]
    return 100 * (1 - sum(power) / len(power))


@pytest.mark.parametrize(
    ("thin", "published", "low", "high"),
    [(1.0, 26.0, 25.3, 26.7), (0.1, 61.5, 61.0, 61.9), (0.02, 72.4, 72.2, 72.5)],
)
def test_a_year_of_ghent_saves_what_is_published(thin, published, low, high):
    tallies = simulate(one_lamp_for_a_year(thin), jobs=1).tallies
    saving = saving_pct([t for t in tallies if t.complete])
    assert low <= saving <= high
    assert saving == pytest.approx(published, abs=0.4)
    assert saving == pytest.approx(closed_form_saving_pct(thin), abs=0.25)
    assert [t.night for t in tallies if not t.complete] == ["2022-10-29"] * 2
