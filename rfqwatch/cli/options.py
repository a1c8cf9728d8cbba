"""The options of the command line, each declared once, in groups that commands share.

A field's name is its option's. Typer reads the annotations, so they are no text here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rfqwatch.cli.quantities import Quantity, Seconds, Size, time_or_size
from rfqwatch.errors import UsageError
from rfqwatch.exchange.shards import Shard, parse_shards

if TYPE_CHECKING:
    from rfqwatch.simulator.faults import Fault

Environment = Literal["prod", "demo", "sim"]
Colors = Literal["auto", "always", "never"]
Format = Literal["jsonl", "raw", "text"]
Order = Literal["newest", "oldest", "largest", "quotes", "deadline"]
Group = Literal["event", "leg", "market", "creator", "batch"]
SIM_RATE = 20


def _faults(text: str) -> Sequence["Fault"]:
    from rfqwatch.simulator.faults import parse_faults

    return parse_faults(text)


def _types(incomplete: str) -> list[str]:
    from rfqwatch.exchange.events import EVENT_TYPES

    return [name for name in sorted(EVENT_TYPES) if name.startswith(incomplete)]


def _savable(text: str) -> Path:
    from rfqwatch.screen.snapshot import require_savable

    path = Path(text)
    require_savable(path)
    return path


def _columns(incomplete: str) -> list[str]:
    from rfqwatch.screen.picture.columns import COLUMNS

    before, comma, begun = incomplete.rpartition(",")
    names = [column.name for column in COLUMNS if column.name not in before.split(",")]
    return [before + comma + name for name in names if name.startswith(begun)]


_connection = partial(typer.Option, rich_help_panel="Connection")
_selection = partial(typer.Option, rich_help_panel="Selection")
_recording = partial(typer.Option, rich_help_panel="Recording")
_end = partial(typer.Option, rich_help_panel="End")
_simulation = partial(typer.Option, rich_help_panel="Simulated exchange")


@dataclass(frozen=True)
class ConnectionOptions:
    """Where to connect, as whom, and how persistently."""

    env: Annotated[
        Environment | None,
        _connection(
            help="Where to connect: production (the default), demo, or a simulated exchange "
            "inside the program that needs no account."
        ),
    ] = None
    url: Annotated[
        str | None,
        _connection(
            help="Any other endpoint (or RFQWATCH_URL). Credentials go over wss://, or to this "
            "computer.",
            metavar="URL",
        ),
    ] = None
    key_id: Annotated[
        str | None, _connection(help="API key id (or KALSHI_API_KEY_ID).", metavar="ID")
    ] = None
    key_file: Annotated[
        str | None,
        _connection(
            help="Private key in PEM, RSA or Ed25519 (or KALSHI_PRIVATE_KEY_PATH, or the PEM "
            "itself in KALSHI_PRIVATE_KEY).",
            metavar="FILE",
        ),
    ] = None
    max_retries: Annotated[
        int | None,
        _connection(
            help="Give up (exit 5) after so many attempts in a row. Default: never.",
            metavar="N",
            min=0,
        ),
    ] = None
    no_reconnect: Annotated[
        bool, _connection("--no-reconnect", help="End (exit 5) when the connection is lost.")
    ] = False
    idle_timeout: Annotated[
        Seconds,
        _connection(
            help="Reconnect when nothing at all is heard for so long; the exchange pings every "
            "10 s.",
            metavar="TIME",
            parser=Seconds,
        ),
    ] = Seconds("30s")
    quiet_timeout: Annotated[
        Seconds,
        _connection(
            help="Ask the exchange whether the subscription still lives when no message came for "
            "so long.",
            metavar="TIME",
            parser=Seconds,
        ),
    ] = Seconds("60s")


@dataclass(frozen=True)
class VerbosityOptions:
    """How much is said on standard error."""

    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Say what the connection does, each step of it."),
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False

    def level(self) -> int:
        """Give how much is said, of `rfqwatch.stderr.Verbosity`; raises `UsageError`."""
        if self.verbose and self.quiet:
            raise UsageError("--verbose and --quiet exclude each other", "Leave one of them out.")
        return 1 + self.verbose - self.quiet


@dataclass(frozen=True)
class SubscriptionOptions:
    """Which part of the channel to ask the exchange for."""

    shard: Annotated[
        Sequence[Shard] | None,
        _selection(
            help="Watch a part of the channel: key K of N, counted from 0 (3/10), several (0,2/10) "
            "or all (all/4), with a connection for each.",
            metavar="K/N",
            parser=parse_shards,
        ),
    ] = None
    mine: Annotated[bool, _selection("--mine", help="Your own RFQs only.")] = False


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
        _selection(help="RFQs of so many legs: 3, 2..5, 3.. or ..4.", metavar="A..B"),
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
        _selection(
            "--known", help="No deletions of RFQs, nor quotes on them, that were not seen before."
        ),
    ] = None


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
        Seconds | None, _end(help="End after so long: 30s, 5m, 1h.", metavar="TIME", parser=Seconds)
    ] = None
    fail_on_gap: Annotated[
        bool, _end("--fail-on-gap", help="Exit with 7 at the end if anything was missed.")
    ] = False


@dataclass(frozen=True)
class LineOptions:
    """What lines look like, and how many may wait."""

    output: Annotated[
        Format,
        typer.Option(
            "--output", "-o", help="JSON lines, the exchange's bytes alone, or text to read."
        ),
    ] = "jsonl"
    buffer: Annotated[
        Size,
        typer.Option(
            help="Memory for lines that nobody reads yet; past it the oldest RFQs are shed, "
            "and said.",
            metavar="SIZE",
            parser=Size,
        ),
    ] = Size("64MiB")


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
        ),
    ] = None
    keep: Annotated[
        list[Quantity] | None,
        _recording(
            help="Remove the oldest whole files once they are older, or more bytes, than that; "
            "give it twice for both. Default: keep all.",
            metavar="TIME|SIZE",
            parser=time_or_size,
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


@dataclass(frozen=True)
class TableOptions:
    """What the table shows, and where."""

    sort: Annotated[Order, typer.Option(help="The first order; s changes it.")] = "newest"
    group: Annotated[
        Group | None, typer.Option(help="What to count by at first; g changes it.")
    ] = None
    columns: Annotated[
        str | None,
        typer.Option(
            help="Show these columns, in this order, instead of those that have something to say: "
            "age,what,size,yes-bid. A wrong name lists them all.",
            metavar="NAME,…",
            autocompletion=_columns,
        ),
    ] = None
    max_age: Annotated[
        Seconds,
        typer.Option(
            help="From which age an open RFQ counts as stale: the exchange does not tell of all "
            "ends.",
            metavar="TIME",
            parser=Seconds,
        ),
    ] = Seconds("2h")
    fps: Annotated[
        float,
        typer.Option(
            help="Pictures a second, at most; a key brings the next one forward.",
            metavar="N",
            min=0.1,
            max=30,
        ),
    ] = 4.0
    bell: Annotated[
        bool, typer.Option("--bell", help="Ring when a quote that you may see is accepted.")
    ] = False
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Print one plain picture at the end of --duration (default 5s)."
        ),
    ] = False
    svg: Annotated[
        Path | None,
        typer.Option(help="Save the last picture as SVG.", metavar="FILE", parser=_savable),
    ] = None
    color: Annotated[
        Colors,
        typer.Option(help="Colours on the terminal; auto: unless NO_COLOR is set."),
    ] = "auto"


@dataclass(frozen=True)
class ServingOptions:
    """Where to serve."""

    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any.", min=0, max=65535)] = 0


@dataclass(frozen=True)
class SimulationOptions:
    """What the simulated exchange does; all None where nothing was asked of it."""

    sim_rate: Annotated[
        float | None,
        _simulation(
            help=f"Frames a second (default {SIM_RATE}; 0: as fast as they are read).",
            metavar="RATE",
            min=0,
        ),
    ] = None
    sim_seed: Annotated[
        int | None, _simulation(help="Repeat the traffic and faults of this number.", metavar="N")
    ] = None
    sim_fault: Annotated[
        Sequence["Fault"] | None,
        _simulation(
            help="Faults, now and then (reset,seq-hole) or at a data frame (overflow@100). "
            "A wrong name lists them all.",
            metavar="NAME[@N],…",
            parser=_faults,
        ),
    ] = None

    @property
    def rate(self) -> float:
        """Frames a second."""
        return SIM_RATE if self.sim_rate is None else self.sim_rate
