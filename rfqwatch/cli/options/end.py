"""Options: when to end, how."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from rfqwatch.cli.options.completions import examples
from rfqwatch.cli.options.quantities import Seconds

_end = partial(typer.Option, rich_help_panel="End")


@dataclass(frozen=True)
class EndOptions:
    """When to end, and how."""

    count: Annotated[
        int | None,
        _end(
            "--count", "-n", help="End after so many events, of those selected.", metavar="N", min=1
        ),
    ] = None
    duration: Annotated[
        Seconds | None,
        _end(
            help="End after so long: 30s, 5m, 1h.",
            metavar="TIME",
            parser=Seconds,
            autocompletion=examples("10s", "30s", "5m", "1h"),
        ),
    ] = None
    fail_on_gap: Annotated[
        bool, _end("--fail-on-gap", help="Exit with 7 at the end if anything was missed.")
    ] = False
