"""Everything that one picture shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from rfqwatch.screen.picture.above.band import Sports
from rfqwatch.screen.picture.above.trouble import Troubles
from rfqwatch.screen.picture.you import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rfqwatch.book.rfq import Rfq
    from rfqwatch.screen.group import Group
    from rfqwatch.screen.picture.columns import Column, Look
    from rfqwatch.screen.view import View

_Measure = TypeVar("_Measure", int, Decimal)


class Memory(NamedTuple):
    """What a row's cells said when last drawn, by title, and when each last changed."""

    texts: Mapping[str, str]
    changed_s: Mapping[str, float]


KEPT_S = 10.0
"""How long room is kept for what is no longer there, so that nothing goes to and fro."""


class Lately(Generic[_Measure]):
    """The most of each thing lately: it grows at once, and shrinks once it was less for a while."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[_Measure, float]] = {}

    def note(self, name: str, measure: _Measure, now_s: float) -> _Measure:
        """Say how much it is at this moment; get the most it was lately."""
        kept = self._kept.get(name)
        if kept is None or measure >= kept[0] or now_s - kept[1] >= KEPT_S:
            kept = self._kept[name] = measure, now_s
        return kept[0]


@dataclass(slots=True)
class Past:
    """What earlier pictures leave to the next, so that nothing moves about.

    ``memories`` are by RFQ, ``needs`` is how wide the columns' texts were, by title, ``largest``
    what bars were drawn beside, and ``header`` what kind it was of and how many lines it had.
    """

    memories: dict[str, Memory] = field(default_factory=dict)
    needs: Lately[int] = field(default_factory=Lately)
    largest: Lately[Decimal] = field(default_factory=Lately)
    troubles: Troubles = field(default_factory=Troubles)
    sports: Sports = field(default_factory=Sports)
    identity: Identity = field(default_factory=Identity)
    header: tuple[object, int] = (None, 0)


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture's worth, drawn at ``now_s`` by the clock that can't be set.

    ``rows`` are those that may fit, None for a free line, from the first visible one, which is
    number ``first``; so are ``groups``. ``total`` counts the open ones, or the groups. ``newer``
    rows came before them since the page was turned, ``below`` lines of the opened row under the
    cursor have no room, ``pending`` rows were not looked at yet. ``columns`` are those asked for,
    none for those that earn their place. Groups are watched since ``since_ms``.
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
    columns: Sequence[Column] = ()
    since_ms: int | None = None
