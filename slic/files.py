"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from slic.errors import RunError


def write_whole(path: Path, text: str) -> None:
    """Write a text file (UTF-8), replacing an earlier one; a full disk or an interruption leaves that untouched.

    What is no regular file, as ``/dev/stdout``, is written to and not replaced.
    Raises RunError that names the file if it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            _write(path, text)
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise RunError(f"{path} was not written: {error.strerror or error}") from None


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        _write(partial, text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
