"""Programs and settings that the site sends: taken over whole, or refused whole with every reason.

Checks, in this order: shape, signer, hash, signature (which binds site and segment), version, dates, content. A
document of the version and hash in force is good again. Whoever calls keeps what was taken in the store and goes on
with the one before when that fails, so nothing here is ever half in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from controllers.gateway.plan import GatewayPlan
from controllers.gateway.segment_plan import place_of
from controllers.gateway.signatures import check, read_document
from controllers.store.port import Document
from slic.control.group import NEVER_MS
from slic.control.place import Place
from slic.control.planner import Planner, planner_for
from slic.errors import InputError
from slic.messages.codes import CODES, Code
from slic.messages.payloads import ProgramSet, SegmentConfig, Signed

MOST_ERRORS = 20
_ERROR_CHARACTERS = 200

D = TypeVar("D", bound=Signed)


class Edition(NamedTuple):
    """What is in force."""

    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a document is not taken: a code, and sentences for the answer."""

    code: Code
    errors: list[str]


@dataclass(frozen=True, slots=True)
class ProgramPlan:
    """The programs of a segment, from ``valid_from_ms`` until before ``valid_until_ms``.

    planners : for every lamp group; None for one that the set does not name
    """

    edition: Edition
    valid_from_ms: int
    valid_until_ms: int
    planners: Mapping[str, Planner | None]

    def planners_at(self, t_ms: int) -> Mapping[str, Planner | None]:
        """What holds at a moment; outside the dates no group has a program, and the ladder decides."""
        if self.valid_from_ms <= t_ms < self.valid_until_ms:
            return self.planners
        return dict.fromkeys(self.planners)

    def next_change_ms(self, t_ms: int) -> int:
        """When :meth:`planners_at` gives something else than at ``t_ms``; NEVER_MS if it stays."""
        changes = (self.valid_from_ms, self.valid_until_ms)
        return min((change_ms for change_ms in changes if change_ms > t_ms), default=NEVER_MS)


def take_programs(
    payload: bytes, plan: GatewayPlan, in_force: Edition | None, t_ms: int, clock_trusted: bool
) -> ProgramPlan | Refused:
    """Programs that came at ``t_ms``. Without a trusted clock nobody can say that they came at the wrong time.

    Those for a later date are refused, since taking them would end the ones in force: publish them when they begin.
    """
    document = _signed(payload, ProgramSet, "program", plan)
    if isinstance(document, Refused):
        return document
    taken = _older(document, in_force) or _program_plan(document, plan)
    if isinstance(taken, Refused) or not clock_trusted or taken.valid_from_ms <= t_ms < taken.valid_until_ms:
        return taken
    return _refused("not_valid_now")


def take_config(payload: bytes, plan: GatewayPlan, in_force: Edition | None) -> SegmentConfig | Refused:
    """Settings that came."""
    config = _signed(payload, SegmentConfig, "config", plan)
    return config if isinstance(config, Refused) else _older(config, in_force) or _sensors_known(config, plan)


def kept_programs(kept: Sequence[tuple[int, bytes]], plan: GatewayPlan) -> tuple[ProgramPlan | None, list[str]]:
    """The newest program set of those kept (version, payload; newest first) that is still good, and what is wrong
    with those before it. One that has ended counts: it had replaced the one before.
    """
    complaints: list[str] = []
    for version, payload in kept:
        document = _signed(payload, ProgramSet, "program", plan)
        taken = document if isinstance(document, Refused) else _program_plan(document, plan)
        if isinstance(taken, ProgramPlan):
            return taken, complaints
        complaints += [f"program version {version}: {error}" for error in taken.errors]
    return None, complaints


def kept_config(kept: Sequence[tuple[int, bytes]], plan: GatewayPlan) -> tuple[SegmentConfig | None, list[str]]:
    """The newest settings of those kept that are still good, and what is wrong with those before them."""
    complaints: list[str] = []
    for version, payload in kept:
        taken = take_config(payload, plan, None)
        if isinstance(taken, SegmentConfig):
            return taken, complaints
        complaints += [f"config version {version}: {error}" for error in taken.errors]
    return None, complaints


# ---- signature and version ---------------------------------------------------------------------------


def _signed(payload: bytes, model: type[D], kind: Document, plan: GatewayPlan) -> D | Refused:
    """A document with the shape of its model that one of the signers has signed for this segment."""
    try:
        raw = read_document(payload)
        document = model.model_validate_json(payload)
    except InputError as error:
        return _refused("malformed", [str(error)])
    except ValidationError as error:
        return _refused("malformed", _sentences(error))
    verdict = check(raw, plan.file.site, plan.file.segment, kind, plan.file.signers)
    return document if verdict == "ok" else _refused(verdict)


def _older(document: Signed, in_force: Edition | None) -> Refused | None:
    if in_force is None or document.version > in_force.version or _edition(document) == in_force:
        return None
    return _refused("old_version", [f"version {document.version} is not above {in_force.version}, which is in force"])


def _edition(document: Signed) -> Edition:
    return Edition(document.version, document.sha256)


def _sentences(error: ValidationError) -> list[str]:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults]


def _refused(code: Code, errors: Sequence[str] = ()) -> Refused:
    sentences = list(errors) or [f"{code}: {CODES[code]}"]
    more = [f"and {len(sentences) - MOST_ERRORS + 1} more"] if len(sentences) > MOST_ERRORS else []
    shown = sentences[: MOST_ERRORS - 1] + more if more else sentences
    return Refused(code, [sentence[:_ERROR_CHARACTERS] for sentence in shown])


# ---- content ----------------------------------------------------------------------------------------


def _program_plan(document: ProgramSet, plan: GatewayPlan) -> ProgramPlan | Refused:
    place = place_of(plan)
    if place is None:
        return _refused("malformed", ["the gateway does not know where it stands, so no program can be followed"])
    groups = {lamp.group for lamp in plan.lamps}
    faults = _wrong_names(document, groups)
    made: dict[str, Planner] = {}
    for name in sorted(set(document.groups.values())):
        try:
            made[name] = _planner(document, name, place)
        except InputError as error:
            faults.append(str(error))
    if faults:
        return _refused("malformed", faults)
    planners = {group: made[document.groups[group]] if group in document.groups else None for group in sorted(groups)}
    until_ms = NEVER_MS if document.valid_until is None else document.valid_until
    return ProgramPlan(_edition(document), document.valid_from or 0, until_ms, planners)


def _planner(document: ProgramSet, name: str, place: Place) -> Planner:
    if name in document.calendars:
        return Planner(document.programs, document.calendars[name], place)
    if name in document.programs:
        return planner_for(document.programs[name], place)
    raise InputError("is neither a calendar nor a program of the set", field="groups", value=name)


def _wrong_names(document: ProgramSet, groups: set[str]) -> list[str]:
    named = [(key, program.name) for key, program in document.programs.items()]
    named += [(key, calendar.name) for key, calendar in document.calendars.items()]
    return [
        *(f"{key}: is named {name} inside" for key, name in named if key != name),
        *(f"{key}: is both a program and a calendar" for key in sorted(document.programs.keys() & document.calendars)),
        *(f"groups.{group}: no lamp of the segment is in it" for group in sorted(document.groups.keys() - groups)),
    ]


def _sensors_known(config: SegmentConfig, plan: GatewayPlan) -> SegmentConfig | Refused:
    unknown = sorted(config.sensor_clusters.keys() - {sensor.id for sensor in plan.sensors})
    if not unknown:
        return config
    return _refused("malformed", [f"sensor_clusters.{sensor}: the segment has no such sensor" for sensor in unknown])
