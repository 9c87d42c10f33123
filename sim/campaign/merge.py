"""One scan over the summaries of a campaign's cases: the table of all of them, and the page to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.campaign.case import case_folder
from sim.campaign.plan import Case, Plan, scenario_of
from slic.errors import InputError, RunError
from slic.files import write_whole
from slic.report.campaign_html import CampaignPage, render_campaign
from slic.report.campaign_table import case_rows, columns_with, shown_rows
from slic.report.csv_file import Row, write_csv
from slic.report.parquet import write_parquet
from slic.report.summary_keys import check_summary


def merge(plan: Plan, folder: Path, failed: Mapping[str, str]) -> int:
    """Write ``cases.csv``, with the extra analysis ``cases.parquet``, and ``campaign.html``; the number of warnings.

    failed : error by name of the case that is not there; all others must be done
    Raises InputError for a case whose summary was changed, RunError if something cannot be written.
    """
    rows, baselines, warnings = _scan(plan, folder, failed)
    parameters = plan.parameters
    with _whole(folder / "cases.csv") as path:
        write_csv(path, columns_with(parameters, rows, as_text=True), shown_rows(parameters, rows))
    with _whole(folder / "cases.parquet") as path:
        columns = columns_with(parameters, rows, as_text=False)
        texts = [column.name for column in columns if column.name in parameters and column.kind == "text"]
        write_parquet(path, columns, shown_rows(texts, rows))
    page = CampaignPage(
        plan.name, plan.title, plan.scenario_file, plan.installation, baselines, len(plan.cases) - len(failed), failed
    )
    write_whole(folder / "campaign.html", render_campaign(page, rows, parameters))
    return warnings


def _scan(plan: Plan, folder: Path, failed: Mapping[str, str]) -> tuple[list[Row], list[str], int]:
    rows: list[Row] = []
    baselines: dict[str, None] = {}
    warnings = 0
    for case in plan.cases:
        if case.name in failed:
            continue
        summary = _summary(case_folder(folder, case.name) / "summary.json")
        baselines[summary["baseline"]] = None
        warnings += len(summary["warnings"])
        rows += case_rows(case.name, case.variant, _values(case, plan), summary)
    return rows, list(baselines), warnings


def _summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            "is missing from a case that was done, or no JSON; remove the case's folder", file=str(path)
        ) from None
    if not isinstance(summary, dict):
        raise InputError("is not a JSON object", file=str(path))
    check_summary(summary, str(path))
    return summary


def _values(case: Case, plan: Plan) -> dict[str, Any]:
    """The parameters' values in a case, also of those that it does not set itself; None where it has no such path."""
    if not plan.parameters:
        return {}
    plain = scenario_of(case).model_dump(mode="json")
    return {path: _at(plain, path) for path in plan.parameters}


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of the file when all is written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        if partial.exists():
            partial.replace(path)
    except OSError as error:
        raise RunError(f"{path} was not written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
