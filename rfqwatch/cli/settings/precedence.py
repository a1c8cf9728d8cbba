"""Finds what is set for an option beside the command line: in a variable, or else in a profile."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from rfqwatch.cli.settings.applying import PROFILE
from rfqwatch.cli.settings.origin import Origin, key_of
from rfqwatch.cli.settings.profile import read_profile
from rfqwatch.cli.settings.variables import find_variable, unknown_variables, values_in
from rfqwatch.errors import UsageError
from rfqwatch.stderr import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typer.core import TyperOption

PATHS = ("FILE", "DIR")
"""What an option that takes paths has in its metavar."""

RIVALS = {"key-file": ("key-command",), "key-command": ("key-file",), "url": ("env",)}
"""Options that say the same thing in another way."""


class Setting(NamedTuple):
    """What is set for an option, as its parser takes it."""

    value: Any
    origin: Origin


class Settings:
    """What variables and one profile say of the options of all commands.

    ``declared`` has the options by the names of their parameters, once for each command that has
    it. The profile is the one ``named``, ``by`` a flag or a variable, or else the default one.
    Raises `UsageError` as `read_profile` does, and says warnings.
    """

    def __init__(
        self,
        declared: Mapping[str, Sequence[TyperOption]],
        named: str | None,
        by: str,
        environ: Mapping[str, str],
    ) -> None:
        self.declared = declared
        self._environ = environ
        keys = {key_of(options[0]) for options in declared.values()}
        opposites = {
            opposite: key_of(options[0])
            for options in declared.values()
            if options[0].is_flag
            for opposite in _opposites(key_of(options[0]))
        }
        self.profile = read_profile(named, by, keys, opposites, environ)
        unknown = unknown_variables({*keys, PROFILE}, opposites, environ)
        for warning in (*unknown, *self.profile.warnings):
            say(f"warning: {warning}")

    def find(self, option: TyperOption) -> Setting | None:
        """Find what is set for an option, None where nothing is.

        Raises `UsageError` for what is not of the form that a profile's value must have: true or
        false for a flag, a list where an option may be given several times.
        """
        key = key_of(option)
        if variable := find_variable(key, self._environ):
            value: Any = variable.text
            if value is not None and option.multiple:
                value = values_in(key, value)
            origin = variable.origin._replace(over=self._over(key))
            return Setting(_with_home(option, value), origin)
        if key in self.profile.settings:
            origin = self._origin(key)
            value = _of_form(option, self.profile.settings[key], origin.words)
            return Setting(_with_home(option, value), origin)
        return None

    def _over(self, key: str) -> str:
        """Name what a variable for an option wins over, "" where that is nothing."""
        rivals = (key, *RIVALS.get(key, ()))
        beaten = [self._origin(each).words for each in rivals if each in self.profile.settings]
        return beaten[0] if beaten else ""

    def _origin(self, key: str) -> Origin:
        return Origin.profile(key, self.profile.name, str(self.profile.file))


def _opposites(key: str) -> tuple[str, ...]:
    """Give what someone may write in place of a flag's key who means the opposite."""
    return (key.removeprefix("no-"),) if key.startswith("no-") else (f"no-{key}",)


def _of_form(option: TyperOption, value: object, words: str) -> object:
    if option.is_flag:
        if not isinstance(value, bool):
            raise UsageError(f"{words} is true or false", "Write it without quotes: true or false.")
        return value
    if option.multiple:
        values = value if isinstance(value, list) else [value]
        return [_written(each, words) for each in values]
    if isinstance(value, list):
        raise UsageError(f"{words} takes one value, not a list", "Write it as the option takes it.")
    return _written(value, words)


def _written(value: object, words: str) -> str:
    """Write a value as one would on the command line."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | date | datetime):
        raise UsageError(f"{words} is no text, number or time", 'Write it in quotes: "…".')
    return str(value)


def _with_home(option: TyperOption, value: Any) -> Any:  # noqa: ANN401 - of any form
    """Expand ``~``, as the shell does in what is given on the command line."""
    if not any(part in (option.metavar or "") for part in PATHS):
        return value
    if isinstance(value, list):
        return [os.path.expanduser(path) for path in value]  # noqa: PTH111 - as it is written
    return value and os.path.expanduser(value)  # noqa: PTH111
