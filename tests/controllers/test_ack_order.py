"""Acknowledgements leave in the order in which messages came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controllers.link.ack_order import AckOrder


def test_a_later_one_waits_for_an_earlier_one() -> None:
    order = AckOrder()
    for mid in (7, 8, 9):
        order.came(mid)
    assert order.acknowledge(9) == []
    assert order.acknowledge(7) == [7]
    assert order.acknowledge(8) == [8, 9]
    assert order.acknowledge(8) == []


@given(st.permutations(range(1, 12)))
def test_all_leave_in_the_order_of_coming(acknowledged: list[int]) -> None:
    order = AckOrder()
    for mid in range(1, 12):
        order.came(mid)
    assert [mid for done in acknowledged for mid in order.acknowledge(done)] == list(range(1, 12))
