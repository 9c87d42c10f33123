"""The real gateway against its ceiling: presence published -> lamp command received, beside a bare paho echo.

Run ``python -m benchmarks.gateway`` (needs Mosquitto); ``--quick`` takes fewer and shorter runs, ``--memory`` sends a
million messages and looks at the memory. Gateway and echo take turns on one tuned Mosquitto, on topics of the same form
and at the same QoS: presence at QoS 0 as the contract has it, commands at QoS 1 from the gateway or echo to the broker.
From the broker to the lamps, here the driver, they go at QoS 0 and in a second series at QoS 1. Each presence causes
one command (see :mod:`benchmarks.gateway_street`); the counts of both sides are asserted, times are not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.gateway_street import Driver, every, running_gateway
from benchmarks.mqtt_echo import FULL, QUICK, Echo, Size, compare, echo_bare, flat_out, process
from controllers.broker.private_broker import PrivateMosquitto

MILLION = 1_000_000
BARE = "bare"
"""Segment of the bare echo."""
GOALS = {
    "messages_per_s over bare": "0.8 or more",
    "p50 over bare at 1,000/s": "1.25 or less",
    "p99 over bare at 1,000/s": "1.5 or less, and below 10 ms",
}


def main(arguments: Sequence[str] = ()) -> None:
    """Print medians and ratios as JSON."""
    if arguments[:1] == ["bare"]:
        source = every(BARE, "presence")
        return echo_bare(int(arguments[1]), source, 0, 1, lambda topic: topic.removesuffix("presence") + "cmd")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--memory", action="store_true", help="a million messages, and the memory after each tenth")
    chosen = parser.parse_args(arguments)
    size = QUICK if chosen.quick else FULL
    with TemporaryDirectory() as name, PrivateMosquitto(Path(name)) as broker:
        folder = Path(name) / "gateways"
        folder.mkdir()
        if chosen.memory:
            report = memory(folder, broker.port, MILLION)
        else:
            report = {f"qos_{qos}": beside_bare(folder / str(qos), broker.port, qos, size) for qos in (0, 1)}
            report["goals"] = GOALS
    print(json.dumps(report, indent=2))


def beside_bare(folder: Path, port: int, qos: int, size: Size) -> dict[str, object]:
    """Gateway and bare echo by turns, and the ratios of their medians."""
    folder.mkdir()
    driver = Driver()
    command = [sys.executable, "-m", "benchmarks.gateway", "bare", str(port)]
    echoes = {
        "bare": Echo(partial(process, command), Driver(BARE).probe),
        "gateway": Echo(partial(counted, folder / "gateway", port, driver), driver.probe),
    }
    found = compare(port, echoes, qos, size)
    bare, gateway = found["bare"], found["gateway"]
    ratios = {
        "messages_per_s": gateway["flat_out"]["per_s"] / bare["flat_out"]["per_s"],
        "p50_at_1000_per_s": gateway["1000_per_s"]["p50_ms"] / bare["1000_per_s"]["p50_ms"],
        "p99_at_1000_per_s": gateway["1000_per_s"]["p99_ms"] / bare["1000_per_s"]["p99_ms"],
    }
    return {**found, "gateway_over_bare": {name: round(ratio, 2) for name, ratio in ratios.items()}}


def memory(folder: Path, port: int, messages: int, parts: int = 10) -> dict[str, object]:
    """Resident memory of the gateway [kB] after each part of so many messages, at full speed. Goal: it stays flat."""
    driver, resident_kb = Driver(), []
    with running_gateway(folder / "memory", port) as gateway:
        for _ in range(parts):
            flat_out(port, driver.probe, 0, messages // parts, gateway.pid)
            resident_kb.append(gateway.resident_kb())
    return {"messages": messages, "resident_kb": resident_kb}


@contextmanager
def counted(folder: Path, port: int, driver: Driver) -> Iterator[int]:
    """A new gateway; at the end it must have sent one command for each presence, no more and no less."""
    with running_gateway(folder, port) as gateway:
        before = gateway.count("slic_lamp_commands_total")
        yield gateway.pid
        heard = gateway.count('slic_messages_received_total{channel="presence"}')
        commands = gateway.count("slic_lamp_commands_total") - before
        assert heard == commands == driver.sent, (heard, commands, driver.sent)


if __name__ == "__main__":
    main(sys.argv[1:])
