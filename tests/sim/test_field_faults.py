"""Faults between field and broker: the same seed the same faults, and as many as the scenario says."""

from __future__ import annotations

import pytest

from controllers.link.transport import Outgoing, Received
from sim.field_faults import FaultyTransport, check_faults
from slic.errors import InputError
from slic.scenario.field_fault import FieldFault

BEGAN = 1_668_423_600_000
HOUR = 3_600_000


class Line:
    """A transport that keeps what was published and gives what was put in."""

    connected, connections, problem, taken_over = True, 1, "", False

    def __init__(self):
        self.out, self.incoming, self.acknowledged = [], [], 0

    def publish(self, message):
        self.out.append(message)
        return 1

    def wait(self, timeout_s):
        came, self.incoming = self.incoming, []
        return came

    def acknowledge(self, message):
        self.acknowledged += 1


class Time:
    now = BEGAN

    def __call__(self):
        return self.now


def faulty(*faults, seed=1):
    line, time = Line(), Time()
    return FaultyTransport(line, [FieldFault(**fault) for fault in faults], BEGAN, time, seed), line, time


def message(i):
    return Outgoing(f"slic/v1/s/g/l{i}/state", str(i).encode(), 1)


def sent(line):
    return [int(one.payload) for one in line.out]


def test_without_faults_all_passes():
    transport, line, _ = faulty()
    assert all(transport.publish(message(i)) for i in range(10))
    assert sent(line) == list(range(10))


def test_as_many_are_lost_as_the_share_says_and_the_same_with_the_same_seed():
    runs = []
    for seed in (1, 1, 2):
        transport, line, _ = faulty({"kind": "message_loss", "share": 0.2}, seed=seed)
        for i in range(10_000):
            assert transport.publish(message(i)) is not None
        runs.append(sent(line))
        assert transport.lost == 10_000 - len(line.out)
        assert transport.lost == pytest.approx(2000, abs=4 * (10_000 * 0.2 * 0.8) ** 0.5)
    assert runs[0] == runs[1] != runs[2]


def test_a_fault_holds_for_its_hours_only():
    transport, line, time = faulty({"kind": "message_loss", "share": 1, "from_h": 1, "for_h": 2})
    for hour in range(5):
        time.now = BEGAN + hour * HOUR
        transport.publish(message(hour))
    assert sent(line) == [0, 3, 4]


def test_late_messages_come_when_their_time_came():
    transport, line, time = faulty({"kind": "message_delay", "share": 1, "seconds": 3})
    transport.publish(message(1))
    line.incoming = [Received("t", b"2", 1, False)]
    assert transport.wait(0) == [] and line.out == []
    assert line.acknowledged == 1
    time.now += 2999
    assert transport.wait(0) == [] and line.out == []
    time.now += 1
    assert [one.payload for one in transport.wait(0)] == [b"2"]
    assert sent(line) == [1]


def test_doubled_messages_come_twice():
    transport, line, _ = faulty({"kind": "duplicate", "share": 1})
    transport.publish(message(1))
    line.incoming = [Received("t", b"2", 1, False)]
    assert [one.payload for one in transport.wait(0)] == [b"2", b"2"]
    assert sent(line) == [1, 1]


def test_overtaken_messages_all_arrive_in_another_order():
    transport, line, time = faulty({"kind": "reorder", "share": 0.5, "seconds": 5})
    for i in range(200):
        transport.publish(message(i))
        time.now += 100
        transport.wait(0)
    time.now += 5000
    transport.wait(0)
    assert sorted(sent(line)) == list(range(200)) != sent(line)


def test_a_partition_cuts_both_ways():
    transport, line, time = faulty({"kind": "partition", "for_h": 1})
    assert not transport.connected and "fault" in transport.problem
    transport.publish(message(1))
    line.incoming = [Received("t", b"2", 1, False)]
    assert transport.wait(0) == [] and line.out == []
    time.now += HOUR
    assert transport.connected and transport.problem == ""


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"kind": "lamp_dead", "node": "nobody"}, "field_faults.0.node"),
        ({"kind": "sensor_stuck", "node": "l1"}, "field_faults.0.node"),
        ({"kind": "broker_restart"}, "field_faults.0.kind"),
        ({"kind": "gateway_kill"}, "field_faults.0.kind"),
    ],
)
def test_faults_that_cannot_be_are_refused(fault, field):
    with pytest.raises(InputError) as caught:
        check_faults([FieldFault(**fault)], ["l1"], ["s1"], own_processes=False)
    assert caught.value.field == field


def test_faults_of_own_processes_are_allowed():
    faults = [FieldFault(kind="sensor_stuck", node="s1"), FieldFault(kind="gateway_kill")]
    check_faults(faults, ["l1"], ["s1"], own_processes=True)
    with pytest.raises(InputError) as caught:
        check_faults(faults, ["l1"], ["s1"], own_processes=False)
    assert caught.value.field == "field_faults.1.kind", "so the first one alone was allowed"
