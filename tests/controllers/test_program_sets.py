"""Programs and settings from the site: what is taken over, what is refused and why, and what a restart finds again."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.config import GatewayFile, Position
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.program_sets import (
    MOST_ERRORS,
    Edition,
    ProgramPlan,
    Refused,
    kept_config,
    kept_programs,
    take_config,
    take_programs,
)
from controllers.gateway.signatures import canonical_bytes, public_key_of, signed
from slic.control.group import NEVER_MS
from slic.control.planner import Planner
from slic.messages.payloads import SegmentConfig

OFFICE, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
NOW_MS = int(datetime(2027, 3, 1, 22, 0, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000
GHENT = Position(latitude=51.05, longitude=3.72, timezone="Europe/Brussels")
FILE = GatewayFile(site="town", segment="seg", place=GHENT, signers={"office": public_key_of(OFFICE)})
LAMPS = (FieldLamp("l1", group="street"), FieldLamp("l2", group="path"), FieldLamp("l3", group="square"))
PLAN = GatewayPlan(FILE, LAMPS, (FieldSensor("s1"),))
DIM = {"name": "dim", "fixed_time_controls": [{"at": "22:00", "level_pct": 40.0}]}
NIGHTS = {"name": "nights", "rules": [{"program": "full", "weekdays": ["sat"]}], "default": "dim"}


def document(kind: Any = "program", key: Any = OFFICE, site: str = "town", **fields: Any) -> bytes:
    """A signed document as it comes from the broker."""
    content: dict[str, Any] = {"version": 1}
    if kind == "program":
        content |= {
            "groups": {"street": "nights", "path": "nights"},
            "programs": {"dim": DIM, "full": {"name": "full"}},
            "calendars": {"nights": NIGHTS},
        }
    envelope = {"id": "00000000-0000-7000-8000-000000000001", "ts": NOW_MS, "boot": "boot-office", "seq": 1}
    return json.dumps(envelope | signed(content | fields, site, "seg", kind, "office", key)).encode()


def take(payload: bytes, in_force: Edition | None = None, trusted: bool = True) -> ProgramPlan | Refused:
    return take_programs(payload, PLAN, in_force, NOW_MS, trusted)


def taken(payload: bytes, in_force: Edition | None = None, trusted: bool = True) -> ProgramPlan:
    plan = take(payload, in_force, trusted)
    assert isinstance(plan, ProgramPlan), plan
    return plan


def refused(payload: bytes, in_force: Edition | None = None) -> Refused:
    refusal = take(payload, in_force)
    assert isinstance(refusal, Refused)
    assert all(len(error) <= 200 for error in refusal.errors) and refusal.errors
    return refusal


def test_a_good_set_gives_each_group_its_planner_and_none_to_a_group_it_does_not_name() -> None:
    planners = taken(document()).planners
    assert set(planners) == {"street", "path", "square"}
    assert planners["square"] is None
    assert isinstance(planners["street"], Planner)
    assert planners["street"] is planners["path"], "one calendar is compiled once"
    names = [planners["street"].calendar.program_for(datetime(2027, 3, day).date()) for day in (5, 6, 7)]
    assert names == ["dim", "full", "dim"], "6 March 2027 is a Saturday"


def test_a_group_may_name_a_program_that_then_runs_every_night() -> None:
    planner = taken(document(groups={"square": "dim"})).planners["square"]
    assert planner is not None and planner.calendar.program_for(datetime(2027, 3, 6).date()) == "dim"


@pytest.mark.parametrize(
    ("code", "payload"),
    [
        ("malformed", b"not json"),
        ("malformed", b"[" * 60_000),
        ("malformed", document(programs={"dim": {"name": "dim", "idle_level_pct": 120}})),
        ("malformed", document().replace(b'"version": 1', b'"version": 1, "version": 2')),
        ("unknown_signer", document().replace(b'"office"', b'"eve"')),
        ("bad_hash", document().replace(b'"default": "dim"', b'"default": "full"')),
        ("bad_hash", document(site="elsewhere")),
        ("bad_signature", document(key=STRANGER)),
        ("not_valid_now", document(valid_from=NOW_MS + 1)),
        ("not_valid_now", document(valid_until=NOW_MS)),
    ],
)
def test_each_refusal_has_its_code(code: str, payload: bytes) -> None:
    assert refused(payload).code == code


def test_a_program_set_is_no_configuration() -> None:
    config = json.loads(document("config"))
    content = {**config, "groups": {}, "programs": {}}
    assert refused(json.dumps(content).encode()).code == "bad_hash"


def test_the_version_must_rise_and_the_one_in_force_is_good_again() -> None:
    first, other = document(version=5), document(version=5, groups={"street": "dim"})
    in_force = taken(first).edition
    assert in_force.version == 5
    assert taken(first, in_force).edition == in_force
    assert taken(document(version=6), in_force).edition.version == 6
    assert refused(other, in_force).code == "old_version"
    assert refused(document(version=4), in_force).errors == ["version 4 is not above 5, which is in force"]


def test_every_fault_of_the_content_is_named() -> None:
    nights = {**NIGHTS, "default": "gone"}
    refusal = refused(
        document(
            groups={"street": "nights", "path": "nowhere", "harbour": "dim"},
            programs={"dim": DIM, "late": {"name": "early"}, "nights": {"name": "nights"}},
            calendars={"nights": nights},
        )
    )
    said = "\n".join(refusal.errors)
    for part in (
        "late: is named early",
        "nights: is both",
        "harbour: no lamp",
        "'nowhere' is neither",
        "'full' is not",
    ):
        assert part in said
    assert len(refusal.errors) == 5


def test_a_long_list_of_faults_is_cut() -> None:
    groups = {f"g{n}": "dim" for n in range(100)}
    errors = refused(document(groups=groups)).errors
    assert len(errors) == MOST_ERRORS and errors[-1] == "and 81 more"


def test_without_a_place_no_program_can_be_followed() -> None:
    plan = GatewayPlan(FILE.model_copy(update={"place": None}), LAMPS, ())
    refusal = take_programs(document(), plan, None, NOW_MS, True)
    assert isinstance(refusal, Refused) and "where it stands" in refusal.errors[0]


def test_programs_begin_and_end_by_their_dates_and_then_the_ladder_decides() -> None:
    start_ms, end_ms = NOW_MS - HOUR_MS, NOW_MS + HOUR_MS
    plan = taken(document(valid_from=start_ms, valid_until=end_ms))
    named = [plan.planners_at(t)["street"] is not None for t in (start_ms - 1, start_ms, end_ms - 1, end_ms)]
    assert named == [False, True, True, False]
    assert [plan.next_change_ms(t) for t in (0, start_ms, end_ms)] == [start_ms, end_ms, NEVER_MS]
    assert set(plan.planners_at(end_ms)) == {"street", "path", "square"}


def test_without_a_trusted_clock_dates_refuse_nothing_but_still_hold() -> None:
    plan = taken(document(valid_from=NOW_MS + 1), trusted=False)
    assert plan.planners_at(NOW_MS)["street"] is None


def test_a_restart_finds_the_newest_that_is_good_and_complains_about_the_rest() -> None:
    good, forged = document(version=1), document(version=2, key=STRANGER)
    plan, complaints = kept_programs([(2, forged), (1, good)], PLAN)
    assert plan is not None and plan.edition.version == 1
    assert len(complaints) == 1 and complaints[0].startswith("program version 2: bad_signature")
    assert kept_programs([(2, b"\x00\xff torn"), (1, forged)], PLAN)[0] is None
    assert kept_programs([], PLAN) == (None, [])


def test_a_set_that_has_ended_does_not_bring_back_the_one_that_it_replaced() -> None:
    ended = document(version=2, valid_until=NOW_MS - 1)
    plan, _ = kept_programs([(2, ended), (1, document(version=1))], PLAN)
    assert plan is not None and plan.edition.version == 2
    assert plan.planners_at(NOW_MS)["street"] is None


def test_settings_are_checked_the_same_way() -> None:
    payload = document("config", version=3, safe_level_pct=80.0, sensor_clusters={"s1": "north"})
    config = take_config(payload, PLAN, None)
    assert isinstance(config, SegmentConfig) and config.safe_level_pct == 80
    in_force = Edition(config.version, config.sha256)
    assert take_config(payload, PLAN, in_force) == config
    old, forged = document("config", version=2), document("config", version=4, key=STRANGER)
    odd = document("config", version=4, sensor_clusters={"s9": "north"})
    codes = [take_config(p, PLAN, in_force) for p in (old, forged, odd, b"")]
    assert [r.code for r in codes if isinstance(r, Refused)] == [
        "old_version",
        "bad_signature",
        "malformed",
        "malformed",
    ]
    kept, complaints = kept_config([(4, forged), (3, payload)], PLAN)
    assert kept == config and len(complaints) == 1


@given(st.integers(0, 5000), st.integers(0, 255))
def test_no_changed_byte_of_what_is_signed_is_taken(place: int, byte: int) -> None:
    payload = bytearray(document())
    place %= len(payload)
    payload[place] = byte
    verdict = take(bytes(payload))
    if isinstance(verdict, ProgramPlan):
        before, after = json.loads(document()), json.loads(payload)
        assert canonical_bytes(after, "town", "seg", "program") == canonical_bytes(before, "town", "seg", "program")


@given(st.binary(max_size=300))
def test_no_bytes_raise_an_exception(payload: bytes) -> None:
    assert isinstance(take(payload), Refused)
    assert isinstance(take_config(payload, PLAN, None), Refused)
