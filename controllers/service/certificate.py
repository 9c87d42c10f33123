"""The certificate that a gateway shows to its broker: whose it is, and how long it is good."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from controllers.gateway.config import GatewayFile, TlsFiles
from slic.errors import InputError

SOON_DAYS = 30
"""A certificate that ends earlier than that is worth a warning: an operator needs some weeks to renew it on site."""


def check_tls_files(file: GatewayFile, folder: Path) -> None:
    """Refuse TLS files that are missing, unreadable, do not belong together, or are another segment's."""
    tls = file.broker.tls
    if tls is None:
        return
    read_certificate(folder / tls.ca, "broker.tls.ca")
    certificate = read_certificate(folder / tls.certificate, "broker.tls.certificate")
    names = [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [file.segment]:
        raise InputError(
            "is the certificate of another segment",
            file=str(folder / tls.certificate),
            field="common name",
            value=", ".join(names),
            allowed=file.segment,
        )
    _check_key(folder, tls, certificate)


def certificate_fault(file: GatewayFile, folder: Path, now_ms: int) -> str:
    """What is wrong with the certificate's time of validity at ``now_ms`` [UTC], or empty."""
    if file.broker.tls is None:
        return ""
    begin_ms, end_ms = _validity_ms(file.broker.tls, folder)
    if now_ms >= end_ms:
        return f"{file.broker.tls.certificate}: the certificate expired on {_day(end_ms)}"
    if now_ms < begin_ms:
        return (
            f"{file.broker.tls.certificate}: the certificate is not valid before {_day(begin_ms)}; is the clock right?"
        )
    return ""


def certificate_warning(file: GatewayFile, folder: Path, now_ms: int) -> str:
    """That the certificate ends soon, or empty."""
    if file.broker.tls is None:
        return ""
    end_ms = _validity_ms(file.broker.tls, folder)[1]
    soon = now_ms < end_ms <= now_ms + SOON_DAYS * 86_400_000
    return f"{file.broker.tls.certificate}: the certificate expires on {_day(end_ms)}" if soon else ""


def read_certificate(path: Path, field: str) -> x509.Certificate:
    """The first certificate of a PEM file. InputError if there is none."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", field=field, value=str(path)) from None
    except ValueError:
        raise InputError("is no certificate", field=field, value=str(path), allowed="a PEM file") from None


def _check_key(folder: Path, tls: TlsFiles, certificate: x509.Certificate) -> None:
    field, path = "broker.tls.key", folder / tls.key
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", field=field, value=str(path)) from None
    except (ValueError, TypeError):
        allowed = "a PEM file without a password"
        raise InputError("is no private key", field=field, value=str(path), allowed=allowed) from None
    if key.public_key() != certificate.public_key():
        raise InputError("does not belong to the certificate", field=field, value=str(path), allowed="its own key")


def _validity_ms(tls: TlsFiles, folder: Path) -> tuple[int, int]:
    certificate = read_certificate(folder / tls.certificate, "broker.tls.certificate")
    return _ms(certificate.not_valid_before_utc), _ms(certificate.not_valid_after_utc)


def _ms(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)


def _day(t_ms: int) -> str:
    return f"{datetime.datetime.fromtimestamp(t_ms / 1000, datetime.UTC):%Y-%m-%d %H:%M} UTC"
