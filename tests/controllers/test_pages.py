"""The figures of a running gateway, as Prometheus gets them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prometheus_client.metrics_core import Metric

from controllers.gateway.duplicates import WINDOW
from controllers.service.pages import GatewayPages
from tests.controllers.test_loop import Rig

DOCS = Path(__file__).parents[2] / "docs" / "gateway.md"


def metrics(rig: Rig) -> list[Metric]:
    """Asked for on another thread, as by the HTTP server."""
    pages = GatewayPages(lambda: rig.loop, rig.store, rig.clock)
    with ThreadPoolExecutor(1) as server:
        asked = server.submit(lambda: list(pages.metrics()))
        while not asked.done():
            rig.turns()
        return asked.result()


def figure(rig: Rig, name: str) -> float:
    [family] = [one for one in metrics(rig) if one.name == name]
    [sample] = family.samples
    return float(sample.value)


def test_messages_of_devices_that_never_came_are_counted_once_they_are_too_old_to_come() -> None:
    rig = Rig().started()
    lost = [rig.said("presence", "p01", active=True) for _ in range(5)]
    rig.wire.arrive(*(rig.said("presence", "p01", active=bool(n % 2)) for n in range(WINDOW - 5)))
    rig.turns()
    rig.wire.arrive(lost[4])
    rig.turns()
    assert figure(rig, "slic_device_messages_missing") == 0, (
        "the first is 63 behind the newest: all five may still come, and one did"
    )
    rig.wire.arrive(*(rig.said("presence", "p01", active=bool(n % 2)) for n in range(WINDOW)))
    rig.turns()
    assert figure(rig, "slic_device_messages_missing") == 4


def test_each_figure_stands_in_the_documentation_and_no_other_does() -> None:
    """The clock's offset is not known without an answer of the core."""
    table = DOCS.read_text().partition("| figure | meaning |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    named = [name for cell in cells for name in re.findall(r"`(\w+)", cell)]
    found = {one.name + ("_total" if one.type == "counter" else "") for one in metrics(Rig().started())}
    assert len(named) == len(set(named))
    assert set(named) == found | {"slic_clock_offset_seconds"}
