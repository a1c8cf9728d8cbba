"""The declared command line as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Literal

import typer
import typer.main
from typer.core import TyperArgument, TyperOption

from rfqwatch.cli.main import app

PROFILE_TABLE = r's/^ *\[ *profile *\. *"\{0,1\}\([A-Za-z0-9_-]\{1,\}\)"\{0,1\} *\].*/\1/p'
"""What ``sed -n`` prints the names of the profiles by, out of rfqwatch/config.toml."""

Kind = Literal["nothing", "words", "files", "directories", "profiles"]


@dataclass(frozen=True)
class Value:
    """What an option or argument takes.

    ``metavar`` is how the help shows it. ``kind`` says what of it a shell can know: ``nothing``,
    names of ``files`` or ``directories``, of the ``profiles`` of the user's configuration, or
    ``words``, each with what it means, where that is declared. ``listed``: several, with commas
    between them.
    """

    metavar: str
    kind: Kind
    words: tuple[tuple[str, str], ...] = ()
    listed: bool = False


@dataclass(frozen=True)
class Option:
    """An option: ``names`` and, of a flag, those that switch it off; ``value`` None for a flag.

    ``default`` is how the help shows it, empty where it shows none; ``panel`` what the option is
    listed under, empty likewise.
    """

    names: tuple[str, ...]
    negations: tuple[str, ...]
    value: Value | None
    help: str
    panel: str
    default: str
    repeatable: bool

    @property
    def summary(self) -> str:
        """The help in a few words."""
        return summary(self.help)


@dataclass(frozen=True)
class Argument:
    """What a command takes besides options: one, or as many as are given."""

    value: Value
    help: str
    default: str
    required: bool
    repeatable: bool

    @property
    def summary(self) -> str:
        """The help in a few words."""
        return summary(self.help)


@dataclass(frozen=True)
class Command:
    """A command, or the program itself, whose ``name`` is ``rfqwatch``.

    ``help`` is whole, in paragraphs; ``epilog`` follows the options, where there is any.
    """

    name: str
    help: str
    epilog: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...]
    commands: tuple[Command, ...]

    @property
    def summary(self) -> str:
        """The help in a few words."""
        return summary(self.help)


ROOM = 60
"""Characters that a line of 80 has for a summary, beside the longest name."""


def summary(text: str) -> str:
    """Give the beginning of a help text that can stand for all of it in a list."""
    plain = re.sub(r"\s+(\([^()]*\))?", lambda found: "" if found[1] else " ", text)
    whole = re.split(r"[.;:] ", plain, maxsplit=1)[0].removesuffix(".")
    return whole if len(whole) <= ROOM else whole[:ROOM].rpartition(", ")[0] or whole


def declared() -> Command:
    """Give the whole command line."""
    # Typer's own types for commands and parameters are no part of what it declares.
    command: Any = typer.main.get_command(app)
    return _command(command, command.name, None)


def _command(command: Any, name: str, parent: typer.Context | None) -> Command:  # noqa: ANN401
    context = command.make_context(name, [], parent, resilient_parsing=True)
    shown = [parameter for parameter in command.get_params(context) if not parameter.hidden]
    commands = getattr(command, "commands", {})
    return Command(
        name=name,
        help=cleandoc(command.help or ""),
        epilog=cleandoc(command.epilog or ""),
        options=tuple(
            Option(
                # Those of --help come in any order.
                names=tuple(sorted(option.opts, key=len)),
                negations=tuple(option.secondary_opts),
                value=None if option.is_flag else _value(option, context),
                help=option.help or "",
                panel=option.rich_help_panel or "",
                default=_default(option, context),
                repeatable=option.multiple,
            )
            for option in shown
            if isinstance(option, TyperOption)
        ),
        arguments=tuple(
            Argument(
                value=_value(argument, context),
                help=argument.help or "",
                default=_default(argument, context),
                required=argument.required,
                repeatable=argument.nargs != 1,
            )
            for argument in shown
            if isinstance(argument, TyperArgument)
        ),
        commands=tuple(
            _command(each, name, context) for name, each in commands.items() if not each.hidden
        ),
    )


def _value(parameter: TyperOption | TyperArgument, context: typer.Context) -> Value:
    """Read what is declared: by its type, its words, or else by its name in the help."""
    metavar = parameter.metavar or parameter.display_type(context)
    listed = metavar.endswith(",…")
    choices = parameter.type_descriptor.choices
    if choices is not None:
        return Value(metavar, "words", tuple((str(each), "") for each in choices))
    words = tuple((each.value, each.help or "") for each in parameter.shell_complete(context, ""))
    if words:
        return Value(metavar, "words", words, listed)
    if "--profile" in parameter.opts:
        return Value(metavar, "profiles")
    kinds: dict[str, Kind] = {"FILE": "files", "DIR": "directories"}
    return Value(metavar, kinds.get(metavar.partition("|")[0], "nothing"), listed=listed)


def _default(parameter: TyperOption | TyperArgument, context: typer.Context) -> str:
    """Give the default as the help shows it, by the library's own rules."""
    _, help_text = parameter.get_help_record(context) or ("", "")
    found = re.search(r"\[default: ([^;\]]*)", help_text.removeprefix(parameter.help or ""))
    return found[1] if found else ""
