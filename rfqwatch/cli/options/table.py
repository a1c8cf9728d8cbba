"""Options: what the table shows, where."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from rfqwatch.cli.options.completions import examples
from rfqwatch.cli.options.quantities import Seconds

Colors = Literal["auto", "always", "never"]
Order = Literal["newest", "oldest", "largest", "quotes", "deadline"]
Group = Literal["event", "leg", "market", "creator", "batch"]

_table = partial(typer.Option, rich_help_panel="Table")


def _savable(text: str) -> Path:
    from rfqwatch.screen.snapshot import require_savable

    path = Path(text)
    require_savable(path)
    return path


def _columns() -> list[str]:
    from rfqwatch.screen.picture.columns import COLUMNS

    return [column.name for column in COLUMNS]


@dataclass(frozen=True)
class TableOptions:
    """What the table shows, and where."""

    sort: Annotated[Order, _table(help="The first order; s changes it.")] = "newest"
    group: Annotated[Group | None, _table(help="What to count by at first; g changes it.")] = None
    columns: Annotated[
        str | None,
        _table(
            help="Show these columns, in this order, instead of those that have something to say: "
            "age,what,size,yes-bid. A wrong name lists them all.",
            metavar="NAME,…",
            autocompletion=_columns,
        ),
    ] = None
    max_age: Annotated[
        Seconds,
        _table(
            help="From which age an open RFQ counts as stale: the exchange does not tell of all "
            "ends.",
            metavar="TIME",
            parser=Seconds,
            autocompletion=examples("10m", "30m", "2h", "1d"),
        ),
    ] = Seconds("2h")
    fps: Annotated[
        float,
        _table(
            help="Pictures a second, at most; a key brings the next one forward.",
            metavar="N",
            min=0.1,
            max=30,
        ),
    ] = 4.0
    bell: Annotated[
        bool, _table("--bell", help="Ring when a quote that you may see is accepted.")
    ] = False
    once: Annotated[
        bool,
        _table("--once", help="Print one plain picture at the end of --duration (default 5s)."),
    ] = False
    svg: Annotated[
        Path | None,
        _table(help="Save the last picture as SVG.", metavar="FILE", parser=_savable),
    ] = None
    color: Annotated[
        Colors,
        _table(help="Colours on the terminal; auto: unless NO_COLOR is set."),
    ] = "auto"
