"""Writes golden nights anew, by the SimPy street: ``python -m tests.golden.renew NAME ...`` (or ``--all``).

Do it only where a change of behaviour is meant, and say in the commit what changed and why.
"""

from __future__ import annotations

import json
import sys

from tests.golden.golden_night import FOLDER, SCENARIOS, golden_night


def main() -> None:
    """Renew the nights that are named."""
    names = SCENARIOS if sys.argv[1:] == ["--all"] else sys.argv[1:]
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown or not names:
        raise SystemExit(f"name golden nights, or --all: {', '.join(SCENARIOS)}")
    for name in names:
        night = golden_night(name, "event")
        (FOLDER / f"{name}.json").write_text(json.dumps(night, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {len(night)} regimes")


if __name__ == "__main__":
    main()
