"""Which files are made of the declared command line."""

from __future__ import annotations

from rfqwatch.reference.bash import bash
from rfqwatch.reference.commandline import declared
from rfqwatch.reference.fish import fish
from rfqwatch.reference.linepage import line_page
from rfqwatch.reference.manpages import manpages
from rfqwatch.reference.optionpage import option_page
from rfqwatch.reference.zsh import zsh


def files() -> dict[str, str]:
    """Give the text of each by its path in the project."""
    program = declared()
    pages = {f".github/man/man1/{name}.1": text for name, text in manpages(program).items()}
    return {
        "completions/rfqwatch.bash": bash(program),
        "completions/_rfqwatch": zsh(program),
        "completions/rfqwatch.fish": fish(program),
        ".github/lines.md": line_page(),
        ".github/options.md": option_page(program),
        **pages,
    }
