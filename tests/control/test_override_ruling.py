"""Which override rules a lamp: by search of all of them, and as the indexed collection says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slic.control.overrides import Overrides
from slic.control.segment import Override

RANK = ["override", "manual", "safety"]
LAMPS = range(4)
orders = st.builds(
    Override,
    id=st.sampled_from("abcdef"),
    issuer=st.just("city"),
    reason=st.just(""),
    level_pm=st.just(500),
    start_ms=st.integers(0, 20),
    expiry_ms=st.integers(21, 40),
    kind=st.sampled_from(RANK),
    lamps=st.lists(st.sampled_from(LAMPS), max_size=3).map(tuple),
)
steps = st.lists(st.one_of(orders, st.sampled_from("abcdef"), st.integers(0, 45)), max_size=25)


@given(steps, st.integers(0, 45))
def test_the_highest_kind_rules_and_of_equal_kinds_the_newest(moves: list[Override | str | int], t_ms: int) -> None:
    """An order is given, a name is ended, a number drops what has ended by then."""
    overrides, kept = Overrides(), list[Override]()
    for move in moves:
        if isinstance(move, Override):
            overrides.add(move)
            kept = [*(order for order in kept if order.id != move.id), move]
        elif isinstance(move, str):
            overrides.remove(move)
            kept = [order for order in kept if order.id != move]
        else:
            assert set(overrides.drop_expired(move)) == {order for order in kept if order.expiry_ms <= move}
            kept = [order for order in kept if order.expiry_ms > move]
    assert list(overrides) == kept
    for lamp, ruler in overrides.in_force(t_ms, LAMPS):
        ruling: Override | None = None
        for order in kept:
            here = order.start_ms <= t_ms < order.expiry_ms and (not order.lamps or lamp in order.lamps)
            if here and (ruling is None or RANK.index(order.kind) >= RANK.index(ruling.kind)):
                ruling = order
        assert ruler is ruling
