"""No future import here, as where groups are declared."""

import inspect
from dataclasses import dataclass, field
from typing import Annotated

import pytest
import typer

from rfqwatch.cli.groups import ungrouped
from rfqwatch.cli.settings.applying import SettingCommand
from rfqwatch.cli.settings.origin import Origins


@dataclass(frozen=True)
class PaintOptions:
    colour: Annotated[str, typer.Option(help="Of what colour.")] = "red"
    thick: Annotated[bool, typer.Option("--thick")] = False


@dataclass(frozen=True)
class SizeOptions:
    size: Annotated[int, typer.Option()] = 3


def test_typer_sees_the_fields_and_the_command_gets_the_groups() -> None:
    got: list[object] = []

    def draw(paint: PaintOptions, size: SizeOptions) -> None:
        """Draw it."""
        got.extend([paint, size])

    command = ungrouped(draw)
    assert (command.__name__, command.__doc__) == ("draw", "Draw it.")
    parameters = inspect.signature(command).parameters
    assert {name: each.default for name, each in parameters.items()} == {
        "colour": "red",
        "thick": False,
        "size": 3,
    }
    command(colour="blue", thick=True, size=4)
    assert got == [PaintOptions("blue", thick=True), SizeOptions(4)]


@dataclass(frozen=True)
class DrawOptions:
    paint: PaintOptions
    size: SizeOptions


def test_a_group_of_groups_is_taken_apart_as_well() -> None:
    got: list[object] = []

    def draw(options: DrawOptions) -> None:
        """Draw it."""
        got.append(options)

    command = ungrouped(draw)
    assert list(inspect.signature(command).parameters) == ["colour", "thick", "size"]
    command(colour="blue", thick=True, size=4)
    assert got == [DrawOptions(PaintOptions("blue", thick=True), SizeOptions(4))]


@dataclass(frozen=True)
class ToldOptions:
    size: Annotated[int, typer.Option()] = 3
    origins: Origins = field(default_factory=Origins)


def test_groups_and_commands_are_told_what_the_context_knows() -> None:
    got: list[object] = []
    app = typer.Typer()

    @app.callback()
    def _main() -> None:
        """Do as the command does."""

    def draw(told: ToldOptions, context: typer.Context) -> None:
        """Draw it."""
        got.extend([told.size, told.origins["size"].source, context.params])

    app.command(cls=SettingCommand)(ungrouped(draw, PaintOptions))
    app(["draw", "--size", "4", "--colour", "blue"], standalone_mode=False)
    assert got == [4, "flag", {"size": 4, "colour": "blue", "thick": False}]


def test_two_groups_can_not_hold_the_same_option() -> None:
    def draw(one: SizeOptions, other: SizeOptions) -> None:
        """Draw nothing."""

    with pytest.raises(ValueError, match="duplicate parameter name: 'size'"):
        ungrouped(draw)
