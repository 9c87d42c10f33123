from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.count_file import read_counts
from sim.counts import dark_slots, mean_week
from sim.setup import dark_spans, prepare
from slic.errors import InputError
from slic.scenario.load import load_scenario, resolve_file
from slic.scenario.model import CountFile


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def read(tmp_path: Path, text: str, name: str = "c.csv", **changes: Any):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    source = CountFile(**{"file": name, "slot_min": 60, "forward": ["up"], "backward": ["down"], **changes})
    return read_counts(path, source, "Europe/Brussels")


def test_both_directions_on_a_grid_with_gaps_missing(tmp_path):
    text = "time_utc,up,down\n2022-11-14T00:00Z,3,0\n2022-11-14T01:00Z,,2\n2022-11-14T03:00Z,5,6\n"
    counts = read(tmp_path, text, "c.csv.gz")
    assert counts.start_ms == ms("2022-11-14T00:00")
    np.testing.assert_array_equal(counts.forward, [3, np.nan, np.nan, 5])
    np.testing.assert_array_equal(counts.backward, [0, 2, np.nan, 6])


def test_outside_the_file_nothing_is_known(tmp_path):
    counts = read(tmp_path, "time_utc,up,down\n2022-11-14T00:00Z,3,1\n")
    starts, forward, _ = counts.slots_between(ms("2022-11-13T23:30"), ms("2022-11-14T01:30"))
    assert starts.tolist() == [ms("2022-11-13T23:00"), ms("2022-11-14T00:00"), ms("2022-11-14T01:00")]
    np.testing.assert_array_equal(forward, [np.nan, 3, np.nan])


def test_marks_at_the_end_belong_to_the_slot_before(tmp_path):
    counts = read(tmp_path, "time_utc,up,down\n2022-11-14T01:00Z,3,1\n", time_marks="end")
    assert counts.start_ms == ms("2022-11-14T00:00")


def test_a_repeated_civil_hour_is_two_slots(tmp_path):
    """In Brussels 30 October 2022 02:00 happens at 00:00 UTC and at 01:00 UTC."""
    text = "time_utc,up,down\n2022-10-30T02:00,1,0\n2022-10-30T02:00,2,0\n2022-10-30T03:00,4,0\n"
    counts = read(tmp_path, text, time_zone="Europe/Brussels")
    assert counts.start_ms == ms("2022-10-30T00:00")
    assert counts.forward.tolist() == [1, 2, 4]


def test_a_repeated_hour_given_once_leaves_its_second_pass_missing(tmp_path):
    text = "time_utc,up,down\n2022-10-30T02:00,1,0\n2022-10-30T03:00,4,0\n"
    np.testing.assert_array_equal(read(tmp_path, text, time_zone="Europe/Brussels").forward, [1, np.nan, 4])


def test_a_civil_hour_that_never_happened_is_left_out_and_reported(tmp_path):
    text = "time_utc,up,down\n2022-03-27T01:00,1,0\n2022-03-27T02:00,0,0\n2022-03-27T03:00,4,0\n"
    counts = read(tmp_path, text, time_zone="Europe/Brussels")
    assert counts.forward.tolist() == [1, 4]
    assert "1 rows at civil times that never happened" in counts.warnings[0]


@pytest.mark.parametrize(
    ("body", "line", "field", "value"),
    [
        ("2022-11-14T00:00Z,-1,0\n", 2, "up", "-1"),
        ("2022-11-14T00:00Z,nan,0\n", 2, "up", "nan"),
        ("2022-11-14T00:00Z,0,inf\n", 2, "down", "inf"),
        ("2022-11-14T00:00Z,1,0\n2022-11-14T01:00Z,many,0\n", 3, "up", "many"),
        ("2022-11-14T00:00Z,1\n", 2, "row", 2),
        ("2022-11-14T25:30Z,1,0\n", 2, "time_utc", "2022-11-14T25:30Z"),
        ("2022-11-14T00:00Z,1,0\n2022-11-14T00:00Z,1,0\n", 3, "time_utc", "2022-11-14T00:00Z"),
        ("2022-11-14T00:00Z,1,0\n2022-11-14T01:07Z,1,0\n", 3, "time_utc", "2022-11-14T01:07Z"),
    ],
)
def test_bad_rows_name_file_line_column_and_value(tmp_path, body, line, field, value):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "time_utc,up,down\n" + body)
    error = caught.value
    assert (error.file, error.line, error.field, error.value) == ("c.csv", line, field, value)
    assert error.allowed


@pytest.mark.parametrize("text", ["", "time_utc,up,down\n", "time_utc,left,down\n2022-11-14T00:00Z,1,0\n"])
def test_empty_files_and_missing_columns_are_refused(tmp_path, text):
    with pytest.raises(InputError):
        read(tmp_path, text)


def test_mean_week_is_by_civil_hour_and_weekday(tmp_path):
    """Two Mondays 08:00 (Brussels, 07:00 UTC) with 2 and 4 users, every other hour 1: mean 3 and 1."""
    rows = []
    for hour in range(14 * 24):
        t = datetime.fromtimestamp(ms("2022-11-06T23:00") / 1000 + 3600 * hour, UTC)  # Monday 00:00 in Brussels
        number = {8: 2, 7 * 24 + 8: 4}.get(hour, 1)
        rows.append(f"{t:%Y-%m-%dT%H:%MZ},{number},0\n")
    text = "time_utc,up,down\n" + "".join(rows)
    week, _ = mean_week(read(tmp_path, text), "Europe/Brussels")
    assert week[8] == 3 and set(np.delete(week, 8)) == {1.0}


def test_scaled_counts_keep_their_nights_and_what_is_missing(tmp_path):
    """Complete slots hold 4, 8, 0 and 12 users: 6 a slot, 144 a day. To 72 a day every count is halved."""
    rows = ["00:00Z,3,1", "01:00Z,,9", "02:00Z,6,2", "03:00Z,0,0", "04:00Z,4,8"]
    text = "time_utc,up,down\n" + "".join(f"2022-11-14T{row}\n" for row in rows)
    counts = read(tmp_path, text, passers_per_day=72)
    np.testing.assert_array_equal(counts.forward, [1.5, np.nan, 3, 0, 2])
    np.testing.assert_array_equal(counts.backward, [0.5, 4.5, 1, 0, 4])
    assert counts.start_ms == ms("2022-11-14T00:00")


def test_counts_of_nobody_cannot_be_scaled(tmp_path):
    with pytest.raises(InputError, match="no users to scale"):
        read(tmp_path, "time_utc,up,down\n2022-11-14T00:00Z,0,0\n", passers_per_day=72)


def test_counts_scaled_beyond_belief_are_refused(tmp_path):
    """One user in 24 slots of an hour, scaled to 200,000 a day: all of them in one hour."""
    rows = "".join(f"2022-11-14T{hour:02d}:00Z,{int(hour == 8)},0\n" for hour in range(24))
    with pytest.raises(InputError, match=r"passers_per_day: 200000.0 makes 200,000 users of the fullest slot"):
        read(tmp_path, "time_utc,up,down\n" + rows, passers_per_day=200_000)


def test_the_washington_nights_are_the_real_ones_of_2012():
    """The file holds 3,292,679 trips in 17,379 hours: 4,547.1 a day. From noon to noon it counts 7,529 from
    17 October and 5,721 from 19 October 2012. Scaled to 600 on the mean day: 993.5 and 754.9 users.
    """
    loaded = load_scenario("washington-k-street")
    source = loaded.scenario.traffic.source
    assert isinstance(source, CountFile) and source.passers_per_day == 600
    counts = read_counts(resolve_file(loaded, source.file), source, "America/New_York")
    for evening, users in (("2012-10-17", 993.47), ("2012-10-19", 754.90)):
        noon_ms = ms(f"{evening}T16:00")
        _, forward, backward = counts.slots_between(noon_ms, noon_ms + 86_400_000)
        assert forward.sum() + backward.sum() == pytest.approx(users, abs=0.01)
    setup = prepare(loaded)
    assert all(dark_slots(counts, dark_spans(setup.default.night(night)))[1] == 0 for night in setup.nights)


def test_missing_hours_can_be_filled_from_the_mean_week(tmp_path):
    text = "time_utc,up,down\n2022-11-07T00:00Z,6,0\n2022-11-14T00:00Z,,\n"
    counts = read(tmp_path, text, when_missing="same_hour_mean")
    assert counts.forward[7 * 24] == 6
    assert np.isnan(counts.forward[1])
    assert "1 missing slots were filled" in counts.warnings[0]


def test_coverage_counts_the_slots_that_overlap_the_dark(tmp_path):
    counts = read(tmp_path, "time_utc,up,down\n2022-11-14T00:00Z,3,1\n2022-11-14T02:00Z,3,1\n")
    assert dark_slots(counts, [(ms("2022-11-14T00:30"), ms("2022-11-14T03:00"))]) == (3, 1)


def test_the_shipped_ghent_year_is_complete_but_for_an_hour():
    """Facts of the data notice: 2,627,127 bikes, 12 empty slots from 00:00 to 00:55 UTC on 30 October."""
    path = Path(__file__).parents[2] / "config/data/bike_counts_ghent_coupure_2022_5min.csv.gz"
    columns = {"forward": ["bikes_to_mariakerke"], "backward": ["bikes_to_centre"]}
    counts = read_counts(path, CountFile(file=path.name, slot_min=5, **columns), "Europe/Brussels")
    both = counts.forward + counts.backward
    assert len(both) == 105_120 and np.nansum(both) == 2_627_127
    first = (ms("2022-10-30T00:00") - counts.start_ms) // counts.slot_ms
    assert np.flatnonzero(np.isnan(both)).tolist() == list(range(first, first + 12))


def test_a_quote_that_is_never_closed_is_refused(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text('time_utc,a\n2022-11-14T00:00Z,"3\n' + "2022-11-14T01:00Z,1\n" * 9000)
    with pytest.raises(InputError, match=r"c\.csv:\d+: is not CSV"):
        read_counts(path, CountFile(file="c.csv", slot_min=60, forward=["a"]), "UTC")
