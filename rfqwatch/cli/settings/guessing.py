"""Guesses what was meant by a name that is none."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEAR = 0.7
"""Of 1, for the same name; what is less near is not what was meant, as `url` by `dir`."""


def did_you_mean(name: str, names: Iterable[str], prefix: str = "") -> str:
    """Ask for the name that is really near, in the words that end a message; "" for none.

    ``prefix`` is what all have, and says nothing.
    """
    bare = [each.removeprefix(prefix) for each in names]
    near = get_close_matches(name.removeprefix(prefix), bare, n=1, cutoff=NEAR)
    return "".join(f"; did you mean {prefix}{each}?" for each in near)
