"""Circuit watts from an edited table."""

from __future__ import annotations

from pathlib import Path

import pytest

from slic.errors import InputError
from slic.lamps.circuit import CircuitWatts

# Typical magnetic gear of high-pressure sodium lamps.
TABLE = "lamp_type,lamp_w,circuit_w\nHPS,70,90\nHPS,100,130\nHPS,250,290\n\nMH,150,180\n"


def read(folder: Path, text: str, encoding: str = "utf-8") -> CircuitWatts:
    path = folder / "circuit.csv"
    path.write_bytes(text.encode(encoding))
    return CircuitWatts.read(path)


@pytest.mark.parametrize(
    ("lamp_type", "lamp_w", "circuit_w"),
    [
        ("HPS", 70, 90),
        ("HPS", 250, 290),
        ("HPS", 85, 110),  # half way between 70 and 100
        ("HPS", 175, 210),  # half way between 100 and 250
        ("HPS", 35, 45),  # below the table: 90 / 70 of it
        ("HPS", 500, 580),  # above the table: 290 / 250 of it
        ("MH", 75, 90),
        ("LED", 28, 28),
    ],
)
def test_circuit_watts(tmp_path: Path, lamp_type: str, lamp_w: float, circuit_w: float) -> None:
    assert read(tmp_path, TABLE).circuit_w(lamp_type, lamp_w) == pytest.approx(circuit_w)


def test_a_table_may_know_better_about_led(tmp_path: Path) -> None:
    assert read(tmp_path, TABLE + "LED,50,55\n").circuit_w("LED", 50) == 55


def test_order_of_lines_does_not_matter(tmp_path: Path) -> None:
    upside_down = "lamp_type,lamp_w,circuit_w\nHPS,250,290\nHPS,100,130\n"
    assert read(tmp_path, upside_down).circuit_w("HPS", 175) == 210


def test_unknown_type_is_refused_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, TABLE).circuit_w("MV", 80)
    assert (caught.value.field, caught.value.value, caught.value.allowed) == ("lamp_type", "MV", "HPS, LED, MH")
    assert caught.value.file.endswith("circuit.csv")


@pytest.mark.parametrize("lamp_w", [0, -5, float("nan")])
def test_lamp_without_watts_is_refused(tmp_path: Path, lamp_w: float) -> None:
    with pytest.raises(InputError, match="lamp_w"):
        read(tmp_path, TABLE).circuit_w("HPS", lamp_w)


@pytest.mark.parametrize(
    ("text", "line", "field", "value"),
    [
        ("lamp_type;lamp_w;circuit_w\nHPS;70;90\n", 1, "header", "lamp_type;lamp_w;circuit_w"),
        ("", 1, "header", ""),
        ("lamp_type,lamp_w,circuit_w\nHPS,70\n", 2, "row", "HPS,70"),
        ("lamp_type,lamp_w,circuit_w\nHPS,70,90,1\n", 2, "row", "HPS,70,90,1"),
        ("lamp_type,lamp_w,circuit_w\nHPS,70,90\nHPS,x,130\n", 3, "lamp_w", "x"),
        ("lamp_type,lamp_w,circuit_w\nHPS,-70,90\n", 2, "lamp_w", "-70"),
        ("lamp_type,lamp_w,circuit_w\nHPS,70,nan\n", 2, "circuit_w", "nan"),
        ("lamp_type,lamp_w,circuit_w\nHPS,70,60\n", 2, "circuit_w", "60"),
        ("lamp_type,lamp_w,circuit_w\nHPS,70,90\nHPS,70.0,95\n", 3, "lamp_w", "70.0"),
        ("lamp_type,lamp_w,circuit_w\n,70,90\n", 2, "lamp_type", None),
    ],
)
def test_bad_lines_name_their_place(tmp_path: Path, text: str, line: int, field: str, value: str | None) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    error = caught.value
    assert (error.line, error.field, error.value) == (line, field, value)
    assert error.file.endswith("circuit.csv")
    assert error.allowed or "twice" in error.problem


def test_missing_empty_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        CircuitWatts.read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="holds no lamps"):
        read(tmp_path, "lamp_type,lamp_w,circuit_w\n")
    with pytest.raises(InputError, match="is not utf-8 text"):
        read(tmp_path, TABLE + "lampe à décharge,80,90\n", "latin-1")
