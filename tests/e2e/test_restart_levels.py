"""What lamps are told after a restart: nothing where they are right, once where they are not; also without a store."""

from __future__ import annotations

from pathlib import Path

from tests.brokers import publish
from tests.e2e.field import BUSY, QUIET
from tests.e2e.rig import Rig, torture


def restarted(rig: Rig) -> None:
    """Stop in order, and start; until it says that it is healthy, which it does after its start."""
    rig.gateway.stop()
    for lamp in rig.field.lamps.values():
        lamp.commands = 0


def healthy_again(rig: Rig) -> None:
    count = len(rig.listener.of("health"))
    rig.gateway.start()
    rig.until(lambda: len(rig.listener.of("health")) > count + 2, "three health messages of the new start")


def test_lamps_that_are_right_are_told_nothing_and_one_that_differs_once(tmp_path: Path) -> None:
    with torture(tmp_path) as rig:
        rig.in_control()
        rig.desk.overridden[QUIET[0]] = 55.0
        rig.desk.set(QUIET[0], 55.0)
        rig.until(rig.settled, "an override")
        restarted(rig)
        healthy_again(rig)
        assert rig.field.commands() == {} and rig.settled()

        restarted(rig)
        lamp = rig.field.lamps[QUIET[1]]
        lamp.level_pct, lamp.said = 70.0, {"src": "local", "mode": "manual"}
        rig.field.say_state(lamp.name)
        healthy_again(rig)
        assert rig.field.commands() == {lamp.name: 1} and rig.settled()
        rig.never_dark()


def test_a_backlog_does_not_hide_what_the_lamps_do(tmp_path: Path) -> None:
    """More waits for the gateway than the broker leaves unanswered: the states of the lamps come all the same."""
    with torture(tmp_path) as rig:
        rig.in_control()
        restarted(rig)
        for number in range(300):
            rig.field.read(rig.field.lamps[BUSY[number % 4]].name)
        healthy_again(rig)
        assert rig.field.commands() == {} and rig.settled()
        rig.readings_kept()
        rig.never_dark()


def test_a_corrupt_store_is_said_and_darkens_nothing(tmp_path: Path) -> None:
    """The program is lost too, so the astronomical default holds: at this place it is night."""
    with torture(tmp_path) as rig:
        rig.in_control()
        rig.gateway.stop()
        store = rig.folder / "state" / "gateway.sqlite"
        store.write_bytes(b"not a database\n" * 400)
        nothing = rig.recorder.plant(b"")
        publish(rig.desk.client, "slic/v1/town/g0042/_/program", nothing, retain=True).wait_for_publish(10)
        healthy_again(rig)
        rig.until(lambda: set(rig.field.levels().values()) == {100.0}, "the astronomical default")
        health = rig.listener.of("health")[-1]
        assert (health["store"], health["rungs"]) == ("corrupt", {"all": "astro-default"})
        rig.until(lambda: [e for e in rig.listener.of("event") if e["code"] == "store_corrupt"], "the event")
        rig.give_program(version=2)
        rig.until(lambda: rig.field.pass_by() or rig.right(), "the program is given again")
        rig.never_dark()
