"""The Python API beneath the command line."""

import contextlib
from pathlib import Path

import pytest

import slic
from slic.api import moment_ms
from slic.errors import InputError

COUNTS = "time_utc,there,back\n" + "".join(
    f"2022-11-{14 + hour // 24:02d}T{hour % 24:02d}:00:00Z,{hour % 5},{hour % 3}\n" for hour in range(72)
)


# UTC milliseconds from `date -d "2022-11-15T22:10Z" +%s` and the like.
@pytest.mark.parametrize(
    ("text", "timezone", "seconds"),
    [
        ("2022-11-15T22:10Z", "Europe/Brussels", 1_668_550_200),
        ("2022-11-15 23:10", "Europe/Brussels", 1_668_550_200),
        ("2022-06-15 23:10:05", "Europe/Brussels", 1_655_327_405),
        ("2022-10-30 02:30", "Europe/Brussels", 1_667_089_800),  # happens twice: the first pass, still summer time
        ("2022-11-15 17:10", "America/New_York", 1_668_550_200),
    ],
)
def test_a_moment_as_people_write_it(text: str, timezone: str, seconds: int) -> None:
    assert moment_ms(text, timezone) == seconds * 1000


@pytest.mark.parametrize("text", ["", "now", "25:30", "2022-02-30 10:00", "2022-03-27 02:30"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        moment_ms(text, "Europe/Brussels")
    assert caught.value.field == "at" and caught.value.value == text


def test_settings_as_a_mapping_and_as_a_list_are_one(tiny: Path) -> None:
    one = slic.simulate(tiny, settings={"run.nights": 1, "traffic.thin": 0.5, "run.start": "2022-12-24"}, out="a")
    two = slic.simulate(tiny, settings=["run.nights=1", "traffic.thin=0.5", "run.start=2022-12-24"], out="b")
    assert one.summary == two.summary
    assert one.summary["first_night"] == "2022-12-24"
    assert slic.open_run("a").summary == one.summary


def test_explain_wants_the_data_of_the_run(tiny: Path) -> None:
    counted = "{kind: counts, file: counts.csv, slot_min: 60, forward: [there], backward: [back]}"
    tiny.write_text(tiny.read_text().replace("{kind: steady, forward_per_h: 20}", counted))
    Path("counts.csv").write_text(COUNTS)
    run = slic.simulate(tiny, out="a")
    lamp = run.tables["lamps"][0]["lamp"]
    asked = {"lamp": str(lamp), "at": "2022-11-14 20:00", "program": "presence"}
    assert slic.explain("a", **asked).program == "presence"
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    with contextlib.chdir(elsewhere):
        assert slic.explain("../a", **asked).program == "presence"
    Path("counts.csv").write_text(COUNTS.replace(",4,", ",5,"))
    with pytest.raises(InputError, match="is not the file that the run read"):
        slic.explain("a", **asked)


def test_validate_and_schedule_are_calls_too(tiny: Path) -> None:
    """London 2023, sun below -0.8333 degrees: 4,280.1 lit hours."""
    assert slic.validate(tiny) == []
    with pytest.raises(slic.InputError, match="presence"):
        slic.validate(tiny, settings={"programs.nobody.hold_s": 5})
    year = slic.schedule("full-night", latitude=51.5074, longitude=-0.1278, timezone="Europe/London", year=2023)
    assert year.lit_h == pytest.approx(4280.1, rel=0.0005)


def test_the_package_shows_its_public_names() -> None:
    assert set(slic.__all__) == set(dir(slic))
    assert all(hasattr(slic, name) for name in slic.__all__)


@pytest.mark.parametrize("jobs", [0, -1])
def test_a_number_of_workers_below_one_is_refused(tiny: Path, jobs: int) -> None:
    with pytest.raises(slic.InputError, match="jobs"):
        slic.simulate(tiny, out="a", jobs=jobs)


def test_a_demo_replaces_an_earlier_demo_and_nothing_else(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demonstration made small: a night with one cyclist in a hundred."""
    small = ("run.replicates=1", "run.nights=1", "traffic.thin=0.01")
    monkeypatch.setattr("slic.api.DEMO_SETTINGS", small)
    first = slic.demo("d").summary
    assert slic.demo("d").summary == first
    slic.simulate(tiny, out="other")
    with pytest.raises(slic.InputError, match="other"):
        slic.demo("other")
