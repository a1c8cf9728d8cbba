from __future__ import annotations

import re

from rfqwatch.reference.commandline import declared
from rfqwatch.reference.optionpage import option_page

PROGRAM = declared()
PAGE = option_page(PROGRAM)


def test_every_option_is_there_with_every_command_that_has_it() -> None:
    told = {
        (name, command)
        for named, commands in re.findall(
            r"^\| (`-[^|]*(?:\\\|[^|]*)*) \| ([^|]*) \|", PAGE, re.MULTILINE
        )
        for name in re.findall(r"`(-[\w-]+)", named)
        for command in commands.split(", ")
    }
    everyone = [each.name for each in PROGRAM.commands]
    assert {
        (name, command)
        for name, held in told
        for command in (everyone if held == "all" else [held])
        if command != "rfqwatch"
    } == {
        (name, command.name)
        for command in PROGRAM.commands
        for option in command.options
        for name in (*option.names, *option.negations)
    }


def test_a_cell_ends_where_it_should() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert cells == {3, 4, 5}
    assert "| `--env prod\\|demo\\|sim` | tail, table, record, check |" in PAGE
