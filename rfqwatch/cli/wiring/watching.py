"""Watches what the options name, for a command that shows it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from rfqwatch.cli.wiring.endpoint import endpoint
from rfqwatch.cli.wiring.exitcode import to_its_end
from rfqwatch.cli.wiring.recording import recorded
from rfqwatch.errors import ConnectionFailedError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.session import Session
from rfqwatch.run import Watched
from rfqwatch.sources.websocket import Dialer
from rfqwatch.stream.quota import Quota
from rfqwatch.stream.tee import Tee
from rfqwatch.stream.watch import Channel, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.options.recording import RecordingOptions, RecordOptions
    from rfqwatch.cli.options.stream import LiveOptions
    from rfqwatch.selection.selection import Selection
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.health import Health
    from rfqwatch.stream.quota import Output


@contextmanager
def watching(
    shown: Output | None,
    live: LiveOptions,
    recording: RecordingOptions | RecordOptions,
    *,
    selection: Selection | None,
    health: Health,
    voice: Voice,
    stays: bool = False,
    gap_advice: str = "",
) -> Iterator[Watched]:
    """Give channels that lead to what is ``shown``, to a recording or to both.

    ``selection`` says which messages go there, None that all do. Raises `UsageError` and
    `CredentialsError` at the start, as `to_its_end` does, `OutputError` where something could not
    be recorded, and `ConnectionFailedError` where nothing was ever watched, unless who looks on
    ``stays`` to end it, and so saw that.
    """
    connection, subscription, end = live.connection, live.subscription, live.end
    retries = 0 if connection.no_reconnect else connection.max_retries
    origins = connection.origins
    spent = f"Allow more attempts with {origins['max_retries'].words}, or any number without it."
    if connection.no_reconnect:
        spent = f"Leave out {origins['no_reconnect'].words} to have it tried again."
    with endpoint(connection, live.simulation) as exchange:
        dialer = Dialer(
            exchange.url,
            exchange.credentials,
            origin=exchange.origin,
            idle_timeout_s=connection.idle_timeout,
            say=voice.say,
        )
        health.place = exchange.name or dialer.place
        health.selected = selection.text if selection else ""
        with (
            to_its_end(health, lambda: output.lost, end, gap_advice),
            recorded(recording, subscription, health, voice) as recorder,
        ):
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
                channel = Channel(session, card, output, quota, voice, spent=spent)
                channels.append((channel, dialer))
            yield Watched(partial(watch, channels, voice), quota, health, voice, recorder)
        if not stays and health.totals.unseen == len(channels):
            why = next((f": {card.why}" for card in health.shards.values() if card.why), "")
            raise ConnectionFailedError(
                f"nothing was watched of {dialer.place}{why}", "rfqwatch check says what is wrong."
            )


def _joined(shown: Output | None, kept: Output | None) -> Output:
    if shown and kept:
        return Tee(shown, kept)
    output = shown or kept
    assert output is not None  # noqa: S101 - or nobody would watch
    return output
