"""One road made by SUMO, and the energy of its lamps worked out by hand from SUMO's files.

``python tests/sim/sumo_road.py tests/sim/sumo`` makes the files anew that the tests keep; it needs ``eclipse-sumo``.
The sums here use xml.etree, fractions and plain loops, and nothing of the importers or of the engines.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path
from typing import Any

SECONDS = 4800
ZERO = "2026-06-21T00:40"  # EEST, so 20 June 21:40 UTC
ZERO_MS = 1_781_991_600_000
LIT_MS = (ZERO_MS + 600_000, ZERO_MS + 4_200_000)  # 00:50 to 01:50, around the only dark of that night
NIGHT_MS = 86_400_000
FULL_MW, IDLE_MW, STANDBY_MW = 28_000, 6_720, 400  # 28 W; 24 % of it at level 20 %; driver standby
HOLD_MS, RANGE_MM = 60_000, 10_000
LAMPS, SPACING_MM = 10, 30_000

_NODES = '<nodes><node id="west" x="0" y="0"/><node id="east" x="400" y="0"/></nodes>'
_EDGES = (
    '<edges><edge id="up" from="west" to="east" numLanes="1" speed="13.9" sidewalkWidth="2"/>'
    '<edge id="down" from="east" to="west" numLanes="1" speed="13.9" sidewalkWidth="2"/></edges>'
)
_LOOPS = "".join(
    f'<inductionLoop id="e1_{way}" lane="{way}_1" pos="200" period="300" file="e1.xml"/>'
    f'<instantInductionLoop id="loop_{way}" lane="{way}_1" pos="200" file="instant.xml"/>'
    for way in ("up", "down")
)


def make_road(folder: Path) -> None:
    """Writes fcd.xml.gz, e1.xml and instant.xml of a road with cars, bicycles and people walking both ways."""
    import sumo  # the package eclipse-sumo

    home = Path(sumo.SUMO_HOME)
    for name, text in (("nodes", _NODES), ("edges", _EDGES), ("routes", _routes()), ("loops", _additional())):
        (folder / f"{name}.xml").write_text(text)
    net = ["netconvert", "-n", "nodes.xml", "-e", "edges.xml", "-o", "net.xml"]
    run = ["sumo", "-n", "net.xml", "-r", "routes.xml", "-a", "loops.xml", "--end", str(SECONDS), "--seed", "7",
           "--fcd-output", "fcd.xml", "--no-step-log", "--no-warnings"]  # fmt: skip
    for command in (net, run):
        program = str(home / "bin" / command[0])
        subprocess.run(
            [program, *command[1:]], cwd=folder, check=True, capture_output=True, env={"SUMO_HOME": str(home)}
        )
    (folder / "fcd.xml.gz").write_bytes(gzip.compress((folder / "fcd.xml").read_bytes(), mtime=0))


def _routes() -> str:
    users = [(100 + 290 * n, _vehicle(n, 100 + 290 * n)) for n in range(16)]
    users += [(40 + 530 * n, _walker(n, 40 + 530 * n)) for n in range(8)]
    body = "".join(text for _, text in sorted(users))
    kinds = '<vType id="bike" vClass="bicycle"/><route id="up" edges="up"/><route id="down" edges="down"/>'
    return f"<routes>{kinds}{body}</routes>"


def _vehicle(number: int, depart_s: int) -> str:
    kind = "bike" if number % 3 == 0 else "DEFAULT_VEHTYPE"
    return f'<vehicle id="v{number}" type="{kind}" depart="{depart_s}" route="{("up", "down")[number % 2]}"/>'


def _walker(number: int, depart_s: int) -> str:
    walk = f'<walk edges="{("down", "up")[number % 2]}" arrivalPos="390"/>'  # by default a walk ends half-way
    return f'<person id="p{number}" depart="{depart_s}">{walk}</person>'


def _additional() -> str:
    return f"<additional>{_LOOPS}</additional>"


def users_in_fcd(path: Path) -> list[tuple[int, int, int]]:
    """Time at x = 200 m [ms UTC], speed [mm/s], direction of all who cross it, from all samples of each user."""
    paths: dict[tuple[str, str], list[tuple[Fraction, Fraction]]] = {}
    for step in ET.fromstring(gzip.decompress(path.read_bytes())):
        for user in step:
            sample = (Fraction(step.attrib["time"]), Fraction(user.attrib["x"]))
            paths.setdefault((user.tag, user.attrib["id"]), []).append(sample)
    users = []
    for samples in paths.values():
        for (t0, x0), (t1, x1) in pairwise(samples):
            if (x0 < 200 <= x1) or (x1 < 200 <= x0):
                t_ms = 1000 * (t0 + (200 - x0) / (x1 - x0) * (t1 - t0))
                users.append((ZERO_MS + nearest(t_ms), round(abs(x1 - x0) / (t1 - t0) * 1000), 1 if x1 > x0 else -1))
    return sorted(users)


def users_in_instant(path: Path) -> list[tuple[int, int, int]]:
    """The same from the passings of the instant detectors."""
    ways = {"loop_up": 1, "loop_down": -1}
    found = [row.attrib for row in ET.parse(path).getroot() if row.attrib["state"] == "enter"]
    return sorted(
        (ZERO_MS + nearest(1000 * Fraction(row["time"])), round(1000 * Fraction(row["speed"])), ways[row["id"]])
        for row in found
    )


def energy_mj(users: list[tuple[int, int, int]]) -> int:
    """Energy of the ten lamps: full while a user is within 10 m and 60 s after, else 20 %, for the lit hour [mJ]."""
    total = 0
    for lamp in range(LAMPS):
        pole_mm = SPACING_MM // 2 + lamp * SPACING_MM
        holds = [_hold_ms(user, pole_mm) for user in users]
        high_ms = _length_ms([(max(a, LIT_MS[0]), min(b, LIT_MS[1])) for a, b in holds])
        idle_ms = LIT_MS[1] - LIT_MS[0] - high_ms
        off_ms = NIGHT_MS - high_ms - idle_ms
        total += nearest(Fraction(FULL_MW * high_ms + IDLE_MW * idle_ms + STANDBY_MW * off_ms, 1000))
    return total


def _hold_ms(user: tuple[int, int, int], pole_mm: int) -> tuple[int, int]:
    t_ms, speed_mm_s, way = user
    middle_mm = LAMPS * SPACING_MM // 2
    edges = [(pole_mm + side * RANGE_MM - middle_mm) * way for side in (-1, 1)]
    there_ms = sorted(t_ms + nearest(Fraction(1000 * edge_mm, speed_mm_s)) for edge_mm in edges)
    return there_ms[0], there_ms[1] + HOLD_MS


def _length_ms(spans: list[tuple[int, int]]) -> int:
    """Length of what any span covers."""
    covered, until = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, until))
        until = max(until, end)
    return covered


def nearest(value: Fraction) -> int:
    """Nearest whole number, halves up."""
    return floor(value + Fraction(1, 2))


def scenario_values(source: dict[str, Any]) -> dict[str, Any]:
    """A street of ten lamps on that road, with presence at each pole, for its one short night."""
    curve = [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}]
    program = {
        "name": "presence",
        "active_periods": [{"kind": "absolute", "start": "00:50", "end": "01:50"}],
        "idle_level_pct": 20,
        "hold_s": 60,
        "presence": {"style": "own"},
        "dynamic_controls": [{"name": "somebody"}],
    }
    return {
        "name": "road",
        "site": {"latitude": 65.6, "longitude": 25.5, "timezone": "Europe/Helsinki"},
        "lamps": {"kind": "row", "count": LAMPS, "spacing_m": 30, "luminaire": "led", "power_w": 28},
        "luminaires": {"led": {"name": "led", "power_curve": curve, "standby_w": 0.4}},
        "sensors": {"range_m": 10},
        "traffic": {"source": {"start": ZERO, "time_zone": "Europe/Helsinki", **source}},
        "programs": {"presence": program},
        "regimes": {"presence": {"all": "presence"}},
        "baseline": "presence",
        "service": {"required": [{"at": "12:00", "level_pct": 100}]},
        "run": {"start": "2026-06-20", "nights": 1, "replicates": 1},
    }


FCD = {
    "kind": "sumo_fcd",
    "file": "fcd.xml.gz",
    "edges": ["up", "down"],
    "axis": {"from_xy": [50, 0], "to_xy": [350, 0]},
}
INSTANT = {
    "kind": "sumo_instant", "file": "instant.xml", "forward": ["loop_up"], "backward": ["loop_down"], "end_s": SECONDS
}  # fmt: skip
E1 = {"kind": "sumo_e1", "file": "e1.xml", "forward": ["e1_up"], "backward": ["e1_down"]}

if __name__ == "__main__":
    make_road(Path(sys.argv[1]))
