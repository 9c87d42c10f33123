"""Text files: read with errors that name the file, written whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

from slic.errors import InputError, RunError


def read_text(path: Path, shown: str = "", encoding: str = "utf-8", remedy: str = "") -> str:
    """The text of a file, also of a gzipped one; a byte order mark is skipped.

    shown : what errors call the file; default: its name. remedy : what to do about another encoding.
    Raises InputError if it is missing, cannot be read or is not text in this encoding.
    """
    shown = shown or path.name
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    except FileNotFoundError:
        raise InputError("does not exist", file=shown, allowed="a file") from None
    except (OSError, EOFError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})", file=shown) from None
    try:
        return raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"is not {encoding} text", file=shown, line=line, allowed=remedy or f"text in {encoding}"
        ) from None


def csv_rows(text: str, shown: str, separator: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV text with their line numbers from 1; InputError for what is not CSV."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", file=shown, line=reader.line_num) from None


def write_whole(path: Path, text: str, private: bool = False) -> None:
    """Write a text file (UTF-8), replacing an earlier one; a full disk or an interruption leaves that untouched.

    private : readable by its owner only, from its first byte on
    What is no regular file, as ``/dev/stdout``, is written to and not replaced.
    Raises RunError that names the file if it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            _write(path, text, private)
        else:
            _replace(path.resolve(), text, private)
    except OSError as error:
        raise RunError(f"{path} was not written: {error.strerror or error}") from None


def _replace(path: Path, text: str, private: bool) -> None:
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        _write(partial, text, private)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(path: Path, text: str, private: bool) -> None:
    mode = 0o600 if private else 0o666
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
