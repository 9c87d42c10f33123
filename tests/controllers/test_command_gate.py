"""Which commands are taken: each refusal once, their order, what they leave behind, and what an accepted one is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.command_gate import MOST_OVERRIDES, CommandGate, Verdict
from controllers.gateway.config import GatewayFile, Issuer
from controllers.gateway.plan import FieldLamp, GatewayPlan
from controllers.gateway.settings import settings_of
from slic.control.overrides import check
from slic.control.segment import Override
from slic.messages.payloads import Limits, SegmentCommand
from tests.controllers.memory_store import MemoryStore

NOW_MS = 1_795_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FULL = [1000] * 10
ISSUERS = [
    Issuer(name="ann", kinds=["override"], level_min_pct=20, level_max_pct=80),
    Issuer(name="fire", kinds=["safety", "manual", "override"]),
]


class Bench:
    """A gate over ten lamps (the last three with a minimum) and its store; commands get rising numbers."""

    def __init__(self, limits: Limits | None = None) -> None:
        lamps = tuple(FieldLamp(f"l{i}", minimum_level_pm=250 if i > 6 else 0) for i in range(10))
        limits = limits or Limits(share_pct=20)
        self.plan = GatewayPlan(
            GatewayFile(site="town", segment="seg", issuers=ISSUERS, override_h=2, limits=limits), lamps, ()
        )
        self.store = MemoryStore()
        self.restart()
        self.seq = 0

    def restart(self) -> None:
        self.gate = CommandGate(self.plan, settings_of(self.plan.file), self.store)

    def command(self, **fields: Any) -> SegmentCommand:
        self.seq += 1
        base: dict[str, Any] = {
            "id": f"00000000-0000-7000-8000-{self.seq:012x}",
            "ts": NOW_MS,
            "boot": "boot-of-ann",
            "seq": self.seq,
            "op": "set",
            "by": "fire",
            "reason": "test",
            "exp": NOW_MS + 60_000,
            "level_pct": 50.0,
        }
        return SegmentCommand(**base | fields)

    def judge(self, command: SegmentCommand, t_ms: int = NOW_MS, **given: Any) -> Verdict:
        base: dict[str, Any] = {"retained": False, "clock_trusted": True, "targets_pm": FULL}
        return self.gate.judge(command, t_ms=t_ms, **base | given)

    def obey(self, command: SegmentCommand, t_ms: int = NOW_MS, **given: Any) -> Verdict:
        """Judge, and do what a gateway does with an accepted command."""
        verdict = self.judge(command, t_ms, **given)
        if verdict.status == "accepted":
            self.store.take_command(
                command.by, command.seq, command.id, b"answer " + command.id.encode(), verdict.order
            )
            self.gate.took(verdict, t_ms)
            self.store.end_overrides(verdict.ends)
        return verdict

    def say(self, t_ms: int = NOW_MS, **fields: Any) -> Verdict:
        return self.obey(self.command(**{"exp": t_ms + 60_000} | fields), t_ms)


REFUSALS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("retained", "rejected", {}, {"retained": True}),
    ("unknown_issuer", "rejected", {"by": "mallory"}, {}),
    ("not_allowed", "rejected", {"by": "ann", "kind": "safety"}, {}),
    ("clock_untrusted", "rejected", {}, {"clock_trusted": False}),
    ("expired", "expired", {"exp": NOW_MS - 1}, {}),
    ("expired", "expired", {"exp": NOW_MS + DAY_MS + 1}, {}),
    ("expired", "expired", {"kind": "safety", "exp": NOW_MS - 1}, {"clock_trusted": False, "t_ms": 0}),
    ("replayed", "rejected", {"seq": 0}, {}),
    ("unknown_lamp", "rejected", {"lamps": ["l1", "l77"]}, {}),
    ("out_of_band", "rejected", {"level_pct": None}, {}),
    ("out_of_band", "rejected", {"by": "ann", "level_pct": 19.9}, {}),
    ("out_of_band", "rejected", {"by": "ann", "level_pct": 80.1}, {}),
    ("bad_until", "rejected", {"until": NOW_MS}, {}),
    ("bad_until", "rejected", {"until": NOW_MS + 7 * DAY_MS + 1}, {}),
    ("limiter", "rejected", {"level_pct": 0.0}, {}),
]


@pytest.mark.parametrize(("code", "status", "fields", "given"), REFUSALS)
def test_each_refusal_has_its_code_and_leaves_nothing_behind(
    code: str, status: str, fields: dict[str, Any], given: dict[str, Any]
) -> None:
    bench = Bench()
    bench.obey(bench.command(level_pct=60.0, ref="before"))
    kept = (dict(bench.store.seqs), dict(bench.store.answers), bench.store.overrides())
    verdict = bench.obey(bench.command(**fields), **given)
    assert (verdict.code, verdict.status) == (code, status)
    assert len(verdict.detail) <= 200
    assert verdict.order is None and not verdict.ends and not verdict.darkens and verdict.answer is None
    assert (bench.store.seqs, bench.store.answers, bench.store.overrides()) == kept
    assert bench.say(level_pct=0.0, lamps=["l0", "l1"]).status == "accepted", "the limiter booked nothing"


def test_the_checks_have_the_order_that_is_stated() -> None:
    """A command with every fault is refused for the first; mended one by one it meets all of them in turn."""
    bench = Bench()
    bench.obey(bench.command(seq=50, by="ann"))
    faults: dict[str, dict[str, Any]] = {
        "retained": {"retained": False},
        "unknown_issuer": {"by": "ann"},
        "not_allowed": {"kind": "override"},
        "clock_untrusted": {"clock_trusted": True},
        "expired": {"exp": NOW_MS},
        "replayed": {"seq": 51},
        "unknown_lamp": {"lamps": []},
        "out_of_band": {"level_pct": 20.0},
        "bad_until": {"until": NOW_MS + 1},
    }
    fields: dict[str, Any] = {
        "by": "mallory", "kind": "safety", "exp": 0, "seq": 50, "lamps": ["l99"], "level_pct": 1.0, "until": 5,
    }  # fmt: skip
    given: dict[str, Any] = {"retained": True, "clock_trusted": False}
    met = []
    for mended in faults.values():
        met.append(bench.judge(bench.command(**fields), **given).code)
        for key, value in mended.items():
            (given if key in given else fields)[key] = value
    assert met == list(faults)
    assert bench.judge(bench.command(**fields), **given).status == "accepted"


def test_a_repeated_id_gets_the_old_answer_and_nothing_else_happens() -> None:
    bench = Bench()
    command = bench.command(lamps=["l0"], level_pct=0.0)
    assert bench.obey(command).code == "ok"
    again = bench.judge(command, t_ms=NOW_MS + DAY_MS)
    assert again == Verdict("rejected", "duplicate", answer=b"answer " + command.id.encode())
    assert bench.judge(command, retained=True).answer is None, "a retained copy is no repetition"


def test_an_accepted_command_is_the_override_it_names() -> None:
    bench = Bench()
    verdict = bench.say(
        lamps=["l5", "l2", "l5"], level_pct=33.3, fade_s=2.5, kind="manual", until=NOW_MS + 90_000, ref="works"
    )
    assert verdict.order == Override(
        "works", "fire", "test", 333, NOW_MS, NOW_MS + 90_000, "manual", (2, 5), 2500, ("l5", "l2")
    )
    assert (verdict.status, verdict.code, verdict.level_pm) == ("accepted", "ok", 333)


def test_without_lamps_all_are_meant_without_an_end_the_default_and_without_a_ref_the_command_names_it() -> None:
    bench = Bench()
    command = bench.command(level_pct=100.0)
    order = bench.judge(command).order
    assert order is not None
    assert (order.id, order.lamps, order.expiry_ms) == (command.id, (), NOW_MS + 2 * HOUR_MS)


def test_limits_are_inside_exp_a_day_ahead_and_until_seven_days_ahead() -> None:
    bench = Bench()
    assert bench.say(exp=NOW_MS).code == "ok"
    assert bench.say(exp=NOW_MS + DAY_MS, until=NOW_MS + 7 * DAY_MS).code == "ok"
    assert bench.say(by="ann", lamps=["l0"], level_pct=20.0).code == "ok"
    assert bench.say(by="ann", level_pct=80.0).code == "ok"


def test_a_level_between_off_and_the_minimum_is_lifted_and_said_so() -> None:
    bench = Bench()
    some = bench.say(level_pct=20.0)
    assert (some.code, some.level_pm, some.detail) == ("lifted", 250, "3 of 10 lamps lifted to their minimum")
    assert some.order is not None and some.order.level_pm == 200, "the controller lifts each lamp"
    assert bench.say(lamps=["l9"], level_pct=0.0).code == "ok", "off is off"
    assert bench.say(lamps=["l9"], level_pct=25.0).code == "ok"


def test_a_level_just_above_off_never_becomes_off() -> None:
    order = Bench().say(lamps=["l0"], level_pct=0.01).order
    assert order is not None and order.level_pm == 1


# ---- clock ---------------------------------------------------------------------------------------


def test_without_a_trusted_clock_a_safety_command_lasts_as_long_from_now() -> None:
    bench = Bench()
    command = bench.command(kind="safety", until=NOW_MS + HOUR_MS)
    order = bench.judge(command, t_ms=5_000, clock_trusted=False).order
    assert order is not None
    assert (order.start_ms, order.expiry_ms) == (5_000, 5_000 + HOUR_MS)
    late = bench.command(kind="manual", until=NOW_MS)
    assert bench.judge(late, t_ms=5_000, clock_trusted=False).code == "bad_until"


def test_without_a_trusted_clock_lamps_can_be_given_back() -> None:
    bench = Bench()
    bench.say(ref="x", by="ann")
    assert bench.judge(bench.command(op="resume", by="ann"), t_ms=0, clock_trusted=False).ends == ("x",)


# ---- names and resume ----------------------------------------------------------------------------


def test_the_same_ref_replaces_and_of_another_issuer_it_is_refused_while_in_force() -> None:
    bench = Bench()
    bench.say(by="ann", ref="match", level_pct=40.0)
    bench.say(by="ann", ref="match", level_pct=70.0)
    assert [(o.id, o.level_pm) for o in bench.store.overrides()] == [("match", 700)]
    assert bench.say(by="fire", ref="match").code == "not_allowed"
    assert bench.say(by="fire", ref="match", t_ms=NOW_MS + 2 * HOUR_MS).code == "ok", "that of ann is over"


def test_resume_ends_what_its_issuer_asked_for_and_nobody_elses() -> None:
    bench = Bench()
    bench.say(by="ann", ref="a", lamps=["l1", "l2"])
    bench.say(by="ann", ref="b", lamps=["l3"])
    bench.say(by="ann", ref="all")
    bench.say(by="fire", ref="f", lamps=["l1"])
    resume = {"op": "resume", "by": "ann", "level_pct": None}
    ends = [bench.judge(bench.command(**resume | more)).ends for more in ({}, {"lamps": ["l2"]}, {"lamps": ["l7"]})]
    assert ends == [("a", "b", "all"), ("a", "all"), ("all",)]
    assert bench.judge(bench.command(**resume, ref="b")).ends == ("b",)
    assert bench.judge(bench.command(**resume, ref="b", lamps=["l1"])).ends == ("b",), "ref alone counts"
    assert bench.judge(bench.command(**resume, ref="f")).ends == ()
    assert bench.obey(bench.command(**resume)).code == "ok"
    assert [order.id for order in bench.store.overrides()] == ["f"]


def test_no_more_overrides_are_in_force_than_the_controller_can_look_at() -> None:
    bench = Bench()
    for number in range(MOST_OVERRIDES):
        order = Override(f"o{number}", "ann", "", 500, NOW_MS, NOW_MS + HOUR_MS)
        bench.store.take_command("ann", number, f"id{number}", b"", order)
    assert bench.say(by="fire").code == "store_full"
    assert bench.say(by="ann", seq=10_000, ref="o7").code == "ok", "it takes the place of its own"
    assert bench.say(by="fire", t_ms=NOW_MS + HOUR_MS).code == "ok", "those that are over do not count"


# ---- limiter -------------------------------------------------------------------------------------


def test_safety_is_limited_too_and_the_minimum_of_a_lamp_keeps_it_lit() -> None:
    bench = Bench()
    assert bench.say(kind="safety", level_pct=0.0, lamps=["l0", "l1", "l2"]).code == "limiter"
    assert bench.say(kind="safety", level_pct=5.0, lamps=["l0", "l1", "l7", "l8", "l9"]).code == "lifted"
    assert bench.say(kind="manual", level_pct=0.0, lamps=["l2"]).code == "limiter"


def test_lamps_that_are_off_by_day_count_since_they_would_be_lit_at_dusk() -> None:
    bench = Bench()
    night = bench.command(level_pct=0.0, until=NOW_MS + DAY_MS)
    assert bench.judge(night, targets_pm=[0] * 10).code == "limiter"


def test_a_dark_lamp_may_be_kept_dark_as_long_as_an_earlier_command_does_but_no_longer() -> None:
    bench = Bench()
    end_ms, later_ms = NOW_MS + 5 * HOUR_MS, NOW_MS + 2 * HOUR_MS
    pairs = [["l0", "l1"], ["l2", "l3"], ["l4", "l5"]]
    for i, lamps in enumerate(pairs):
        t_ms = NOW_MS + i * 601_000
        assert bench.say(t_ms, level_pct=0.0, lamps=lamps, until=end_ms).code == "ok"
    dark = [0] * 6 + [1000] * 4
    again: dict[str, Any] = {"level_pct": 0.0, "lamps": [f"l{i}" for i in range(6)], "exp": later_ms}
    assert bench.judge(bench.command(**again, until=end_ms), later_ms, targets_pm=dark).code == "ok"
    assert bench.judge(bench.command(**again, until=end_ms + 1), later_ms, targets_pm=dark).code == "limiter"


def test_a_restart_does_not_empty_the_limiter() -> None:
    bench = Bench()
    assert bench.say(level_pct=0.0, lamps=["l0", "l1"]).code == "ok"
    bench.restart()
    assert bench.say(level_pct=0.0, lamps=["l2"]).code == "limiter"
    assert bench.say(level_pct=0.0, lamps=["l2"], t_ms=NOW_MS + 600_001).code == "ok"


_FIELDS = st.fixed_dictionaries(
    {"by": st.sampled_from(["ann", "fire", "eve"]), "op": st.sampled_from(["set", "resume"])},
    optional={
        "seq": st.integers(0, 40),
        "lamps": st.lists(st.sampled_from([*(f"l{i}" for i in range(10)), "zz"]), max_size=4),
        "level_pct": st.one_of(st.none(), st.floats(0, 100)),
        "kind": st.sampled_from(["override", "manual", "safety"]),
        "exp": st.integers(NOW_MS - 1000, NOW_MS + 2 * DAY_MS),
        "until": st.one_of(st.none(), st.integers(NOW_MS - 1000, NOW_MS + 8 * DAY_MS)),
        "ref": st.sampled_from(["r1", "r2"]),
        "fade_s": st.floats(0, 3600),
    },
)


@given(st.lists(st.tuples(_FIELDS, st.integers(0, 900_000), st.booleans()), max_size=25))
def test_whatever_comes_the_controller_can_obey_what_is_accepted(
    commands: list[tuple[dict[str, Any], int, bool]],
) -> None:
    bench, t_ms = Bench(), NOW_MS
    held: list[tuple[int, int]] = []
    for fields, pause_ms, trusted in commands:
        t_ms += pause_ms
        command = bench.command(**fields)
        before = bench.store.last_seq(command.by)
        verdict = bench.obey(command, t_ms, clock_trusted=trusted)
        if verdict.status != "accepted":
            assert verdict.code not in ("ok", "lifted") and bench.store.last_seq(command.by) == before
            continue
        assert command.seq > before and command.by != "eve"
        if verdict.order is not None:
            check(verdict.order, 10)
            level_pm, lamps = verdict.order.level_pm, verdict.order.lamps or range(10)
            held += [(t_ms, i) for i in lamps if level_pm == 0 or (level_pm < 200 and i < 7)]
    for start_ms, _ in held:
        fresh = {i for at_ms, i in held if start_ms <= at_ms <= start_ms + 600_000}
        renewed = {i for at_ms, i in held if at_ms < start_ms}
        assert len(fresh - renewed) <= 2
