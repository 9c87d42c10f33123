"""Start-up of a gateway with 10,000 lamps whose states the broker has kept, and its memory per lamp.

Run ``python -m benchmarks.gateway_start`` (needs Mosquitto).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from time import monotonic
from urllib.error import URLError
from urllib.request import urlopen

from controllers.broker.private_broker import PrivateMosquitto, free_port
from controllers.envelope import Sender
from controllers.gateway.config import BrokerAddress
from controllers.gateway.post import Post
from controllers.link.paho_link import PahoLink

LAMPS = 10_000
RUNS = 3
PROGRAM = [sys.executable, "-c", "from slic.cli import main; main()", "gateway"]
FIELDS = {"level_pct": 100.0, "target_pct": 100.0, "mode": "failsafe", "src": "safe"}
PATIENCE_S = 60


def main() -> None:
    """Print seconds from the start of the process until it is ready, and kB per lamp, as JSON."""
    argparse.ArgumentParser(prog="python -m benchmarks.gateway_start", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name, PrivateMosquitto(Path(name)) as broker:
        _keep_states(broker.port)
        many = [_measure(Path(name) / f"many-{i}", broker.port, LAMPS) for i in range(RUNS)]
        few = [_measure(Path(name) / f"few-{i}", broker.port, 10) for i in range(RUNS)]
    ready_s, kept_kb = min(s for s, _ in many), min(kb for _, kb in many) - min(kb for _, kb in few)
    report = {
        "lamps": LAMPS,
        "ready_s": round(ready_s, 2),
        "ready_with_10_lamps_s": round(min(s for s, _ in few), 2),
        "kb_per_lamp": round(kept_kb / (LAMPS - 10), 2),
        "resident_mb": round(min(kb for _, kb in many) / 1024, 1),
        "goals": {"ready_s": "below 3", "kb_per_lamp": "below 4"},
    }
    print(json.dumps(report, indent=2))


def _keep_states(port: int) -> None:
    """Let the broker keep a state of each lamp, as after a night."""
    link = PahoLink(BrokerAddress(port=port), "states", Path(), Random(1), session=False)
    link.open([])
    post, delivered = Post("bench", "segment", Sender("bench-boot")), 0
    states = [post.message("lampState", 1_800_000_000_000, f"l{i:05}", **FIELDS) for i in range(LAMPS)]
    waiting = list(reversed(states))
    while delivered < LAMPS:
        while waiting and link.connected and link.publish(waiting[-1]) is not None:
            waiting.pop()
        link.wait(0.1)
        delivered += len(link.delivered())
    link.close()


def _measure(folder: Path, broker_port: int, lamps: int) -> tuple[float, int]:
    """Seconds until /readyz says so, and resident memory then [kB]."""
    folder.mkdir()
    http_port = free_port()
    (folder / "gateway.yaml").write_text(
        "slic_gateway: 1\nsite: bench\nsegment: segment\n"
        f"broker: {{host: 127.0.0.1, port: {broker_port}}}\nhttp: {{port: {http_port}}}\n"
    )
    rows = (f"l{i:05},28.5,c{i // 10},{i * 30},51.05,3.71" for i in range(lamps))
    (folder / "lamps.csv").write_text("\n".join(["id,power_w,cluster,position_m,latitude,longitude", *rows]) + "\n")
    (folder / "sensors.csv").write_text("id\n")
    began_s = monotonic()
    with subprocess.Popen([*PROGRAM, str(folder / "gateway.yaml"), "--log-level", "error"]) as process:
        try:
            _await_ready(http_port, process, began_s)
            ready_s = monotonic() - began_s
            return ready_s, _resident_kb(process.pid)
        finally:
            process.terminate()


def _await_ready(port: int, process: subprocess.Popen[bytes], began_s: float) -> None:
    while monotonic() - began_s < PATIENCE_S and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE_S):
                return
        except (URLError, OSError):
            continue
    raise SystemExit("the gateway did not get ready")


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


if __name__ == "__main__":
    main()
