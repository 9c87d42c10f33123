"""`slic asyncapi`: the contract of the wire as an AsyncAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer


def asyncapi(
    out: Annotated[Path | None, typer.Option(help="File to write. [default: standard output]")] = None,
    notation: Annotated[Literal["yaml", "json"], typer.Option("--format", help="How it is written.")] = "yaml",
) -> None:
    """Write the MQTT messages of a gateway as AsyncAPI 3.1.0.

    Example: slic asyncapi --out asyncapi.yaml
    """
    from slic.files import write_whole
    from slic.messages.asyncapi import document

    text = _text(document(), notation)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)


def _text(document: dict[str, Any], notation: str) -> str:
    if notation == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    from slic.cli.asyncapi_yaml import as_yaml

    return as_yaml(document)
