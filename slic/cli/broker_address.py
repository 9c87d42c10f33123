"""The broker's address and certificates as options of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slic.errors import InputError

if TYPE_CHECKING:
    from controllers.gateway.config import BrokerAddress


def broker_address(broker: str, ca: Path | None, cert: Path | None, key: Path | None) -> BrokerAddress:
    """The address in ``HOST:PORT``, with TLS where certificate files are given. InputError names a bad option."""
    from controllers.gateway.config import BrokerAddress, TlsFiles

    host, _, port = broker.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        raise InputError("is no address", field="--broker", value=broker, allowed="HOST:PORT, as localhost:8883")
    if ca is None and cert is None and key is None:
        return BrokerAddress(host=host.strip("[]"), port=int(port))
    if ca is None or cert is None or key is None:
        raise InputError("belong together", field="--ca, --cert, --key", allowed="all three, or none")
    tls = TlsFiles(ca=str(ca.absolute()), certificate=str(cert.absolute()), key=str(key.absolute()))
    return BrokerAddress(host=host.strip("[]"), port=int(port), tls=tls)
