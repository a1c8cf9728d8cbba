"""All questions of a report, each with its share of what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.report.asked import asked
from rfqwatch.report.gathering import Gathering
from rfqwatch.report.legs import MOST_LEGS, Legs
from rfqwatch.report.questions.combos import Combos
from rfqwatch.report.questions.completeness import Completeness
from rfqwatch.report.questions.creators import Creators
from rfqwatch.report.questions.demand import Demand
from rfqwatch.report.questions.lags import Lags
from rfqwatch.report.questions.lives import Lives
from rfqwatch.report.questions.pairs import Pairs
from rfqwatch.report.questions.quoting import Quoting
from rfqwatch.report.reading import block_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.exchange.notices import Gap
    from rfqwatch.report.answer import Answer
    from rfqwatch.report.reading import Line


class Report:
    """Takes a recording in its order, and answers what can be asked of it.

    An RFQ that is announced again, as after a reconnect, counts once.
    """

    def __init__(self) -> None:
        self._completeness = Completeness()
        self._legs = Legs()
        self._gathering = Gathering(self._legs)
        self._demand = Demand(self._legs)
        self._combos, self._pairs = Combos(self._legs), Pairs(self._demand.legs, self._legs)
        self._lives, self._quoting = Lives(), Quoting()
        self._creators, self._lags = Creators(), Lags()

    def take(self, lines: Sequence[Line]) -> None:
        """Take messages, in their order."""
        block = block_of(lines)
        self._completeness.take(lines)
        self._lags.take(lines)
        fresh = self._lives.opened(block.created)
        self._quoting.take(block.others, self._lives.open)
        self._quoting.closed(block.deleted)
        self._lives.closed(block.deleted)
        self._lives.executed(block.others)
        terms = asked(fresh)
        self._demand.take(terms)
        self._creators.take(terms)
        if self._gathering.take(terms):
            self._count()

    def unread(self, shard: str, at_ms: int) -> None:
        """Take note of a message that nothing is known of but that it came."""
        self._completeness.take_unread(shard, at_ms)

    def live(self, shard: str, at_ms: int) -> None:
        """Take note that messages are due from here on."""
        self._completeness.live(shard, at_ms)

    def gap(self, gap: Gap, shard: str, at_ms: int) -> None:
        """Take note that messages are missing."""
        self._completeness.gap(gap, shard, at_ms)

    def broken_off(self) -> None:
        """Take note that the recording ends, and the stream did not, for all that is known."""
        self._completeness.breaks_off = True

    @property
    def messages(self) -> int:
        """How many messages there were."""
        return self._completeness.messages

    def answers(self, most: int) -> Iterator[Answer]:
        """Answer each question, with lists of ``most`` rows."""
        self._count()
        for question in (
            self._demand,
            self._lives,
            self._quoting,
            self._creators,
            self._combos,
            self._pairs,
            self._lags,
            self._completeness,
        ):
            yield from question.answers(most)

    def _count(self) -> None:
        batch = self._gathering.gathered()
        self._demand.take_legs(batch)
        self._combos.take_legs(batch)
        self._pairs.take_legs(batch)
        if len(self._legs.names) > MOST_LEGS:
            kept = frozenset(number for number, _ in self._demand.legs.top(MOST_LEGS // 2))
            self._legs.keep(kept)
            for question in (self._demand, self._combos, self._pairs):
                question.keep_legs(kept)
