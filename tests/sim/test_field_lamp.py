"""A virtual lamp: what it obeys, what it says, and that its meter is the ledger's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.field_lamp import VirtualLamp
from slic.energy.ledger import lamp_energies
from slic.lamps.gear import gear_for
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import power_table
from slic.messages.payloads import LampCommand

NOON = 1_668_423_600_000  # 2022-11-14T11:00Z
LED = LuminaireType.model_validate(
    {
        "name": "led",
        "power_curve": [{"level_pct": 0, "power_pct": 0}, {"level_pct": 100, "power_pct": 100}],
        "minimum_level_pct": 10,
    }
)


def command(seq, level_pct, t_ms=NOON, fade_s=0.0, **more):
    fields = {"level_pct": float(level_pct), "fade_s": float(fade_s), "exp": t_ms + 60_000, "src": "program", **more}
    identity = f"00000000-0000-7000-8000-{seq:012x}"
    return LampCommand(id=identity, ts=t_ms, boot="gateway1", seq=seq, **fields)


def test_a_lamp_at_full_level_for_ten_hours_has_used_its_watts_times_ten():
    lamp = VirtualLamp(LED, 28, NOON)
    assert lamp.obey(NOON, command(1, 100)) == ""
    reading = lamp.reading(NOON + 36_000_000)
    assert reading["energy_wh"] == pytest.approx(280, abs=1e-5)
    assert (reading["on_s"], reading["power_w"]) == (36_000, 28)


def test_a_ramp_uses_the_mean_of_its_ends():
    """28 W at full level and straight down to 14 W at half: an hour of ramp is 21 Wh."""
    lamp = VirtualLamp(LED, 28, NOON)
    lamp.obey(NOON, command(1, 100))
    lamp.obey(NOON, command(2, 50, fade_s=3600))
    assert lamp.state(NOON + 1_800_000)["level_pct"] == 75
    assert lamp.state(NOON + 1_800_000)["fade_end"] == NOON + 3_600_000
    assert lamp.reading(NOON + 3_600_000)["energy_wh"] == pytest.approx(21, abs=1e-3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3_000), st.integers(0, 1000), st.integers(0, 60)), min_size=1, max_size=30))
def test_the_meter_is_the_ledger_and_only_rises(steps):
    lamp, gear, t_ms, before = VirtualLamp(LED, 28, NOON), gear_for(LED, NOON, 0), NOON, (0.0, 0.0, 0)
    for seq, (pause_s, level_pm, fade_s) in enumerate(steps):
        t_ms += 1000 * pause_s
        lamp.obey(t_ms, command(seq, level_pm / 10, t_ms, fade_s))
        gear.command(t_ms, level_pm, 1000 * fade_s)
        reading = lamp.reading(t_ms)
        counters = reading["energy_wh"], reading["on_s"], reading["switch_ons"]
        assert all(now >= then for now, then in zip(counters, before, strict=True))
        before = counters
    energy = lamp_energies([gear.finish(t_ms)], power_table(LED, 28))[0]
    assert round(reading["energy_wh"] * 3_600_000) == energy.energy_mj


def test_what_came_too_late_or_was_overtaken_is_refused():
    lamp = VirtualLamp(LED, 28, NOON)
    assert lamp.obey(NOON, command(5, 80)) == ""
    assert lamp.obey(NOON + 1, command(4, 20)) == "superseded"
    assert lamp.obey(NOON + 60_001, command(6, 20)) == "expired"
    assert lamp.state(NOON + 60_001)["target_pct"] == 80


def test_a_state_names_the_command_and_who_decided():
    lamp = VirtualLamp(LED, 28, NOON)
    assert (lamp.state(NOON)["src"], lamp.state(NOON)["cmd_id"]) == ("local", None)
    lamp.obey(NOON, command(7, 5, src="override"))
    state = lamp.state(NOON)
    assert (state["mode"], state["src"], state["cmd_id"][-1]) == ("override", "override", "7")
    assert (state["target_pct"], state["level_pct"]) == (5, 10), "lifted to the minimum of the gear"


def test_a_lamp_that_nobody_leads_does_not_darken():
    lamp = VirtualLamp(LED, 28, NOON)
    lamp.obey(NOON, command(1, 20))
    lamp.fall_back(NOON + 1000, 400)
    assert (lamp.state(NOON + 1000)["level_pct"], lamp.state(NOON + 1000)["mode"]) == (40, "failsafe")
    lamp.obey(NOON + 2000, command(2, 90, NOON + 2000))
    lamp.fall_back(NOON + 3000, 400)
    assert lamp.state(NOON + 3000)["level_pct"] == 90


def test_failures_begin_and_end():
    lamp = VirtualLamp(LED, 28, NOON)
    lamp.obey(NOON, command(1, 100))
    lamp.fail(NOON + 1, "stuck")
    lamp.obey(NOON + 2, command(2, 20))
    assert (lamp.state(NOON + 2)["level_pct"], lamp.state(NOON + 2)["target_pct"]) == (100, 20)
    lamp.fail(NOON + 3, "dead")
    assert lamp.state(NOON + 3) == {**lamp.state(NOON + 3), "level_pct": 0, "faults": ["lamp_failure"]}
    lamp.fail(NOON + 4, "")
    assert lamp.state(NOON + 4)["level_pct"] == 20
    lamp.fail(NOON + 5, "cycling")
    levels = []
    for i in range(4):
        lamp.cycle(NOON + 6 + i)
        levels.append(lamp.state(NOON + 6 + i)["level_pct"])
    assert levels == [0, 20, 0, 20]
    assert lamp.reading(NOON + 100)["switch_ons"] == 3, "repaired, and two of the cycles; it was on from its start"
