"""Options: which messages to take."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from rfqwatch.cli.options.completions import explained


def _types() -> list[str]:
    from rfqwatch.exchange.events import EVENT_TYPES

    return sorted(EVENT_TYPES)


_selection = partial(typer.Option, rich_help_panel="Selection")


@dataclass(frozen=True)
class SelectionOptions:
    """Which messages of the stream to take, whatever it comes from."""

    type: Annotated[
        list[str] | None,
        _selection(
            help="Messages of this type, or of a pattern: 'quote_*'. Options given several times "
            "take what fits any of them; different ones what fits all.",
            metavar="TYPE",
            autocompletion=_types,
        ),
    ] = None
    market: Annotated[
        list[str] | None,
        _selection(
            help="RFQs whose market, or a leg's, fits; * stands for anything, and case for "
            "nothing. Deletions and quotes follow their RFQ.",
            metavar="GLOB",
        ),
    ] = None
    event: Annotated[
        list[str] | None, _selection(help="RFQs whose event, or a leg's, fits.", metavar="GLOB")
    ] = None
    collection: Annotated[
        list[str] | None, _selection(help="Combos whose collection fits.", metavar="GLOB")
    ] = None
    combo: Annotated[
        bool | None, _selection("--combo/--no-combo", help="Combos only, or none.")
    ] = None
    legs: Annotated[
        list[str] | None,
        _selection(
            help="RFQs of so many legs: 3, 2..5, 3.. or ..4.",
            metavar="A..B",
            autocompletion=explained(
                {"2": "two", "2..5": "two to five", "3..": "three or more", "..4": "four or fewer"}
            ),
        ),
    ] = None
    min_cost: Annotated[
        str | None,
        _selection(
            help="RFQs of so many dollars or more; a contract counts as the dollar that it can "
            "pay where only contracts are told, or only dollars.",
            metavar="DOLLARS",
        ),
    ] = None
    max_cost: Annotated[
        str | None, _selection(help="RFQs of so many dollars or less.", metavar="DOLLARS")
    ] = None
    min_contracts: Annotated[
        str | None, _selection(help="RFQs of so many contracts or more.", metavar="N")
    ] = None
    creator: Annotated[
        list[str] | None,
        _selection(help="RFQs of creators whose id begins so.", metavar="PREFIX"),
    ] = None
    include: Annotated[
        list[str] | None,
        _selection(
            *("--include", "-i"),
            help="Lines in which this is found, and what belongs to their RFQs. It is sought in "
            "the exchange's own bytes.",
            metavar="REGEX",
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        _selection(
            *("--exclude", "-e"),
            help="No lines in which this is found, nor what belongs to their RFQs.",
            metavar="REGEX",
        ),
    ] = None
    known: Annotated[
        bool | None,
        _selection("--known", help="Of deletions and quotes only those whose RFQ was seen."),
    ] = None
