"""What systemd is told: the datagrams that sd_notify(3) describes, on a real socket."""

import socket
from pathlib import Path

import pytest

from controllers.service.systemd import Systemd


@pytest.fixture
def manager(tmp_path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    listening.settimeout(5)
    return listening


def test_what_it_says(manager: socket.socket, tmp_path: Path) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    systemd.ready()
    systemd.reloading(1234)
    systemd.stopping()
    said = [manager.recv(1000).decode() for _ in range(3)]
    assert said == ["READY=1", "RELOADING=1\nMONOTONIC_USEC=1234000", "STOPPING=1"]


def test_the_watchdog_hears_it_three_times_per_interval(manager: socket.socket, tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}
    systemd = Systemd(environment, pid=77)
    for monotonic_ms in range(5_000_000, 5_030_000, 100):
        systemd.alive(monotonic_ms)
    manager.setblocking(False)
    said = 0
    while said < 100:
        try:
            assert manager.recv(100) == b"WATCHDOG=1"
        except BlockingIOError:
            break
        said += 1
    assert said == 3


@pytest.mark.parametrize(
    ("environment", "calls"), [({}, 0), ({"WATCHDOG_USEC": "1000"}, 0), ({"NOTIFY_SOCKET": "/nowhere/at/all"}, 1)]
)
def test_without_systemd_nothing_happens(
    environment: dict[str, str], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is called where nobody is named, and a manager that does not listen stops nothing."""
    opened: list[socket.socket] = []

    class Counted(socket.socket):
        def __init__(self, family: int, kind: int) -> None:
            super().__init__(family, kind)
            opened.append(self)

    monkeypatch.setattr(socket, "socket", Counted)
    systemd = Systemd(environment)
    systemd.ready()
    systemd.alive(10**9)
    assert len(opened) == calls


def test_another_process_s_watchdog_is_not_fed(manager: socket.socket, tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}
    Systemd(environment, pid=77).alive(10**9)
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)
