"""What the controller keeps of overrides."""

from slic.control.overrides import Overrides
from slic.control.segment import Override


def test_nothing_is_kept_of_overrides_that_ended() -> None:
    orders = Overrides()
    for number in range(5):
        orders.add(Override(f"o{number}", "ann", "test", 500, 0, 1000 + number, lamps=(number,)))
    orders.remove("o4")
    assert [order.id for order in orders.drop_expired(2000)] == ["o0", "o1", "o2", "o3"]
    assert list(orders) == [] and orders._of_lamp == {}
