"""The test authority: its certificates as another implementation (OpenSSL) and a real Mosquitto see them."""

import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controllers.broker.authority import Authority
from controllers.broker.files import BrokerFolder, init_folder, parse_segments
from slic.errors import InputError
from tests.controllers.secured_broker import Peer, Refused, SecuredBroker

SEGMENT, STATUS = "el-g0042", "slic/v1/ettenleur/el-g0042/_/status"
TAKEN = {"Success", "No matching subscribers"}
DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def make(path: Path) -> BrokerFolder:
    return init_folder(path, parse_segments([f"{SEGMENT}:ettenleur", "el-g0043:ettenleur"]), [], 30, now())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    folder = make(tmp_path_factory.mktemp("authority") / "broker")
    found = SecuredBroker(folder.path)
    yield found
    found.stop()


def refusal(peer: Peer, tls: ssl.SSLContext | None = None) -> str:
    """Why a connection is refused; fails if it is not."""
    try:
        with pytest.raises(Refused) as caught:
            peer.connect(tls=tls)
        return str(caught.value)
    finally:
        peer.leave()


def own_pair(folder: Path, certificate: str, key: str) -> tuple[Path, Path]:
    pair = folder / "own.crt", folder / "own.key"
    pair[0].write_text(certificate)
    pair[1].write_text(key)
    return pair


def test_openssl_accepts_all_certificates_under_strict_rules(broker: SecuredBroker) -> None:
    folder = broker.folder
    checked = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.crt", "-crl_check", "-CRLfile", "crl.pem"]
    clients = sorted(str(path.relative_to(folder)) for path in folder.glob("clients/*.crt"))
    assert len(clients) == 7
    subprocess.run([*checked, "-purpose", "sslclient", *clients], cwd=folder, check=True, capture_output=True)
    server = [*checked, "-purpose", "sslserver", "-verify_ip", "127.0.0.1", "server.crt"]
    subprocess.run(server, cwd=folder, check=True, capture_output=True)


def test_the_authority_says_that_it_is_for_tests(broker: SecuredBroker) -> None:
    shown = ["openssl", "x509", "-in", "ca.crt", "-noout", "-subject"]
    subject = subprocess.run(shown, cwd=broker.folder, check=True, capture_output=True, text=True).stdout
    assert "test authority (not for production)" in subject


def test_no_certificate_no_connection(broker: SecuredBroker) -> None:
    refusal(Peer(broker.port, broker.folder / "ca.crt", None))
    assert "peer did not return a certificate" in broker.log.read_text()


def test_plain_tcp_is_refused(broker: SecuredBroker) -> None:
    done = subprocess.run(
        ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", STATUS, "-m", "x"], capture_output=True
    )
    assert done.returncode != 0


def test_an_expired_certificate_is_refused(broker: SecuredBroker, tmp_path: Path) -> None:
    folder = broker.folder
    authority = Authority.read((folder / "ca.crt").read_text(), (folder / "ca.key").read_text(), "ca")
    issued = authority.issue_client(SEGMENT, now() - 2 * DAY, DAY)
    refusal(Peer(broker.port, folder / "ca.crt", own_pair(tmp_path, issued.certificate, issued.key)))
    fresh = authority.issue_client(SEGMENT, now(), DAY)
    peer = Peer(broker.port, folder / "ca.crt", own_pair(tmp_path, fresh.certificate, fresh.key))
    peer.connect()
    assert peer.publish(STATUS) in TAKEN
    peer.leave()


def test_a_certificate_of_another_authority_is_refused(broker: SecuredBroker, tmp_path: Path) -> None:
    """Also of one that has the same name."""
    issued = Authority.new(now()).issue_client(SEGMENT, now(), DAY)
    refusal(Peer(broker.port, broker.folder / "ca.crt", own_pair(tmp_path, issued.certificate, issued.key)))


def test_the_servers_certificate_is_none_for_a_client(broker: SecuredBroker) -> None:
    pair = broker.folder / "server.crt", broker.folder / "server.key"
    refusal(Peer(broker.port, broker.folder / "ca.crt", pair))


def test_a_client_refuses_a_broker_of_another_name(tmp_path: Path) -> None:
    folder = make(tmp_path / "broker").path
    authority = Authority.read((folder / "ca.crt").read_text(), (folder / "ca.key").read_text(), "ca")
    issued = authority.issue_server(["broker.example"], now(), DAY)
    (folder / "server.crt").write_text(issued.certificate)
    (folder / "server.key").write_text(issued.key)
    broker = SecuredBroker(folder)
    try:
        pair = folder / f"clients/{SEGMENT}.crt", folder / f"clients/{SEGMENT}.key"
        assert "certificate is not valid for 'localhost'" in refusal(Peer(broker.port, folder / "ca.crt", pair))
    finally:
        broker.stop()


def test_a_client_refuses_a_broker_of_another_authority(broker: SecuredBroker, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(Authority.new(now()).pem().certificate)
    pair = broker.folder / f"clients/{SEGMENT}.crt", broker.folder / f"clients/{SEGMENT}.key"
    assert "CERTIFICATE_VERIFY_FAILED" in refusal(Peer(broker.port, tmp_path / "ca.crt", pair))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_1_1_is_refused(broker: SecuredBroker) -> None:
    old = ssl.create_default_context(cafile=str(broker.folder / "ca.crt"))
    old.load_cert_chain(broker.folder / f"clients/{SEGMENT}.crt", broker.folder / f"clients/{SEGMENT}.key")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    refusal(Peer(broker.port, broker.folder / "ca.crt", None), old)


def test_a_revoked_certificate_counts_after_a_reload(tmp_path: Path) -> None:
    """With Mosquitto 2.0.11, SIGHUP is enough: its list of revoked certificates and its access list are read again."""
    folder = make(tmp_path / "broker")
    broker = SecuredBroker(folder.path)
    try:
        with broker.peer(SEGMENT) as open_one:
            folder.revoke(SEGMENT, now())
            assert open_one.publish(STATUS) in TAKEN, "nothing changes before the reload"
            broker.reload()
            assert open_one.publish(STATUS) == "Not authorized"
        with pytest.raises(Refused), broker.peer(SEGMENT):
            pass
        with broker.peer("el-g0043") as neighbour:
            assert neighbour.publish("slic/v1/ettenleur/el-g0043/_/status") in TAKEN
        assert folder.add({SEGMENT: "ettenleur"}, 30, now()) == [SEGMENT]
        broker.reload()
        with broker.peer(SEGMENT) as renewed:
            assert renewed.publish(STATUS) in TAKEN
    finally:
        broker.stop()


def test_a_folder_can_be_moved(tmp_path: Path) -> None:
    make(tmp_path / "broker")
    moved = (tmp_path / "broker").rename(tmp_path / "elsewhere")
    broker = SecuredBroker(moved)
    try:
        with broker.peer(SEGMENT) as gateway:
            assert gateway.publish(STATUS) in TAKEN
    finally:
        broker.stop()


def test_revocations_add_up(tmp_path: Path) -> None:
    folder = make(tmp_path / "broker")
    folder.revoke("site", now())
    folder.revoke("ingest", now())
    assert BrokerFolder.open(folder.path).revoked() == {"site", "ingest"}
    shown = ["openssl", "crl", "-in", "crl.pem", "-noout", "-text"]
    text = subprocess.run(shown, cwd=folder.path, check=True, capture_output=True, text=True).stdout
    assert text.count("Serial Number:") == 2


@pytest.mark.parametrize("host", ["", "a b", "http://x", "x/y"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(InputError, match="host"):
        Authority.new(now()).issue_server([host], now(), DAY)
