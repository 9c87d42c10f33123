"""The reference in docs/gateway.md names every field of the configuration with its default, and no other."""

import re
from pathlib import Path

from pydantic import BaseModel

from controllers.gateway.config import BrokerAddress, GatewayFile, HttpAddress, Position, StoreLimits, TlsFiles
from controllers.service.environment import VARIABLES
from controllers.service.lists import LAMP_COLUMNS, SENSOR_COLUMNS
from slic.messages.payloads import Limits

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "gateway.md").read_text()
SECTIONS: dict[str, type[BaseModel]] = {
    "place": Position,
    "broker": BrokerAddress,
    "broker.tls": TlsFiles,
    "store_limits": StoreLimits,
    "http": HttpAddress,
    "limits": Limits,
}


def fields_of_the_model() -> set[str]:
    inner = {f"{name}.{field}" for name, model in SECTIONS.items() for field in model.model_fields}
    return ({*GatewayFile.model_fields} | inner) - {*SECTIONS}


def rows() -> list[list[str]]:
    table = TEXT.split("| field | default | meaning |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_field_is_there_and_no_other() -> None:
    named = [name for row in rows() for name in re.findall(r"`([^`]+)`", row[0])]
    assert len(named) == len(set(named))
    assert set(named) == fields_of_the_model()


def test_numbers_are_the_defaults() -> None:
    for names, defaults, _ in rows():
        fields = re.findall(r"`([^`]+)`", names)
        values = [text.strip("` ") for text in defaults.split(",")]
        for field, value in zip(fields, values, strict=False):
            section, _, name = field.rpartition(".")
            default = (SECTIONS[section] if section else GatewayFile).model_fields[name].default
            if value.isdecimal() or (isinstance(default, str) and default):
                assert str(default).removesuffix(".0") == value, field


def test_columns_and_variables_are_named() -> None:
    assert [name for name in {*LAMP_COLUMNS, *SENSOR_COLUMNS, *VARIABLES} if f"`{name}`" not in TEXT] == []
