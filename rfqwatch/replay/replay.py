"""Carries a recording to the output, as `rfqwatch.stream.watch` carries what an exchange sends."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from rfqwatch.clock import Instant
from rfqwatch.exchange.notices import Live
from rfqwatch.exchange.wire import Malformed, Unknown
from rfqwatch.sources.recorded import Burst, Finish
from rfqwatch.stream.health import Connection, lag_of
from rfqwatch.stream.quota import EnoughError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.exchange.notices import Gap
    from rfqwatch.lines.output import Ending
    from rfqwatch.replay.playback import Playback
    from rfqwatch.sources.recorded import Piece, Recording
    from rfqwatch.stream.health import Health, ShardHealth
    from rfqwatch.stream.quota import Output, Quota

HELD_S = 0.005
"""How long a replay waits before it looks again whether more lines are wanted."""


class Replay:
    """A recording on its way to the output, at the pace of a playback.

    Only what was recorded from ``since_ms`` up to ``until_ms`` (Unix milliseconds) is shown. What
    came before is left out, or taken in at once where ``lead_in`` says that the output grows out of
    it. ``stays`` is for who looks on at the end, and will end it. ``full`` tells that whoever reads
    the output has enough for now.
    """

    def __init__(
        self,
        recording: Recording,
        playback: Playback,
        output: Output,
        quota: Quota,
        health: Health,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        lead_in: bool = False,
        stays: bool = False,
        full: Callable[[], bool] = bool,
    ) -> None:
        self._recording = recording
        self._playback = playback
        self._output = output
        self._quota = quota
        self._health = health
        self._since_ms = since_ms
        self._until_ms = until_ms
        self._lead_in = lead_in
        self._stays = stays
        self._full = full
        self._ending: Ending | None = None

    async def run(self) -> str | Ending:
        """Replay to the end, and give why it ended: "count", "until", or what was recorded of it.

        That is "" for a recording that breaks off. Raises `RecordingError`.
        """
        try:
            end = await self._play()
        except EnoughError:
            return "count"
        finally:
            self._output.end()
            self._playback.over = True
        if self._stays:
            await asyncio.get_running_loop().create_future()
        return end

    async def _play(self) -> str | Ending:
        for pieces in self._recording:
            for piece in pieces:
                if self._until_ms is not None and piece.at_ms >= self._until_ms:
                    await self._due(self._until_ms)
                    return "until"
                if self._since_ms is not None and self._is_early(piece, self._since_ms):
                    continue
                if not self._playback.is_due(piece.at_ms):
                    await self._due(piece.at_ms)
                self._pass_on(piece)
            self._output.end()
            await self._rest()
        return self._last()

    def _is_early(self, piece: Piece, since_ms: int) -> bool:
        """Deal with what was recorded before anything is to be shown."""
        if piece.at_ms < since_ms:
            if self._lead_in:
                self._playback.start(piece.at_ms)
                self._pass_on(piece)
            return True
        self._playback.start(since_ms)
        self._since_ms = None
        return False

    async def _due(self, ms: int) -> None:
        self._output.end()
        await self._playback.due(ms)

    async def _rest(self) -> None:
        """Let others go on, and wait for more to read, and for who reads what was read."""
        await asyncio.sleep(0)
        while self._full():  # noqa: ASYNC110 - a thread may write, and has no event to set
            await asyncio.sleep(HELD_S)
        if self._recording.fd is not None:
            await _readable(self._recording.fd)

    def _pass_on(self, piece: Piece) -> None:
        if isinstance(piece, Finish):
            self._ending = piece.ending
            return
        at = Instant(piece.at_ms, piece.at_ms / 1_000)
        card = self._health.shard(piece.shard)
        card.numbering = self._recording.numbering(piece.shard)
        self._output.begin(piece.shard, at)
        if isinstance(piece, Burst):
            self._show(piece, card, at)
        else:
            self._tell(piece.notice, card, at)

    def _show(self, burst: Burst, card: ShardHealth, at: Instant) -> None:
        if not card.watching:
            card.become(Connection.WATCHING, at)
        card.receive(len(burst.frames), at)
        # What is odd begins a burst: others only follow where they are as expected.
        first = burst.frames[0]
        if isinstance(first, Unknown):
            card.unknown += 1
        elif isinstance(first, Malformed):
            card.malformed += 1
        elif burst.stamped and (lag_ms := lag_of(first, burst.data[0], at)) is not None:
            card.lagged(lag_ms, at)
        self._quota.show(burst.data, burst.frames)

    def _tell(self, notice: Live | Gap, card: ShardHealth, at: Instant) -> None:
        if isinstance(notice, Live):
            card.told_ms = notice.ahead_ms
            card.become(Connection.WATCHING, at)
            self._output.live(notice)
            return
        if notice.missed is None:
            # Until something comes again, what is known is of the time before.
            card.become(Connection.RECONNECTING, at)
        card.gapped(notice.missed)
        self._output.gap(notice)

    def _last(self) -> str | Ending:
        """Say how the stream ended, as far as what was recorded of it is true of what was shown."""
        self._health.breaks_off = self._recording.breaks_off
        ending = self._ending
        if ending is None:
            return ""
        told_all = ending.events == self._quota.shown and not self._recording.found
        return ending if told_all else ending.reason


async def _readable(fd: int) -> None:
    """Wait until a pipe can be read; a file always can."""
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    # What can't be waited for, such as /dev/null, is always ready.
    with suppress(PermissionError):
        loop.add_reader(fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(fd)
