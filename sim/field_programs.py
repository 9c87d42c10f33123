"""The programs of a regime as the signed message that gives them to a gateway."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.envelope import Sender
from controllers.gateway.signatures import signed
from controllers.link.transport import Outgoing
from controllers.service.gateway_folder import SIGNER, FieldNames
from slic.control.calendar import Calendar
from slic.control.program import ControlProgram
from slic.errors import InputError
from slic.messages.channels import CHANNELS
from slic.messages.codec import encode
from slic.messages.payloads import ProgramSet
from slic.messages.topics import GATEWAY, topic
from slic.scenario.layout import Street
from slic.scenario.model import Scenario

_UNSIGNED: dict[str, Any] = {"sha256": "0" * 64, "signer": SIGNER, "signature": "A" * 86 + "=="}


class FieldPrograms:
    """Programs of a street, in versions that rise from ``first_version`` on.

    ``versions`` : of the messages made so far
    """

    def __init__(
        self,
        scenario: Scenario,
        street: Street,
        names: FieldNames,
        key: Ed25519PrivateKey,
        sender: Sender,
        first_version: int,
    ) -> None:
        self._scenario = scenario
        self._groups = list(dict.fromkeys(lamp.group for lamp in street.lamps))
        self._names = names
        self._key = key
        self._sender = sender
        self._next_version = first_version
        self.versions: list[int] = []

    def message(self, t_ms: int, regime: str | None) -> Outgoing:
        """The programs of a regime for all lamp groups, or none for any."""
        chosen = {} if regime is None else self._scenario.regimes[regime]
        groups = {group: chosen[group] for group in self._groups if group in chosen}
        calendars = {name: self._scenario.calendars[name] for name in groups.values() if self._is_calendar(name)}
        version, self._next_version = self._next_version, self._next_version + 1
        self.versions.append(version)
        document = ProgramSet(
            **self._sender.envelope(t_ms),
            version=version,
            groups=groups,
            programs=self._programs(groups, calendars),
            calendars=calendars,
            **_UNSIGNED,
        )
        return self._signed(document)

    def _is_calendar(self, name: str) -> bool:
        return name in self._scenario.calendars and name not in self._scenario.programs

    def _programs(self, groups: Mapping[str, str], calendars: Mapping[str, Calendar]) -> dict[str, ControlProgram]:
        wanted = {name for name in groups.values() if name not in calendars}
        for calendar in calendars.values():
            wanted |= {calendar.default, *(rule.program for rule in calendar.rules)}
        programs = self._scenario.programs
        return {name: self._in_topic_names(program) for name, program in programs.items() if name in wanted}

    def _in_topic_names(self, program: ControlProgram) -> ControlProgram:
        """The program with its sensors as they are called in topics."""
        controls = [
            control.model_copy(update={"sensors": [self._names.sensors.get(s, s) for s in control.sensors]})
            for control in program.dynamic_controls
        ]
        return program.model_copy(update={"dynamic_controls": controls})

    def _signed(self, document: ProgramSet) -> Outgoing:
        names, channel = self._names, CHANNELS["program"]
        plain = json.loads(encode(document))
        whole = signed(plain, names.site, names.segment, "program", SIGNER, self._key)
        payload = json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()
        if len(payload) > channel.max_bytes:
            allowed = f"{channel.max_bytes} bytes as a message"
            raise InputError("are too large to send", field="programs", value=f"{len(payload)} bytes", allowed=allowed)
        where = topic(names.site, names.segment, GATEWAY, channel.channel)
        return Outgoing(where, payload, channel.qos, channel.retain)
