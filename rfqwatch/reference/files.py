"""Which files are made of the declared command line."""

from __future__ import annotations

from rfqwatch.reference.bash import bash
from rfqwatch.reference.commands import declared
from rfqwatch.reference.fish import fish
from rfqwatch.reference.zsh import zsh


def files() -> dict[str, str]:
    """Give the text of each by its path in the project."""
    program = declared()
    return {
        "completions/rfqwatch.bash": bash(program),
        "completions/_rfqwatch": zsh(program),
        "completions/rfqwatch.fish": fish(program),
    }
