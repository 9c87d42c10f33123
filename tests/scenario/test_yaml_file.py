"""Scenario files: what stays text, and what is refused with its line."""

from pathlib import Path

import pytest

from slic.errors import InputError
from slic.scenario.yaml_file import read_document, read_value


def document(tmp_path: Path, text: str):
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    return read_document(path, "a.yaml")


def test_times_dates_and_words_stay_text(tmp_path: Path) -> None:
    text = "at: 22:30\nstate: off\ncountry: NO\nday: 2022-11-14\nn: 7\nx: 0.5\nyes: true\nnone:\n"
    assert document(tmp_path, text).data == {
        "at": "22:30",
        "state": "off",
        "country": "NO",
        "day": "2022-11-14",
        "n": 7,
        "x": 0.5,
        "yes": True,
        "none": None,
    }


def test_each_value_knows_its_line(tmp_path: Path) -> None:
    origins = document(tmp_path, "a: 1\nb:\n  - c: 2\n  - c: 3\n").origins
    assert origins["a",].line == 1
    assert origins["b", 1, "c"] == ("a.yaml", 4)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a: stands twice"),
        ("a:\n  b: 1\n  b: 2\n", 3, "a.b: stands twice"),
        ("a: [1, 2\nb: 3\n", 2, "is not valid YAML"),
        ("a: 'x\n", 2, "is not valid YAML"),
        ("a:\n\t- 1\n", 2, "is not valid YAML"),
        ("- 1\n- 2\n", 1, "does not hold a mapping"),
        ("", 1, "does not hold a mapping"),
        ("just words\n", 1, "does not hold a mapping"),
        ("a: &x [*x]\n", 1, "is nested too deep"),
    ],
)
def test_faulty_files_are_refused_with_their_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        document(tmp_path, text)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("a.yaml", line)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(InputError, match=r"a\.yaml:2: is not UTF-8 text"):
        read_document(tmp_path / "a.yaml", "a.yaml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", 0.1), ("22:30", "22:30"), ("", None), ("[a, 2]", ["a", 2]), ("true", True), ("07", 7), ('"7"', "7")],
)
def test_a_value_on_its_own(text: str, value: object) -> None:
    assert read_value(text, "--set") == value
