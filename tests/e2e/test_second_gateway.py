"""A second gateway of the same segment, on a store of its own: it ends, and the lamps notice nothing."""

from __future__ import annotations

from pathlib import Path

from controllers.service.gateway_folder import write_gateway
from sim.field_processes import GatewayProcess
from tests.e2e.rig import plan, torture


def test_a_second_gateway_ends_and_the_first_goes_on(tmp_path: Path) -> None:
    with torture(tmp_path) as rig:
        rig.in_control()
        other = tmp_path / "other"
        other.mkdir()
        for lamp in rig.field.lamps.values():
            lamp.commands = 0
        with GatewayProcess(write_gateway(other, plan(rig.broker.port)), follow_clock=False) as second:
            assert second.process is not None
            assert second.process.wait(30) == 3
        assert "has a gateway already" in second.log.read_text()
        assert rig.field.commands() == {} and rig.right()
        rig.field.load()
        rig.until(lambda: len(rig.field.readings) > 30, "readings")
        rig.field.rest()
        rig.all_true()
