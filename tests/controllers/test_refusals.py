"""Refused messages: counted one by one, told to the log once a turn, and fit to be shown."""

from controllers.gateway.refusals import LastRefusal, Refusals


def test_each_is_counted_and_the_last_of_a_code_is_told_once() -> None:
    refusals = Refusals()
    for number in range(3):
        refusals.add("malformed", f"slic/v1/a/b/l{number}/state", f"fault {number}")
    refusals.add("expired", "slic/v1/a/b/_/cmd")
    assert refusals.counts == {"malformed": 3, "expired": 1}
    assert refusals.take_news() == [
        LastRefusal("malformed", "slic/v1/a/b/l2/state", "fault 2", 3),
        LastRefusal("expired", "slic/v1/a/b/_/cmd", "", 1),
    ]
    assert refusals.take_news() == []


def test_a_topic_can_do_nothing_to_the_log() -> None:
    refusals = Refusals()
    refusals.add("unknown_topic", "a/\x1b[31m\nerror: forged\u202e" + "x" * 70_000)
    (told,) = refusals.take_news()
    assert told.topic.startswith("a/?[31m?error: forged?xxx") and len(told.topic) == 100
