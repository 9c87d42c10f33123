"""The broker's address as people write it."""

from __future__ import annotations

from collections.abc import Mapping

from controllers.gateway.config import BrokerAddress, TlsFiles
from slic.errors import InputError


def broker_address(text: str, tls: Mapping[str, str] | None = None, field: str = "broker") -> BrokerAddress:
    """The broker at ``host:port``. InputError for what is no address.

    tls : files ``ca``, ``certificate`` and ``key``; field : what errors call the address
    """
    host, _, port = text.strip().rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        raise InputError("is no address of a broker", field=field, value=text, allowed="HOST:PORT, as localhost:8883")
    return BrokerAddress(host=host.strip("[]"), port=int(port), tls=TlsFiles(**tls) if tls else None)
