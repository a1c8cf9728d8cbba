"""Writes the reference of options: each once, with the commands that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.cli.help.footer import EXITS, VARIABLES
from rfqwatch.cli.options.simulation import FAULTS_DUE, faults_explained
from rfqwatch.reference.listing import in_panels, names, option_names, takes, usage
from rfqwatch.reference.markdown import code, page, plain, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.reference.commandline import Command, Option


def option_page(program: Command) -> str:
    """Write the page."""
    commands = [program, *program.commands]
    return page(
        "Options",
        "the declared command line",
        "`rfqwatch COMMAND --help` and `man rfqwatch-COMMAND` say the same of one command.",
        table(
            ["command", "does"],
            [
                [code(" ".join(usage(program, each))), plain(" ".join(each.help.split()))]
                for each in commands
            ],
        ),
        *_panels(program),
        "## Faults of the simulated exchange",
        plain(FAULTS_DUE),
        table(["fault", "does"], [[code(name), plain(what)] for name, what in faults_explained()]),
        "## Environment",
        table(
            ["variable", "of", "meaning"],
            [
                [
                    ", ".join(map(code, each.names)),
                    _having(program, each.options),
                    plain(each.meaning),
                ]
                for each in VARIABLES
            ],
        ),
        "## Exit codes",
        table(
            ["code", "of", "meaning"],
            [
                [
                    ", ".join(map(str, each.codes)),
                    _having(program, each.options),
                    plain(each.meaning),
                ]
                for each in EXITS
            ],
        ),
    )


def _panels(program: Command) -> Iterator[str]:
    holders: dict[Option, list[str]] = {}
    for command in (program, *program.commands):
        for option in command.options:
            holders.setdefault(option, []).append(command.name)
    for panel, options in in_panels(holders).items():
        yield f"## {panel}"
        yield table(
            ["option", "of", "default", "meaning"],
            (
                [
                    _heading(option),
                    _listed(program, holders[option]),
                    code(option.default),
                    plain(option.help),
                ]
                for option in options
            ),
        )


def _heading(option: Option) -> str:
    *short, last = names(option)
    return ", ".join(map(code, [*short, f"{last} {takes(option)}".rstrip()]))


def _having(program: Command, options: tuple[str, ...]) -> str:
    """Name the commands that have one of some options, or where none is asked for all."""
    return _listed(
        program,
        [
            command.name
            for command in program.commands
            if not options or not set(options).isdisjoint(option_names(command))
        ],
    )


def _listed(program: Command, commands: list[str]) -> str:
    return ", ".join(commands) if len(commands) < len(program.commands) else "all"
