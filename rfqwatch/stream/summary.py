"""What is said of a stream at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.lines.output import Ending

if TYPE_CHECKING:
    from rfqwatch.stream.health import Health


def uncertain(health: Health, lost: int) -> str:
    """Say why it can't be claimed that nothing was missed; "" where it can.

    ``lost`` counts messages that the reader of the output did not take.
    """
    cards = health.shards.values()
    if lost or any(card.gaps for card in cards):
        return "the stream had gaps"
    if any(card.numbering.unnumbered for card in cards):
        return "frames carried no seq, so that completeness can't be checked"
    return ""


def ending(health: Health, reason: str, shown: int, shed: int) -> Ending:
    """Sum up a stream of which ``shown`` messages were taken, ``shed`` of them dropped again."""
    cards = health.shards.values()
    unmeasured = any(
        card.unmeasured or card.numbering.unnumbered or card.heard is None for card in cards
    )
    return Ending(
        reason,
        events=shown - shed,
        gaps=sum(card.gaps for card in cards) + bool(shed),
        missed=None if unmeasured else sum(card.missed for card in cards) + shed,
        malformed=sum(card.malformed for card in cards),
    )


def summary(health: Health, done: str, *, shed: int = 0, undelivered: int = 0) -> str:
    """Write what was ``done``, whether that is all there was, and what else is worth a look.

    ``shed`` and ``undelivered`` count messages that the reader of the output did not take.
    """
    cards = health.shards.values()
    counts = {
        "events not taken from standard output at the end": undelivered,
        "frames without a seq, so that completeness can't be checked": sum(
            card.numbering.unnumbered for card in cards
        ),
        "malformed frames": sum(card.malformed for card in cards),
        "frames of unknown types": sum(card.unknown for card in cards),
        "frames of which nothing could be read": health.drift.unread,
        **{f"{name} not as known": count for name, count in health.drift.misfits.most_common()},
    }
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return "; ".join([done, _completeness(health, shed), *told])


def _completeness(health: Health, shed: int) -> str:
    cards = health.shards.values()
    unseen = sum(card.heard is None for card in cards)
    if unseen == len(cards):
        return "nothing was watched"
    told = f"{unseen} of {len(cards)} shards never watched, " if unseen else ""
    number = sum(card.gaps for card in cards) + bool(shed)
    if not number:
        return f"{told}no gaps"
    missed = sum(card.missed for card in cards) + shed
    known = f"{missed:,} frames missed"
    if any(card.unmeasured for card in cards):
        more = "an unknown number"
        known = f"{known} and {more} more" if missed else f"{more} of frames missed"
    why = f", {shed:,} of them shed as they were not read in time" if shed else ""
    return f"{told}gaps: {number:,}, {known}{why}"
