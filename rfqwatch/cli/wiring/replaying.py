"""Replays the recordings that the options name, for a command that shows them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from rfqwatch.cli.wiring.exitcode import to_its_end
from rfqwatch.errors import RecordingError
from rfqwatch.lines.wording import counted
from rfqwatch.replay.progress import bar
from rfqwatch.replay.replay import Replay
from rfqwatch.run import Watched
from rfqwatch.sources.decompression import STDIN
from rfqwatch.sources.recorded import Recording
from rfqwatch.stream.quota import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.cli.options.end import EndOptions
    from rfqwatch.cli.options.replay import ReplayOptions
    from rfqwatch.lines.output import Ending
    from rfqwatch.replay.playback import Playback
    from rfqwatch.selection.selection import Selection
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.health import Health
    from rfqwatch.stream.quota import Output

IN_A_DIRECTORY = "*.jsonl*"
"""Files of a directory that are recordings, the one still being written among them."""


@contextmanager
def replaying(
    output: Output,
    replay: ReplayOptions,
    end: EndOptions,
    *,
    playback: Playback,
    selection: Selection | None,
    health: Health,
    voice: Voice,
    lead_in: bool = False,
    stays: bool = False,
    full: Callable[[], bool] = bool,
    gap_advice: str = "",
) -> Iterator[Watched]:
    """Give recordings that lead to ``output``, and turn their end into the program's.

    ``selection`` says which messages go there, None that all do. ``lead_in``, ``stays`` and
    ``full`` are those of `Replay`. Raises as `to_its_end` does, and
    `RecordingError`.
    """
    names = recordings(replay.source or ())
    place = names[0] if len(names) == 1 else counted(len(names), "file")
    health.place = f"replay of {place}"
    health.selected = selection.text if selection else ""
    quota = Quota(end.count, output, selection)
    recording = Recording(names, lenient=replay.lenient, say=voice.say)
    replayed = Replay(
        recording,
        playback,
        output,
        quota,
        health,
        since_ms=replay.since,
        until_ms=replay.until,
        lead_in=lead_in,
        stays=stays,
        full=full,
    )

    async def run_with_bar() -> str | Ending:
        async with bar(lambda: recording.taken, size):
            return await replayed.run()

    size = size_of(names)
    seen = bool(size) and not sys.stdout.isatty() and bool(sys.stderr) and sys.stderr.isatty()
    with to_its_end(health, lambda: output.lost, end, gap_advice):
        yield Watched(
            run_with_bar if seen else replayed.run, quota, health, voice, clock=playback.now
        )
    if recording.skipped:
        voice.say(f"{counted(recording.skipped, 'line')} skipped that could not be read")


def size_of(names: Sequence[str]) -> int:
    """Give how many bytes files have; a pipe has none before it is read."""
    return sum(Path(name).stat().st_size for name in names if Path(name).is_file())


def recordings(sources: Sequence[str]) -> list[str]:
    """Name the files that are meant, in order: those of a directory or a pattern by their names.

    Raises `RecordingError` where there is none.
    """
    names = []
    for source in sources:
        if Path(source).is_dir():
            found = sorted(map(str, Path(source).glob(IN_A_DIRECTORY)))
        elif source == STDIN or Path(source).exists():
            found = [source]
        else:
            found = sorted(glob(source))  # noqa: PTH207 - it may begin anywhere
        if not found:
            raise RecordingError(
                f"{source}: no recording there", "Name a file, a directory or a pattern."
            )
        names += found
    return names
