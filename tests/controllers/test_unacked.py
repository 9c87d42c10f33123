"""What waits for the broker: nothing is lost, doubled or turned round, whatever the connections do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controllers.link.transport import Outgoing
from controllers.link.unacked import Unacked

STEPS = st.lists(st.sampled_from(["add", "send", "take", "refuse", "lose"]), max_size=60)


@given(STEPS)
def test_every_token_is_answered_once_and_sent_in_order(steps: list[str]) -> None:
    unacked, under_way, sent = Unacked(1000), {}, []
    added: list[int] = []
    mid = 0
    for step in [*steps, "lose"]:
        if step == "add":
            added.append(unacked.add(Outgoing("t", b"", 1), 0))
        elif step == "send" and (found := unacked.next(0)) is not None:
            mid += 1
            unacked.sent(found[0], mid)
            under_way[mid] = found[0]
            sent.append(found[0])
        elif step in ("take", "refuse") and under_way:
            oldest = min(under_way)
            del under_way[oldest]
            unacked.answered(oldest, step == "take")
        elif step == "lose":
            unacked.connection_lost()
            under_way.clear()
            assert sent == sorted(sent), "within a connection the order is kept"
            sent.clear()
    rest = []
    while (found := unacked.next(0)) is not None:
        rest.append(found[0])
    assert sorted([*unacked.delivered, *unacked.refused, *rest]) == added
    assert rest == sorted(rest) and len(unacked) == len(rest)


def test_the_life_of_a_message_runs_while_it_waits() -> None:
    unacked = Unacked(10)
    first = unacked.add(Outgoing("a", b"", 1, False, 10), 100.0)
    second = unacked.add(Outgoing("b", b"", 1, False, 60), 100.0)
    third = unacked.add(Outgoing("c", b"", 1), 100.0)
    assert unacked.next(110.0) == (second, Outgoing("b", b"", 1, False, 50))
    assert unacked.next(1e9) == (third, Outgoing("c", b"", 1))
    assert unacked.refused == [first] and unacked.next(0) is None


def test_the_bound() -> None:
    unacked = Unacked(2)
    unacked.add(Outgoing("a", b"", 1), 0)
    assert not unacked.full
    unacked.add(Outgoing("a", b"", 1), 0)
    assert unacked.full
