"""The stream that options name, live or replayed, for a view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.cli.wiring.replaying import replaying
from rfqwatch.cli.wiring.selecting import selecting
from rfqwatch.cli.wiring.watching import watching
from rfqwatch.replay.playback import Playback
from rfqwatch.replay.progress import say_over
from rfqwatch.stderr import Voice, say_when
from rfqwatch.stream.drift import Drift
from rfqwatch.stream.health import Health

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from rfqwatch.cli.options.stream import StreamOptions
    from rfqwatch.run import Watched
    from rfqwatch.stream.quota import Output


class Stream:
    """A stream that is not yet under way. Raises `UsageError` where its selection means nothing.

    ``speed`` is that of a replay which was asked for none, and ``say`` says one line where a
    terminal is not free for it. ``read`` makes events of messages, ``health`` is
    how well it is doing, and ``playback`` the clock of a replay, None of what is live.
    """

    def __init__(
        self, options: StreamOptions, speed: float, say: Callable[[str], None] | None = None
    ) -> None:
        live, replay = options.live, options.replay
        self._options = options
        self.playback: Playback | None = None
        if replay.source:
            self.playback = Playback(speed if replay.speed is None else replay.speed)
        ours = say_over if self.playback else say_when
        self._voice = Voice(live.verbosity.level(), say or ours)
        drift = Drift(self._voice.say)
        self._selection, self.read = selecting(live.selection, drift)
        self.health = Health("", drift)

    def to(
        self,
        output: Output,
        *,
        grows: bool = False,
        stays: bool = False,
        full: Callable[[], bool] = bool,
        gap_advice: str = "",
    ) -> AbstractContextManager[Watched]:
        """Let it run to an output, as `replaying` and `watching` do.

        ``stays`` says that who looks on will end it, ``grows`` that the output grows out of all
        that came before, too: that, and ``full``, matter to a replay only.
        """
        live = self._options.live
        if self.playback is None:
            return watching(
                output,
                live,
                self._options.recording,
                selection=self._selection,
                health=self.health,
                voice=self._voice,
                stays=stays,
                gap_advice=gap_advice,
            )
        return replaying(
            output,
            self._options.replay,
            live.end,
            playback=self.playback,
            selection=self._selection,
            health=self.health,
            voice=self._voice,
            lead_in=grows,
            stays=stays,
            full=full,
            gap_advice=gap_advice,
        )
