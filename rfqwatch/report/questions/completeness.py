"""How much of the stream was recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor
from typing import TYPE_CHECKING

from rfqwatch.report.answer import Answer, iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.exchange.notices import Gap
    from rfqwatch.report.reading import Line


@dataclass(slots=True)
class _Kind:
    gaps: int = 0
    missed: int = 0
    unmeasured: int = 0
    ms: int = 0


@dataclass(slots=True)
class _Shard:
    first_ms: int
    last_ms: int
    lacking_ms: int = 0
    lacking_to_ms: int = 0


@dataclass(slots=True)
class Completeness:
    """Gaps, and the share of the time without any; each connection has its own time."""

    messages: int = 0
    breaks_off: bool = False
    _subscriptions: int = 0
    _unread: int = 0
    _unnumbered: int = 0
    _shards: dict[str, _Shard] = field(default_factory=dict)
    _kinds: dict[str, _Kind] = field(default_factory=dict)

    def take(self, lines: Sequence[Line]) -> None:
        """Take messages."""
        self.messages += len(lines)
        self._unnumbered += [line.seq for line in lines].count(None)
        shards = {line.shard for line in lines}
        known = len(shards) == 1 and shards <= self._shards.keys()
        for line in lines[-1:] if known else lines:
            self.heard(line.shard, line.received_ts_ms)

    def take_unread(self, shard: str, at_ms: int) -> None:
        """Take a message that nothing is known of but that it came."""
        self.messages += 1
        self._unread += 1
        self.heard(shard, at_ms)

    def heard(self, shard: str, at_ms: int) -> None:
        """Take note that something came."""
        card = self._shards.get(shard)
        if card is None:
            self._shards[shard] = _Shard(at_ms, at_ms)
        else:
            card.last_ms = max(card.last_ms, at_ms)

    def live(self, shard: str, at_ms: int) -> None:
        """Take note that a subscription became live."""
        self._subscriptions += 1
        self.heard(shard, at_ms)

    def gap(self, gap: Gap, shard: str, at_ms: int) -> None:
        """Take note that messages are missing."""
        self.heard(shard, at_ms)
        card = self._shards[shard]
        from_ms = max(gap.from_ms, card.first_ms, card.lacking_to_ms)
        to_ms = at_ms if gap.to_ms is None else gap.to_ms
        lacking_ms = max(0, to_ms - from_ms)
        card.lacking_ms += lacking_ms
        card.lacking_to_ms = max(card.lacking_to_ms, to_ms)
        kind = self._kinds.setdefault(gap.reason, _Kind())
        kind.gaps += 1
        kind.missed += gap.missed or 0
        kind.unmeasured += gap.missed is None
        kind.ms += lacking_ms

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answer, cut to ``most`` rows."""
        shards = self._shards.values()
        total_ms = sum(card.last_ms - card.first_ms for card in shards)
        lacking_ms = sum(card.lacking_ms for card in shards)
        kinds = self._kinds.values()
        unmeasured = sum(kind.unmeasured for kind in kinds)
        missed = sum(kind.missed for kind in kinds)
        known = total_ms and not self._unnumbered
        yield Answer(
            "completeness",
            "How complete the recording is",
            {
                "messages": self.messages,
                "from": iso(min((card.first_ms for card in shards), default=None)),
                "to": iso(max((card.last_ms for card in shards), default=None)),
                "breaks_off": "yes" if self.breaks_off else "no",
                "shards": len(shards),
                "subscriptions": self._subscriptions,
                # Nothing lacking is the whole, and nothing else is.
                "covered_share": floor(1e6 * (1 - lacking_ms / total_ms)) / 1e6 if known else None,
                "gaps": sum(kind.gaps for kind in kinds),
                "missed": None if unmeasured or self._unnumbered else missed,
                "missed_at_least": missed,
                "gaps_of_unknown_size": unmeasured,
                "messages_without_seq": self._unnumbered,
                "messages_not_understood": self._unread,
            },
            ("reason", "gaps", "missed", "gaps_of_unknown_size", "time_s"),
            [
                (
                    *(reason, kind.gaps, None if kind.unmeasured else kind.missed),
                    *(kind.unmeasured, kind.ms / 1_000),
                )
                for reason, kind in sorted(self._kinds.items(), key=lambda item: -item[1].gaps)
            ][:most],
            "gaps",
        )
