"""The transport against its ceiling: SLIC's link and a bare paho client echo messages over the same tuned Mosquitto.

Run ``python -m benchmarks.mqtt_echo``. Read the ratios: both take turns every few seconds, so what disturbs one
disturbs the other. ``--quick`` takes fewer and shorter runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from socket import IPPROTO_TCP, TCP_NODELAY
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.raw_client import RawClient
from controllers.broker.private_broker import PrivateMosquitto

RATES_PER_S = (100, 1000, 5000)
WINDOW = 200
"""Messages under way in the run that looks for the highest rate."""
LOST_S = 5.0
"""A message that has not come back by then is lost."""


class Size(NamedTuple):
    """How much is measured: runs of each kind, seconds of a paced run, messages of a run at full speed."""

    runs: int
    seconds: float
    messages: int


FULL, QUICK = Size(9, 2, 10_000), Size(1, 1, 2000)


class Probe(NamedTuple):
    """What the driver sends and how it knows the answer again. Messages carry their number from 0.

    make : number -> topic, payload; number : topic and payload of an answer -> number; answers : topic filter
    """

    make: Callable[[int], tuple[str, bytes]]
    number: Callable[[bytes, bytes], int]
    answers: str


class Echo(NamedTuple):
    """What answers: ``start`` gives its process id as soon as it does, and ends it with the context."""

    start: Callable[[], AbstractContextManager[int]]
    probe: Probe


def _presence(topic: str, number: int) -> tuple[str, bytes]:
    """152 bytes of JSON, as a presence message has."""
    text = json.dumps({"seq": number, "v": 1, "kind": "presence", "active": True})
    return topic, text[:-1].encode() + b', "fill": "' + b"x" * (139 - len(text)) + b'"}'


def _echo(name: str, port: int, qos: int) -> Echo:
    command = [sys.executable, "-m", "benchmarks.mqtt_echo", name, str(port), str(qos)]
    number = lambda _topic, payload: int(payload[8 : payload.index(b",")])  # noqa: E731
    return Echo(partial(process, command), Probe(partial(_presence, f"bench/{name}/in"), number, f"bench/{name}/out"))


class Paced(NamedTuple):
    """Round trips in milliseconds, and messages that did not come back."""

    p50_ms: float
    p99_ms: float
    p999_ms: float
    lost: int


class Flat(NamedTuple):
    """At full speed: messages/s, and CPU of the echo process per message."""

    per_s: float
    cpu_us: float


@contextmanager
def process(command: Sequence[str]) -> Iterator[int]:
    """An echo process, from the moment at which it says that it is ready; its id."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline().strip() == "ready", f"{command} is not ready"
            yield running.pid
        finally:
            running.kill()


def paced(port: int, probe: Probe, qos: int, rate_per_s: float, seconds: float) -> Paced:
    """Send at a fixed rate, whatever comes back, and time each round trip from its actual sending."""
    client = RawClient(port, probe.answers, qos)
    count = max(20, int(rate_per_s * seconds))
    sent_s, taken_s = [0.0] * count, [0.0] * count
    number = back = 0
    begin_s = heard_s = time.perf_counter()
    while back < count and (number < count or time.perf_counter() - heard_s < LOST_S):
        now_s = time.perf_counter()
        if number < count and now_s >= begin_s + number / rate_per_s:
            sent_s[number] = now_s
            client.send(*probe.make(number))
            number += 1
            continue
        for topic, payload in client.receive(begin_s + number / rate_per_s - now_s if number < count else 0.1):
            heard_s = time.perf_counter()
            which = probe.number(topic, payload)
            back += taken_s[which] == 0
            taken_s[which] = heard_s - sent_s[which]
    client.close()
    return _percentiles([taken for taken in taken_s if taken], count - back)


def flat_out(port: int, probe: Probe, qos: int, messages: int, pid: int) -> Flat:
    """Send as fast as answers come, with a window under way."""
    client = RawClient(port, probe.answers, qos)
    began_s, cpu_s = time.perf_counter(), cpu_time_s(pid)
    number = back = 0
    while back < messages:
        while number < messages and number - back < WINDOW:
            client.send(*probe.make(number))
            number += 1
        came = client.receive(LOST_S)
        assert came, f"{messages - back} messages did not come back"
        for topic, payload in came:
            probe.number(topic, payload)
        back += len(came)
    taken_s = time.perf_counter() - began_s
    client.close()
    return Flat(messages / taken_s, 1e6 * (cpu_time_s(pid) - cpu_s) / messages)


def compare(port: int, echoes: Mapping[str, Echo], qos: int, size: Size) -> dict[str, dict[str, dict[str, float]]]:
    """All echoes by turns, on topics of their own: medians over the runs, by name."""
    flat: dict[str, list[Flat]] = {name: [] for name in echoes}
    at_rate: dict[str, dict[int, list[Paced]]] = {name: {rate: [] for rate in RATES_PER_S} for name in echoes}
    with ExitStack() as stack:
        pids = {name: stack.enter_context(echo.start()) for name, echo in echoes.items()}
        for echo in echoes.values():
            paced(port, echo.probe, qos, 200, 0.5)
        for _ in range(size.runs):
            for name, echo in echoes.items():
                flat[name].append(flat_out(port, echo.probe, qos, size.messages, pids[name]))
            for rate in RATES_PER_S:
                for name, echo in echoes.items():
                    at_rate[name][rate].append(paced(port, echo.probe, qos, rate, size.seconds))
    return {
        name: {"flat_out": _medians(flat[name])}
        | {f"{rate}_per_s": _medians(at_rate[name][rate]) for rate in RATES_PER_S}
        for name in echoes
    }


def _medians(results: Sequence[Paced] | Sequence[Flat]) -> dict[str, float]:
    names = results[0]._fields
    return {name: round(median(one[at] for one in results), 3) for at, name in enumerate(names)}


def _percentiles(taken_s: list[float], lost: int) -> Paced:
    ordered = sorted(taken_s)
    at = [1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99, 0.999)]
    return Paced(at[0], at[1], at[2], lost)


def cpu_time_s(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- the echo processes


def echo_bare(port: int, source: str, source_qos: int, qos: int, answer: Callable[[str], str]) -> None:
    """paho alone, as fast as it goes: its own loop, the answer from its callback, no delay in the socket.

    source, source_qos : what it subscribes to; qos : of the answers; answer : topic of a message -> of its answer
    """
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

    client = Client(CallbackAPIVersion.VERSION2, "bench-bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages = 100
    client.on_message = lambda _client, _data, message: client.publish(answer(message.topic), message.payload, qos)
    client.on_socket_open = lambda _client, _data, opened: opened.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe(source, source_qos)
    client.loop_forever()


def echo_link(port: int, qos: int) -> None:
    """SLIC's link."""
    from controllers.gateway.config import BrokerAddress
    from controllers.link.paho_link import PahoLink
    from controllers.link.transport import Outgoing, Subscription

    link = PahoLink(BrokerAddress(port=port), "bench-link", Path(), Random(0), session=False)
    link.open([Subscription("bench/link/in", qos)])
    while not link.connected:
        link.wait(1)
    print("ready", flush=True)
    while True:
        for message in link.wait(1):
            if link.publish(Outgoing("bench/link/out", message.payload, qos)) is None:
                raise SystemExit(link.problem or "no room")
            link.acknowledge(message)
        link.delivered()


def main(arguments: Sequence[str] = ()) -> None:
    """Print medians and ratios as JSON."""
    if arguments[:1] == ["bare"]:
        port, qos = map(int, arguments[1:])
        return echo_bare(port, "bench/bare/in", qos, qos, lambda _: "bench/bare/out")
    if arguments[:1] == ["link"]:
        return echo_link(int(arguments[1]), int(arguments[2]))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mqtt_echo", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    size = QUICK if parser.parse_args(arguments).quick else FULL
    report: dict[str, object] = {}
    with TemporaryDirectory() as folder, PrivateMosquitto(Path(folder)) as broker:
        for qos in (0, 1):
            echoes = {name: _echo(name, broker.port, qos) for name in ("bare", "link")}
            report[f"qos_{qos}"] = compare(broker.port, echoes, qos, size)
    print(json.dumps(report | {"goals": {"link_over_bare": "messages/s 0.8 or more, p50 1.25 or less"}}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
