"""The programs of a regime as the signed message that gives them to a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from controllers.envelope import Sender
from controllers.gateway.post import Post
from controllers.link.transport import Outgoing
from controllers.operator.program_file import signed_payload
from controllers.service.gateway_folder import SIGNER, FieldNames
from slic.control.calendar import Calendar
from slic.control.program import ControlProgram
from slic.scenario.layout import Street
from slic.scenario.model import Scenario


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
        self._post = Post(names.site, names.segment, sender)
        self._next_version = first_version
        self.versions: list[int] = []

    def message(self, t_ms: int, regime: str | None) -> Outgoing:
        """The programs of a regime for all lamp groups, or none for any."""
        chosen = {} if regime is None else self._scenario.regimes[regime]
        groups = {group: chosen[group] for group in self._groups if group in chosen}
        calendars = {name: self._scenario.calendars[name] for name in groups.values() if self._is_calendar(name)}
        version, self._next_version = self._next_version, self._next_version + 1
        self.versions.append(version)
        content = {
            **self._sender.envelope(t_ms),
            "version": version,
            "groups": groups,
            "programs": _plain(self._programs(groups, calendars)),
            "calendars": _plain(calendars),
        }
        payload = signed_payload(content, self._names.site, self._names.segment, SIGNER, self._key)
        return self._post.again("program", payload)

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


def _plain(models: Mapping[str, BaseModel]) -> dict[str, Any]:
    return {name: model.model_dump(mode="json", exclude_none=True) for name, model in models.items()}
