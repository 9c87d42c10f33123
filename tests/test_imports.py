"""Who may import whom (docs/decisions/0001), read from the source, and what `import slic` may load."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = {"slic.errors", "slic.files"}
INSIDE_SLIC = ["report", "energy", "scenario", "messages", "control", "site", "lamps"]
"""Sub-packages of slic, highest first: each may import only those to its right."""
HEIGHT = {"slic": 0, "controllers": 1, "sim": 2, "slic.api": 3, "slic.cli": 4}
"""Height of each package; the longest matching name counts."""
HEAVY = [
    "numpy",
    "simpy",
    "pydantic",
    "paho",
    "cryptography",
    "pydantic_settings",
    "prometheus_client",
    "sqlite3",
    "iotcore",
    "polars",
    "matplotlib",
    "fastapi",
    "ruamel",
    "jinja2",
    "rich",
    "typer",
]


def _modules() -> dict[str, Path]:
    found = {}
    for package in ("slic", "controllers", "sim"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imported(name: str) -> set[str]:
    """Own modules that a module imports, at the top or inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {i if i in MODULES else str(node.module) for i in inner}
    return {f for f in found if f.split(".")[0] in ("slic", "controllers", "sim")}


def _height(module: str) -> int:
    """Height of a module between the packages: a module may import its own height and lower ones."""
    known = [HEIGHT[p] for p in HEIGHT if module == p or module.startswith(p + ".")]
    return max(known)


def _sub_package(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "slic" and len(parts) > 1 else ""


def test_the_rules_see_the_modules() -> None:
    assert {"slic.errors", "slic.control.program", "slic.scenario.model", "slic.cli.main"} <= set(MODULES)
    assert "slic.lamps.luminaire" in _imported("slic.scenario.model")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_nothing_above_it(module: str) -> None:
    if module == "slic":
        return  # loads slic.api on first use of a name, see test_import_slic_is_light
    too_high = [i for i in _imported(module) if _height(i) > _height(module)]
    assert not too_high, f"{module} imports {too_high}"


@pytest.mark.parametrize("module", [m for m in sorted(MODULES) if _sub_package(m) in INSIDE_SLIC])
def test_inside_slic_imports_go_one_way(module: str) -> None:
    own = INSIDE_SLIC.index(_sub_package(module))
    allowed = set(INSIDE_SLIC[own:])
    wrong = [i for i in _imported(module) - SHARED - {"slic"} if _sub_package(i) not in allowed]
    assert not wrong, f"{module} imports {wrong}"


def test_every_sub_package_of_slic_has_a_place() -> None:
    known = {*INSIDE_SLIC, "cli", "api", "errors", "files", ""}
    assert {_sub_package(m) for m in MODULES} <= known


def test_no_circles() -> None:
    graph = {m: _imported(m) - {"slic"} for m in MODULES if m != "slic"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other in a circle: {error.args[1]}")


PURE = ("slic.control.", "slic.lamps.", "slic.energy.", "slic.messages.")
READS_FILES = {"slic.lamps.circuit"}
"""The table of circuit watts is a file that people edit; this module reads it."""
IMPURE = {
    "time",
    "socket",
    "random",
    "asyncio",
    "threading",
    "subprocess",
    "os",
    "pathlib",
    "simpy",
    "logging",
}


@pytest.mark.parametrize("module", [m for m in sorted(MODULES) if m.startswith(PURE) and m not in READS_FILES])
def test_the_core_holds_no_clock_file_or_socket(module: str) -> None:
    assert not _outside(module) & IMPURE
    tree = ast.parse(MODULES[module].read_text())
    calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert not calls & {"open", "print", "input", "datetime.now", "date.today", "datetime.today"}


GATEWAY_MAY_USE = (
    "controllers.gateway",
    "controllers.link.transport",
    "controllers.store.port",
    "controllers.envelope",
)
"""The conversation knows its link and its store as ports only. Of the envelope it takes numbers, given to it."""


@pytest.mark.parametrize("module", [m for m in sorted(MODULES) if m.startswith("controllers.gateway.")])
def test_the_conversation_of_the_gateway_has_no_clock_socket_or_thread(module: str) -> None:
    loaded = _outside(module)
    assert not loaded & (IMPURE - {"pathlib"} | {"sqlite3", "paho", "http", "select", "ssl", "secrets", "uuid"})
    own = {i for i in _imported(module) if i.startswith(("controllers", "sim")) and not i.startswith(GATEWAY_MAY_USE)}
    assert not own, f"{module} imports {own}"
    assert "slic.files" not in _imported(module)


def _outside(module: str) -> set[str]:
    """First names of all modules that a module imports."""
    tree = ast.parse(MODULES[module].read_text())
    names = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


def test_import_slic_is_light() -> None:
    code = f"import sys, slic; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_public_names_are_the_documented_ones() -> None:
    import slic

    functions = ["demo", "engines", "explain", "open_run", "schedule", "simulate", "sweep", "validate"]
    assert sorted(slic.__all__) == ["InputError", "Run", "RunError", "SlicError", "__version__", *functions]
    readme = (ROOT / "README.md").read_text()
    assert [name for name in functions if f"slic.{name}" not in readme] == []
    assert callable(slic.simulate) and callable(slic.open_run) and callable(slic.explain)
    with pytest.raises(AttributeError, match="nosuch"):
        slic.nosuch  # noqa: B018
