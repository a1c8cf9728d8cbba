"""Options: where to record, how much."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rfqwatch.cli.options.completions import examples
from rfqwatch.cli.options.quantities import Quantity, time_or_size

_recording = partial(typer.Option, rich_help_panel="Recording")


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How much goes into one file of a recording, and how much is kept."""

    rotate: Annotated[
        list[Quantity] | None,
        _recording(
            help="Begin another file at each such time by the clock (UTC), or when one has so many "
            "bytes; give it twice for both. Default: 1h.",
            metavar="TIME|SIZE",
            parser=time_or_size,
            autocompletion=examples("10min", "1h", "1d", "256MiB", "1GiB"),
        ),
    ] = None
    keep: Annotated[
        list[Quantity] | None,
        _recording(
            help="Remove the oldest whole files once they are older, or more bytes, than that; "
            "give it twice for both. Default: keep all.",
            metavar="TIME|SIZE",
            parser=time_or_size,
            autocompletion=examples("1d", "7d", "30d", "10GiB", "50GiB"),
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class RecordingOptions(FileOptions):
    """Whether to record what is shown, and where."""

    record: Annotated[
        Path | None,
        _recording(
            help="Keep what is watched in files of this directory, as JSON lines.",
            metavar="DIR",
            file_okay=False,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class RecordOptions(FileOptions):
    """Where to record."""

    record: Annotated[
        Path,
        typer.Argument(help="The directory for the files.", metavar="DIR", file_okay=False),
    ]
