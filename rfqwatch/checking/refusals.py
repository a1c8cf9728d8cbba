"""Explains a refusal of the credentials, by what earlier checks found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.checking.verdict import failed
from rfqwatch.lines.wording import apart
from rfqwatch.sources.refusals import EXPIRED

if TYPE_CHECKING:
    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Verdict
    from rfqwatch.errors import RefusedError

TOLERATED_MS = 10_000
"""By how much a timestamp may be off. Undocumented; what was seen to pass on the exchange."""

_OF_THE_KEY = ("NOT_FOUND", "INCORRECT_API_KEY_SIGNATURE")
"""What the exchange says where it is not the clock, whatever that shows."""
_OTHERS = {"prod": "demo", "demo": "prod"}


def explained(error: RefusedError, subject: Subject, *, by_our_clock: bool = False) -> Verdict:
    """Make the verdict of a refusal: whether it may be the environment, the clock or the key.

    ``by_our_clock`` tells whether what was refused was signed by this computer's clock, where that
    is known to differ; else it was by the exchange's.
    """
    told = [error.advice]
    other = _OTHERS.get(subject.name)
    if other and "NOT_FOUND" in error.message:
        told.append(f"This is {subject.name}: a key of {other} needs --env {other}.")
    if EXPIRED not in error.message:
        # Otherwise the exchange has said what is wrong with it.
        told.append(_clock(error, subject.offset_ms, by_our_clock=by_our_clock))
    return failed(error.message, " ".join(filter(None, told)), exit_code=error.exit_code)


def _clock(error: RefusedError, offset_ms: int | None, *, by_our_clock: bool) -> str:
    if offset_ms == 0:
        return "It is not the clock, which agrees with the exchange's."
    if any(told in error.message for told in _OF_THE_KEY):
        return ""
    if offset_ms is None:
        return "Whether this computer's clock is right could not be seen."
    if by_our_clock and abs(offset_ms) > TOLERATED_MS:
        return f"This computer's clock is {apart(offset_ms)}, which may be why: set it."
    return ""
