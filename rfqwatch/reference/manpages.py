"""Writes the man pages of the declared command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.cli.help.examples import EXAMPLES
from rfqwatch.cli.help.footer import EXITS, VARIABLES, exits, variables
from rfqwatch.reference.listing import in_panels, meaning, names, option_names, takes, usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.reference.commandline import Command, Option

_BEGINNING = r""".\" Made of the declared command line by: python -m rfqwatch.reference
.TH {title} 1 "" rfqwatch rfqwatch
.nr HY 0
.ad l"""

# What would be made typographic, or taken for an escape.
_CHARACTERS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", "…": "..."}
)


def manpages(program: Command) -> dict[str, str]:
    """Write the page of the program, and one of each command, by their names."""
    commands = {f"{program.name}-{command.name}": command for command in program.commands}
    return {
        name: "\n".join([*_page(program, command, name), ""])
        for name, command in {program.name: program, **commands}.items()
    }


def _page(program: Command, command: Command, name: str) -> Iterator[str]:
    paragraphs = [" ".join(part.split()) for part in command.help.split("\n\n")]
    brief = command.summary
    yield _BEGINNING.format(title=name.upper())
    yield from (".SH NAME", rf"{_text(name)} \- {_text(brief[0].lower() + brief[1:])}")
    yield from (".SH SYNOPSIS", _bold(" ".join(usage(program, command))))
    yield ".SH DESCRIPTION"
    for paragraph in paragraphs:
        yield from (".PP", _text(paragraph))
    yield ".SH EXAMPLES"
    for example in EXAMPLES[command.name]:
        yield from (".PP", _text(example.what), ".PP", ".in +4n", ".EX")
        yield from (_text(example.line), ".EE", ".in")
    yield from _parameters(command)
    yield from _concerns(program, command)
    yield ".SH SEE ALSO"
    others = [f"{program.name}-{each.name}" for each in program.commands if each is not command]
    yield ",\n".join(rf"\fB{_text(other)}\fR(1)" for other in others)


def _parameters(command: Command) -> Iterator[str]:
    """List what can be given, commands first."""
    if command.commands:
        yield ".SH COMMANDS"
        for each in command.commands:
            yield from _item(_bold(each.name), each.summary + ".")
    if command.arguments:
        yield ".SH ARGUMENTS"
        for argument in command.arguments:
            yield from _item(_slanted(takes(argument)), meaning(argument))
    yield ".SH OPTIONS"
    for panel, options in in_panels(command.options).items():
        yield f".SS {_text(panel)}"
        for option in options:
            yield from _item(_heading(option), meaning(option))


def _concerns(program: Command, command: Command) -> Iterator[str]:
    """List the variables and exit codes, of the program all."""
    whole = command is program
    if told := VARIABLES if whole else variables(option_names(command)):
        yield ".SH ENVIRONMENT"
        for variable in told:
            yield from _item(", ".join(map(_bold, variable.names)), variable.meaning)
    yield ".SH EXIT STATUS"
    for code in EXITS if whole else exits(option_names(command)):
        yield from _item(", ".join(_bold(str(number)) for number in code.codes), code.meaning)


def _item(heading: str, text: str) -> tuple[str, str, str]:
    return ".TP", heading, _text(text)


def _heading(option: Option) -> str:
    taken = takes(option)
    return ", ".join(map(_bold, names(option))) + (f" {_slanted(taken)}" if taken else "")


def _bold(text: str) -> str:
    return rf"\fB{_text(text)}\fR"


def _slanted(text: str) -> str:
    return rf"\fI{_text(text)}\fR"


def _text(text: str) -> str:
    plain = text.translate(_CHARACTERS)
    return rf"\&{plain}" if plain.startswith(".") else plain
