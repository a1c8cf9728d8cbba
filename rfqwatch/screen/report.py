"""Answers of a report, as tables with bars or as one JSON object."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rfqwatch.escaping import safe
from rfqwatch.lines.wording import NONE
from rfqwatch.screen.picture.bars import bar
from rfqwatch.screen.picture.styles import FAINT, STRONG, TITLE
from rfqwatch.screen.snapshot import paper_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.report.answer import Answer, Value

BAR = 16
_SHARE = "_share"
"""What ends the names of shares of the whole, which people read in per cent."""


def as_json(answers: Iterable[Answer]) -> str:
    """Write an object with a member for each answer: its ``facts``, and ``rows`` of objects."""
    told = {
        answer.name: {
            "facts": dict(answer.facts),
            "rows": [dict(zip(answer.columns, row, strict=True)) for row in answer.rows],
        }
        for answer in answers
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def as_tables(answers: Iterable[Answer]) -> str:
    """Draw a table for each answer, in colours where standard output is a terminal."""
    paper = io.StringIO()
    seen = sys.stdout.isatty()
    console = Console(
        file=paper,
        width=paper_size()[0],
        force_terminal=seen,
        no_color=None if seen else True,
        highlight=False,
        legacy_windows=False,
    )
    for answer in answers:
        console.print(Text(answer.title, TITLE))
        facts = "  ".join(
            f"{_title(name)} {_fact(name, fact)}" for name, fact in answer.facts.items()
        )
        console.print(Text(facts, FAINT))
        if answer.rows:
            console.print(_table(answer))
        console.print()
    # What is no terminal needs no spaces that nobody sees.
    return "".join(f"{line.rstrip()}\n" for line in paper.getvalue().splitlines())


def _table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, header_style=STRONG)
    for place, name in enumerate(answer.columns):
        number = all(isinstance(row[place], int | float | Decimal | None) for row in answer.rows)
        table.add_column(Text(_title(name)), justify="right" if number else "left", overflow="fold")
    measured = [
        Decimal(str(row[answer.columns.index(answer.measure)] or 0)) if answer.measure else 0
        for row in answer.rows
    ]
    most = max(measured)
    table.add_column()
    for row, measure in zip(answer.rows, measured, strict=True):
        drawn = bar(float(measure / most), BAR) if most > 0 else ""
        table.add_row(*(Text(_text(value)) for value in row), Text(drawn))
    return table


def _fact(name: str, fact: Value) -> str:
    if name.endswith(_SHARE) and isinstance(fact, float):
        return f"{100 * fact:.4f}".rstrip("0").rstrip(".") + " %"
    return _text(fact)


def _title(name: str) -> str:
    return name.removesuffix(_SHARE).replace("_", " ")


def _text(value: Value) -> str:
    match value:
        case None:
            return NONE
        case Decimal():
            return f"{value:,.2f}"
        case Mapping():
            return ", ".join(
                f"{safe(name)} \N{MULTIPLICATION SIGN} {count:,}" for name, count in value.items()
            )
        case int() | float():
            return f"{value:,}"
        case _:
            return safe(value)
