"""Options: which settings to begin with, and which to print."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import typer

from rfqwatch.cli.options.completions import examples

_settings = partial(typer.Option, rich_help_panel="Settings")


@dataclass(frozen=True)
class ProfileOptions:
    """Which settings to begin with."""

    profile: Annotated[
        str | None,
        _settings(
            help="Take options from [profile.NAME] of the configuration file (or "
            "RFQWATCH_PROFILE); [profile.default] where none is named.",
            metavar="NAME",
            is_eager=True,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ConfigOptions:
    """Whose settings to print, and how."""

    command: Annotated[
        str | None,
        typer.Argument(
            help="A command: what it would run with. Default: what is set for any.",
            metavar="COMMAND",
            show_default=False,
            autocompletion=examples("tail", "table", "record", "report", "check", "simulate"),
        ),
    ] = None
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Options as that command would be given them.",
            metavar="OPTIONS",
            show_default=False,
        ),
    ] = None
    output: Annotated[
        Literal["text", "json"],
        _settings("--output", "-o", help="A table to read, or one JSON object for machines."),
    ] = "text"
