"""What a run's tasks are divided into for its workers."""

from hypothesis import given
from hypothesis import strategies as st

from sim.workers import chunks


@given(st.integers(0, 3000), st.integers(1, 64))
def test_parts_hold_each_task_once_in_order_and_become_smaller(number, jobs):
    tasks = list(range(number))
    parts = list(chunks(tasks, jobs))
    assert [task for part in parts for task in part] == tasks
    sizes = [len(part) for part in parts]
    assert sizes == sorted(sizes, reverse=True)
    # A worker has two parts in hand at the end: that is two tasks, and never more than 32
    assert all(1 <= size <= 16 for size in sizes) and sizes[-2:] in ([], [1], [1, 1])
