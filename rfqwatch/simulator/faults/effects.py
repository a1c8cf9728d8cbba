"""What each fault does, when it is due."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Final

from rfqwatch.simulator.faults import hostile
from rfqwatch.simulator.faults.changes import DRIFTED, ODD_ERRORS, ODD_NUMBERS
from rfqwatch.simulator.faults.kinds import BEFORE_FRAMES, FaultKind, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.simulator.faults.kinds import Fault
    from rfqwatch.simulator.market.agenda import Event
    from rfqwatch.simulator.subscription import Subscription

_LATE_FRAMES: Final = 3
_MOST_LOST: Final = 5
_BACKWARD: Final = 5


class Saboteur:
    """Befalls subscriptions with the faults asked for.

    ``numbered`` turns false when frames lose their seq for good, ``lists`` when the exchange no
    longer says what is subscribed.
    """

    def __init__(self, faults: Sequence[Fault], seed: int | None) -> None:
        self.numbered = True
        self.lists = True
        self._rng = random.Random(seed)
        self._schedule = Schedule(faults, seed)
        self.start = self._schedule.start
        self._frames = 0
        # Those that wait for the next handshake or subscribe.
        self._armed = self._schedule.at_start()
        self._malformed = hostile.malformed()
        self._drifted = itertools.cycle(DRIFTED)
        self._odd_numbers = itertools.cycle(ODD_NUMBERS)
        self._odd_errors = itertools.cycle(ODD_ERRORS)
        self._table: dict[FaultKind, Callable[[Subscription, Event], bool]] = {
            FaultKind.RESET: lambda hit, _: _over(hit.line.reset),
            FaultKind.DROP: lambda hit, _: _over(hit.line.drop),
            FaultKind.CLOSE_1001: lambda hit, _: _close(hit, 1001, "going away"),
            FaultKind.CLOSE_1011: lambda hit, _: _close(hit, 1011, "internal error"),
            FaultKind.CLOSE_1012: lambda hit, _: _close(hit, 1012, "service restart"),
            FaultKind.CLOSE_1013: lambda hit, _: _close(hit, 1013, "try again later"),
            FaultKind.HALF_OPEN: lambda hit, _: _over(hit.line.fall_silent),
            FaultKind.OVERFLOW: lambda hit, _: _fail(hit, 25),
            FaultKind.CHANNEL_ERROR: lambda hit, _: _fail(hit, 10),
            FaultKind.ODD_ERROR: self._odd_error,
            FaultKind.DEAF: lambda hit, _: _end(hit, "deaf"),
            FaultKind.NO_LIST: self._no_list,
            FaultKind.LATE_FRAMES: _late_frames,
            FaultKind.SEQ_HOLE: self._seq_hole,
            FaultKind.NO_SEQ: self._no_seq,
            FaultKind.ODD_SEQ: self._odd_seq,
            FaultKind.REPEAT: _repeat,
            FaultKind.BACKWARD: _backward,
            FaultKind.MALFORMED: lambda hit, _: _add(hit, next(self._malformed)),
            FaultKind.DRIFT: self._drift,
            FaultKind.UNKNOWN_TYPE: lambda hit, _: _add(hit, hostile.unknown_type()),
            FaultKind.TOO_BIG: lambda hit, _: _add(hit, hostile.too_big()),
            FaultKind.FRAGMENTS: _fragments,
            FaultKind.BOMB: _bomb,
        }

    def lets_pass(self, hit: Subscription, event: Event) -> bool:
        """Let happen what is due as a message is about to be sent; return whether it still is."""
        self._frames += 1
        schedule = self._schedule
        if self._frames < schedule.next_frame and event.at_us < schedule.next_us:
            return True
        while kind := schedule.take(self._frames, event.at_us):
            if kind in BEFORE_FRAMES:
                self._armed.append(kind)
                kind = FaultKind.RESET
            if not self._table[kind](hit, event):
                return False
        return True

    def take(self, kinds: frozenset[FaultKind]) -> FaultKind | None:
        """Disarm and return the first waiting fault that is one of ``kinds``."""
        for kind in self._armed:
            if kind in kinds:
                self._armed.remove(kind)
                return kind
        return None

    def awaits(self, kind: FaultKind) -> bool:
        """Tell whether a fault waits for the next handshake or subscribe."""
        return kind in self._armed

    def _seq_hole(self, hit: Subscription, _: Event) -> bool:
        hit.to_drop += self._rng.randint(1, _MOST_LOST)
        return True

    def _no_seq(self, hit: Subscription, _: Event) -> bool:
        self.numbered = hit.numbered = False
        return True

    def _no_list(self, _: Subscription, __: Event) -> bool:
        self.lists = False
        return True

    def _odd_error(self, hit: Subscription, _: Event) -> bool:
        named, error = next(self._odd_errors)
        sid = {"sid": hit.account.sid} if named else {}
        hit.line.reply("error", 0, **sid, **error)
        return _end(hit, "odd error")

    def _odd_seq(self, hit: Subscription, event: Event) -> bool:
        hit.send(event, next(self._odd_numbers))
        return False

    def _drift(self, hit: Subscription, _: Event) -> bool:
        hit.send(next(self._drifted))
        return True


def _over(end: Callable[[], None]) -> bool:
    end()
    return False


def _close(hit: Subscription, code: int, reason: str) -> bool:
    hit.line.close(code, reason)
    return False


def _end(hit: Subscription, how: str) -> bool:
    hit.end(how)
    return False


def _fail(hit: Subscription, code: int) -> bool:
    hit.fail(code)
    return False


def _late_frames(hit: Subscription, _: Event) -> bool:
    hit.fail(10)
    hit.line.ghost = hit
    hit.line.ghost_frames = _LATE_FRAMES
    return False


def _repeat(hit: Subscription, event: Event) -> bool:
    hit.send(event)
    hit.send_again(event, hit.account.last_seq)
    return False


def _backward(hit: Subscription, event: Event) -> bool:
    hit.send(event)
    hit.send_again(event, max(1, hit.account.last_seq - _BACKWARD))
    return False


def _fragments(hit: Subscription, event: Event) -> bool:
    hit.send_fragments(event)
    return False


def _add(hit: Subscription, frame: hostile.Hostile) -> bool:
    hit.send_hostile(frame)
    return True


def _bomb(hit: Subscription, _: Event) -> bool:
    hit.account.extra += 1
    hit.line.write_raw(hostile.bomb())
    return True
