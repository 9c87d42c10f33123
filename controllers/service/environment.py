"""Settings of a gateway that the environment may change, so that one folder serves several machines."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from slic.errors import InputError
from slic.scenario.document import Document, Origin, ValuePath


class _Broker(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host: str | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SLIC_", env_nested_delimiter="__", extra="ignore")

    broker: _Broker = _Broker()
    store: str | None = None


VARIABLES = {
    "SLIC_BROKER__HOST": "broker.host",
    "SLIC_BROKER__PORT": "broker.port",
    "SLIC_STORE": "store",
}
"""Environment variable -> field of the file that it replaces. There is none for a secret: keys are files."""


def apply_environment(document: Document) -> None:
    """Put the environment's values into a gateway file's data. InputError that names a bad variable."""
    try:
        found = _Environment()
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = "SLIC_" + "__".join(map(str, fault["loc"])).upper()
        allowed = ", ".join(VARIABLES) if fault["type"] == "extra_forbidden" else "a port from 1 to 65535"
        raise InputError(
            "is not accepted", file="environment", field=name, value=fault["input"], allowed=allowed
        ) from None
    except ValueError as error:  # pydantic-settings: SLIC_BROKER itself is set and is not JSON
        raise InputError(str(error), file="environment", allowed=", ".join(VARIABLES)) from None
    values: dict[ValuePath, object] = {
        ("broker", "host"): found.broker.host,
        ("broker", "port"): found.broker.port,
        ("store",): found.store,
    }
    for path, value in values.items():
        if value is not None:
            _set(document, path, value)


def _set(document: Document, path: ValuePath, value: object) -> None:
    here = document.data
    for part in path[:-1]:
        here[str(part)] = inner = dict(here.get(str(part)) or {})
        here = inner
    here[str(path[-1])] = value
    document.origins[path] = Origin("environment SLIC_" + "__".join(map(str, path)).upper(), None)
