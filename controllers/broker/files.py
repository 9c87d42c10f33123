"""The folder of a broker: authority, certificates, revocation list, access list and Mosquitto's configuration.

The folder can be moved: all paths in it are relative to it. ``broker.json`` names its segments and is written last.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from controllers.broker.access_list import SERVICES, VISITOR, access_list, check_segment, field_user
from controllers.broker.authority import Authority, Issued, serial_of, serials_of
from slic.errors import InputError, RunError
from slic.files import read_text, write_whole
from slic.messages.topics import ALLOWED, is_id
from slic.scenario.library import config_root

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
CLIENTS = "clients"
_LIST = "broker.json"


@dataclass(frozen=True, slots=True)
class BrokerFolder:
    """A broker's folder. segments : name -> site, empty for any site."""

    path: Path
    segments: Mapping[str, str]

    @classmethod
    def open(cls, path: Path) -> BrokerFolder:
        """An existing folder; InputError if ``slic broker init`` did not make it."""
        if not (path / _LIST).is_file():
            raise InputError("is no folder of slic broker init", field="folder", value=str(path))
        shown = str(path / _LIST)
        try:
            segments = json.loads(read_text(path / _LIST, shown))["segments"]
            pairs = {str(segment): str(site) for segment, site in segments.items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError("is not as slic broker writes it", file=shown) from None
        return cls(path, pairs)

    def clients(self) -> list[str]:
        """Names of all users that have a certificate."""
        return sorted(path.stem for path in (self.path / CLIENTS).glob("*.crt"))

    def revoked(self) -> set[str]:
        """Names of the users whose certificate is on the revocation list."""
        serials = self._revoked_serials()
        return {name for name in self.clients() if self._serial(name) in serials}

    def add(self, segments: Mapping[str, str], days: int, now: datetime) -> list[str]:
        """Certificates and rules for more segments, or for one of before whose certificate was revoked; the users."""
        revoked = self.revoked()
        known = [s for s in segments if s in self.segments and not {s, field_user(s)} & revoked]
        if known:
            raise InputError("is there already", field="gateway", value=known[0], allowed="a new one or a revoked one")
        authority = self._authority()
        users = _users(segments)
        users = [user for user in users if user in revoked or not (self.path / CLIENTS / f"{user}.crt").is_file()]
        for user in users:
            _write_pair(self.path / CLIENTS / user, authority.issue_client(user, now, timedelta(days=days)))
        BrokerFolder(self.path, {**self.segments, **segments})._write_lists()
        return users

    def revoke(self, name: str, now: datetime) -> None:
        """Put a user's certificate on the revocation list and take the user's rules away."""
        if name not in self.clients():
            raise InputError("has no certificate here", field="name", value=name, allowed=", ".join(self.clients()))
        serials = self._revoked_serials()
        if self._serial(name) in serials:
            raise InputError("is revoked already", field="name", value=name)
        write_whole(self.path / "crl.pem", self._authority().revocation_list({*serials, self._serial(name)}, now))
        self._write_lists()

    def _write_lists(self) -> None:
        write_whole(self.path / "access.acl", access_list(self.segments, self.revoked()))
        listed = {"slic_broker": 1, "segments": dict(sorted(self.segments.items()))}
        write_whole(self.path / _LIST, json.dumps(listed, indent=2) + "\n")

    def _authority(self) -> Authority:
        certificate, key = self.path / "ca.crt", self.path / "ca.key"
        return Authority.read(read_text(certificate, str(certificate)), read_text(key, str(key)), str(key))

    def _serial(self, name: str) -> int:
        file = self.path / CLIENTS / f"{name}.crt"
        return serial_of(read_text(file, str(file)), str(file))

    def _revoked_serials(self) -> set[int]:
        file = self.path / "crl.pem"
        return serials_of(read_text(file, str(file)), str(file))


def init_folder(
    path: Path, segments: Mapping[str, str], hosts: Iterable[str], days: int, now: datetime
) -> BrokerFolder:
    """Make a broker's folder, whole or not at all.

    path : new or empty; segments : name -> site, empty for any site
    hosts : names and addresses of the broker beside those of this machine; days : life of the certificates
    Raises InputError for a folder that holds something, RunError if it cannot be written.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise InputError("is not empty", field="folder", value=str(path), allowed="a new or empty folder")
    new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=path) as partial:
            _fill(Path(partial), segments, list(dict.fromkeys([*LOCAL_HOSTS, *hosts])), timedelta(days=days), now)
            _move(Path(partial), path)
    except OSError as error:
        raise RunError(f"{path} was not written: {error.strerror or error}") from None
    finally:
        if new and path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return BrokerFolder.open(path)


def parse_segments(given: Sequence[str]) -> dict[str, str]:
    """Segments from ``name`` or ``name:site``; InputError for what is none, or stands twice."""
    found: dict[str, str] = {}
    for text in given:
        segment, colon, site = text.partition(":")
        check_segment(segment)
        if colon and not is_id(site):
            raise InputError("is no site", field="gateway", value=text, allowed=f"SEGMENT:SITE, both {ALLOWED}")
        if segment in found:
            raise InputError("stands twice", field="gateway", value=segment, allowed="each segment once")
        found[segment] = site
    return found


def _fill(folder: Path, segments: Mapping[str, str], hosts: list[str], life: timedelta, now: datetime) -> None:
    authority = Authority.new(now)
    (folder / CLIENTS).mkdir()
    (folder / "data").mkdir()
    _write_pair(folder / "server", authority.issue_server(hosts, now, life))
    _write_pair(folder / "ca", authority.pem())
    for user in (*SERVICES, VISITOR, *_users(segments)):
        _write_pair(folder / CLIENTS / user, authority.issue_client(user, now, life))
    write_whole(folder / "crl.pem", authority.revocation_list([], now))
    template = config_root() / "deploy" / "mosquitto.conf"
    write_whole(folder / "mosquitto.conf", read_text(template, str(template)))
    BrokerFolder(folder, segments)._write_lists()


def _users(segments: Iterable[str]) -> list[str]:
    return [user for segment in segments for user in (segment, field_user(segment))]


def _write_pair(stem: Path, issued: Issued) -> None:
    write_whole(stem.with_name(stem.name + ".key"), issued.key, private=True)
    write_whole(stem.with_name(stem.name + ".crt"), issued.certificate)


def _move(source: Path, target: Path) -> None:
    for path in sorted(source.iterdir(), key=lambda path: path.name == _LIST):
        shutil.move(path, target / path.name)
