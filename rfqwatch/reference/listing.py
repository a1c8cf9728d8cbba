"""Options as references list them: under the panels of the help, by names and what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.cli.help.helptext import PANELS, UNNAMED, without_brackets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.reference.commandline import Argument, Command, Option


def in_panels(options: Iterable[Option]) -> dict[str, list[Option]]:
    """Sort options into panels, in the order of the help."""
    panels: dict[str, list[Option]] = {panel: [] for panel in PANELS}
    for option in options:
        panels[option.panel or UNNAMED].append(option)
    return {panel: listed for panel, listed in panels.items() if listed}


def names(option: Option) -> list[str]:
    """Give all names of an option."""
    return [*option.names, *option.negations]


def option_names(command: Command) -> list[str]:
    """Give the names of all options of a command."""
    return [name for option in command.options for name in option.names]


def takes(parameter: Option | Argument) -> str:
    """Say what an option or argument takes, as the help does; "" for a flag."""
    return without_brackets(parameter.value.metavar) if parameter.value else ""


def meaning(parameter: Option | Argument) -> str:
    """Say what an option or argument means, and what it is by itself."""
    default = f" Default: {parameter.default}." if parameter.default else ""
    return parameter.help + default


def usage(program: Command, command: Command) -> list[str]:
    """Give the words of a command's usage."""
    if command is program:
        return [program.name, "[OPTIONS]", "COMMAND …"]
    arguments = [takes(each) if each.required else f"[{takes(each)}]" for each in command.arguments]
    return [program.name, command.name, "[OPTIONS]", *arguments]
