"""What a question of a report is answered with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

Value: TypeAlias = "str | int | float | Decimal | Mapping[str, int] | None"


class Answer(NamedTuple):
    """A table, and what is to be said of it as a whole.

    ``name`` is the machine's, ``title`` the reader's. The names of columns and facts end in their
    units, ``_ms``, ``_s``, ``_dollars`` or ``_share``, where they have any. ``measure`` is the
    column to compare rows by.
    """

    name: str
    title: str
    facts: Mapping[str, Value]
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    measure: str = ""


def iso(at_ms: int | None) -> str | None:
    """Write a moment, in UTC, to the second."""
    if at_ms is None:
        return None
    return f"{datetime.fromtimestamp(at_ms // 1_000, UTC).replace(tzinfo=None).isoformat()}Z"
