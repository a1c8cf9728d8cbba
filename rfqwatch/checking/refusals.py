"""Explains a refusal of the credentials, by what earlier checks found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.checking.verdict import failed
from rfqwatch.sources.refusals import EXPIRED

if TYPE_CHECKING:
    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Verdict
    from rfqwatch.errors import RefusedError

TOLERATED_MS = 10_000
"""By how much a timestamp may be off. Undocumented; what was seen to pass on the exchange."""

_ABOUT_THE_KEY = ("NOT_FOUND", "INCORRECT_API_KEY_SIGNATURE")
"""What the exchange says of keys alone; a clock that is off it names in other words."""

_OTHERS = {"prod": "demo", "demo": "prod"}


def explained(error: RefusedError, subject: Subject) -> Verdict:
    """Make the verdict of a refusal: whether it may be the environment, the clock or the key."""
    told = [error.advice]
    other = _OTHERS.get(subject.name)
    if other and "NOT_FOUND" in error.message:
        told.append(f"This is {subject.name}: a key of {other} needs --env {other}.")
    if EXPIRED not in error.message:
        # Otherwise the exchange has said what is wrong with it.
        blamed = any(word in error.message for word in _ABOUT_THE_KEY)
        told.append(_clock(subject.offset_ms, blamed=blamed))
    return failed(error.message, " ".join(told), exit_code=error.exit_code)


def _clock(offset_ms: int | None, *, blamed: bool) -> str:
    """Say what part the clock may have, where something else is ``blamed`` or nothing is."""
    if offset_ms is None:
        return "Whether this computer's clock is right could not be seen."
    if abs(offset_ms) > TOLERATED_MS:
        off = f"this computer's clock is {apart(offset_ms)}"
        return f"It is not that {off}." if blamed else f"It may be that {off}: set it."
    return "It is not the clock, which agrees with the exchange's."


def apart(offset_ms: int) -> str:
    """Say how far this computer's clock is from the exchange's, which is ahead by so much."""
    way = "behind" if offset_ms > 0 else "ahead of"
    return f"{abs(offset_ms) / 1000:,.0f} s {way} the exchange's"
