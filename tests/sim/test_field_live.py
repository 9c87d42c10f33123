"""A live field beside the gateway, on a clock that the test moves: light, meters, faults, and who leads the lamps."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.envelope import Sender
from controllers.gateway.config import BrokerAddress
from controllers.gateway.following import FollowingGateway
from controllers.gateway.gateway import Gateway
from controllers.gateway.signatures import public_key_of
from controllers.link.transport import Received
from controllers.service.gateway_folder import field_names, gateway_plan
from sim.field_faults import FaultyTransport
from sim.field_figures import figures
from sim.field_live import SILENCE_MS, FieldClock, LiveField, shift_to
from sim.field_programs import FieldPrograms
from sim.night import control
from sim.scene import make_scene
from sim.setup import prepare
from slic.energy.ledger import lamp_energies
from slic.lamps.power import power_table
from slic.scenario.load import load_scenario
from tests.controllers.memory_store import MemoryStore

KEY = Ed25519PrivateKey.generate()
HOUR = 3_600_000


class World:
    """A clock, a broker and a gateway in one: waiting moves the clock to what happens next, and nothing takes time."""

    connections, problem, taken_over = 1, "", False

    def __init__(self, plan, t_ms, rate=1.0):
        self.wall_ms, self.rate = t_ms, rate
        self.connected = False
        self.gateway = (Gateway if rate == 1 else FollowingGateway)(plan, MemoryStore(), Sender("gateway1"))
        self.there = True
        self.back, self.seen = [], []

    def now_ms(self):
        return self.wall_ms

    def monotonic_ms(self):
        return self.wall_ms

    def open(self, subscriptions, will=None, will_delay_s=0):
        self.connected = True
        self.back += self.gateway.start(self.wall_ms, {})
        self.back += self.gateway.connected(self.wall_ms)

    def leave(self):
        self.there = False
        self.back.append(self.gateway.farewell(self.wall_ms))

    def publish(self, message):
        self.seen.append((self.wall_ms, message))
        if self.there:
            received = Received(message.topic, message.payload, message.qos, False)
            self.back += self.gateway.handle(received, self.wall_ms)
        return 1

    def wait(self, timeout_s):
        if not self.back:
            step_ms = max(1, round(timeout_s * 1000))
            if self.there:
                step_ms = min(step_ms, max(1, self.gateway.wait_ms(self.wall_ms)))
            self.wall_ms += step_ms
        if self.there:
            self.back += self.gateway.due(self.wall_ms)
        came, self.back = self.back, []
        return [Received(m.topic, m.payload, m.qos, m.retain) for m in came if m.topic.endswith(("/cmd", "_/status"))]

    def acknowledge(self, message):
        pass

    def delivered(self):
        return []

    refused = delivered

    def said(self, channel):
        """Node, moment and content of what was said on a channel."""
        found = [(t_ms, m) for t_ms, m in self.seen if m.topic.endswith(f"/{channel}")]
        return [(m.topic.split("/")[-2], t_ms, json.loads(m.payload)) for t_ms, m in found]


def live(settings=(), regime="presence-train", rate=1.0, shift_ms=0, **how):
    """A street of the quiet path, its world, and the start of its first night."""
    loaded = load_scenario("ghent-coupure-fiftieth", ["network.latency_s=0", "lamps.count=8", *settings])
    setup = prepare(loaded)
    street = setup.streets[0]
    names = field_names(setup.scenario, setup.streets, street)
    plan = gateway_plan(setup.scenario, street, names, BrokerAddress(), public_key_of(KEY), lockstep=False)
    scene = make_scene(setup, street, setup.nights[0], 0)
    start_ms = scene.start_ms + shift_ms
    world = World(plan, start_ms, rate)
    clock = FieldClock(world, start_ms, start_ms, rate)
    faults = setup.scenario.field_faults
    transport = FaultyTransport(world, faults, start_ms, clock.now_ms, 1) if faults else world

    def programs(sender):
        return FieldPrograms(setup.scenario, street, names, KEY, sender, 1)

    field = LiveField(setup, street, names, regime, transport, clock, programs, shift_ms=shift_ms, **how)
    return field, world, scene


@pytest.mark.parametrize("weeks", [0, 52])
def test_a_night_live_uses_the_energy_of_the_night_in_the_simulation(weeks):
    """Messages, gateway and meter against controller, gear and ledger; also when the night is moved by whole weeks.

    The night of 13 November 2023 is in winter time too and as long to within some minutes.
    """
    shift_ms = weeks * 7 * 24 * HOUR
    regime = "presence-train" if not weeks else "half-level-00-05"
    field, world, scene = live(regime=regime, shift_ms=shift_ms)
    until_ms = scene.end_ms + shift_ms
    field.run(until_ms - 1)
    expected = control(scene, regime).levels
    found = [lamp.reading(until_ms)["energy_wh"] for lamp in field.lamps.lamps]
    luminaire = scene.setup.scenario.luminaires["ghent-led-28w"]
    wanted = [e.energy_mj / 3_600_000 for e in lamp_energies(expected, power_table(luminaire, 28))]
    assert found == pytest.approx(wanted, rel=1e-6 if not weeks else 0.02)
    assert field.not_sent == 0 and len(world.said("presence")) > 1000


def test_states_come_at_most_every_two_seconds_and_end_at_what_was_told():
    field, world, scene = live()
    field.run(scene.start_ms + 8 * HOUR)
    states = world.said("state")
    for node in {node for node, _, _ in states}:
        moments = [t_ms for one, t_ms, _ in states if one == node]
        assert all(b - a >= 2000 for a, b in pairwise(moments))
    last = {node: state for node, _, state in states}
    assert all(state["target_pct"] == state["level_pct"] for state in last.values())
    assert sum(len(world.said(c)) for c in ("ack",)) == 0


def test_readings_come_every_period_from_every_lamp_and_only_rise():
    field, world, scene = live(telemetry_ms=900_000)
    field.run(scene.start_ms + 9 * HOUR)
    readings = world.said("telemetry")
    for node in {node for node, _, _ in readings}:
        mine = [(t_ms, reading["energy_wh"]) for one, t_ms, reading in readings if one == node]
        assert {b[0] - a[0] for a, b in pairwise(mine)} == {900_000}
        assert mine == sorted(mine, key=lambda pair: pair[1]) and mine[-1][1] > 10


def test_lamps_that_nobody_leads_go_to_the_safe_level_after_ten_minutes():
    field, world, scene = live()
    at_ms = scene.start_ms + 7 * HOUR
    field.agenda.at(at_ms, lambda _now: world.leave())
    field.run(at_ms + SILENCE_MS - 1000)
    assert {lamp.state(world.wall_ms)["mode"] for lamp in field.lamps.lamps} == {"auto"}
    field.run(at_ms + SILENCE_MS + 5000)
    states = [lamp.state(world.wall_ms) for lamp in field.lamps.lamps]
    assert {(state["level_pct"], state["src"], state["mode"]) for state in states} == {(100, "local", "failsafe")}


FAULTS = (
    "field_faults=[{kind: lamp_dead, node: coupure-002, from_h: 6.5, for_h: 1},"
    " {kind: sensor_stuck, node: sensor-coupure-005, from_h: 7, for_h: 0.5},"
    " {kind: clock_drift, seconds: 7, from_h: 8, for_h: 0.2}, {kind: message_loss, share: 0.1, for_h: 9},"
    " {kind: reorder, share: 0.1, for_h: 9, seconds: 2}, {kind: duplicate, share: 0.1, for_h: 9}]"
)


def test_faults_of_devices_show_in_what_they_say():
    field, world, scene = live([FAULTS])
    field.run(scene.start_ms + 9 * HOUR)
    dead = [state for node, _, state in world.said("state") if node == "coupure-002" and state["faults"]]
    assert dead and {state["level_pct"] for state in dead} == {0}
    since = [scene.start_ms + round(h * HOUR) for h in (7, 7.5)]
    said = [p for node, t, p in world.said("presence") if node == "sensor-coupure-005" and since[0] <= t < since[1]]
    assert said and all(message["active"] for message in said)
    drifts = {message["ts"] - t_ms for _, t_ms, message in world.said("presence")}
    assert 7000 in drifts


def test_with_messages_lost_doubled_and_overtaken_lamps_hold_in_the_end_what_the_gateway_wants():
    """After the faults end the gateway says again what lamps have not shown."""
    field, world, scene = live([FAULTS], regime="half-level-00-05")
    field.run(scene.start_ms + 9.5 * HOUR)
    wanted = [action.level_pm / 10 for action in world.gateway.lamps.wanted]
    assert [lamp.state(world.wall_ms)["target_pct"] for lamp in field.lamps.lamps] == wanted
    assert set(wanted) == {100}


def test_the_same_seed_lives_the_same_life():
    one, two = (live([FAULTS])[:2] for _ in range(2))
    for field, world in (one, two):
        field.run(world.wall_ms + 7 * HOUR)
    assert [(t, m.topic) for t, m in one[1].seen] == [(t, m.topic) for t, m in two[1].seen]


def test_an_accelerated_field_leads_the_gateways_clock():
    """Sixty times as fast: both end at the same moment of the scenario, to a quarter of a second's worth."""
    field, world, scene = live(rate=60.0)
    field.run(scene.start_ms + 6 * HOUR)
    assert abs(world.gateway.time.now_ms(world.wall_ms) - (scene.start_ms + 6 * HOUR)) <= 15_000
    assert world.wall_ms - scene.start_ms == pytest.approx(6 * HOUR / 60, rel=0.01)
    assert {lamp.state(scene.start_ms + 6 * HOUR)["target_pct"] for lamp in field.lamps.lamps} <= {20, 100}


def test_a_lamp_that_is_late_because_the_field_is_fast_is_not_at_fault():
    """A thousand times as fast: messages that take 25 ms of the machine's time come 25 s late in the field."""
    slow = "field_faults=[{kind: message_delay, share: 1, seconds: 25, for_h: 24}]"
    field, world, scene = live([slow], rate=1000.0, telemetry_ms=20_000)
    field.run(scene.start_ms + 8 * HOUR)
    assert len(world.said("telemetry")) > 8000 and field.lamps.too_late == 0
    events = [json.loads(kept.message.payload) for kept in world.gateway.store.waiting(1000, kind="event")]
    assert [(event["code"], event["detail"]) for event in events] == []


def test_commands_that_come_too_late_are_counted():
    slow = "field_faults=[{kind: message_delay, share: 1, seconds: 70, for_h: 24}]"
    field, world, scene = live([slow])
    field.run(scene.start_ms + 6 * HOUR)
    field.run(scene.start_ms + 6 * HOUR + 1)
    lived = figures(field, scene.start_ms, scene.start_ms + 6 * HOUR)
    said = [ack for _, _, ack in world.said("ack") if ack["code"] == "expired"]
    assert lived.too_late >= len(said) > 0 and lived.lit == 0


def test_a_scenario_is_moved_by_whole_weeks():
    monday, week = 1_668_423_600_000, 7 * 24 * HOUR  # 2022-11-14T11:00Z
    for days in (0, 1, 6.99, 7, 100.5):
        now_ms = monday + round(days * 24 * HOUR)
        by_ms = shift_to(monday, now_ms)
        assert by_ms % week == 0 and 0 <= now_ms - (monday + by_ms) < week
