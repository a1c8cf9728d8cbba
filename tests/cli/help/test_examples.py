"""Each example as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer.main
from shell_lines import record_some, run

from rfqwatch.cli.help.examples import EXAMPLES
from rfqwatch.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined] # the program's
EACH = {example.line: name for name, examples in EXAMPLES.items() for example in examples}


@pytest.fixture(scope="module")
def home(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_some(exchange, tmp_path_factory.mktemp("examples"))


def test_every_command_has_two_or_three() -> None:
    assert EXAMPLES.keys() == {"rfqwatch", *COMMANDS}
    assert {len(examples) for examples in EXAMPLES.values()} <= {2, 3}


@pytest.mark.parametrize(("line", "name"), EACH.items())
def test_an_example_is_of_its_command_and_fits(line: str, name: str) -> None:
    assert line.startswith("rfqwatch " if name == "rfqwatch" else f"rfqwatch {name}")
    assert len(line) <= 76


@pytest.mark.parametrize("line", EACH)
def test_an_example_does_something(line: str, exchange: Exchange, home: Path) -> None:
    run(line, exchange, home)
