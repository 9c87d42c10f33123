"""Commands, states, presence, settings, reloads, clocks and restarts in any order: what must be true after each."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.envelope import Sender
from controllers.gateway.gateway import Gateway
from controllers.link.transport import Outgoing
from tests.controllers.memory_store import MemoryStore
from tests.controllers.test_gateway import Talk, _states, at, levels, plan
from tests.controllers.test_gateway_goes_on import DAY_MS, with_lamps
from tests.controllers.test_gateway_goes_on import settings as send_settings

LAMPS = ["l0", "l1", "l2"]
orders = st.fixed_dictionaries(
    {
        "level_pct": st.sampled_from([0, 5, 60, 100]),
        "kind": st.sampled_from(["override", "override", "safety"]),
        "lamps": st.lists(st.sampled_from(LAMPS), max_size=3, unique=True),
    },
    optional={"ref": st.sampled_from("ab")},
)
resumes = st.fixed_dictionaries({"op": st.just("resume")}, optional={"ref": st.sampled_from("ab")})
lasts = st.sampled_from([1, 30_000, 600_000, 3_600_000])
pauses = st.sampled_from([0, 1, 500, 60_000, 600_000])
commands = st.tuples(st.just("command"), st.one_of(orders, resumes), lasts)
changes = st.one_of(
    st.tuples(st.just("state"), st.sampled_from(LAMPS), st.none()),
    st.tuples(st.just("presence"), st.sampled_from(["p0", "p1", "p2"]), st.booleans()),
    st.tuples(st.just("settings"), st.none(), st.none()),
    st.tuples(st.just("reload"), st.permutations(range(3)), st.none()),
    st.tuples(st.just("clock"), st.sampled_from([0, 0, -3_600_000, 3_600_000, 7 * DAY_MS]), st.booleans()),
)


class Night:
    """A gateway in the dark, its time, and what its lamps were told last. ``asked`` : ids of the commands."""

    def __init__(self, name: str) -> None:
        self.store, self.t_ms = MemoryStore(), at("19:00")
        self.talk = Talk(Gateway(plan(resend_s=10), self.store, Sender(name)))
        self.shown: dict[str, tuple[float, str]] = {}
        self.asked: list[str] = []
        self.version = 0
        self.see(self.talk.gateway.start(self.t_ms))
        self.see(self.talk.program(self.t_ms))
        self.passes(0)

    def see(self, messages: list[Outgoing]) -> None:
        self.shown |= {lamp: (level_pct, source) for lamp, level_pct, source in levels(messages)}

    def passes(self, ms: int) -> None:
        """Time passes; a loop turns again as long as it need not wait."""
        self.t_ms += ms
        for _ in range(3):
            self.see(self.talk.gateway.due(self.t_ms))
            if self.talk.gateway.wait_ms(self.t_ms):
                return

    def command(self, fields: dict[str, Any], lasts_ms: int) -> None:
        until = {} if "op" in fields else {"until": self.t_ms + lasts_ms}
        self.see(self.talk.command(self.t_ms, **fields, **until))
        self.asked.append(f"01890000-0000-7000-8000-{self.talk._seq:012d}")

    def change(self, kind: str, what: Any, how: Any) -> None:
        talk, gateway = self.talk, self.talk.gateway
        if kind == "state":
            level_pct, source = self.shown.get(what, (0.0, "program"))
            fields = {"level_pct": level_pct, "target_pct": level_pct, "mode": "auto", "src": source}
            self.see(talk.say("state", self.t_ms, what, **fields))
        elif kind == "presence":
            self.see(talk.say("presence", self.t_ms, what, active=how))
        elif kind == "settings":
            self.version += 1
            self.see(send_settings(talk, self.t_ms, version=self.version, resend_s=10))
        elif kind == "reload":
            lamps = tuple(plan().lamps[i] for i in what)
            self.see(gateway.reload(with_lamps(lamps, resend_s=10), self.t_ms))
        else:
            self.t_ms += what
            self.see(gateway.clock(self.t_ms, trusted=how, step_ms=what))

    def restart(self, name: str, states: dict[str, tuple[float, str]]) -> list[str]:
        """Start anew on the same store; the lamps that are told something, in order."""
        number = self.talk._seq
        self.talk = Talk(Gateway(plan(resend_s=10), self.store, Sender(name)))
        self.talk._seq = number
        told = self.talk.gateway.start(self.t_ms, _states(**states))
        self.see(told)
        return [lamp for lamp, _, _ in levels(told)]

    def answers(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for record in self.store.waiting(100_000):
            if record.message.topic.endswith("/ack"):
                said = json.loads(record.message.payload)
                found[said["cmd_id"]].append(said["status"])
        return found

    def check_answers(self) -> None:
        """Every command has had its last answer, once."""
        answers = self.answers()
        for command in self.asked:
            first, *then = answers[command]
            assert (
                len(then) == 1 and then[0] in ("applied", "superseded", "expired") if first == "accepted" else not then
            )

    def check_lamps(self) -> None:
        for lamp, (level_pct, _) in self.shown.items():
            decision = self.talk.gateway.why(lamp)
            assert decision is not None and decision.level_pm == 10 * level_pct


@settings(deadline=None)
@given(st.lists(st.tuples(pauses, st.one_of(commands, changes)), max_size=30))
def test_every_command_has_one_end_and_lamps_are_told_what_holds(steps: list[tuple[int, tuple[str, Any, Any]]]) -> None:
    night = Night("gateway-boot-1")
    for pause_ms, (kind, what, how) in steps:
        night.passes(pause_ms)
        if kind == "command":
            night.command(what, how)
        else:
            night.change(kind, what, how)
        night.passes(0)
        night.check_lamps()
        assert night.talk.gateway.wait_ms(night.t_ms) > 0
    night.change("clock", 0, True)
    night.passes(8 * DAY_MS)
    night.check_answers()


wrong = st.dictionaries(st.sampled_from([*LAMPS, "ghost"]), st.tuples(st.sampled_from([0.0, 33.0]), st.just("local")))
silent = st.sets(st.sampled_from(LAMPS))


@settings(deadline=None)
@given(st.lists(st.tuples(pauses, st.one_of(commands, st.tuples(st.just("restart"), wrong, silent))), max_size=25))
def test_restarts_make_no_difference(steps: list[tuple[int, tuple[str, Any, Any]]]) -> None:
    """Some lamps kept no state, some fell to another level by themselves, beside a gateway that was never stopped."""
    steady, night = Night("steady-boot"), Night("gateway-boot-0")
    for number, (pause_ms, (kind, what, how)) in enumerate(steps, 1):
        steady.passes(pause_ms)
        night.passes(pause_ms)
        if kind == "command":
            steady.command(what, how)
            night.command(what, how)
        else:
            night.shown |= {lamp: state for lamp, state in what.items() if lamp != "ghost"}
            states = night.shown | what
            told = night.restart(f"gateway-boot-{number}", {k: v for k, v in states.items() if k not in how})
            assert len(told) == len(set(told))
        steady.passes(0)
        night.passes(0)
        night.check_lamps()
        for lamp in LAMPS:
            one, other = steady.talk.gateway.why(lamp), night.talk.gateway.why(lamp)
            assert one is not None and other is not None and one.level_pm == other.level_pm
    night.passes(8 * DAY_MS)
    night.check_answers()
