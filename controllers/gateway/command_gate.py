"""Whether a command is taken. Nothing that the broker delivers is believed.

Checks, in this order: retain flag, repeated id, issuer, kind, clock, ``exp``, ``seq``, lamps; for set also level,
end, room, name of the override and the limiter. The first that fails gives the answer. Judging keeps nothing: a
refused command leaves no trace in the store or the limiter. Its answer is remembered in memory, so that the same
command does not get another one later; a restart forgets it.

Without a trusted clock an override from afar is refused. A safety or local manual command is then judged by the
issuer's own clock: it must last as long from its ``ts`` as it shall from now. A resume is taken as well, since its
``seq`` says that it is the issuer's last word, and it only gives lamps back.

A lamp that is dark when the command comes, as all are by day, may be lit while it lasts. So it counts for the
limiter, unless an earlier command keeps it dark at least as long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from controllers.gateway.kept_orders import KeptOrders
from controllers.gateway.limiter import DarkeningLimiter
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.settings import Settings
from controllers.store.port import Store
from slic.control.overrides import LONGEST_MS
from slic.control.segment import Override
from slic.lamps.level import FULL_PM, pm_from_pct
from slic.messages.codes import Code
from slic.messages.payloads import SegmentCommand

EXP_AHEAD_MS = 86_400_000
"""No command may wait longer than a day to be accepted."""

MOST_OVERRIDES = 1000
"""In force at a time: the controller looks at each of them for each lamp."""

MOST_REFUSED = 1000
"""Refused commands whose answers are remembered, the latest ones: less than a megabyte."""

_DETAIL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a command.

    status, code, detail : for the answer; answer : given before to the same id, to be sent again and nothing else
    level_pm : highest level that a named lamp takes, after lifting; order : to give to the controller
    ends : ids of the overrides that a resume ends; darkens : lamps that count for the limiter
    """

    status: Literal["accepted", "rejected", "expired"]
    code: Code = "ok"
    detail: str = ""
    answer: bytes | None = None
    level_pm: int | None = None
    order: Override | None = None
    ends: tuple[str, ...] = ()
    darkens: frozenset[int] = frozenset()


class CommandGate:
    """Judges the commands to a segment (see the module).

    After a restart the limiter remembers the overrides that are kept. A caller obeys an accepted command in three
    steps: keep it in the store, tell the controller, then :meth:`took`. The answer to another it gives to
    :meth:`refused`.
    """

    def __init__(self, plan: GatewayPlan, settings: Settings, store: Store) -> None:
        self._store = store
        self._kept = KeptOrders(store, plan.lamps)
        self._issuers = {issuer.name: issuer for issuer in plan.file.issuers}
        self._lamps = {lamp.id: i for i, lamp in enumerate(plan.lamps)}
        self._minimum_pm = [lamp.minimum_level_pm for lamp in plan.lamps]
        self._default_ms = round(settings.override_h * 3_600_000)
        self._limits = settings.limits
        self._limiter = DarkeningLimiter(settings.limits, len(plan.lamps))
        self._lit = [FULL_PM] * len(plan.lamps)
        self._refused: dict[tuple[str, str], bytes] = {}  # issuer and command id -> answer, oldest first
        for order in sorted(self._kept.all(), key=lambda kept: kept.start_ms):
            self._limiter.took(order.start_ms, self._kept_dark(order), 0, self._lit)

    def judge(
        self, command: SegmentCommand, *, retained: bool, t_ms: int, clock_trusted: bool, targets_pm: Sequence[int]
    ) -> Verdict:
        """What to do with a command that came at ``t_ms``. targets_pm : level of each lamp now, below 0 not known."""
        if retained:
            return _refused("retained", "a command must not be retained")
        answer = self._store.answer_to(command.id) or self._refused.get((command.by, command.id))
        if answer is not None:
            return Verdict("rejected", "duplicate", answer=answer)
        said_ms = t_ms if clock_trusted else command.ts
        refusal = self._who(command) or _when(command, said_ms, clock_trusted) or self._which(command)
        if refusal is not None:
            return refusal
        if command.op == "resume":
            return Verdict("accepted", ends=tuple(self._given_back(command)))
        return self._set(command, t_ms, said_ms, targets_pm)

    def took(self, verdict: Verdict, t_ms: int) -> None:
        """The command of an accepted verdict is obeyed at ``t_ms``."""
        self._limiter.took(t_ms, verdict.darkens, 0, self._lit)

    def refused(self, command: SegmentCommand, code: str, answer: bytes) -> None:
        """The command was not obeyed and got this answer, as it will again. A retained copy speaks for itself alone."""
        if code == "retained":
            return
        self._refused[command.by, command.id] = answer
        if len(self._refused) > MOST_REFUSED:
            del self._refused[next(iter(self._refused))]

    def go_on(self, before: CommandGate) -> None:
        """Take over what the gate of another configuration has counted and refused."""
        self._limiter.go_on(
            before._limiter, {i: self._lamps[lamp] for lamp, i in before._lamps.items() if lamp in self._lamps}
        )
        self._refused = before._refused

    def clock_set(self, t_ms: int) -> None:
        """The clock was set to ``t_ms``: the limiter forgets nothing by it."""
        self._limiter.clock_set(t_ms)

    # ---- checks: a refusal, or None --------------------------------------------------------------

    def _who(self, command: SegmentCommand) -> Verdict | None:
        issuer = self._issuers.get(command.by)
        if issuer is None:
            return _refused("unknown_issuer", f"{command.by} is not an issuer of this gateway")
        if command.op == "set" and command.kind not in issuer.kinds:
            return _refused("not_allowed", f"{command.by} may give {', '.join(issuer.kinds)}, not {command.kind}")
        return None

    def _which(self, command: SegmentCommand) -> Verdict | None:
        last = self._store.last_seq(command.by)
        if command.seq <= last:
            return _refused("replayed", f"seq {command.seq} is not above {last}, the last of {command.by}")
        unknown = [lamp for lamp in command.lamps if lamp not in self._lamps]
        if unknown:
            return _refused("unknown_lamp", f"no such lamp: {', '.join(unknown)}")
        return None

    def _band(self, command: SegmentCommand) -> Verdict | None:
        issuer = self._issuers[command.by]
        low_pct, high_pct = issuer.level_min_pct, issuer.level_max_pct
        if command.level_pct is None:
            return _refused("out_of_band", "level_pct is missing")
        if not low_pct <= command.level_pct <= high_pct:
            return _refused("out_of_band", f"{command.level_pct:g} % is not within {low_pct:g} to {high_pct:g} %")
        return None

    def _room(self, order: Override) -> Verdict | None:
        others = [kept for kept in self._store.overrides() if kept.expiry_ms > order.start_ms]
        if any(kept.id == order.id and kept.issuer != order.issuer for kept in others):
            return _refused("not_allowed", f"the override {order.id} belongs to another issuer")
        if sum(kept.id != order.id for kept in others) >= MOST_OVERRIDES:
            return _refused("store_full", f"{MOST_OVERRIDES} overrides are in force")
        return None

    # ---- set and resume --------------------------------------------------------------------------

    def _set(self, command: SegmentCommand, t_ms: int, said_ms: int, targets_pm: Sequence[int]) -> Verdict:
        refusal = self._band(command) or _ends_in_time(command, said_ms)
        if refusal is not None:
            return refusal
        order = self._order(command, t_ms, said_ms)
        refusal = self._room(order)
        if refusal is not None:
            return refusal
        dark = self._kept_dark(order)
        levels_pm = self._levels_before(order, targets_pm)
        if not self._limiter.allows(t_ms, dark, 0, levels_pm):
            return _refused("limiter", self._limit_in_words())
        return self._accepted(order, frozenset(self._limiter.darkens(dark, 0, levels_pm)))

    def _order(self, command: SegmentCommand, t_ms: int, said_ms: int) -> Override:
        assert command.level_pct is not None
        lasts_ms = self._default_ms if command.until is None else command.until - said_ms
        return Override(
            id=command.ref or command.id,
            issuer=command.by,
            reason=command.reason,
            level_pm=pm_from_pct(command.level_pct),
            start_ms=t_ms,
            expiry_ms=t_ms + lasts_ms,
            kind=command.kind,
            lamps=tuple(sorted({self._lamps[lamp] for lamp in command.lamps})),
            ramp_ms=round(command.fade_s * 1000),
            lamp_ids=tuple(dict.fromkeys(command.lamps)),
        )

    def _accepted(self, order: Override, darkens: frozenset[int]) -> Verdict:
        levels_pm = [self._lifted_pm(order, lamp) for lamp in self._lamps_of(order)]
        lifted = sum(level_pm > order.level_pm for level_pm in levels_pm)
        detail = f"{lifted} of {len(levels_pm)} lamps lifted to their minimum" if lifted else ""
        level_pm = max(levels_pm, default=order.level_pm)
        return Verdict(
            "accepted", "lifted" if lifted else "ok", detail, level_pm=level_pm, order=order, darkens=darkens
        )

    def _given_back(self, command: SegmentCommand) -> Iterator[str]:
        """The issuer's override that ``ref`` names, else each that holds a named lamp; it ends for all its lamps."""
        named = {self._lamps[lamp] for lamp in command.lamps}
        for order in self._kept.all():
            if order.issuer != command.by:
                continue
            held = not named or not order.lamps or not named.isdisjoint(order.lamps)
            if order.id == command.ref if command.ref else held:
                yield order.id

    # ---- lamps -----------------------------------------------------------------------------------

    def _lamps_of(self, order: Override) -> Collection[int]:
        return order.lamps or range(len(self._minimum_pm))

    def _lifted_pm(self, order: Override, lamp: int) -> int:
        return max(order.level_pm, self._minimum_pm[lamp]) if order.level_pm else 0

    def _kept_dark(self, order: Override) -> list[int]:
        """Lamps that an override keeps below the limiter's level."""
        if order.level_pm >= self._limiter.below_pm:
            return []
        lamps = [i for i in self._lamps_of(order) if i < len(self._minimum_pm)]
        return [i for i in lamps if self._lifted_pm(order, i) < self._limiter.below_pm]

    def _levels_before(self, order: Override, targets_pm: Sequence[int]) -> list[int]:
        """The level that counts as before the override: that of now where an earlier one stays, else lit."""
        levels_pm = list(self._lit)
        for kept in self._kept.all():
            if kept.start_ms <= order.start_ms and kept.expiry_ms >= order.expiry_ms:
                for lamp in self._kept_dark(kept):
                    levels_pm[lamp] = targets_pm[lamp]
        return levels_pm

    def _limit_in_words(self) -> str:
        limits = self._limits
        return (
            f"at most {self._limiter.most} of {len(self._lit)} lamps may go below {limits.below_pct:g} % "
            f"within {limits.within_s:g} s"
        )


def _when(command: SegmentCommand, said_ms: int, clock_trusted: bool) -> Verdict | None:
    if not clock_trusted and command.op == "set" and command.kind == "override":
        return _refused("clock_untrusted", "the gateway does not trust its clock")
    if said_ms > command.exp:
        return Verdict("expired", "expired", f"{said_ms - command.exp} ms after exp")
    if command.exp - said_ms > EXP_AHEAD_MS:
        return Verdict("expired", "expired", "exp is more than 24 h ahead")
    return None


def _ends_in_time(command: SegmentCommand, said_ms: int) -> Verdict | None:
    if command.until is None or 0 < command.until - said_ms <= LONGEST_MS:
        return None
    return _refused("bad_until", "until must be later than now, by seven days at most")


def _refused(code: Code, detail: str) -> Verdict:
    return Verdict("rejected", code, detail[:_DETAIL_CHARACTERS])
