"""The way to a broker: name, TCP and TLS, with a sentence for each way in which it can fail."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from pathlib import Path

from controllers.gateway.config import BrokerAddress, TlsFiles
from slic.errors import InputError

CONNECT_S = 10.0
"""Patience with TCP, with the TLS handshake and with the broker's first answer."""
UNANSWERED = " before it answered; does one side speak TLS and the other not?"
_EXPIRED, _WRONG_NAME, _WRONG_ADDRESS, _NOT_YET = 10, 62, 64, 9
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)
"""Results of OpenSSL's verification, from its ``x509_vfy.h``."""


class NoWay(Exception):
    """The broker cannot be reached; its text says why."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(address: BrokerAddress, folder: Path) -> None:
    """InputError for a broker elsewhere without TLS, and for certificate files that cannot be used."""
    if address.tls is not None:
        tls_context(address.tls, folder)
    elif not is_loopback(address.host):
        raise InputError(
            "needs TLS, since it is not this machine",
            field="broker.host",
            value=address.host,
            allowed="broker.tls with ca, certificate and key, or host 127.0.0.1",
        )


def tls_context(files: TlsFiles, folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer, both sides with certificates, the broker's name checked. InputError names a bad file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for field, name in (("ca", files.ca), ("certificate", files.certificate), ("key", files.key)):
        _check_file(field, name, folder)
    try:
        context.load_verify_locations(folder / files.ca)
    except (ssl.SSLError, OSError):
        raise InputError("holds no certificate in PEM", file=files.ca, field="broker.tls.ca") from None
    try:
        context.load_cert_chain(folder / files.certificate, folder / files.key, password=_no_password)
    except (ssl.SSLError, OSError) as error:
        problem = "does not belong to the certificate" if "MISMATCH" in str(error) else "is no certificate with its key"
        raise InputError(problem, file=f"{files.certificate}, {files.key}", field="broker.tls") from None
    return context


def _no_password() -> str:
    raise InputError("is encrypted", field="broker.tls.key", allowed="a key without a password")


def _check_file(field: str, name: str, folder: Path) -> None:
    try:
        (folder / name).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", file=name, field=f"broker.tls.{field}", allowed="a PEM file"
        ) from None


def open_socket(address: BrokerAddress, folder: Path) -> socket.socket:
    """A connected socket that does not block, TLS included. Takes up to a few times CONNECT_S; raises NoWay."""
    where = f"{address.host}:{address.port}"
    raw: socket.socket | None = None
    try:
        raw = socket.create_connection((address.host, address.port), timeout=CONNECT_S)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready = raw
        if address.tls is not None:
            ready = tls_context(address.tls, folder).wrap_socket(raw, server_hostname=address.host)
        ready.setblocking(False)
        return ready
    except (OSError, InputError) as error:
        if raw is not None:
            raw.close()
        raise NoWay(sentence(error, where)) from None


def sentence(error: Exception, where: str, *, answered: bool = False) -> str:
    """Why there is no way to the broker, in words. answered : whether it has spoken MQTT on this connection"""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, socket.gaierror):
        return f"the name of the broker {where} does not resolve ({error.strerror})"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the broker {where} {_certificate_problem(error)}"
    if isinstance(error, ssl.SSLError):
        return _tls_sentence(error, where)
    if isinstance(error, ConnectionRefusedError):
        return f"no broker listens at {where} (connection refused)"
    if isinstance(error, TimeoutError):
        return f"the broker {where} does not answer within {CONNECT_S:.0f} s"
    if isinstance(error, ConnectionError):
        return f"the broker {where} broke the connection{'' if answered else UNANSWERED}"
    return f"the broker {where} cannot be reached ({getattr(error, 'strerror', None) or error})"


def _certificate_problem(error: ssl.SSLCertVerificationError) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return "has expired"
    if code == _NOT_YET:
        return "is not valid yet; is the clock of this machine right?"
    if code in (_WRONG_NAME, _WRONG_ADDRESS):
        return "is for another name"
    if code in _UNKNOWN_AUTHORITY:
        return "is not signed by the authority in broker.tls.ca"
    return f"is not accepted ({error.verify_message})"


def _tls_sentence(error: ssl.SSLError, where: str) -> str:
    reason = (error.reason or str(error)).lower().replace("_", " ")
    if "alert" in reason and ("certificate" in reason or "unknown ca" in reason):
        return f"the broker {where} refuses this client's certificate ({reason.partition('alert ')[2]})"
    if "wrong version number" in reason or "record layer failure" in reason:
        return f"the broker {where} does not speak TLS on this port"
    return f"TLS with the broker {where} failed ({reason})"
