"""Watches what the options name, for a command that shows it."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import typer

from rfqwatch.cli.endpoint import endpoint
from rfqwatch.cli.recording import recorded
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
from rfqwatch.tee import Tee
from rfqwatch.watch import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.options import (
        ConnectionOptions,
        EndOptions,
        RecordingOptions,
        RecordOptions,
        SimulationOptions,
        SubscriptionOptions,
    )
    from rfqwatch.drift import Drift
    from rfqwatch.quota import Output
    from rfqwatch.selection.selection import Selection
    from rfqwatch.stderr import Voice


@contextmanager
def watching(
    shown: Output | None,
    connection: ConnectionOptions,
    subscription: SubscriptionOptions,
    end: EndOptions,
    simulation: SimulationOptions,
    *,
    selection: Selection | None,
    recording: RecordingOptions | RecordOptions,
    drift: Drift,
    voice: Voice,
    gap_advice: str = "",
) -> Iterator[Watched]:
    """Give channels that lead to what is ``shown``, to a recording or to both.

    ``selection`` says which messages go there, None that all do. The end of the stream becomes the
    program's. Raises `UsageError` and `CredentialsError` at the start. At the end it raises
    `OutputError` where something could not be recorded, `GapsError` with ``gap_advice`` where
    ``--fail-on-gap`` asked for none, then a signal's exit code, and leaves at once when the reader
    of standard output is gone.
    """
    retries = 0 if connection.no_reconnect else connection.max_retries
    with endpoint(connection, simulation) as exchange:
        dialer = Dialer(
            exchange.url,
            exchange.credentials,
            origin=exchange.origin,
            idle_timeout_s=connection.idle_timeout,
            say=voice.say,
        )
        selected = selection.text if selection else ""
        health = Health(exchange.name or dialer.place, drift, selected=selected)
        code = 0
        try:
            with recorded(recording, subscription, health, voice) as recorder:
                output = _joined(shown, recorder.lines if recorder else None)
                quota = Quota(end.count, output, selection)
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
                yield Watched(channels, quota, health, voice, recorder)
        except ConsumerGoneError:
            # Quietly, and without a flush of what Python may hold for a reader that is gone.
            os._exit(128 + signal.SIGPIPE)
        except SignalledError as signalled:
            code = signalled.exit_code
        if end.fail_on_gap and (why := uncertain(health, output.lost)):
            raise GapsError(why, gap_advice)
        if code:
            raise typer.Exit(code)


def _joined(shown: Output | None, kept: Output | None) -> Output:
    if shown and kept:
        return Tee(shown, kept)
    output = shown or kept
    assert output is not None  # noqa: S101 - or nobody would watch
    return output
