"""What a running gateway shows on its status pages. Pages are asked for by other threads; the loop's thread answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from controllers.clock import Clock
from controllers.service.loop import GatewayLoop
from controllers.store.port import Decision, Store
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.lamps.level import pct_from_pm

ALIVE_MS = 10_000
"""A loop that has not turned for so long hangs; its longest wait is half a second."""

_DECISIONS = 20


class GatewayPages:
    """The pages of one gateway, as the HTTP server asks for them. ``loop``: gives the loop that runs now."""

    def __init__(self, loop: Callable[[], GatewayLoop], store: Store, clock: Clock) -> None:
        self._find_loop = loop
        self._store = store
        self._clock = clock

    @property
    def _loop(self) -> GatewayLoop:
        return self._find_loop()

    def alive(self) -> bool:
        """Whether the loop turned within the last 10 seconds."""
        return self._clock.monotonic_ms() - self._loop.turned_ms < ALIVE_MS

    def unready(self) -> list[str]:
        """Why the gateway does not control its lamps; empty if it does."""
        return self._loop.questions.ask(self._unready)

    def metrics(self) -> Iterable[Metric]:
        """Its figures. None has a label per lamp: thousands of lamps would be thousands of series."""
        return self._loop.questions.ask(self._metrics)

    def explain(self, lamp: str) -> dict[str, Any]:
        """Why a lamp has its level; KeyError for a lamp that is not of the segment."""
        return self._loop.questions.ask(lambda: self._explain(lamp))

    # ---- on the loop's thread -------------------------------------------------------------------

    def _unready(self) -> list[str]:
        loop, store = self._loop, self._store
        reasons = []
        if not loop.transport.connected:
            reasons.append(loop.waiting_for or loop.transport.problem or "connecting to the broker")
        elif not loop.started:
            reasons.append("not started: the lamps' last states are still being read")
        if store.health != "ok":
            reasons.append(store.recovered or f"the store is {store.health}")
        return reasons

    def _metrics(self) -> list[Metric]:
        loop, store, gateway = self._loop, self._store, self._loop.gateway
        gauges = {
            "slic_connected": ("1 while the broker has the connection", float(loop.transport.connected)),
            "slic_started": ("1 while lamps are controlled", float(loop.started)),
            "slic_lamps": ("lamps of the segment", len(gateway.plan.lamps)),
            "slic_sensors": ("sensors of the segment", len(gateway.plan.sensors)),
            "slic_lamps_lost": ("lamps that do not report", gateway.watches.lamps_lost),
            "slic_sensors_lost": ("sensors that are lost", gateway.watches.sensors_lost),
            "slic_lamps_unheard": ("lamps whose state does not show their command yet", gateway.lamps.unheard),
            "slic_clock_trusted": ("1 while the clock is believed", float(gateway.clock_trusted)),
            "slic_loop_longest_seconds": ("longest turn since the last look", loop.take_longest_ms() / 1000),
            "slic_records_waiting": ("records that wait for the broker", store.depth),
            "slic_messages_unsent": ("messages that wait for room in the connection", loop.unsent),
        }
        counters = {
            "slic_connections": ("connections to the broker", loop.transport.connections),
            "slic_lamp_commands": ("lamp commands", gateway.lamps.sent),
            "slic_records_dropped": ("records given up because the store was full", store.dropped),
            "slic_records_expired": ("records given up because their life was over", store.expired),
            "slic_messages_not_sent": ("messages lost for lack of a connection", loop.not_sent),
            "slic_device_messages_missing": ("messages of devices that never came", gateway.watches.missing),
            "slic_messages_failed": ("messages that broke their handler", loop.failed),
        }
        offset_ms = gateway.clock_offset_ms
        if offset_ms is not None:
            gauges["slic_clock_offset_seconds"] = ("clock here less clock of the core", offset_ms / 1000)
        return [
            *(GaugeMetricFamily(name, text, value) for name, (text, value) in gauges.items()),
            *(CounterMetricFamily(name, text, value) for name, (text, value) in counters.items()),
            _by_label("slic_messages_received", "messages taken, by channel", "channel", gateway.heard),
            _by_label("slic_messages_sent", "messages sent, by channel", "channel", loop.sent),
            _by_label("slic_messages_refused", "messages refused, by code", "code", gateway.refused),
            _rungs(gateway.rungs()),
        ]

    def _explain(self, lamp: str) -> dict[str, Any]:
        gateway = self._loop.gateway
        why = gateway.why(lamp)
        reported_pm = gateway.lamps.told_pm[gateway.lamp_index[lamp]]
        past = self._store.decisions_of(lamp, _DECISIONS)
        return {
            "lamp": lamp,
            "at": self._clock.now_ms(),
            "reported_target_pct": None if reported_pm is None else pct_from_pm(reported_pm),
            "decision": None if why is None else _decision(why),
            "before": [_decision(one) for one in past],
        }


def _decision(one: Action | Decision) -> dict[str, Any]:
    return {
        "since": one.t_ms,
        "until": None if one.until_ms >= NEVER_MS else one.until_ms,
        "level_pct": pct_from_pm(one.level_pm),
        "fade_s": one.ramp_ms / 1000,
        "source": one.source,
        "rule": one.rule,
        "cause": one.cause,
        "program": one.program,
    }


def _by_label(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, count in sorted(counts.items()):
        family.add_metric([key], count)
    return family


def _rungs(rungs: Mapping[str, str]) -> Metric:
    family = GaugeMetricFamily("slic_rung", "1 for the rung in force of each lamp group", labels=["group", "rung"])
    for group, rung in sorted(rungs.items()):
        family.add_metric([group, rung], 1)
    return family
