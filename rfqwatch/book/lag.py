"""How late a message comes, unless it tells again of something old.

Times are Unix milliseconds: when it was received, when the exchange says that it was sent, if it
says, and when what it tells of was created.
"""

from __future__ import annotations

TOLD_AGAIN_MS = 30_000
"""What is told this long after its creation is told again, and no new demand."""


def is_told_again(
    received_ms: int, sending_ms: int | None, created_ms: int, live_ms: int | None = None
) -> bool:
    """Tell whether a message tells of something old.

    ``live_ms`` is since when messages are due, if known: what was created before is old.
    """
    # Each duration is of one clock, as far as possible: those of the two sides differ.
    age_ms = (received_ms if sending_ms is None else sending_ms) - created_ms
    if age_ms > TOLD_AGAIN_MS:
        return True
    return age_ms > 0 and live_ms is not None and age_ms > received_ms - live_ms


def lag(received_ms: int, sending_ms: int | None, created_ms: int | None) -> int | None:
    """Give a message's time on the way, in milliseconds: since sent, else since the creation.

    None when neither is known, or when it tells of something old: see `is_told_again`.
    """
    if sending_ms is not None:
        return received_ms - sending_ms
    if created_ms is None or is_told_again(received_ms, sending_ms, created_ms):
        return None
    return received_ms - created_ms
