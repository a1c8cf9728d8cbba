"""The command line: options to parts, errors to exit codes. Heavy imports wait for a command."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rfqwatch.errors import GapsError, RfqwatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.credentials import Credentials
    from rfqwatch.health import Health
    from rfqwatch.outputs import Output
    from rfqwatch.outputs.lines import LineOutput
    from rfqwatch.shards import Shard
    from rfqwatch.simulator.faults import Fault
    from rfqwatch.transports.websocket import Dialer
    from rfqwatch.watch import Channel, Quota

PATH = "/trade-api/ws/v2"
GRACE_S = 2.0
"""How long a consumer that does not read may hold up an end that a signal or an error asks for."""

app = typer.Typer(
    name="rfqwatch",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Environment(StrEnum):
    """Where to connect."""

    PROD = "prod"
    DEMO = "demo"
    SIM = "sim"


URLS = {
    Environment.PROD: f"wss://external-api-ws.kalshi.com{PATH}",
    Environment.DEMO: f"wss://external-api-ws.demo.kalshi.co{PATH}",
}
"""Source: docs.kalshi.com, WebSocket quick start."""


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


class _Endpoint(NamedTuple):
    url: str
    place: str
    credentials: Credentials


def _say(text: str) -> None:
    from rfqwatch.outputs.status import say

    say(text)


def _faults(text: str | None) -> Sequence[Fault]:
    from rfqwatch.simulator.faults import parse_faults

    try:
        return parse_faults(text or "")
    except ValueError as error:
        raise UsageError(f"--sim-fault: {error}") from None


@contextmanager
def _endpoint(
    env: Environment | None,
    url: str | None,
    key_id: str | None,
    key_file: str | None,
    sim_rate: float | None,
    sim_seed: int | None,
    sim_fault: str | None,
) -> Iterator[_Endpoint]:
    """Find where to connect and as whom; with ``--env sim``, keep the exchange running."""
    from rfqwatch.credentials import credentials_from_pem, load_credentials

    if env is Environment.SIM:
        if url is not None:
            raise UsageError("--url and --env sim exclude each other", "Leave one of them out.")
        from rfqwatch.simulator.serving import running

        with running(
            rate=20 if sim_rate is None else sim_rate, seed=sim_seed, faults=_faults(sim_fault)
        ) as exchange:
            credentials = credentials_from_pem(
                exchange.key_id, exchange.private_key_pem, "the simulated exchange's key"
            )
            yield _Endpoint(exchange.url, "sim", credentials)
        return
    if (sim_rate, sim_seed, sim_fault) != (None, None, None):
        raise UsageError("--sim-… options are for --env sim", "Add --env sim, or leave them out.")
    if env is not None and url is not None:
        raise UsageError("--url and --env exclude each other", "Leave one of them out.")
    if env is None and url is None:
        url = os.environ.get("RFQWATCH_URL") or None
    credentials, warnings = load_credentials(key_id, key_file, os.environ)
    for warning in warnings:
        _say(f"warning: {warning}")
    env = env or Environment.PROD
    yield _Endpoint(url or URLS[env], "" if url else env.value, credentials)


def _channels(
    endpoint: _Endpoint,
    *,
    shard: str | None,
    mine: bool,
    max_retries: int | None,
    no_reconnect: bool,
    idle_timeout: str,
    output: Output,
    quota: Quota,
) -> tuple[list[tuple[Channel, Dialer]], Health]:
    from random import Random

    from rfqwatch.backoff import Backoff
    from rfqwatch.health import Health
    from rfqwatch.session import Session
    from rfqwatch.shards import parse_shards
    from rfqwatch.transports.websocket import Dialer
    from rfqwatch.watch import Channel

    shards: Sequence[Shard | None] = (None,) if shard is None else parse_shards(shard)
    idle_timeout_s = _seconds("--idle-timeout", idle_timeout)
    channels = []
    health: Health | None = None
    for each in shards:
        dialer = Dialer(endpoint.url, endpoint.credentials, idle_timeout_s=idle_timeout_s, say=_say)
        health = health or Health(endpoint.place or dialer.place)
        backoff = Backoff(Random(), 0 if no_reconnect else max_retries)
        session = Session(shard=each, mine=mine, backoff=backoff)
        card = health.shard("" if each is None else str(each))
        channels.append((Channel(session, card, output, quota, _say), dialer))
    assert health is not None  # noqa: S101 - there is at least one shard
    return channels, health


_UNITS_S = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_UNITS_BYTES = {"": 1, "b": 1, "k": 2**10, "kib": 2**10, "m": 2**20, "mib": 2**20, "g": 2**30}
_UNITS_BYTES |= {"gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_QUANTITY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)", re.ASCII)


def _quantity(option: str, text: str, units: dict[str, float] | dict[str, int], form: str) -> float:
    match = _QUANTITY.fullmatch(text.strip().lower())
    if match is None or match[2] not in units or not float(match[1]):
        raise UsageError(f"{option} {text!r} is not understood", f"Write it like {form}.")
    return float(match[1]) * units[match[2]]


def _seconds(option: str, text: str) -> float:
    return _quantity(option, text, _UNITS_S, "500ms, 30s, 5m or 1h")


@app.callback(invoke_without_command=True)
def _rfqwatch(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    """Watch Kalshi's requests for quotes (RFQs) and quotes as they happen."""
    if version:
        from rfqwatch import __version__

        typer.echo(f"rfqwatch {__version__}")
        raise typer.Exit


@app.command()
def tail(
    env: EnvOption = None,
    url: UrlOption = None,
    key_id: KeyIdOption = None,
    key_file: KeyFileOption = None,
    max_retries: MaxRetriesOption = None,
    no_reconnect: NoReconnectOption = False,  # noqa: FBT002
    idle_timeout: IdleTimeoutOption = "30s",
    shard: ShardOption = None,
    mine: MineOption = False,  # noqa: FBT002
    count: CountOption = None,
    duration: DurationOption = None,
    fail_on_gap: FailOnGapOption = False,  # noqa: FBT002
    output: OutputOption = Format.JSONL,
    buffer: BufferOption = "64MiB",
    sim_rate: SimRateOption = None,
    sim_seed: SimSeedOption = None,
    sim_fault: SimFaultOption = None,
) -> None:
    """Print the exchange's RFQ stream as JSON lines: one message, one line.

    A stream without a line of the type rfqwatch.gap is complete.
    """
    import asyncio

    from rfqwatch.ending import SignalledError
    from rfqwatch.outputs.stdout import ConsumerGoneError

    duration_s = None if duration is None else _seconds("--duration", duration)
    limit = int(_quantity("--buffer", buffer, _UNITS_BYTES, "64MiB, 500k or 1g"))
    with _endpoint(env, url, key_id, key_file, sim_rate, sim_seed, sim_fault) as endpoint:
        from rfqwatch.watch import Quota

        lines = _line_output(output, limit)
        quota = Quota(count, lines)
        channels, health = _channels(
            endpoint,
            shard=shard,
            mine=mine,
            max_retries=max_retries,
            no_reconnect=no_reconnect,
            idle_timeout=idle_timeout,
            output=lines,
            quota=quota,
        )
        try:
            asyncio.run(_tail(channels, lines, quota, health, duration_s))
        except ConsumerGoneError:
            # What is still buffered in Python's own stdout is nothing, and can't be flushed.
            os._exit(128 + signal.SIGPIPE)
        except SignalledError as signalled:
            if not (fail_on_gap and _gaps(health, lines)):
                raise typer.Exit(signalled.exit_code) from None
        if fail_on_gap and _gaps(health, lines):
            raise GapsError("the stream has gaps", "Look for rfqwatch.gap in it.")


def _line_output(output: Format, limit: int) -> LineOutput:
    from rfqwatch.outputs.jsonlines import JsonLines
    from rfqwatch.outputs.raw import RawLines
    from rfqwatch.outputs.text import TextLines

    match output:
        case Format.JSONL:
            return JsonLines(sys.stdout.fileno(), limit=limit)
        case Format.RAW:
            return RawLines(sys.stdout.fileno(), limit=limit)
        case Format.TEXT:
            return TextLines(sys.stdout.fileno(), limit=limit)


def _gaps(health: Health, lines: LineOutput) -> int:
    return sum(card.gaps for card in health.shards.values()) + bool(lines.shed)


async def _tail(
    channels: Sequence[tuple[Channel, Dialer]],
    lines: LineOutput,
    quota: Quota,
    health: Health,
    duration_s: float | None,
) -> None:
    import asyncio
    import time

    from rfqwatch.ending import first_of, signals
    from rfqwatch.outputs.stdout import ConsumerGoneError
    from rfqwatch.watch import watch

    start = time.monotonic()
    written = lines.start()
    with signals() as signalled:
        work = asyncio.create_task(watch(channels, _say))
        grace_s: float | None = GRACE_S
        gone = False
        try:
            await first_of(work, written, signalled, timeout_s=duration_s)
            grace_s = None
        except ConsumerGoneError:
            gone = True
            raise
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            lines.close()
            if not gone:
                try:
                    # As asked for, whoever reads gets it all; after a signal, what is quick.
                    await first_of(
                        written, None if signalled.done() else signalled, timeout_s=grace_s
                    )
                finally:
                    _say(_summary(quota, lines, health, time.monotonic() - start))


def _summary(quota: Quota, lines: LineOutput, health: Health, duration_s: float) -> str:
    cards = health.shards.values()
    gaps, missed = _gaps(health, lines), sum(card.missed for card in cards) + lines.shed
    malformed, unknown = sum(c.malformed for c in cards), sum(c.unknown for c in cards)
    undelivered = lines.undelivered
    told = [f"{quota.shown - lines.shed:,} events printed in {duration_s:.0f} s"]
    told.append(f"{gaps:,} gaps, at least {missed:,} frames missed" if gaps else "no gaps")
    if lines.shed:
        told.append(f"{lines.shed:,} of them shed, as they were not read in time")
    if undelivered:
        told.append(f"{undelivered:,} lines not taken from standard output at the end")
    if malformed:
        told.append(f"{malformed:,} malformed frames")
    if unknown:
        told.append(f"{unknown:,} frames of unknown types")
    return "; ".join(told)


@app.command()
def simulate(
    port: Annotated[
        int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes any.", min=0, max=65535)
    ] = 0,
    sim_rate: SimRateOption = None,
    sim_seed: SimSeedOption = None,
    sim_fault: SimFaultOption = None,
) -> None:
    """Serve a simulated exchange to other programs, and print the variables that lead there."""
    import asyncio

    from rfqwatch.ending import SignalledError

    try:
        asyncio.run(
            _simulate(port, 20 if sim_rate is None else sim_rate, sim_seed, _faults(sim_fault))
        )
    except SignalledError as signalled:
        raise typer.Exit(signalled.exit_code) from None
    except OSError as error:
        raise RfqwatchError(
            f"the simulated exchange can't serve: {error.strerror}", "Try another --port."
        ) from None


async def _simulate(port: int, rate: float, seed: int | None, faults: Sequence[Fault]) -> None:
    import asyncio

    from rfqwatch.ending import first_of, signals
    from rfqwatch.simulator.serving import serve

    def announce(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with signals() as signalled:
        work = asyncio.create_task(
            serve(announce=announce, port=port, rate=rate, seed=seed, faults=faults)
        )
        try:
            await first_of(work, signalled)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # Until a command heeds signals itself, Ctrl-C ends the program as it ends any other.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        app()
    except RfqwatchError as error:
        _say(f"error: {error.message}")
        if error.advice:
            _say(error.advice)
        sys.exit(error.exit_code)
