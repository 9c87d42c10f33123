"""The broker's address and certificates as options of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slic.errors import InputError

if TYPE_CHECKING:
    from controllers.gateway.config import BrokerAddress


def broker_address(broker: str, ca: Path | None, cert: Path | None, key: Path | None) -> BrokerAddress:
    """The address in ``HOST:PORT``, with TLS where certificate files are given. InputError names a bad option."""
    from controllers.link import broker_address as addresses

    return addresses.broker_address(broker, tls_files(ca, cert, key), "--broker")


def tls_files(ca: Path | None, cert: Path | None, key: Path | None) -> dict[str, str] | None:
    """The certificate files of a command's options, None where there are none. InputError if one is missing."""
    if ca is None and cert is None and key is None:
        return None
    if ca is None or cert is None or key is None:
        raise InputError("belong together", field="--ca, --cert, --key", allowed="all three, or none")
    return {"ca": str(ca.absolute()), "certificate": str(cert.absolute()), "key": str(key.absolute())}
