"""Programs and settings that the site has sent: kept, in force, and replaced only by better ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from controllers.gateway.heard import Heard
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.gateway.program_sets import (
    Edition,
    ProgramPlan,
    Refused,
    kept_config,
    kept_programs,
    take_config,
    take_programs,
)
from controllers.link.transport import Outgoing
from controllers.store.port import Document, Store, StoreFull
from slic.control.group import NEVER_MS
from slic.control.planner import Planner
from slic.messages.codes import CODES, Code
from slic.messages.payloads import SegmentConfig, Signed

Taking = Code | Literal["new", "in_force"]
"""What became of a document: in force from now on, in force before, or refused by a code."""

_NOT_STORED = f"not_stored: {CODES['not_stored']}"


class Documents:
    """What is in force of what the site sent.

    config : settings, or None while those of the gateway's file hold
    next_ms : when a program set begins or ends by its own dates
    """

    def __init__(self, plan: GatewayPlan, store: Store) -> None:
        self.plan = plan
        self.config: SegmentConfig | None = None
        self.next_ms = NEVER_MS
        self._store = store
        self._programs: ProgramPlan | None = None

    def load(self) -> list[str]:
        """Take what was in force before a restart; of each kind the newest that is still good. Returns complaints."""
        self._programs, complaints = kept_programs(self._store.documents("program"), self.plan)
        self.config, more = kept_config(self._store.documents("config"), self.plan)
        return complaints + more

    def reload(self, plan: GatewayPlan) -> list[str]:
        """The same for another configuration or inventory."""
        self.plan = plan
        return self.load()

    def planners_at(self, t_ms: int) -> Mapping[str, Planner | None]:
        """Planner of each lamp group at ``t_ms``, None for one without a program."""
        if self._programs is None:
            self.next_ms = NEVER_MS
            return {}
        self.next_ms = self._programs.next_change_ms(t_ms)
        return self._programs.planners_at(t_ms)

    def take_program(self, heard: Heard, t_ms: int, clock_trusted: bool, post: Post) -> tuple[Taking, Outgoing]:
        """Take a program set whole or not at all; what became of it, and the answer."""
        in_force = None if self._programs is None else self._programs.edition
        taken = take_programs(heard.payload, self.plan, in_force, t_ms, clock_trusted)
        if isinstance(taken, Refused):
            return taken.code, _answer(post, "programApplied", t_ms, heard, taken.errors)
        if taken.edition == in_force:
            return "in_force", _answer(post, "programApplied", t_ms, heard, [])
        if not self._kept("program", heard):
            return "not_stored", _answer(post, "programApplied", t_ms, heard, [_NOT_STORED])
        self._programs = taken
        return "new", _answer(post, "programApplied", t_ms, heard, [])

    def take_config(self, heard: Heard, t_ms: int, post: Post) -> tuple[Taking, Outgoing]:
        """Take settings whole or not at all; what became of them, and the answer."""
        in_force = None if self.config is None else Edition(self.config.version, self.config.sha256)
        taken = take_config(heard.payload, self.plan, in_force)
        if isinstance(taken, Refused):
            return taken.code, _answer(post, "configApplied", t_ms, heard, taken.errors)
        if Edition(taken.version, taken.sha256) == in_force:
            return "in_force", _answer(post, "configApplied", t_ms, heard, [])
        if not self._kept("config", heard):
            return "not_stored", _answer(post, "configApplied", t_ms, heard, [_NOT_STORED])
        self.config = taken
        return "new", _answer(post, "configApplied", t_ms, heard, [])

    def _kept(self, kind: Document, heard: Heard) -> bool:
        assert isinstance(heard.message, Signed)
        try:
            self._store.keep_document(kind, heard.message.version, heard.payload)
        except StoreFull:
            return False
        return True


def _answer(post: Post, name: str, t_ms: int, heard: Heard, errors: Sequence[str]) -> Outgoing:
    message = heard.message
    assert isinstance(message, Signed)
    return post.message(name, t_ms, version=message.version, sha256=message.sha256, ok=not errors, errors=list(errors))
