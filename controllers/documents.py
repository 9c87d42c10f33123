"""Programs and settings that the site has sent: kept, in force, and replaced only by better ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from controllers.field_time import Heard
from controllers.gateway_plan import GatewayPlan
from controllers.post import Post
from controllers.segment_plan import place_of
from controllers.signatures import check, read_document
from controllers.store_port import Document, Store, StoreFull
from controllers.transport import Outgoing
from slic.control.group import NEVER_MS
from slic.control.place import Place
from slic.control.planner import Planner, planner_for
from slic.errors import InputError
from slic.messages.codes import CODES
from slic.messages.payloads import ProgramSet, SegmentConfig, Signed


class _Programs(NamedTuple):
    version: int
    sha256: str
    valid_from_ms: int
    valid_until_ms: int
    planners: Mapping[str, Planner]

    def hold_at(self, t_ms: int) -> bool:
        return self.valid_from_ms <= t_ms < self.valid_until_ms


class Documents:
    """What is in force of what the site sent. ``next_ms``: when a program set begins or ends by its own dates."""

    def __init__(self, plan: GatewayPlan, store: Store) -> None:
        self.plan = plan
        self._store = store
        self._programs: _Programs | None = None
        self._config: SegmentConfig | None = None
        self.next_ms = NEVER_MS

    @property
    def config(self) -> SegmentConfig | None:
        """Settings that the site sent, or None while those of the gateway's file hold."""
        return self._config

    def load(self, t_ms: int) -> list[str]:
        """Take what was in force before the restart; of each kind the newest that is still good. Returns complaints."""
        complaints: list[str] = []
        for version, payload in self._store.documents("program"):
            faults = self._faults("program", payload, ProgramSet.model_validate_json(payload))
            if not faults and self._programs is None:
                faults = self._put_in_force(ProgramSet.model_validate_json(payload), t_ms)
            complaints += [f"program version {version}: {fault}" for fault in faults]
        for version, payload in self._store.documents("config"):
            config = SegmentConfig.model_validate_json(payload)
            faults = self._faults("config", payload, config)
            if not faults and self._config is None:
                self._config = config
            complaints += [f"config version {version}: {fault}" for fault in faults]
        return complaints

    def planners_at(self, t_ms: int) -> Mapping[str, Planner]:
        """Planner of each lamp group that has one at ``t_ms``."""
        programs = self._programs
        self.next_ms = NEVER_MS
        if programs is None:
            return {}
        changes = (programs.valid_from_ms, programs.valid_until_ms)
        self.next_ms = min((moment for moment in changes if moment > t_ms), default=NEVER_MS)
        return programs.planners if programs.hold_at(t_ms) else {}

    def take_program(self, heard: Heard, t_ms: int, post: Post) -> tuple[bool, Outgoing]:
        """Whether a program set is new and good, so that it is in force from now on, and the answer."""
        message = heard.message
        assert isinstance(message, ProgramSet)
        known = (self._programs.version, self._programs.sha256) if self._programs else None
        errors, fresh = self._judge("program", heard.payload, message, known)
        if not errors and fresh:
            errors = self._put_in_force(message, t_ms) or self._kept("program", message.version, heard.payload)
        answer = post.message("programApplied", t_ms, **_applied(message, errors))
        return fresh and not errors, answer

    def take_config(self, heard: Heard, t_ms: int, post: Post) -> tuple[bool, Outgoing]:
        """Whether settings are new and good, so that they are in force from now on, and the answer."""
        message = heard.message
        assert isinstance(message, SegmentConfig)
        known = (self._config.version, self._config.sha256) if self._config else None
        errors, fresh = self._judge("config", heard.payload, message, known)
        if not errors and fresh:
            errors = self._kept("config", message.version, heard.payload)
        if not errors and fresh:
            self._config = message
        return fresh and not errors, post.message("configApplied", t_ms, **_applied(message, errors))

    # ---- checks ---------------------------------------------------------------------------------

    def _judge(
        self, kind: Document, payload: bytes, message: Signed, known: tuple[int, str] | None
    ) -> tuple[list[str], bool]:
        """Faults of a document, and whether it is newer than what is in force."""
        faults = self._faults(kind, payload, message)
        if faults or known is None or message.version > known[0]:
            return faults, True
        if known == (message.version, message.sha256):
            return [], False
        return [f"old_version: version {message.version} is not above {known[0]}, which is in force"], False

    def _faults(self, kind: Document, payload: bytes, message: Signed) -> list[str]:
        file = self.plan.file
        try:
            verdict = check(read_document(payload), file.site, file.segment, kind, file.signers)
        except InputError as error:
            return [str(error)]
        return [] if verdict == "ok" else [f"{verdict}: {CODES[verdict]}"]

    def _put_in_force(self, message: ProgramSet, t_ms: int) -> list[str]:
        """Make planners of a program set; faults if that cannot be, and then the one before goes on."""
        until_ms = NEVER_MS if message.valid_until is None else message.valid_until
        if until_ms <= t_ms:
            return [f"not_valid_now: {CODES['not_valid_now']}"]
        planners, faults = _planners(message, place_of(self.plan))
        if not faults:
            self._programs = _Programs(message.version, message.sha256, message.valid_from or 0, until_ms, planners)
        return faults

    def _kept(self, kind: Document, version: int, payload: bytes) -> list[str]:
        try:
            self._store.keep_document(kind, version, payload)
        except StoreFull:
            return [f"not_stored: {CODES['not_stored']}"]
        return []


def _planners(message: ProgramSet, place: Place | None) -> tuple[dict[str, Planner], list[str]]:
    """Planners by lamp group; groups with the same program share one. Without a place there are none to make."""
    if place is None:
        return {}, ["the gateway does not know where it is, so no program can be followed"] if message.groups else []
    made: dict[str, Planner] = {}
    faults: list[str] = []
    for group, name in message.groups.items():
        if name in made:
            continue
        try:
            made[name] = _planner(message, name, place)
        except InputError as error:
            faults.append(f"group {group}: {error}")
    return {group: made[name] for group, name in message.groups.items() if name in made}, faults


def _planner(message: ProgramSet, name: str, place: Place) -> Planner:
    if name in message.calendars:
        return Planner(message.programs, message.calendars[name], place)
    if name in message.programs:
        return planner_for(message.programs[name], place)
    allowed = ", ".join(sorted({*message.calendars, *message.programs}))
    raise InputError("is neither a calendar nor a program of the set", field="groups", value=name, allowed=allowed)


def _applied(message: Signed, errors: Sequence[str]) -> dict[str, Any]:
    short = [error[:200] for error in errors[:20]]
    return {"version": message.version, "sha256": message.sha256, "ok": not errors, "errors": short}
