"""A field report says what was measured, how much of it, and nothing about what was not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from astral import Observer
from astral.sun import sunrise, sunset
from hypothesis import given, settings
from hypothesis import strategies as st

from slic.energy.ledger import lamp_energy
from slic.errors import InputError
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import power_table
from slic.report.csv_file import Row
from slic.report.field_html import render_field_html
from slic.report.field_report import FieldReport, field_report
from tests.report.field_stores import DAY_MS, HOUR_MS, NOON_MS, QUARTER_MS, WHERE, ZONE, Field, steady

MJ = 3.6e9
"""Millijoules of a kilowatt hour."""


def reported(field: Field, folder: Path, **choices: Any) -> FieldReport:
    return field_report(field.write(folder), **{"timezone": ZONE, **choices})


def lamp_night(report: FieldReport, lamp: str, night: str = "2022-11-14") -> Row:
    [row] = [row for row in report.tables["coverage"] if (row["lamp"], row["night"]) == (lamp, night)]
    return row


def test_28_w_for_ten_hours_are_280_wh(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15))
    report = reported(field, tmp_path)
    assert report.summary["energy_kwh"] == 0.28
    assert (report.summary["coverage_pct"], report.summary["spread_kwh"], report.summary["lit_h"]) == (100, 0, 10)
    assert (report.summary["first_night"], report.summary["nights"]) == ("2022-11-14", 1)


def test_the_energy_of_a_simulated_lamp_is_that_of_the_ledger(tmp_path: Path) -> None:
    """A night of ramps, whose half-hours are read as a meter would: the sum is the ledger's to the millijoule."""
    curve = [{"level_pct": x, "power_pct": y} for x, y in ((0, 5), (10, 13), (50, 47), (100, 100))]
    table = power_table(LuminaireType.model_validate({"name": "made-up", "power_curve": curve}), 28.0)
    dice = random.Random(7)
    points, t_ms, level = [(NOON_MS, 0)], NOON_MS + 5 * HOUR_MS, 0
    while t_ms < NOON_MS + 20 * HOUR_MS:
        higher = dice.choice([200, 1000, 333, 640])
        points += [(t_ms, level), (t_ms + 3_137, higher)]
        t_ms, level = t_ms + dice.randrange(60_000, 2_000_000), higher
    points += [(t_ms, level), (t_ms + 1_000, 0), (NOON_MS + DAY_MS, 0)]
    ledger = lamp_energy(points, table)
    field, counter_mj = Field(), 123_456_789
    field.reading("l1", NOON_MS, counter_mj / 3.6e6)
    for number, half_hour_mj in enumerate(ledger.half_hours_mj, start=1):
        counter_mj += half_hour_mj
        field.reading("l1", NOON_MS + number * 2 * QUARTER_MS, counter_mj / 3.6e6)
    report = reported(field, tmp_path)
    assert report.field.energy[report.field.lamps[0], 0].energy_mj == ledger.energy_mj
    assert report.summary["coverage_pct"] == 100


def test_a_gap_is_kept_marked_and_not_covered(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15))
    del field.sent[4 * 7 : 4 * 9]  # nothing from 19:00 until 21:00, when it was lit
    row = lamp_night(reported(field, tmp_path), "l1")
    assert row["energy_kwh"] == 0.28
    # the readings at 18:45 and 21:00 hold it: 2 h 15 min of 24 h, 2.25 h x 28 W
    assert row["spread_kwh"] == pytest.approx(0.063)
    assert row["coverage_pct"] == pytest.approx(100 * 21.75 / 24, abs=1e-3)


def test_a_counter_that_begins_anew_is_a_gap_and_never_negative(tmp_path: Path) -> None:
    field = Field()
    for quarter in range(97):
        lit_h = min(max(quarter / 4 - 5, 0), 10)
        restarted = quarter >= 40
        wh = 28 * lit_h - (140 if restarted else 0)
        field.reading("l1", NOON_MS + quarter * QUARTER_MS, wh, boot="b2" if restarted else "b1")
    report = reported(field, tmp_path)
    row = lamp_night(report, "l1")
    assert row["energy_kwh"] == pytest.approx(0.28 - 0.007)  # a quarter of an hour of 28 W is not known
    assert row["coverage_pct"] == pytest.approx(100 * 95 / 96, abs=1e-3)
    assert report.summary["counter_restarts"] == 1


def test_a_counter_that_falls_without_a_new_boot_is_a_gap_too(tmp_path: Path) -> None:
    field = Field()
    for quarter, wh in enumerate([100.0, 107.0, 2.0, 9.0]):
        field.reading("l1", NOON_MS + quarter * QUARTER_MS, wh, boot=None)
    assert reported(field, tmp_path).summary["energy_kwh"] == pytest.approx(0.014)


def test_an_old_reading_that_comes_late_is_not_a_restart(tmp_path: Path) -> None:
    field = Field()
    for quarter, wh in enumerate([10.0, 20.0, 10.0, 30.0]):
        field.reading("l1", NOON_MS + quarter * QUARTER_MS, wh)
    report = reported(field, tmp_path)
    assert (report.summary["energy_kwh"], report.summary["counter_restarts"]) == (0.02, 0)


def test_readings_of_one_moment_lose_nothing(tmp_path: Path) -> None:
    """As when a backlog comes at once from a gateway whose readings carry no time of their own."""
    field = Field()
    for quarter, wh in [(0, 0.0), (1, 100.0), (1, 200.0), (1, 300.0), (2, 400.0)]:
        field.reading("l1", NOON_MS + quarter * QUARTER_MS, wh)
    assert reported(field, tmp_path).summary["energy_kwh"] == 0.4


def test_what_was_never_read_is_not_zero(tmp_path: Path) -> None:
    field = Field()
    field.inventory([["l1", 28.0, *WHERE], ["l2", 28.0, *WHERE], ["l3", None, None, None]])
    steady(field, "l1", 28, (5, 15))
    steady(field, "l9", 28, (5, 15))
    report = reported(field, tmp_path)
    assert report.summary["lamps_without_readings"] == ["seg/l2", "seg/l3"]
    assert report.summary["lamps_not_in_inventory"] == ["seg/l9"]
    assert report.summary["coverage_pct"] == 50
    row = lamp_night(report, "l2")
    assert (row["energy_kwh"], row["lit_h"], row["mean_level_pct"], row["coverage_pct"]) == (None, None, None, 0)
    assert report.summary["service"]["served_pct"] is None


def test_nights_between_readings_are_named_and_the_shares_add_up(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15), nights=5)
    kept = [sent for number, sent in enumerate(field.sent) if not 96 * 1.5 <= number < 96 * 3.5]
    field.sent = kept
    report = reported(field, tmp_path)
    assert report.summary["energy_kwh"] == pytest.approx(5 * 0.28, abs=1e-12)
    assert [row["night"] for row in report.tables["nights"]] == [f"2022-11-{day}" for day in range(14, 19)]
    assert lamp_night(report, "l1", "2022-11-16")["coverage_pct"] == 0
    night_mj = [report.field.energy[report.field.lamps[0], night].energy_mj or 0 for night in range(5)]
    assert sum(night_mj) == 5 * 1_008_000_000


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 191), max_size=150), st.randoms(use_true_random=False))
def test_lost_readings_never_change_the_sum(
    tmp_path_factory: pytest.TempPathFactory, lost: set[int], order: random.Random
) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15), nights=2)
    whole_mj = 2 * 1_008_000_000
    field.sent = [sent for number, sent in enumerate(field.sent) if number not in lost]
    order.shuffle(field.sent)
    report = reported(field, tmp_path_factory.mktemp("store"))
    lamp = report.field.lamps[0]
    nights = [report.field.energy[lamp, night] for night in range(2)]
    assert sum(night.energy_mj or 0 for night in nights) == whole_mj
    assert all(0 <= night.spread_mj <= (night.energy_mj or 0) for night in nights)
    assert all(night.known_ms == DAY_MS and 0 <= night.covered_ms <= DAY_MS for night in nights)


def test_the_saving_is_against_the_sun_of_another_library(tmp_path: Path) -> None:
    field = Field()
    field.inventory([["l1", 28.0, *WHERE], ["l2", 28.0, *WHERE], ["l3", None, *WHERE]])
    for lamp in ("l1", "l2", "l3"):
        steady(field, lamp, 28, (5, 15))
    field.sent = [sent for sent in field.sent if b'"l2"' not in sent[1] or b'"ts":1668441600000' not in sent[1]]
    saving = reported(field, tmp_path).summary["saving_pct"]
    place = Observer(*WHERE)
    dark_h = (sunrise(place, date(2022, 11, 15)) - sunset(place, date(2022, 11, 14))).total_seconds() / 3600
    assert saving["baseline_kwh"] == pytest.approx(0.028 * dark_h, rel=2e-3)
    assert saving["measured_kwh"] == 0.28
    assert saving["value"] == pytest.approx(100 * (1 - 10 / dark_h), abs=0.2)
    # l2 lacks a reading (16:00 UTC), l3 has no watts
    assert (saving["lamp_nights"], saving["lamp_nights_left_out"]) == (1, 2)


def test_without_a_place_no_saving_is_said(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15))
    summary = reported(field, tmp_path).summary
    assert summary["saving_pct"] is None and "position" in summary["no_saving_because"]
    assert "No inventory" in summary["warnings"][0]


def test_levels_hold_until_the_next_state_and_ramp(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (0, 24))
    field.state("l1", NOON_MS, 0.0)
    field.state("l1", NOON_MS + 6 * HOUR_MS, 20.0)
    field.state("l1", NOON_MS + 12 * HOUR_MS, 20.0, target_pct=100.0, fade_end=NOON_MS + 13 * HOUR_MS, src="sensor")
    report = reported(field, tmp_path)
    # 6 h of 0, 6 h of 20, 1 h from 20 to 100, 11 h of 100
    assert report.summary["mean_level_pct"] == pytest.approx((6 * 20 + 60 + 11 * 100) / 24)
    assert report.field.half_hours[36].mean_pct == 20
    assert report.field.half_hours[0].mean_pct == pytest.approx(40)
    assert report.summary["service"]["presence_raises"] == 1


def test_a_state_says_nothing_after_a_day(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15), nights=3)
    field.state("l1", NOON_MS, 50.0)
    report = reported(field, tmp_path)
    assert [row["mean_level_pct"] for row in report.tables["nights"]] == [50, 50, None]


@pytest.mark.parametrize("harm", [lambda _: b"damaged" * 1000, lambda whole: whole[: len(whole) // 2]])
def test_a_state_does_not_hold_into_a_day_that_is_lost(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    """Midnight UTC is 13 h after noon in Ghent; the state of the third day holds for its 9 h at most."""
    field = Field()
    steady(field, "l1", 28, (5, 15), nights=2)
    field.state("l1", NOON_MS, 50.0)
    field.state("l1", NOON_MS + 20 * HOUR_MS, 0.0)
    field.state("l1", NOON_MS + 39 * HOUR_MS, 50.0)
    folder = field.write(tmp_path)
    day = folder / "2022-11-15.sqlite"
    day.write_bytes(harm(day.read_bytes()))
    level = field_report(folder, timezone=ZONE).field.levels
    known_h = {night: found.known_ms / HOUR_MS for (_, night), found in level.items()}
    assert known_h == {0: 13, 1: 9}
    assert {found.mean_pct for found in level.values()} == {50}


def test_a_store_of_damaged_days_alone_is_refused_with_their_names(tmp_path: Path) -> None:
    field = Field()
    field.reading("l1", NOON_MS, 1.0)
    (field.write(tmp_path) / "2022-11-14.sqlite").write_bytes(b"damaged" * 1000)
    with pytest.raises(InputError, match="no readings that can be used; damaged: 2022-11-14"):
        field_report(tmp_path, timezone=ZONE)


def test_a_fault_is_one_row_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    field = Field()
    steady(field, "l1", 28, (5, 15))
    seen = NOON_MS + 6 * HOUR_MS
    field.fault("l1", seen, "lampFailure", "start", seen)
    field.fault("l1", seen + HOUR_MS, "lampFailure", "end", seen, count=4)
    field.fault("l2", seen + HOUR_MS, "dayBurner", "start", seen)
    report = reported(field, tmp_path)
    assert [(row["node"], row["ended_utc"], row["count"]) for row in report.tables["events"]] == [
        ("l1", seen + HOUR_MS, 4),
        ("l2", None, 1),
    ]
    assert (report.summary["events"], report.summary["events_open"]) == (2, 1)


def test_of_many_faults_the_page_has_the_open_ones_and_the_newest_and_counts_the_rest(tmp_path: Path) -> None:
    """300 faults, one a minute from noon on; the first two and the last are not over."""
    field = Field()
    steady(field, "l1", 28, (5, 15))
    for number in range(300):
        seen = NOON_MS + number * 60_000
        field.fault(f"l{number}", seen, "lamp_failure" if number < 200 else "power_too_low", "start", seen)
        if number not in (0, 1, 299):
            field.fault(f"l{number}", seen + 30_000, "lamp_failure" if number < 200 else "power_too_low", "end", seen)
    report = reported(field, tmp_path)
    assert len(report.tables["events"]) == 300
    page = render_field_html(report)
    rows = [line for line in page.splitlines() if 'class="words">seg</td>' in line]
    assert [row.split('class="words">')[2].partition("<")[0] for row in rows[:4]] == ["l299", "l1", "l0", "l298"]
    assert len(rows) == 40 and "260 more" in page
    assert "lamp_failure 200 (2 open), power_too_low 100 (1 open)" in page


def test_the_night_the_clock_goes_back_has_25_hours(tmp_path: Path) -> None:
    field = Field()
    noon_ms = 1_667_037_600_000  # 29 October 2022, 10:00 UTC: noon of summer time
    for quarter in range(4 * 25 + 1):
        field.reading("l1", noon_ms + quarter * QUARTER_MS, 7.0 * quarter)
    report = reported(field, tmp_path)
    assert report.summary["nights"] == 1
    assert report.summary["energy_kwh"] == pytest.approx(0.7)


def test_an_empty_store_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no readings"):
        reported(Field(), tmp_path)


def test_a_thousand_lamps_make_a_page_of_bounded_size(tmp_path: Path) -> None:
    field = Field()
    field.inventory([[f"l{number}", 28.0, *WHERE] for number in range(1000)])
    steady(field, "l1", 28, (5, 15))
    page = render_field_html(reported(field, tmp_path))
    assert len(page) < 100_000
    assert "940 more stand in" in page
