"""Certificates for tests: an authority that signs what it is told to, also what has expired."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from controllers.gateway.config import TlsFiles


class Authority:
    """A certificate authority in a folder, which writes ``{name}.pem`` and ``{name}.key`` there."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _subject(name)
        self._write(name, self._key, self._certificate(self._subject, self._key, [], 1, is_authority=True))

    def issue(self, name: str, addresses: list[str] | None = None, *, valid_days: int = 1) -> str:
        """A certificate for these names and addresses; negative days: it has expired. Its name."""
        key = ec.generate_private_key(ec.SECP256R1())
        self._write(name, key, self._certificate(_subject(name), key, addresses or [], valid_days))
        return name

    def files(self, client: str) -> TlsFiles:
        return TlsFiles(ca=f"{self.name}.pem", certificate=f"{client}.pem", key=f"{client}.key")

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        addresses: list[str],
        valid_days: int,
        is_authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=valid_days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if addresses:
            names = x509.SubjectAlternativeName([_general_name(one) for one in addresses])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
