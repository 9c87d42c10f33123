from __future__ import annotations

import re
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from slic.report.html import render_html
from slic.report.run import Run
from tests.report.conftest import retrofit_run, small_run
from tests.report.made_up import REGIMES

VOID = {"meta", "br", "col"}


class Nesting(HTMLParser):
    """Fails on tags that are closed in the wrong order or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def svgs(page: str) -> list[str]:
    return re.findall(r"<svg .*?</svg>", page, flags=re.DOTALL)


def words_of(page: str) -> str:
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(text.replace("&nbsp;", " ").split())


def test_the_report_needs_no_other_file_and_no_script(week: Run) -> None:
    page = render_html(week)
    assert not re.search(r"<script|<link|<img|@import|url\(|src=|href=", page)
    assert re.findall(r"https?://[^\"' ]+", page) == ["http://www.w3.org/2000/svg"] * len(svgs(page))


def test_tags_are_nested_and_charts_are_well_formed_with_title_and_description(week: Run) -> None:
    page = render_html(week)
    parser = Nesting()
    parser.feed(page.replace("<!DOCTYPE html>", ""))
    assert parser.open == []
    assert len(svgs(page)) == 5
    for svg in svgs(page):
        root = ElementTree.fromstring(svg)
        assert [child.tag.rpartition("}")[2] for child in root[:2]] == ["title", "desc"]
        assert root[0].text and root[1].text


def test_the_headline_gives_range_baseline_service_and_what_the_range_leaves_out(week: Run) -> None:
    words = words_of(render_html(week))
    saving = next(p for p in week.summary["programs"] if p["name"] == "presence-train")["saving_pct"]
    assert f"{saving['value']:.1f} % energy saved" in words
    assert f"Range {saving['low']:.1f} to {saving['high']:.1f} % at 90 % confidence" in words
    assert "presence-train against full-night" in words
    assert "96.4 % of user time at the required level" in words
    assert "simulated estimate, not calibrated to a meter" in words
    assert "It does not cover other seasons or wrong assumptions: hold time, watts" in words
    assert "People got 98.2 % of the required light." in words
    assert "Left" not in words and "6 of 7 nights are counted" in words


def test_each_program_attribution_and_hash_is_on_the_page(week: Run) -> None:
    words = words_of(render_html(week))
    assert all(name in words for name in REGIMES)
    assert "Mobiliteitsbedrijf Gent, fietstelpaal Coupure Links 2022" in words
    assert "ab" * 32 in words


@pytest.mark.parametrize(("choices", "charts"), [({"nights": 1}, 4), ({"nights": 40}, 5), ({"users": False}, 5)])
def test_no_run_shows_nan_none_or_negative_zero(tmp_path: Path, choices: dict[str, object], charts: int) -> None:
    page = render_html(small_run(tmp_path / "run", **choices))
    assert not re.search(r"\b(nan|NaN|None|inf|Undefined)\b|-0\.0\b", words_of(page) + "".join(svgs(page)))
    assert len(svgs(page)) == charts


def test_without_road_users_the_page_claims_no_service(tmp_path: Path) -> None:
    words = words_of(render_html(small_run(tmp_path / "run", users=False)))
    assert "no users No road users were simulated" in words
    assert "100.0 %" not in words
    assert "the most it could reach" in words


def test_a_saving_within_its_noise_is_not_put_as_a_figure(week: Run) -> None:
    doubtful = {
        **week.summary,
        "headline": "defensive",
        "programs": [dict(p) for p in week.summary["programs"]],
    }
    row = next(p for p in doubtful["programs"] if p["name"] == "defensive")
    row["saving_pct"] = {"value": 0.4, "low": -0.9, "high": 1.6, "confidence": 0.9, "significant": False}
    row["saving_pct"]["exact_for_these_nights"] = False
    words = words_of(render_html(Run(week.folder, doubtful, week.tables, week.provenance)))
    assert "no clear saving 0.4 % (-0.9 to 1.6, 90 % confidence) This is not distinguishable from zero." in words


def test_a_time_program_first_has_neither_idle_level_nor_hold_of_presence_programs_beside_it(week: Run) -> None:
    page = render_html(Run(week.folder, {**week.summary, "headline": "d60"}, week.tables, week.provenance))
    facts = words_of(page[page.index('class="facts"') : page.index("What was simulated")])
    assert "Idle level" not in facts and "Hold time" not in facts
    assert "Exact for these nights: nothing in it is left to chance." in words_of(page)
    table = words_of(page[page.index("The programs compared") : page.index("The load over a night")])
    assert "20 %, 60 s" in table and "exact" in table


def test_an_idle_level_that_varies_is_called_so(week: Run) -> None:
    varying = deepcopy(week.summary)
    next(p for p in varying["programs"] if p["reacts_to_presence"])["idle_level_pct"] = None
    words = words_of(render_html(Run(week.folder, varying, week.tables, week.provenance)))
    assert "varies, 60 s" in words and " , 60 s" not in words


def test_no_program_that_gave_light_means_no_figure_first(week: Run) -> None:
    words = words_of(render_html(Run(week.folder, {**week.summary, "headline": None}, week.tables, week.provenance)))
    assert "No program that gave people the required light for 95 % of their time" in words
    assert "energy saved Range" not in words


def test_only_the_baseline_states_no_saving(week: Run) -> None:
    alone = {**week.summary, "headline": None, "programs": week.summary["programs"][:1]}
    tables = {
        name: [r for r in rows if r.get("program", "full-night") == "full-night"] for name, rows in week.tables.items()
    }
    assert "there is no saving to state" in words_of(render_html(Run(week.folder, alone, tables, week.provenance)))


def test_names_from_the_scenario_are_escaped(week: Run) -> None:
    nasty = {**week.summary, "title": "<script>alert(1)</script>", "warnings": ["a < b"]}
    page = render_html(Run(week.folder, nasty, week.tables, week.provenance))
    assert "<script" not in page and "a &lt; b" in page


@pytest.mark.parametrize("nights", [1, 2])
def test_a_run_of_few_nights_has_no_words_on_ranges_and_whiskers(tmp_path: Path, nights: int) -> None:
    for run in (small_run(tmp_path / "a", nights=nights), retrofit_run(tmp_path / "b")):
        words = words_of(render_html(run))
        results = words[: words.index("Assumptions")] + words[words.index("Where this comes from") :]
        assert not re.search(r"\branges?\b|whisker|confidence", results, flags=re.IGNORECASE)
        assert "(exact)" not in results or "nothing in it is left to chance" in results


def test_a_decision_that_was_the_last_of_its_night_says_so(week: Run) -> None:
    words = words_of(render_html(week))
    assert "outside the active period" in words and "end of the night" in words


def test_great_energies_are_drawn_in_mwh(week: Run) -> None:
    parts = {"light_kwh": 1_400_000.0, "loss_kwh": 100_000.0, "standby_kwh": 29_336.0, "sensing_kwh": 0.0}
    programs = [{**p, **parts, "energy_kwh": 1_529_336.0} for p in week.summary["programs"]]
    page = render_html(Run(week.folder, {**week.summary, "programs": programs}, week.tables, week.provenance))
    split = svgs(page[page.index("What the energy was used for") :])[0]
    assert ">MWh<" in split and ">1,529<" in split and ">500<" in split and "kWh" not in split
