"""Tells what a command would run with, and what gave each value.

Secrets are told by name only: of a key, where it is; of a command that prints one, its first word;
of a key id, its beginning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.settings.applying import (
    PROFILE,
    SettingCommand,
    SettingContext,
    commands,
    declared,
)
from rfqwatch.cli.settings.guessing import did_you_mean
from rfqwatch.cli.settings.judging import judge
from rfqwatch.cli.settings.origin import Kind, key_of
from rfqwatch.cli.settings.variables import KEY_VARIABLE
from rfqwatch.errors import UsageError
from rfqwatch.unquoting import may_be_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typer.core import TyperOption

ID_SHOWN = 8
"""Characters of a key id, which are enough to tell it from others."""
HIDDEN = "(not shown)"
UNGROUPED = "Options"
"""What ``--help`` calls those of no group."""

_LIKE_AN_ID = re.compile(r"[\w-]{12,63}")


class Row(NamedTuple):
    """One option: its group in ``--help``, its long name, what it is and what gave that."""

    group: str
    key: str
    value: str | bool | list[str] | None
    source: str


class Effective(NamedTuple):
    """The profile, "" where there is none, of which file; and all options."""

    file: str
    profile: str
    rows: list[Row]


def effective(asking: SettingContext, name: str | None, arguments: Sequence[str]) -> Effective:
    """Tell what the command ``name`` would run with, given ``arguments``; None: any command.

    Raises as that command would, and `UsageError` where there is none.
    """
    if name is None:
        options = [_declaration(each, asking) for each in declared(asking).values()]
    else:
        options = _options_of(name, asking)
    command = SettingCommand(
        name=name,
        params=[asking.command.settable[PROFILE], *options],
        context_settings={"allow_extra_args": True},
    )
    command.whole = name is not None
    if asking.origins[PROFILE].kind == Kind.FLAG:
        arguments = [f"--{PROFILE}={asking.params[PROFILE]}", *arguments]
    # Where it is none, what refuses something calls it as the help does.
    context = command.make_context(name or "COMMAND", list(arguments), parent=asking.parent)
    assert isinstance(context, SettingContext)  # noqa: S101 - what the command makes
    with context.told_as_set():
        judge(context.params)
    profile = context.settings.profile
    rows = [_row(each, context) for each in options]
    if name is None:
        rows = [_of_all(row, declared(asking)) for row in rows]
    return Effective(str(profile.file), profile.name, rows)


def _declaration(options: Sequence[TyperOption], context: SettingContext) -> TyperOption:
    """Choose the option that takes what is set, of those that commands call alike."""
    setting = context.settings.find(options[0])
    fitting = [each for each in options if setting and context.suits(each, setting.value)]
    return (*fitting, *options)[0]


def _options_of(name: str, context: SettingContext) -> list[TyperOption]:
    known = commands(context)
    if name not in known:
        raise UsageError(
            f"no command {name!r} has options{did_you_mean(name, known)}",
            f"These have some: {', '.join(sorted(known))}.",
        )
    return [each for key, each in known[name].settable.items() if key != PROFILE]


def _row(option: TyperOption, context: SettingContext) -> Row:
    origin = context.origins[option.name]
    source = origin.source
    if origin.over:
        source += f", over {origin.over}"
    if passed := context.passed_over.get(option.name):
        source += f"; passed over, as it does not fit: {passed.source}"
    value = context.params[option.name]
    if origin.words == KEY_VARIABLE:
        value = HIDDEN
    elif isinstance(value, list | tuple):
        value = [str(each) for each in value]
    elif value is not None and not isinstance(value, bool):
        value = _harmless(option.name, str(value))
    elif option.name == "env" and context.params["url"] is None:
        value = "prod"
    return Row(option.rich_help_panel or UNGROUPED, key_of(option), value, source)


def _of_all(row: Row, options: Mapping[str, Sequence[TyperOption]]) -> Row:
    """Name all defaults, where those of commands differ."""
    called = row.key.replace("-", "_")
    defaults = dict.fromkeys(str(each.default) for each in options.get(called, ()))
    if row.source != "default" or len(defaults) <= 1:
        return row
    return row._replace(value=" or ".join(defaults))


def _harmless(name: str, text: str) -> str:
    """Leave out of a value what is secret in it, or may be."""
    match name:
        case "key_id":
            return f"{text[:ID_SHOWN]}…" if _LIKE_AN_ID.fullmatch(text) else HIDDEN
        case "key_command":
            first = text.split()[:1]
            return HIDDEN if any(map(may_be_key, first)) else " ".join([*first, "…"])
        case "key_file" if may_be_key(text):
            return HIDDEN
    return text
