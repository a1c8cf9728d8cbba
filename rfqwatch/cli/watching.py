"""Watches what the options name, for a command that shows it."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import typer

from rfqwatch.cli.endpoint import endpoint
from rfqwatch.errors import GapsError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.session import Session
from rfqwatch.health import Health
from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.quota import Quota
from rfqwatch.run import Watched
from rfqwatch.signals import SignalledError
from rfqwatch.sources.websocket import Dialer
from rfqwatch.summary import uncertain
from rfqwatch.watch import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.options import (
        ConnectionOptions,
        EndOptions,
        SimulationOptions,
        SubscriptionOptions,
    )
    from rfqwatch.drift import Drift
    from rfqwatch.quota import Output
    from rfqwatch.selection.selection import Selection
    from rfqwatch.stderr import Voice


@contextmanager
def watching(
    output: Output,
    connection: ConnectionOptions,
    subscription: SubscriptionOptions,
    end: EndOptions,
    simulation: SimulationOptions,
    *,
    selection: Selection | None,
    drift: Drift,
    voice: Voice,
    gap_advice: str = "",
) -> Iterator[Watched]:
    """Give channels that lead to ``output``, and turn the end of the stream into the program's.

    ``selection`` says which messages go there, None that all do. Raises `UsageError` and
    `CredentialsError` at the start. At the end it raises `GapsError` with ``gap_advice`` where
    ``--fail-on-gap`` asked for none, then a signal's exit code, and leaves at once when the reader
    of standard output is gone.
    """
    retries = 0 if connection.no_reconnect else connection.max_retries
    with endpoint(connection, simulation) as exchange:
        dialer = Dialer(
            exchange.url,
            exchange.credentials,
            idle_timeout_s=connection.idle_timeout,
            say=voice.say,
        )
        quota = Quota(end.count, output, selection)
        selected = selection.text if selection else ""
        health = Health(exchange.name or dialer.place, drift, selected=selected)
        channels = []
        for shard in subscription.shard or (None,):
            session = Session(
                shard=shard,
                mine=subscription.mine,
                backoff=Backoff(Random(), retries),
                quiet_s=connection.quiet_timeout,
            )
            card = health.shard(str(shard or ""))
            channels.append((Channel(session, card, output, quota, voice), dialer))
        code = 0
        try:
            yield Watched(channels, quota, health, voice)
        except ConsumerGoneError:
            # Quietly, and without a flush of what Python may hold for a reader that is gone.
            os._exit(128 + signal.SIGPIPE)
        except SignalledError as signalled:
            code = signalled.exit_code
        if end.fail_on_gap and (why := uncertain(health, output.lost)):
            raise GapsError(why, gap_advice)
        if code:
            raise typer.Exit(code)
