"""Faults of lamps, from what they were told against what they say and their meters show.

Only an observation begins or ends a fault, and only one that was made after the lamp had time to obey. A lamp that
says nothing is lost, which is another thing than dark. A lamp under local control is not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from controllers.gateway.fault import Fault, FaultCode, Suspicion
from controllers.gateway.lamp_evidence import Evidence, Thresholds, findings
from controllers.gateway.plan import FieldLamp
from controllers.gateway.switch_count import SwitchCount
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.lamps.level import pm_from_pct
from slic.messages.payloads import LampReading, LampState

REFRESH_S = 86_400
"""A lamp repeats its state at least once a day."""

_UNKNOWN_PM = -1


class _Lamp:
    """What is known of a lamp; times are those of measuring."""

    __slots__ = (
        "failed", "full_w", "level_ms", "level_pm", "local", "power_ms", "power_w", "settled_ms", "suspicions",
        "switches", "target_pm", "told_pm",
    )  # fmt: skip

    def __init__(self, full_w: float | None) -> None:
        self.full_w = full_w
        self.target_pm = self.told_pm = self.level_pm = _UNKNOWN_PM
        self.settled_ms = self.level_ms = self.power_ms = 0
        self.power_w: float | None = None
        self.failed = self.local = False
        self.suspicions: dict[FaultCode, Suspicion] = {}
        self.switches = SwitchCount()

    def evidence(self) -> Evidence:
        said = self.level_ms >= self.settled_ms and self.level_pm != _UNKNOWN_PM
        return Evidence(
            target_pm=self.target_pm,
            full_w=self.full_w,
            power_w=self.power_w if self.power_ms >= self.settled_ms else None,
            level_pm=self.level_pm if said else None,
            says_failed=self.failed and said,
            obeys=None if self.told_pm == _UNKNOWN_PM else self.told_pm == self.target_pm,
            metered=self.power_w is not None,
        )


class LampWatch:
    """Watches the lamps of a segment; each fault begins once and ends once.

    lamps : in the controller's order; t_ms : the start, from which all count as heard
    period_s : how often a lamp reports its meter, 0: not at all
    """

    def __init__(self, lamps: Sequence[FieldLamp], period_s: float, t_ms: int) -> None:
        self._limits = Thresholds()
        self._lamps = [_Lamp(lamp.power_w) for lamp in lamps]
        self._heard_ms = dict.fromkeys(range(len(lamps)), t_ms)  # of those not lost, longest ago first
        self._lost: dict[int, Fault] = {}
        self.late_s = 0.0
        """How much later than in a real field lamps hear and speak; they have so much more time to obey."""
        self.use(period_s)

    @property
    def lost(self) -> int:
        """How many lamps are."""
        return len(self._lost)

    @property
    def next_ms(self) -> int:
        """When :meth:`due` has something to do [UTC ms]."""
        return next((heard_ms + self._silent_ms for heard_ms in self._heard_ms.values()), NEVER_MS)

    def use(self, period_s: float) -> None:
        """Another reporting period."""
        self._silent_ms = round((period_s or REFRESH_S) * 1000) * self._limits.silent_periods

    def commanded(self, action: Action) -> None:
        """A lamp is told a level."""
        lamp = self._lamps[action.lamp]
        if action.level_pm == lamp.target_pm:
            return
        if action.level_pm > 0 >= lamp.target_pm:
            lamp.switches.asked()
        lamp.target_pm = action.level_pm
        lamp.settled_ms = action.t_ms + action.ramp_ms + round((self._limits.settle_s + self.late_s) * 1000)

    def state(self, t_ms: int, index: int, state: LampState) -> list[Fault]:
        """A lamp said at ``t_ms`` what it does."""
        lamp = self._lamps[index]
        measured_ms = min(state.ts, t_ms)
        faults = self._back(t_ms, index)
        if measured_ms < lamp.level_ms:
            return faults
        lamp.level_pm, lamp.told_pm = pm_from_pct(state.level_pct), pm_from_pct(state.target_pct)
        lamp.level_ms = measured_ms
        lamp.failed = "lamp_failure" in state.faults
        lamp.local = state.src == "local" or state.mode in ("manual", "maintenance")
        return faults + self._judge(index, measured_ms)

    def reading(self, t_ms: int, index: int, reading: LampReading) -> list[Fault]:
        """A lamp's meter was heard at ``t_ms``."""
        lamp = self._lamps[index]
        measured_ms = min(reading.ts, t_ms)
        faults = self._back(t_ms, index)
        cycles = lamp.switches.in_last_hour(measured_ms, reading.boot, reading.switch_ons)
        if cycles is not None and (cycles > self._limits.cycles or cycles == 0):
            detail = f"{cycles} unasked switch-ons in an hour"
            faults += self._see(index, measured_ms, "cycling_failure", cycles > 0, 0, detail)
        if reading.power_w is not None and measured_ms >= lamp.power_ms:
            lamp.power_w, lamp.power_ms = reading.power_w, measured_ms
            faults += self._judge(index, measured_ms)
        return faults

    def due(self, t_ms: int) -> list[Fault]:
        """The lamps that are lost by ``t_ms``."""
        limit_ms = t_ms - self._silent_ms
        silent = [lamp for lamp, _ in takewhile(lambda item: item[1] <= limit_ms, self._heard_ms.items())]
        detail = f"nothing heard for {self._silent_ms / 1000:g} s"
        for lamp in silent:
            del self._heard_ms[lamp]
            self._lost[lamp] = Fault(lamp, "communication_failure", "start", t_ms, 1, detail)
        return [self._lost[lamp] for lamp in silent]

    def clock_set(self, delta_ms: int) -> None:
        """The clock was set by so much: what goes on is as long ago as before."""
        self._heard_ms = {lamp: t_ms + delta_ms for lamp, t_ms in self._heard_ms.items()}
        for lamp in self._lamps:
            lamp.settled_ms += delta_ms
            lamp.level_ms += delta_ms
            lamp.power_ms += delta_ms
            lamp.switches.moved(delta_ms)
            for suspicion in lamp.suspicions.values():
                suspicion.moved(delta_ms)

    def _back(self, t_ms: int, index: int) -> list[Fault]:
        self._heard_ms.pop(index, None)
        self._heard_ms[index] = t_ms
        fault = self._lost.pop(index, None)
        return [] if fault is None else [fault.ended()]

    def _judge(self, index: int, t_ms: int) -> list[Fault]:
        lamp = self._lamps[index]
        if lamp.target_pm == _UNKNOWN_PM or lamp.local:
            return []
        faults: list[Fault] = []
        seen = lamp.evidence()
        for code, bad in findings(seen, self._limits):
            if bad or code in lamp.suspicions:
                faults += self._see(index, t_ms, code, bad, self._lasting_ms(code), _in_words(seen))
        return faults

    def _lasting_ms(self, code: FaultCode) -> int:
        limits = self._limits
        lasting_s = {
            "lamp_failure": limits.failure_s,
            "lamp_unexpectedly_on": limits.unexpectedly_on_s,
            "dimming_failure": limits.dimming_s,
        }
        return round(lasting_s.get(code, limits.power_s) * 1000)

    def _see(self, index: int, t_ms: int, code: FaultCode, bad: bool, begins_ms: int, detail: str) -> list[Fault]:
        suspicions = self._lamps[index].suspicions
        suspicion = suspicions.get(code)
        if suspicion is None:
            if not bad:
                return []
            suspicion = suspicions[code] = Suspicion(t_ms)
        changed = suspicion.see(t_ms, bad, begins_ms if bad else round(self._limits.clear_s * 1000))
        if not bad and not suspicion.raised:
            del suspicions[code]
        if not changed:
            return []
        return [Fault(index, code, "start" if bad else "end", suspicion.first_seen_ms, suspicion.count, detail)]


def _in_words(seen: Evidence) -> str:
    parts = [f"told {seen.target_pm / 10:g} %"]
    if seen.level_pm is not None:
        parts.append(f"says {seen.level_pm / 10:g} %")
    if seen.power_w is not None:
        full = "" if seen.full_w is None else f" of {seen.full_w:g} W"
        parts.append(f"takes {seen.power_w:g} W{full}")
    return ", ".join(parts)
