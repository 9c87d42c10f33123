"""TLS against a real Mosquitto that wants certificates: every failure has its own sentence."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from controllers.broker.private_broker import TUNED
from controllers.gateway.config import TlsFiles
from controllers.link.transport import Outgoing
from slic.errors import InputError
from tests.brokers import Mosquitto
from tests.certificates import Authority
from tests.controllers.fake_broker import FakeBroker
from tests.controllers.links import ALL, connect, make, make_tls, problem, run


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path)
    made.issue("gateway")
    return made


def _settings(authority: Authority, server: str) -> tuple[str, ...]:
    folder = authority.folder
    files = (
        f"cafile {folder}/{authority.name}.pem",
        f"certfile {folder}/{server}.pem",
        f"keyfile {folder}/{server}.key",
    )
    return (*files, "require_certificate true", "use_identity_as_username true", "tls_version tlsv1.2", *TUNED)


@pytest.fixture
def broker(authority: Authority, tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path, _settings(authority, authority.issue("server", ["localhost", "127.0.0.1"]))) as running:
        yield running


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_messages_go_through_tls_by_name_and_by_address(broker: Mosquitto, authority: Authority, host: str) -> None:
    link = connect(make_tls(broker.port, authority.files("gateway"), authority.folder, host), ALL)
    tokens = [link.publish(Outgoing("slic/x", bytes(5000), 1)) for _ in range(300)]
    delivered: list[int] = []
    came = run(link, lambda came: delivered.extend(link.delivered()) or len(came) == len(delivered) == 300)
    assert delivered == tokens and all(len(m.payload) == 5000 for m in came)
    link.close()


def _server_problem(authority: Authority, tmp_path: Path, server: str) -> str:
    with Mosquitto(tmp_path, _settings(authority, server)) as running:
        return problem(make_tls(running.port, authority.files("gateway"), authority.folder))


def test_the_brokers_certificate_has_expired(authority: Authority, tmp_path: Path) -> None:
    server = authority.issue("server", ["127.0.0.1"], valid_days=-1)
    assert _server_problem(authority, tmp_path, server).endswith("has expired")


def test_the_brokers_certificate_is_for_another_name(authority: Authority, tmp_path: Path) -> None:
    server = authority.issue("server", ["broker.example"])
    assert _server_problem(authority, tmp_path, server).endswith("is for another name")


def test_the_brokers_certificate_is_of_another_authority(broker: Mosquitto, authority: Authority) -> None:
    Authority(authority.folder, "other").issue("stranger")
    files = TlsFiles(ca="other.pem", certificate="stranger.pem", key="stranger.key")
    text = problem(make_tls(broker.port, files, authority.folder))
    assert text.endswith("is not signed by the authority in broker.tls.ca")


def test_this_clients_certificate_has_expired(broker: Mosquitto, authority: Authority) -> None:
    text = problem(make_tls(broker.port, authority.files(authority.issue("old", valid_days=-1)), authority.folder))
    assert "refuses this client's certificate (certificate expired)" in text


def test_this_clients_certificate_is_of_another_authority(broker: Mosquitto, authority: Authority) -> None:
    Authority(authority.folder, "other").issue("stranger")
    files = TlsFiles(ca="authority.pem", certificate="stranger.pem", key="stranger.key")
    text = problem(make_tls(broker.port, files, authority.folder))
    assert "refuses this client's certificate (unknown ca)" in text


def test_plain_to_a_broker_with_tls(broker: Mosquitto) -> None:
    """A bare closing says nothing of TLS, and yet TLS is the likeliest cause."""
    assert problem(make(broker.port)).endswith("does one side speak TLS and the other not?")


def test_tls_to_a_broker_without(authority: Authority, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as running:
        text = problem(make_tls(running.port, authority.files("gateway"), authority.folder))
    assert "127.0.0.1" in text and "TLS" in text
    with FakeBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n") as fake:
        text = problem(make_tls(fake.port, authority.files("gateway"), authority.folder))
    assert text.endswith("does not speak TLS on this port")


def test_a_name_that_does_not_resolve(authority: Authority) -> None:
    """RFC 6761 reserves .invalid: it never resolves."""
    text = problem(make_tls(8883, authority.files("gateway"), authority.folder, "broker.invalid"))
    assert text.startswith("the name of the broker broker.invalid:8883 does not resolve")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ca": "missing.pem"}, r"missing\.pem: broker\.tls\.ca: cannot be read \(No such file"),
        ({"certificate": "missing.pem"}, r"missing\.pem: broker\.tls\.certificate: cannot be read"),
        ({"ca": "empty.pem"}, r"empty\.pem: broker\.tls\.ca: holds no certificate in PEM"),
        ({"certificate": "empty.pem"}, r"empty\.pem, gateway\.key: broker\.tls: is no certificate with its key"),
        ({"key": "authority.key"}, r"gateway\.pem, authority\.key: broker\.tls: does not belong to the certificate"),
        ({"key": "locked.key"}, r"broker\.tls\.key: is encrypted \(allowed: a key without a password\)"),
    ],
)
def test_unusable_files_are_named(authority: Authority, change: dict[str, str], words: str) -> None:
    (authority.folder / "empty.pem").write_text("")
    _lock(authority.folder / "gateway.key", authority.folder / "locked.key")
    files = authority.files("gateway").model_copy(update=change)
    with pytest.raises(InputError, match=words):
        make_tls(1, files, authority.folder)


def _lock(key: Path, locked: Path) -> None:
    """The same key, encrypted by OpenSSL."""
    change = ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:secret", "-out", str(locked)]
    subprocess.run(change, check=True, capture_output=True)
