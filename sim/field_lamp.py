"""A virtual lamp on the field link: it obeys, ramps, meters its energy, fails, and says what it does."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from slic.energy.ledger import lamp_energies
from slic.lamps.gear import gear_for
from slic.lamps.level import pct_from_pm, pm_from_pct
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import drive_share, power_table
from slic.messages.payloads import LampCommand

LampFault = Literal["", "dead", "stuck", "cycling"]
CYCLE_MS = 120_000
"""A lamp that cycles changes between dark and its level so often."""
_OVERRIDES = ("safety", "manual", "override")


class VirtualLamp:
    """One luminaire with its gear and meter. Times [UTC ms] must not go back.

    power_w : circuit watts at full level; burned_h : age, for constant light output
    """

    def __init__(self, luminaire: LuminaireType, power_w: float, start_ms: int, burned_h: float = 0) -> None:
        self._gear = gear_for(luminaire, start_ms, 0)
        self._table = power_table(luminaire, power_w, drive_share(luminaire, burned_h))
        self._start_ms = start_ms
        self._fault: LampFault = ""
        self._target_pm = 0
        self._fade_end_ms = start_ms
        self._command: LampCommand | None = None
        self._local = False
        self._dark = False

    @property
    def cycling(self) -> bool:
        """Whether it switches by itself; then :meth:`cycle` is to be called every :data:`CYCLE_MS`."""
        return self._fault == "cycling"

    def obey(self, t_ms: int, command: LampCommand) -> str:
        """Take a command; a code why it is refused, or ""."""
        if t_ms > command.exp:
            return "expired"
        if self._command is not None and self._is_older(command, self._command):
            return "superseded"
        self._command, self._local = command, False
        self._target_pm = pm_from_pct(command.level_pct)
        self._drive(t_ms, self._target_pm, round(command.fade_s * 1000))
        return ""

    def fall_back(self, t_ms: int, level_pm: int) -> None:
        """Nobody leads any more: go to the safe level, unless that would darken."""
        self._local = True
        self._target_pm = max(level_pm, self._target_pm)
        self._drive(t_ms, self._target_pm, 0)

    def fail(self, t_ms: int, fault: LampFault) -> None:
        """Begin to fail, or "" to be whole again."""
        before, self._fault = self._fault, ""
        if fault == "dead":
            self._drive(t_ms, 0, 0)
        elif not fault and before:
            self._drive(t_ms, self._target_pm, 0)
        self._dark = False
        self._fault = fault

    def cycle(self, t_ms: int) -> None:
        """Change between dark and the level that was asked for."""
        if self._fault == "cycling":
            self._dark = not self._dark
            self._gear.command(t_ms, 0 if self._dark else self._target_pm, 0)

    def fade_end_ms(self, t_ms: int) -> int | None:
        """When the fade under way ends, or None."""
        return self._fade_end_ms if self._fade_end_ms > t_ms and not self._fault else None

    def state(self, t_ms: int) -> dict[str, Any]:
        """Fields of its state message."""
        command = self._command
        source = "local" if self._local or command is None else command.src
        mode = "failsafe" if source in ("local", "safe") else "override" if source in _OVERRIDES else "auto"
        return {
            "level_pct": pct_from_pm(self._gear.level_at(t_ms)),
            "target_pct": pct_from_pm(self._target_pm),
            "fade_end": self.fade_end_ms(t_ms),
            "mode": mode,
            "src": source,
            "cmd_id": None if command is None else command.id,
            "faults": ["lamp_failure"] if self._fault == "dead" else [],
        }

    def reading(self, t_ms: int) -> dict[str, Any]:
        """Fields of its meter's message: counters since it began."""
        level = self._gear.level_at(t_ms)
        power_w = int(self._table.power_mw[level] if level else self._table.standby_mw) / 1000
        if t_ms <= self._start_ms:
            return {"energy_wh": 0.0, "on_s": 0.0, "switch_ons": 0, "power_w": power_w}
        points = self._gear.finish(t_ms)
        energy = lamp_energies([points], self._table)[0]
        rises = sum(a == 0 < b for (_, a), (_, b) in pairwise(points))
        on_s = energy.lit_ms / 1000
        return {"energy_wh": energy.energy_mj / 3_600_000, "on_s": on_s, "switch_ons": rises, "power_w": power_w}

    def _is_older(self, one: LampCommand, other: LampCommand) -> bool:
        return one.boot == other.boot and one.seq <= other.seq

    def _drive(self, t_ms: int, level_pm: int, ramp_ms: int) -> None:
        if not self._fault:
            self._gear.command(t_ms, level_pm, ramp_ms)
            self._fade_end_ms = t_ms + ramp_ms
