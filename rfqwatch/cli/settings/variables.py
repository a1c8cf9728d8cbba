"""Finds options among the environment variables.

Each has one, ``RFQWATCH_`` with its long name: ``RFQWATCH_KEY_FILE``. A blank one is not set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.settings.guessing import did_you_mean
from rfqwatch.cli.settings.origin import Origin
from rfqwatch.unquoting import unquoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX = "RFQWATCH_"

KEY_ID_VARIABLES = ("KALSHI_API_KEY_ID", "KALSHI_KEY_ID")
KEY_PATH_VARIABLES = ("KALSHI_PRIVATE_KEY_PATH", "KALSHI_PRIVATE_KEY_FILE")
KEY_VARIABLE = "KALSHI_PRIVATE_KEY"
"""Holds the key itself, which no option does: it stands for a key file."""

SHARED = {"key-id": KEY_ID_VARIABLES, "key-file": (*KEY_PATH_VARIABLES, KEY_VARIABLE)}
"""Variables that other programs for Kalshi read, in the order in which they are looked at."""

AS_WRITTEN = {"include", "exclude", "key-command"}
"""Options in whose values quotes mean something."""
BY_LINES = {"include", "exclude", "from"}
"""Options whose values may hold spaces, so that several stand on a line each."""


class Variable(NamedTuple):
    """What a variable says of an option: None where only `KEY_VARIABLE` does, a secret."""

    text: str | None
    origin: Origin


def variable_of(key: str) -> str:
    """Name the variable of an option, by its long name."""
    return PREFIX + key.replace("-", "_").upper()


def find_variable(key: str, environ: Mapping[str, str]) -> Variable | None:
    """Find what is said of an option, by its long name; None: nothing."""
    for name in (variable_of(key), *SHARED.get(key, ())):
        text = environ.get(name, "")
        if found := unquoted(text):
            origin = Origin.variable(name, shared=not name.startswith(PREFIX))
            if name == KEY_VARIABLE:
                return Variable(None, origin)
            return Variable(text if key in AS_WRITTEN else found, origin)
    return None


def values_in(key: str, text: str) -> list[str]:
    """Take apart what a variable says of an option that may be given several times."""
    if key in BY_LINES:
        return [line for line in text.splitlines() if line.strip()]
    return text.split()


def unknown_variables(
    keys: Collection[str], opposites: Mapping[str, str], environ: Mapping[str, str]
) -> list[str]:
    """Name, in words for a warning, the variables that look like ours, and are no option's.

    ``opposites`` have the key of what each would turn round: ``no-combo``, that of ``combo``.
    """
    known = [variable_of(key) for key in keys]
    turned = {variable_of(no): variable_of(key) for no, key in opposites.items()}
    said = []
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        if other := turned.get(name):
            said.append(f"{name} is no option's variable; did you mean {other}=false?")
        elif name not in known:
            said.append(f"{name} is no option's variable" + did_you_mean(name, known, PREFIX))
    return said
