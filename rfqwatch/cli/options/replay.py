"""Options: which recordings to read, how."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import typer

from rfqwatch.cli.options.completions import examples, explained
from rfqwatch.cli.options.quantities import Moment

_replay = partial(typer.Option, rich_help_panel="Replay")
_report = partial(typer.Option, rich_help_panel="Report")
_ago = examples("-10m", "-1h", "-1d")


@dataclass(frozen=True)
class StretchOptions:
    """Which stretch of recordings to take, and whether in spite of damage."""

    since: Annotated[
        Moment | None,
        _replay(
            help="From when on to show: an ISO time, in UTC unless it says otherwise, or -2h.",
            metavar="TIME",
            parser=Moment,
            autocompletion=_ago,
        ),
    ] = None
    until: Annotated[
        Moment | None,
        _replay(help="Up to when.", metavar="TIME", parser=Moment, autocompletion=_ago),
    ] = None
    lenient: Annotated[
        bool, _replay("--lenient", help="Skip lines that can't be read, with a gap for them.")
    ] = False


@dataclass(frozen=True)
class ReplayOptions(StretchOptions):
    """Which recordings to replay instead of connecting, and how."""

    source: Annotated[
        list[str] | None,
        _replay(
            "--from",
            help="Replay recordings: a file, plain, gzip or zstd, a directory, a pattern, or - for "
            "standard input. Give it several times for several, in order.",
            metavar="FILE|DIR|GLOB|-",
        ),
    ] = None
    speed: Annotated[
        float | None,
        _replay(
            help="How fast: 1 by the recorded times (the default of table), N: N times as fast, "
            "0: at once (of tail, and of table --once).",
            metavar="X",
            min=0,
            autocompletion=explained(
                {"0": "at once", "1": "by the recorded times", "10": "ten times as fast"}
            ),
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What to report on, and how."""

    source: Annotated[
        list[str],
        typer.Argument(
            help="Recordings: files, plain, gzip or zstd, directories, patterns, or - for standard "
            "input; in order.",
            metavar="FILE|DIR|GLOB|-…",
            show_default=False,
        ),
    ]
    output: Annotated[
        Literal["text", "json"],
        _report("--output", "-o", help="Tables to read, or one JSON object for machines."),
    ] = "text"
    top: Annotated[
        int, _report(help="How many rows lists have.", metavar="N", min=1, max=10_000)
    ] = 10
