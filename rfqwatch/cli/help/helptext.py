"""Writes the help of a command: its use, examples, its options, what else concerns it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from inspect import cleandoc
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup

from rfqwatch.cli.help.examples import EXAMPLES
from rfqwatch.cli.help.footer import exits, variables
from rfqwatch.cli.help.layout import Layout

UNNAMED = "General"
PANELS = (
    *("Table", "Report", "Output", "Connection", "Selection", "Replay", "Recording", "End"),
    *("Simulated exchange", "Settings", UNNAMED),
)
"""What options are listed under, in this order; the last where nothing else is declared."""

_CHOICES = re.compile(r"<([^<>]*\|[^<>]*)>")


def written(command: Any, context: Any) -> str:  # noqa: ANN401 - Typer's own types
    """Write the help of a command of Typer's, as wide as the terminal is."""
    layout = Layout(shutil.get_terminal_size().columns, _strong)
    titles = ("Arguments", "Commands", *PANELS, "Environment", "Exit codes")
    panels: dict[str, list[tuple[str, str]]] = {title: [] for title in titles}
    usage = f"Usage: {context.command_path} [OPTIONS]"
    options: list[str] = []
    for parameter in command.get_params(context):
        names, meaning = parameter.get_help_record(context) or ("", "")
        if isinstance(parameter, TyperArgument):
            usage += f" {parameter.metavar}" if parameter.required else f" [{parameter.metavar}]"
            panels["Arguments"].append((f"{parameter.metavar}", meaning))
        elif names:
            panel = panels[parameter.rich_help_panel or UNNAMED]
            panel.append((without_brackets(names), meaning))
            options += parameter.opts
    ending = []
    if isinstance(command, TyperGroup):
        usage += " COMMAND …"
        panels["Commands"] = [
            (name, _paragraphs(each.help)[0]) for name, each in command.commands.items()
        ]
        ending = [layout.text(f"{context.command_path} COMMAND --help says more of each.")]
    else:
        panels["Environment"] = [
            (", ".join(each.names), each.meaning) for each in variables(options)
        ]
        panels["Exit codes"] = [
            (", ".join(map(str, each.codes)), each.meaning) for each in exits(options)
        ]
    sections = [
        layout.text(usage, "  "),
        *map(layout.text, _paragraphs(command.help)),
        layout.examples("Examples", EXAMPLES[command.name or ""]),
        *(layout.table(panel, rows) for panel, rows in panels.items() if rows),
        *ending,
    ]
    # Typer would send what the locale lacks as UTF-8.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return "\n\n".join(sections).encode(encoding, "replace").decode(encoding)


def without_brackets(text: str) -> str:
    """Take the brackets from choices, which are to be written as they stand."""
    return _CHOICES.sub(r"\1", text)


def _paragraphs(text: str | None) -> list[str]:
    return cleandoc(text or "").split("\n\n")


def _strong(text: str) -> str:
    # What is no terminal gets no escapes: Typer takes them out there.
    return text if os.environ.get("TERM") == "dumb" else typer.style(text, bold=True)
