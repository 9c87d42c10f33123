from __future__ import annotations

from slic.report.assumptions import assumption_rows
from tests.report import made_up


def traffic(thin: float) -> dict[str, object]:
    scenario = made_up.scenario()
    thinned = scenario.model_copy(update={"traffic": scenario.traffic.model_copy(update={"thin": thin})})
    return {str(row["name"]): row["value"] for row in assumption_rows(thinned) if row["topic"] == "traffic"}


def test_traffic_that_was_thinned_says_so() -> None:
    assert traffic(0.02)["thinned to"] == "2 % of the counts"
    assert "thinned to" not in traffic(1.0)
