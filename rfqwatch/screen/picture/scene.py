"""Everything that one picture shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rfqwatch.book.rfq import Rfq
    from rfqwatch.screen.controls import View
    from rfqwatch.screen.order import Group
    from rfqwatch.screen.picture.columns import Look


class Memory(NamedTuple):
    """What a row's cells said when last drawn, by title, and when each last changed."""

    texts: Mapping[str, str]
    changed_s: Mapping[str, float]


@dataclass(slots=True)
class Past:
    """What earlier pictures of one size leave to the next, so that nothing moves about.

    ``memories`` are by RFQ, ``needs`` is how wide the columns' texts have been, by title, and
    ``header`` how many lines the header has had.
    """

    memories: dict[str, Memory] = field(default_factory=dict)
    needs: dict[str, int] = field(default_factory=dict)
    header: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture's worth, drawn at ``now_s`` by the clock that can't be set.

    ``rows`` are those that may fit, None for a free line, from the first visible one, which is
    number ``first`` of ``total``; so are ``groups``. ``newer`` rows came before them since the page
    was turned, ``below`` lines of the opened row under the cursor have no room, ``pending`` rows
    were not looked at yet.
    """

    look: Look
    now_s: float
    view: View
    past: Past
    rows: Sequence[Rfq | None]
    groups: Sequence[tuple[str, Group | None]]
    first: int
    total: int
    newer: int
    below: int
    pending: int
