"""The options of a command as they come out of the command line, variables and a profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import typer.main

from rfqwatch.cli.main import app
from rfqwatch.cli.settings.applying import SettingCommand, SettingContext

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from typer.core import TyperGroup

Value = str | bool | float | list[str]

ROOT = cast("TyperGroup", typer.main.get_command(app))
COMMANDS = {name: each for name, each in ROOT.commands.items() if isinstance(each, SettingCommand)}


def parsed(command: str, *arguments: str) -> SettingContext:
    """Parse a command line, in the environment that there is."""
    root = ROOT.make_context("rfqwatch", [command])
    context = COMMANDS[command].make_context(command, list(arguments), parent=root)
    assert isinstance(context, SettingContext)
    return context


def with_profiles(folder: Path, **profiles: dict[str, Value]) -> Path:
    """Write a configuration file for ``XDG_CONFIG_HOME`` to be ``folder``."""
    tables = (lines(name, settings) for name, settings in profiles.items())
    return written(folder, "\n".join(line for table in tables for line in table))


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "rfqwatch" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def lines(name: str, settings: dict[str, Value]) -> Iterable[str]:
    yield f"[profile.{name}]"
    for key, value in settings.items():
        yield f"{key} = {json.dumps(value)}"
