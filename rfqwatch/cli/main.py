"""The command line: options to parts, errors to exit codes. Heavy imports wait for a command."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rfqwatch.cli.options import (
    BufferOption,
    CountOption,
    DurationOption,
    Environment,
    EnvOption,
    FailOnGapOption,
    Format,
    FpsOption,
    IdleTimeoutOption,
    KeyFileOption,
    KeyIdOption,
    MaxAgeOption,
    MaxRetriesOption,
    MineOption,
    NoReconnectOption,
    OnceOption,
    OutputOption,
    ShardOption,
    SimFaultOption,
    SimRateOption,
    SimSeedOption,
    SvgOption,
    UrlOption,
    seconds,
    size,
)
from rfqwatch.errors import GapsError, RfqwatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.cli.endpoint import Endpoint
    from rfqwatch.exchange.shards import Shard
    from rfqwatch.health import Health
    from rfqwatch.lines.output import LineOutput
    from rfqwatch.output import Output
    from rfqwatch.sources.websocket import Dialer
    from rfqwatch.watch import Channel, Quota

ONCE_S = 5.0
MOST_HELD = 20
"""Lines said while the table has the terminal, that are shown once it is given back."""

app = typer.Typer(
    name="rfqwatch",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say(text: str) -> None:
    from rfqwatch.stderr import say

    say(text)


@contextmanager
def _endpoint(
    env: Environment | None,
    url: str | None,
    key_id: str | None,
    key_file: str | None,
    sim_rate: float | None,
    sim_seed: int | None,
    sim_fault: str | None,
) -> Iterator[Endpoint]:
    from rfqwatch.cli.endpoint import exchange, simulation

    if env is Environment.SIM:
        with simulation(url, sim_rate, sim_seed, sim_fault) as endpoint:
            yield endpoint
        return
    if (sim_rate, sim_seed, sim_fault) != (None, None, None):
        raise UsageError("--sim-… options are for --env sim", "Add --env sim, or leave them out.")
    with exchange(env, url, key_id, key_file, warn=_say) as endpoint:
        yield endpoint


def _shards(shard: str | None) -> Sequence[Shard | None]:
    from rfqwatch.exchange.shards import parse_shards

    return (None,) if shard is None else parse_shards(shard)


def _channels(
    endpoint: Endpoint,
    health: Health,
    output: Output,
    quota: Quota,
    say: Callable[[str], None],
    *,
    shards: Sequence[Shard | None],
    mine: bool,
    retries: int | None,
    idle_timeout_s: float,
) -> list[tuple[Channel, Dialer]]:
    from random import Random

    from rfqwatch.exchange.backoff import Backoff
    from rfqwatch.exchange.session import Session
    from rfqwatch.sources.websocket import Dialer
    from rfqwatch.watch import Channel

    channels = []
    for shard in shards:
        dialer = Dialer(endpoint.url, endpoint.credentials, idle_timeout_s=idle_timeout_s, say=say)
        session = Session(shard=shard, mine=mine, backoff=Backoff(Random(), retries))
        health.place = endpoint.name or dialer.place
        card = health.shard("" if shard is None else str(shard))
        channels.append((Channel(session, card, output, quota, say), dialer))
    return channels


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

    from rfqwatch.health import Health
    from rfqwatch.lines.stdout import ConsumerGoneError
    from rfqwatch.run import gaps, print_lines
    from rfqwatch.watch import Quota

    shards = _shards(shard)
    duration_s = None if duration is None else seconds("--duration", duration)
    idle_timeout_s = seconds("--idle-timeout", idle_timeout)
    lines = _line_output(output, size("--buffer", buffer))
    quota = Quota(count, lines)
    health = Health("")
    with (
        _endpoint(env, url, key_id, key_file, sim_rate, sim_seed, sim_fault) as endpoint,
        _ended(
            lambda: fail_on_gap and bool(gaps(health, lines.shed)),
            "Look for rfqwatch.gap in what was printed.",
        ),
    ):
        channels = _channels(
            endpoint,
            health,
            lines,
            quota,
            _say,
            shards=shards,
            mine=mine,
            retries=0 if no_reconnect else max_retries,
            idle_timeout_s=idle_timeout_s,
        )
        try:
            asyncio.run(
                print_lines(
                    channels, lines, quota=quota, health=health, duration_s=duration_s, say=_say
                )
            )
        except ConsumerGoneError:
            # Quietly, and without a flush of what Python may hold for a reader that is gone.
            os._exit(128 + signal.SIGPIPE)


def _line_output(output: Format, limit: int) -> LineOutput:
    from rfqwatch.lines.jsonlines import JsonLines
    from rfqwatch.lines.raw import RawLines
    from rfqwatch.lines.text import TextLines

    kinds: dict[Format, type[LineOutput]] = {
        Format.JSONL: JsonLines,
        Format.RAW: RawLines,
        Format.TEXT: TextLines,
    }
    _require_stdout()
    return kinds[output](sys.stdout.fileno(), limit=limit)


def _require_stdout() -> None:
    if sys.stdout is None:
        raise UsageError("standard output is closed", "Send it somewhere: > FILE, or | COMMAND.")


@app.command()
def table(
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
    max_age: MaxAgeOption = "2h",
    fps: FpsOption = 4.0,
    once: OnceOption = False,  # noqa: FBT002
    svg: SvgOption = None,
    sim_rate: SimRateOption = None,
    sim_seed: SimSeedOption = None,
    sim_fault: SimFaultOption = None,
) -> None:
    """Show which RFQs are open now, and what was quoted on them. Press ? for the keys."""
    import asyncio

    from rfqwatch.book.book import Book
    from rfqwatch.book.feed import BookOutput
    from rfqwatch.health import Health
    from rfqwatch.lines.stdout import ConsumerGoneError
    from rfqwatch.run import gaps, show
    from rfqwatch.screen.live import LiveTable
    from rfqwatch.screen.snapshot import paper_size, print_picture, save_picture
    from rfqwatch.screen.table import Table
    from rfqwatch.screen.tty import require_terminal
    from rfqwatch.watch import Quota

    if once:
        _require_stdout()
    else:
        require_terminal()
    shards = _shards(shard)
    duration_s = None if duration is None else seconds("--duration", duration)
    idle_timeout_s = seconds("--idle-timeout", idle_timeout)
    book = Book(max_age_ms=round(seconds("--max-age", max_age) * 1000), mine=mine)
    health = Health("")
    live = LiveTable(Table(book, health), book, fps)
    output = BookOutput(book)
    quota = Quota(count, output)
    with (
        _endpoint(env, url, key_id, key_file, sim_rate, sim_seed, sim_fault) as endpoint,
        _ended(lambda: fail_on_gap and bool(gaps(health, 0))),
        _held(once=once) as say,
    ):
        channels = _channels(
            endpoint,
            health,
            output,
            quota,
            say,
            shards=shards,
            mine=mine,
            retries=0 if no_reconnect else max_retries,
            idle_timeout_s=idle_timeout_s,
        )
        try:
            if once:
                drawn, duration_s = live.run_unseen(*paper_size()), duration_s or ONCE_S
            else:
                drawn = live.run()
            asyncio.run(
                show(channels, drawn, quota=quota, health=health, duration_s=duration_s, say=say)
            )
        finally:
            if svg and live.last:
                save_picture(live.last, live.width, svg)
            if once:
                try:
                    print_picture(live.last)
                except ConsumerGoneError:
                    os._exit(128 + signal.SIGPIPE)


@contextmanager
def _held(*, once: bool) -> Iterator[Callable[[str], None]]:
    """Keep what is said from a terminal that shows a picture, until it is given back."""
    if once or not (sys.stderr and sys.stderr.isatty()):
        yield _say
        return
    held: deque[str] = deque(maxlen=MOST_HELD)
    said = 0

    def hold(text: str) -> None:
        nonlocal said
        said += 1
        held.append(text)

    try:
        yield hold
    finally:
        if said > len(held):
            _say(f"… {said - len(held)} lines before these")
        for text in held:
            _say(text)


@contextmanager
def _ended(gapped: Callable[[], bool], advice: str = "") -> Iterator[None]:
    """Turn the end of a stream into the program's: signals, and gaps that were not to be."""
    from rfqwatch.signals import SignalledError

    code = 0
    try:
        yield
    except SignalledError as signalled:
        code = signalled.exit_code
    if gapped():
        raise GapsError("the stream had gaps", advice)
    if code:
        raise typer.Exit(code)


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

    from rfqwatch.cli.endpoint import DEFAULT_SIM_RATE, faults
    from rfqwatch.run import until_signal
    from rfqwatch.simulator.serving import serve

    def announce(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    rate = DEFAULT_SIM_RATE if sim_rate is None else sim_rate
    served = serve(announce=announce, port=port, rate=rate, seed=sim_seed, faults=faults(sim_fault))
    try:
        with _ended(lambda: False):
            asyncio.run(until_signal(served))
    except BrokenPipeError:
        os._exit(128 + signal.SIGPIPE)
    except OSError as error:
        raise RfqwatchError(
            f"the simulated exchange can't serve: {error.strerror}", "Try another --port."
        ) from None


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
