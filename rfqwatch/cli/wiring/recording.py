"""Keeps what is watched in files, as the options name them."""

from __future__ import annotations

from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING

from rfqwatch import __version__
from rfqwatch.cli.options.quantities import Seconds, Size
from rfqwatch.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.cli.options.connection import SubscriptionOptions
    from rfqwatch.cli.options.quantities import Quantity
    from rfqwatch.cli.options.recording import RecordingOptions, RecordOptions
    from rfqwatch.recording.recorder import Recorder
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.health import Health

ROTATION = (Seconds("1h"),)


@contextmanager
def recorded(
    options: RecordingOptions | RecordOptions,
    subscription: SubscriptionOptions,
    health: Health,
    voice: Voice,
) -> Iterator[Recorder | None]:
    """Give what writes files, if that was asked for, and have them finished at the end.

    Raises `UsageError` at the start, and at the end `OutputError` when something could not be
    written.
    """
    if options.record is None:
        yield None
        return

    from rfqwatch.lines.wording import counted, storage
    from rfqwatch.recording.compression import BEST
    from rfqwatch.recording.folder import Folder
    from rfqwatch.recording.heading import heading
    from rfqwatch.recording.recorder import Recorder
    from rfqwatch.recording.rotation import Retention, Rotation

    folder = Folder(options.record)
    recorder = Recorder(
        folder,
        heading(__version__, health, subscription.shard or (), mine=subscription.mine),
        BEST,
        rotation=Rotation(*_time_and_size(options.rotate or ROTATION)),
        retention=Retention(*_time_and_size(options.keep or ())),
        health=health,
        voice=voice,
    )
    try:
        yield recorder
    finally:
        recorder.close()
        folder.close()
        voice.say(
            f"{counted(recorder.messages, 'event')} recorded, {storage(recorder.size)} in "
            f"{counted(recorder.files, 'file')} of {options.record}"
        )
        if health.unrecorded:
            raise OutputError(
                f"{counted(recorder.undelivered, 'event')} could not be recorded: "
                f"{health.unrecorded}",
                f"Make room for {options.record}, or record elsewhere.",
            )


def _time_and_size(limits: Sequence[Quantity]) -> tuple[float, float]:
    """Give the least of the times, and of the sizes."""
    times = [limit for limit in limits if isinstance(limit, Seconds)]
    sizes = [limit for limit in limits if isinstance(limit, Size)]
    return min(times, default=inf), min(sizes, default=inf)
