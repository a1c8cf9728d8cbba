"""Checks of what was heard: numbering, times, the schema, how much, how late."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from rfqwatch.checking.dependencies import Check
from rfqwatch.checking.verdict import Verdict, failed, passed, unsure
from rfqwatch.errors import GapsError
from rfqwatch.exchange.shards import LARGEST_FACTOR
from rfqwatch.lines.wording import counted
from rfqwatch.stream.health import LATE_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rfqwatch.checking.listening import Conversation
    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Facts

CARRIED_PER_S = 700
"""Messages a second that one connection carries with room for bursts; 1,100 were too many.

Source: a market maker's measurements on the exchange, September 2026.
"""
_MOST_NAMED = 5

_UNNUMBERED = (
    "Whether messages were missed can't be seen: rfqwatch marks no gap where there is one."
)
_REPEATED = "rfqwatch passes them on as they come: a line may be there twice, or late."
_HOLES = (
    "They were numbered, and never came: rfqwatch marks each hole as a gap. Where it happens again "
    "and again, more connections share the load, and leave nothing out: {more}."
)
_UNSTAMPED = "Lag is measured from when RFQs were created then, which is less exact."
_NEWER = (
    "The exchange changed its messages: look for a newer rfqwatch. Lines carry all of it as is."
)
_SPOILED = (
    "What is no message in JSON becomes a line of its own, rfqwatch.malformed, whole. Where it "
    "happens again and again, something on the way spoils what comes."
)
_TIMELESS = "Messages carry no time to measure it by."
_TOO_FEW = "Too few messages came."
_LATE = "The network or this computer is slow, or one connection is not enough: try --shard all/2."
_EARLY = "By their clocks messages come before they are sent: set this computer's."


class Measurements:
    """Judges what a conversation heard, once it is over."""

    def __init__(self, subject: Subject, conversation: Conversation) -> None:
        self._subject = subject
        self._heard = conversation
        self._per_s = 0.0
        needs = ("first_message",)
        self.checks = (
            Check("seq", "seq", self._seq, needs),
            Check("sending_ts_ms", "sending_ts_ms", self._stamps, needs),
            Check("schema", "types and fields", self._schema, needs),
            Check("rate", "rate", self._rate, needs),
            Check("lag", "lag", self._lag, needs),
            Check("shards", "shards", self._shards, ("rate",)),
        )

    async def _seq(self) -> Verdict:
        numberings = [card.numbering for card in self._heard.health.shards.values()]
        unnumbered = sum(each.unnumbered for each in numberings)
        backward = sum(each.backward for each in numberings)
        missed = sum(gap.missed or 0 for gap in self._heard.ear.gaps if gap.reason == "seq")
        facts = {"missed": missed, "without": unnumbered, "backward": backward}
        if unnumbered:
            return unsure(f"{counted(unnumbered, 'message')} without one", _UNNUMBERED, facts)
        if missed:
            shards = self._subject.shards
            more = "a larger N of --shard" if shards else "--shard all/2"
            return failed(
                f"{counted(missed, 'message')} missed",
                _HOLES.format(more=more),
                facts,
                exit_code=GapsError.exit_code,
            )
        if backward:
            return unsure(f"{counted(backward, 'message')} late or twice", _REPEATED, facts)
        return passed("on every message, without a hole", facts)

    async def _stamps(self) -> Verdict:
        ear = self._heard.ear
        facts = {"without": ear.unstamped}
        if ear.unstamped:
            return unsure(f"{counted(ear.unstamped, 'message')} without one", _UNSTAMPED, facts)
        return passed("on every message", facts)

    async def _schema(self) -> Verdict:
        ear = self._heard.ear
        types, new, misfits = dict(ear.new_types), dict(ear.new_fields), dict(ear.drift.misfits)
        told = {
            "unknown types": types,
            "unknown fields": new,
            "fields not as known": misfits,
        }
        facts: Facts = {
            "unknown_types": types,
            "unknown_fields": new,
            "misfits": misfits,
            "malformed": ear.malformed,
        }
        seen = [f"{what}: {_named(names)}" for what, names in told.items() if names]
        meanings = [_NEWER] if seen else []
        if ear.malformed:
            seen.append(counted(ear.malformed, "malformed message"))
            meanings.append(_SPOILED)
        if seen:
            return unsure("; ".join(seen), " ".join(meanings), facts)
        return passed("all known", facts)

    async def _rate(self) -> Verdict:
        ear = self._heard.ear
        span_s = max(1.0, self._heard.listened_s)
        self._per_s = (ear.messages_heard - ear.told_again) / span_s
        again = counted(ear.told_again, "RFQ")
        before = f", after {again} that {_were(ear.told_again)} open before" * bool(ear.told_again)
        facts = {"per_s": round(self._per_s, 1), "open_before": ear.told_again}
        return passed(f"{self._per_s:,.0f} messages a second{before}", facts)

    async def _lag(self) -> Verdict:
        lags = self._heard.health.lags()
        if lags is None:
            ear = self._heard.ear
            untold = ear.unstamped + ear.malformed + ear.new_types.total() >= ear.messages_heard
            return unsure("not to be measured", _TIMELESS if untold else _TOO_FEW)
        # By the exchange's clock, as far as its difference to ours is known.
        offset_ms, doubt_ms = self._subject.offset_ms or 0, self._subject.doubt_ms
        median, worst = (each + offset_ms for each in lags)
        seen = f"median {median:,} ms, 99 in 100 under {worst:,} ms"
        if doubt_ms:
            seen += f", by the exchange's clock, which is known to within {doubt_ms / 1000:.1f} s"
        facts = {"p50_ms": median, "p99_ms": worst}
        if worst > LATE_MS:
            return unsure(seen, _LATE, facts)
        if median < -LATE_MS:
            return unsure(seen, _EARLY, facts)
        return passed(seen, facts)

    async def _shards(self) -> Verdict:
        shards = self._subject.shards
        factor = shards[0].factor if shards else 1
        whole_per_s = self._per_s * factor / max(1, len(shards))
        needed = min(LARGEST_FACTOR, ceil(whole_per_s / CARRIED_PER_S) or 1)
        dropped = any(gap.reason == "overflow" for gap in self._heard.outages)
        if dropped:
            needed = min(LARGEST_FACTOR, max(needed, 2 * factor))
        facts = {"advised": needed}
        now = f"{factor} shards" if factor > 1 else "one connection"
        if needed > factor:
            seen = f"{now} for {whole_per_s:,.0f} messages a second"
            if dropped:
                seen += ", and the exchange dropped us"
            advice = f"More connections would share the load: --shard all/{needed}."
            return unsure(seen, advice, facts)
        return passed(f"{now} will do, by these few seconds", facts)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _named(counts: Mapping[str, int]) -> str:
    named = [f"{name or 'none'} ({count:,})" for name, count in counts.items()]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return ", ".join(named[:_MOST_NAMED]) + more
