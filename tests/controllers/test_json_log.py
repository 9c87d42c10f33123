"""Log lines are JSON, and one fault that floods is counted instead of written."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from controllers.service.json_log import OncePerFault, facts, start_log

log = logging.getLogger("test.gateway")


class Lines:
    """What was logged, and a clock that the test sets."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.now_s = 1000.0
        self.handler = logging.Handler()

    def read(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root, found = logging.getLogger(), Lines()
    level = root.level
    found.handler = start_log(True, "info", lambda: found.now_s, found.stream)
    yield found
    root.removeHandler(found.handler)
    root.setLevel(level)


def test_an_event_is_one_json_line(lines: Lines) -> None:
    log.info("started", extra=facts(lamps=3, name="Zoë\nx"))
    log.debug("not asked for")
    assert len(lines.stream.getvalue().splitlines()) == 1
    (line,) = lines.read()
    assert {k: line[k] for k in ("level", "event", "lamps", "name", "logger")} == {
        "level": "info", "event": "started", "lamps": 3, "name": "Zoë\nx", "logger": "test.gateway",
    }  # fmt: skip
    assert str(line["ts"]).endswith("+00:00")


def test_a_flood_of_one_fault_is_written_once_and_counted(lines: Lines) -> None:
    for _ in range(10_000):
        log.warning("refused", extra=facts(key="l001", lamp="l001"))
    assert len(lines.read()) == 1
    lines.now_s += 600
    log.warning("refused", extra=facts(key="l001"))
    assert [line.get("not_written") for line in lines.read()] == [None, 9999]


def test_another_fault_is_written_and_information_is_never_held(lines: Lines) -> None:
    for problem in ("no broker listens", "certificate has expired"):
        log.warning("%s", problem)
        log.info("connected")
    assert len(lines.read()) == 4


def test_many_kinds_of_faults_take_bounded_memory(lines: Lines) -> None:
    for number in range(3000):
        log.warning("refused", extra=facts(key=str(number)))
    assert len(lines.handler.filters[0]._seen) == 1000  # type: ignore[union-attr]


def test_an_exception_names_its_place_and_is_still_one_line(lines: Lines) -> None:
    try:
        {}["nothing"]  # type: ignore[index]
    except KeyError:
        log.exception("a message could not be handled")
    (line,) = lines.read()
    assert line["error"] == "KeyError: 'nothing'"
    assert "test_json_log.py:" in str(line["where"])


def test_the_first_line_is_written_whatever_the_clock_says() -> None:
    """599.9999999999999 s lie between now and now less 600 s for some values of now."""
    for now_s in (1e5 + n / 7 for n in range(2000)):
        record = logging.LogRecord("slic", logging.WARNING, "file", 1, "a fault", (), None)
        assert OncePerFault(lambda now_s=now_s: now_s).filter(record)
