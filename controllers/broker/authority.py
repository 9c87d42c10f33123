"""A certificate authority for tests and first steps: one key, server and client certificates, a revocation list.

It keeps its key in a file beside the certificates and asks nobody before it signs; a street in service needs the
authority of its operator. Keys are ECDSA on P-256, all files PEM.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from slic.errors import InputError

NAME = "SLIC test authority (not for production)"
LIFE = timedelta(days=3650)
"""Of the authority and of its revocation list: a broker refuses everybody once its list is out of date."""
CLOCK_SKEW = timedelta(hours=1)
"""Certificates are valid from so long before they were made, for clocks that are slow."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, PEM."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's own certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, now: datetime) -> Authority:
        """Make an authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(NAME)
        builder = _builder(subject, subject, key.public_key(), now, LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def read(cls, certificate: str, key: str, shown: str) -> Authority:
        """The authority in two PEM texts. ``shown``: what errors call it."""
        try:
            loaded = serialization.load_pem_private_key(key.encode(), password=None)
            found = x509.load_pem_x509_certificate(certificate.encode())
        except (ValueError, TypeError):
            raise InputError("cannot be read as PEM", file=shown) from None
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.public_key() != found.public_key():
            raise InputError("key and certificate do not belong together", file=shown)
        return cls(found, loaded)

    def pem(self) -> Issued:
        """The authority's certificate and key as files."""
        return Issued(_certificate_pem(self.certificate), _key_pem(self.key))

    def issue_server(self, names: Sequence[str], now: datetime, life: timedelta) -> Issued:
        """A certificate for a broker under these host names and addresses. InputError for what is neither."""
        alternatives = x509.SubjectAlternativeName([_host(name) for name in names])
        return self._issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, now, life, alternatives)

    def issue_client(self, name: str, now: datetime, life: timedelta) -> Issued:
        """A certificate for a client, whose user name will be ``name`` (the common name)."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, now, life)

    def _issue(
        self,
        name: str,
        purpose: ObjectIdentifier,
        now: datetime,
        life: timedelta,
        alternatives: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self.certificate.subject, key.public_key(), now, life)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(own, critical=False)
        if alternatives is not None:
            builder = builder.add_extension(alternatives, critical=False)
        return Issued(_certificate_pem(builder.sign(self.key, hashes.SHA256())), _key_pem(key))

    def revocation_list(self, serials: Iterable[int], now: datetime) -> str:
        """A list (PEM) of the serial numbers of certificates that count no longer."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now - CLOCK_SKEW).next_update(self.certificate.not_valid_after_utc)
        for serial in sorted(set(serials)):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - CLOCK_SKEW)
            builder = builder.add_revoked_certificate(entry.build())
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(own, critical=False)
        builder = builder.add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")


def serial_of(certificate: str, shown: str) -> int:
    """Serial number of a certificate (PEM)."""
    try:
        return x509.load_pem_x509_certificate(certificate.encode()).serial_number
    except ValueError:
        raise InputError("is no certificate", file=shown, allowed="PEM") from None


def serials_of(revocation_list: str, shown: str) -> set[int]:
    """Serial numbers on a revocation list (PEM)."""
    try:
        return {entry.serial_number for entry in x509.load_pem_x509_crl(revocation_list.encode())}
    except ValueError:
        raise InputError("is no revocation list", file=shown, allowed="PEM") from None


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - CLOCK_SKEW).not_valid_after(now + life)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name or not all(part and part.replace("-", "a").isalnum() and part.isascii() for part in name.split(".")):
        raise InputError("is no host name or address", field="host", value=name, allowed="as broker.example or ::1")
    return x509.DNSName(name)


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    pkcs8 = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()).decode("ascii")
