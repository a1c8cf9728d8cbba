"""What is said of a stream at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.lines.output import Ending
from rfqwatch.lines.wording import counted

if TYPE_CHECKING:
    from rfqwatch.stream.health import Health


def uncertain(health: Health, lost: int) -> str:
    """Say why it can't be claimed that nothing was missed; "" where it can.

    ``lost`` counts messages that the reader of the output did not take.
    """
    totals = health.totals
    if lost or totals.gaps:
        return "the stream had gaps"
    if totals.unnumbered:
        return "frames carried no seq, so that completeness can't be checked"
    if health.breaks_off:
        return "the recording breaks off, and what came then is unknown"
    return ""


def ending(health: Health, reason: str, shown: int, shed: int) -> Ending:
    """Sum up a stream of which ``shown`` messages were taken, ``shed`` of them dropped again."""
    totals = health.totals
    unmeasured = totals.unmeasured or totals.unnumbered or totals.unseen
    return Ending(
        reason,
        events=shown - shed,
        gaps=totals.gaps + bool(shed),
        missed=None if unmeasured else totals.missed + shed,
        malformed=totals.malformed,
    )


def summary(health: Health, done: str, *, shed: int = 0, undelivered: int = 0) -> str:
    """Write what was ``done``, whether that is all there was, and what else is worth a look.

    ``shed`` and ``undelivered`` count messages that the reader of the output did not take.
    """
    totals = health.totals
    counts = (
        (undelivered, "event", " not taken from standard output at the end"),
        (totals.unnumbered, "frame", " without a seq, so that completeness can't be checked"),
        (totals.backward, "frame", " late or twice, by their seq"),
        (totals.malformed, "malformed frame", ""),
        (totals.unknown, "frame", " of unknown type"),
        (health.drift.unread, "frame", " of which nothing could be read"),
    )
    told = [counted(count, what) + more for count, what, more in counts if count]
    misfits = health.drift.misfits.most_common()
    told += [f"{count:,} {name} not as known" for name, count in misfits]
    return "; ".join([done, _completeness(health, shed), *told])


def _completeness(health: Health, shed: int) -> str:
    totals, cards = health.totals, len(health.shards)
    if totals.unseen == cards:
        return "nothing was watched"
    told = f"{totals.unseen} of {cards} shards never watched, " if totals.unseen else ""
    number = totals.gaps + bool(shed)
    if not number:
        none = "no gap seen" if totals.unnumbered else "no gaps"
        return f"{told}{none}" + " up to where it breaks off" * health.breaks_off
    missed = totals.missed + shed
    known = f"{missed:,} frame{'s' * (missed != 1)} missed"
    if totals.unmeasured:
        more = "an unknown number"
        known = f"{known} and {more} more" if missed else f"{more} of frames missed"
    why = f", {shed:,} of them shed as they were not read in time" if shed else ""
    return f"{told}gaps: {number:,}, {known}{why}"
