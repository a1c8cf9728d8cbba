"""Imports point one way, and the middle knows neither sockets nor clocks."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import rfqwatch

PACKAGE = Path(rfqwatch.__file__).parent

# Each part of the house, a folder or a module beside them, with the parts it may import. They
# stand in the order of the flow, from what knows nothing to what knows everything.
ALLOWED = {
    "": set(),
    "errors": set(),
    "clock": set(),
    "signals": set(),
    "unquoting": set(),
    "escaping": set(),
    "stderr": {"escaping"},
    "exchange": {"errors", "unquoting"},
    "book": {"exchange"},
    "selection": {"errors", "exchange", "book"},
    "report": {"exchange", "book"},
    "lines": {"errors", "escaping", "exchange"},
    "sources": {"", "errors", "clock", "unquoting", "exchange", "book", "lines"},
    "stream": {"errors", "clock", "exchange", "book", "lines", "sources"},
    "recording": {"errors", "clock", "lines"},
    "replay": {"clock", "stderr", "exchange", "sources", "stream"},
    "screen": {
        *("errors", "clock", "signals", "escaping", "stderr"),
        *("exchange", "book", "lines", "report", "stream"),
    },
    "checking": {
        *("", "errors", "clock", "escaping", "stderr"),
        *("exchange", "book", "lines", "sources", "stream", "screen"),
    },
    "reportfeed": {"exchange", "report", "sources"},
    "run": {"clock", "signals", "lines", "stream"},
    "simulator": {"errors"},
}
# What each may name besides, but only in its types: it is handed to it by others.
FOR_TYPES = {
    "exchange": {"clock"},
    "book": {"clock"},
    "lines": {"clock"},
    "stream": {"stderr", "selection"},
    "recording": {"stderr", "exchange", "stream"},
    "replay": {"lines"},
    "screen": {"replay", "recording"},
    "reportfeed": {"selection", "stream"},
    "run": {"stderr", "recording"},
}
# The command line joins the parts: it may import any of them, and only the module that stands for
# the package there imports it, and what writes down how it is declared.
JOINER = "cli"
ENTRANCE = {"__main__": {"cli"}, "reference": {"cli", "lines"}}

MIDDLE = {"exchange", "book", "selection", "report"}
PURE = {f"stream/{name}.py" for name in ("drift", "health", "newfields", "summary", "tee")}
SECRETS = {"exchange/credentials.py", "exchange/signing.py"}
"""What in the middle signs, or makes keys that do: cryptography is theirs."""
IMPURE = {
    *("asyncio", "threading", "selectors", "select", "signal", "subprocess", "multiprocessing"),
    *("socket", "ssl", "http", "urllib", "time", "os", "io", "pathlib", "sys", "logging"),
    *("websockets", "rich", "typer", "cryptography"),
}
# What each third party is for, and so where it may be imported at all.
THIRD_PARTIES = {
    "typer": {"cli", "reference"},
    "rich": {"escaping", "replay", "screen", "checking"},
    "websockets": {"sources", "simulator"},
    "cryptography": {"exchange", "simulator"},
    "msgspec": {
        *("exchange", "book", "report", "lines", "sources", "stream", "screen", "checking"),
        *("simulator", "cli"),
    },
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "handler", "misc", "base"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


class AtRuntime(ast.NodeTransformer):
    """Leaves out what only type checkers see."""

    def visit_If(self, node: ast.If) -> ast.AST:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
        return self.generic_visit(node)


def imported(source: str, where: Path, *, types: bool = True) -> set[str]:
    """Give the dotted names of all that a module imports, wherever in it, also for ``types``."""
    names: set[str] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree if types else AtRuntime().visit(tree)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(("rfqwatch", *where.relative_to(PACKAGE).parent.parts))
            for _ in range(node.level - 1):
                package = package.rpartition(".")[0]
            prefix = f"{package}." if node.level else ""
            base = f"{prefix}{node.module or ''}".rstrip(".")
            # ``from rfqwatch import wire`` imports a module, too.
            names |= (
                {f"{base}.{alias.name}" for alias in node.names} if base == "rfqwatch" else {base}
            )
    return names


@cache
def parts_imported(path: Path, *, types: bool = True) -> set[str]:
    parts = set()
    for name in imported(path.read_text(), path, types=types):
        top, _, rest = name.partition(".")
        if top == "rfqwatch":
            first = rest.partition(".")[0]
            known = first and any(part(module) == first for module in MODULES)
            parts.add(first if known else "")
    return parts - {part(path)}


@cache
def others_imported(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path.read_text(), path)}


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def is_pure(path: Path) -> bool:
    return part(path) in MIDDLE or named(path) in PURE


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_point_one_way(path: Path) -> None:
    if part(path) == JOINER:
        allowed = set(ALLOWED)
    else:
        assert part(path) in ALLOWED | ENTRANCE, "a new part needs its place in the flow"
        allowed = (ALLOWED | ENTRANCE)[part(path)]
    assert parts_imported(path, types=False) <= allowed
    assert parts_imported(path) <= allowed | FOR_TYPES.get(part(path), set())


def test_the_flow_has_no_circle() -> None:
    before: set[str] = set()
    for name, allowed in ALLOWED.items():
        assert allowed | FOR_TYPES.get(name, set()) <= before
        before.add(name)


def test_nothing_is_allowed_that_nobody_needs() -> None:
    needed: dict[str, set[str]] = {}
    for path in MODULES:
        needed.setdefault(part(path), set()).update(parts_imported(path))
    for name, allowed in ALLOWED.items():
        assert needed.get(name, set()) == allowed | FOR_TYPES.get(name, set())


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_third_parties_stay_where_they_belong(path: Path) -> None:
    misplaced = {
        name
        for name in others_imported(path) & THIRD_PARTIES.keys()
        if part(path) not in THIRD_PARTIES[name]
    }
    assert not misplaced


@pytest.mark.parametrize("path", [*filter(is_pure, MODULES)], ids=named)
def test_the_middle_is_pure(path: Path) -> None:
    allowed = {"cryptography"} if named(path) in SECRETS else set()
    assert not others_imported(path) & IMPURE - allowed


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_modules_are_named_after_their_duty(path: Path) -> None:
    assert not VAGUE & {path.stem, *path.relative_to(PACKAGE).parts}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import socket", {"socket"}),
        ("def f():\n    import rfqwatch.cli.main as c", {"rfqwatch.cli.main"}),
        ("if x:\n    from rfqwatch.cli.main import main", {"rfqwatch.cli.main"}),
        (
            "from rfqwatch import run, __version__",
            {"rfqwatch.run", "rfqwatch.__version__"},
        ),
        ("from . import stdout", {"rfqwatch.lines"}),
        ("from .stdout import Stdout", {"rfqwatch.lines.stdout"}),
        ("from .. import run", {"rfqwatch.run"}),
        ("from ..run import show", {"rfqwatch.run"}),
    ],
)
def test_no_way_of_importing_is_overlooked(source: str, names: set[str]) -> None:
    assert imported(source, PACKAGE / "lines" / "raw.py") == names


def test_what_only_types_need_is_told_apart() -> None:
    source = "if TYPE_CHECKING:\n    import one\nelse:\n    import two"
    assert imported(source, PACKAGE / "run.py") == {"one", "two"}
    assert imported(source, PACKAGE / "run.py", types=False) == {"two"}
