"""What is said of a stream at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfqwatch.health import Health


def gaps(health: Health, shed: int) -> int:
    """Count the gaps of all shards; what was shed is one more."""
    return sum(card.gaps for card in health.shards.values()) + bool(shed)


def summary(health: Health, done: str, *, shed: int = 0, undelivered: int = 0) -> str:
    """Write what was ``done``, whether that is all there was, and what else is worth a look.

    ``shed`` and ``undelivered`` count events that the reader of the output did not take.
    """
    cards = health.shards.values()
    counts = {
        "events not taken from standard output at the end": undelivered,
        "frames without a seq, so that completeness can't be checked": sum(
            card.unnumbered for card in cards
        ),
        "malformed frames": sum(card.malformed for card in cards),
        "frames of unknown types": sum(card.unknown for card in cards),
    }
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return "; ".join([done, _completeness(health, shed), *told])


def _completeness(health: Health, shed: int) -> str:
    cards = health.shards.values()
    unseen = sum(card.heard_ms is None for card in cards)
    if unseen == len(cards):
        return "nothing was watched"
    told = f"{unseen} of {len(cards)} shards never watched, " if unseen else ""
    number = gaps(health, shed)
    if not number:
        return f"{told}no gaps"
    missed = sum(card.missed for card in cards) + shed
    known = f"{missed:,} frames missed"
    if any(card.unmeasured for card in cards):
        more = "an unknown number"
        known = f"{known} and {more} more" if missed else f"{more} of frames missed"
    why = f", {shed:,} of them shed as they were not read in time" if shed else ""
    return f"{told}gaps: {number:,}, {known}{why}"
