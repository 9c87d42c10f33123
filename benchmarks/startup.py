"""Start-up: `slic --help`, `slic --version` and `import slic` over a bare interpreter.

Run ``python -m benchmarks.startup``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from statistics import median
from time import perf_counter

RUNS = 9
COMMANDS = {
    "bare": "pass",
    "import_slic": "import slic",
    "help": "import sys; sys.argv = ['slic', '--help']; from slic.cli import main; main()",
    "version": "import sys; sys.argv = ['slic', '--version']; from slic.cli import main; main()",
}


def main() -> None:
    """Print medians over a bare interpreter, taken by turns, and goals as JSON."""
    argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__).parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS + 1):
        for name, code in COMMANDS.items():
            times[name].append(_wall_ms(code))
    middle = {name: median(values[1:]) for name, values in times.items()}
    report: dict[str, object] = {"bare_interpreter_ms": round(middle["bare"], 1)}
    report |= {f"{name}_over_bare_ms": round(ms - middle["bare"], 1) for name, ms in middle.items() if name != "bare"}
    print(json.dumps(report | {"goals": {"help_over_bare_ms": "within 120"}}, indent=2))


def _wall_ms(code: str) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return 1000 * (perf_counter() - began)


if __name__ == "__main__":
    main()
