"""The words of the command line: options, and how their values are read."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rfqwatch.errors import UsageError


class Environment(StrEnum):
    """Where to connect."""

    PROD = "prod"
    DEMO = "demo"
    SIM = "sim"


class Format(StrEnum):
    """What a line looks like."""

    JSONL = "jsonl"
    RAW = "raw"
    TEXT = "text"


_CONNECTION = "Connection"
_SELECTION = "Selection"
_END = "End"
_SIMULATION = "Simulated exchange"

EnvOption = Annotated[
    Environment | None,
    typer.Option(
        "--env",
        help="Where to connect: production (the default), demo, or a simulated exchange inside "
        "the program that needs no account.",
        rich_help_panel=_CONNECTION,
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Any other endpoint (or RFQWATCH_URL). Credentials go over wss://, or to this "
        "computer.",
        metavar="URL",
        rich_help_panel=_CONNECTION,
    ),
]
KeyIdOption = Annotated[
    str | None,
    typer.Option(
        "--key-id",
        help="API key id (or KALSHI_API_KEY_ID).",
        metavar="ID",
        rich_help_panel=_CONNECTION,
    ),
]
KeyFileOption = Annotated[
    str | None,
    typer.Option(
        "--key-file",
        help="Private key in PEM, RSA or Ed25519 (or KALSHI_PRIVATE_KEY_PATH, or the PEM itself "
        "in KALSHI_PRIVATE_KEY).",
        metavar="FILE",
        rich_help_panel=_CONNECTION,
    ),
]
MaxRetriesOption = Annotated[
    int | None,
    typer.Option(
        "--max-retries",
        help="Give up (exit 5) after so many attempts in a row. Default: never.",
        metavar="N",
        min=0,
        rich_help_panel=_CONNECTION,
    ),
]
NoReconnectOption = Annotated[
    bool,
    typer.Option(
        "--no-reconnect",
        help="End (exit 5) when the connection is lost.",
        rich_help_panel=_CONNECTION,
    ),
]
IdleTimeoutOption = Annotated[
    str,
    typer.Option(
        "--idle-timeout",
        help="Reconnect when nothing at all is heard for so long; the exchange pings every 10 s.",
        metavar="TIME",
        rich_help_panel=_CONNECTION,
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        help="Watch a part of the channel: key K of N, counted from 0 (3/10), several (0,2/10) or "
        "all (all/4), with a connection for each.",
        metavar="K/N",
        rich_help_panel=_SELECTION,
    ),
]
MineOption = Annotated[
    bool,
    typer.Option("--mine", help="Your own RFQs only.", rich_help_panel=_SELECTION),
]
CountOption = Annotated[
    int | None,
    typer.Option(
        "--count", "-n", help="End after so many events.", metavar="N", min=1, rich_help_panel=_END
    ),
]
DurationOption = Annotated[
    str | None,
    typer.Option(
        "--duration",
        help="End after so long: 30s, 5m, 1h.",
        metavar="TIME",
        rich_help_panel=_END,
    ),
]
FailOnGapOption = Annotated[
    bool,
    typer.Option(
        "--fail-on-gap", help="Exit with 7 at the end if anything was missed.", rich_help_panel=_END
    ),
]
SimRateOption = Annotated[
    float | None,
    typer.Option(
        "--sim-rate",
        help="Frames a second (default 20; 0: as fast as they are read).",
        metavar="RATE",
        min=0,
        rich_help_panel=_SIMULATION,
    ),
]
SimSeedOption = Annotated[
    int | None,
    typer.Option(
        "--sim-seed",
        help="Repeat the traffic and faults of this number.",
        metavar="N",
        rich_help_panel=_SIMULATION,
    ),
]
SimFaultOption = Annotated[
    str | None,
    typer.Option(
        "--sim-fault",
        help="Faults, now and then (reset,seq-hole) or at a data frame (overflow@100). "
        "A wrong name lists them all.",
        metavar="NAME[@N],…",
        rich_help_panel=_SIMULATION,
    ),
]
OutputOption = Annotated[
    Format,
    typer.Option("--output", "-o", help="JSON lines, the exchange's bytes alone, or text to read."),
]
BufferOption = Annotated[
    str,
    typer.Option(
        "--buffer",
        help="Memory for lines that nobody reads yet; past it the oldest RFQs are shed, and said.",
        metavar="SIZE",
    ),
]


FpsOption = Annotated[
    float,
    typer.Option(
        "--fps",
        help="Pictures a second, at most; a key brings the next one forward.",
        metavar="N",
        min=0.1,
        max=30,
    ),
]
MaxAgeOption = Annotated[
    str,
    typer.Option(
        "--max-age",
        help="From which age an open RFQ counts as stale: the exchange does not tell of all ends.",
        metavar="TIME",
    ),
]
OnceOption = Annotated[
    bool,
    typer.Option("--once", help="Print one plain picture at the end of --duration (default 5s)."),
]
SvgOption = Annotated[
    Path | None,
    typer.Option("--svg", help="Save the last picture as SVG.", metavar="FILE", dir_okay=False),
]


_UNITS_S = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_UNITS_BYTES = {"": 1, "b": 1, "k": 2**10, "kib": 2**10, "m": 2**20, "mib": 2**20, "g": 2**30}
_UNITS_BYTES |= {"gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_QUANTITY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)", re.ASCII)


def quantity(option: str, text: str, units: dict[str, float] | dict[str, int], form: str) -> float:
    """Read a number with a unit. Raises `UsageError` that shows the ``form``."""
    match = _QUANTITY.fullmatch(text.strip().lower())
    if match is None or match[2] not in units or not float(match[1]):
        raise UsageError(f"{option} {text!r} is not understood", f"Write it like {form}.")
    return float(match[1]) * units[match[2]]


def seconds(option: str, text: str) -> float:
    """Read a time. Raises `UsageError`."""
    return quantity(option, text, _UNITS_S, "500ms, 30s, 5m or 1h")


def size(option: str, text: str) -> int:
    """Read a size in bytes. Raises `UsageError`."""
    return int(quantity(option, text, _UNITS_BYTES, "64MiB, 500k or 1g"))
