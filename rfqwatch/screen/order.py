"""Which RFQs are shown: sorted, grouped, narrowed, kept up from what changed. Pure.

Sorting or matching every open RFQ anew for each picture would cost more than drawing it, so only
rows that changed are matched, measured and put in their places again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.lines.wording import UNKNOWN, person
from rfqwatch.screen.group import Group
from rfqwatch.screen.ranking import Place, Ranking
from rfqwatch.screen.search.matching import fits, legs_with, sought
from rfqwatch.screen.view import Grouping, GroupSort, Sort, View, Within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rfqwatch.book.rfq import Rfq

MOST_PLACED = 2_500
"""Rows looked at in one go, which takes 20 ms at most: whatever waits for it is not held up."""
MOST_REGROUPED = 1_500
"""Groups put anew in one go; an RFQ is in as many as it has legs."""

_NEVER = 2**62
_PINNED = 10**40
"""More than anything measures."""
_MILLION = 1_000_000


class Criteria(NamedTuple):
    """Which rows, and how; while it is the same, an arrangement can be kept up."""

    sort: Sort
    group_sort: GroupSort
    grouping: Grouping
    within: Within | None
    text: str
    mine: bool = False

    @classmethod
    def of(cls, view: View) -> Criteria:
        """Take what matters to it from a view."""
        return cls(view.sort, view.group_sort, view.grouping, view.within, view.text, view.mine)


class Arrangement:
    """The rows that fit the criteria."""

    def __init__(self, criteria: Criteria) -> None:
        self.criteria = criteria
        self._words = sought(criteria.text)
        self._all = not (criteria.mine or criteria.within or self._words)
        self.ranking = Ranking()
        self._clear()

    def _clear(self) -> None:
        self.groups: dict[str, Group] = {}
        self.ranking.clear()
        self._members: dict[str, tuple[Rfq, tuple[str, ...]]] = {}
        # From the end: the newest are wanted first.
        self._pending: list[str] = []
        self.since_ms: int | None = None
        """Since when groups are watched, in Unix milliseconds."""
        self._closed: set[str] = set()
        self._urgent: set[str] = set()

    @property
    def total(self) -> int:
        """How many there are: groups, or RFQs that are open."""
        return len(self.ranking) - len(self._closed)

    def follow(self, rows: Mapping[str, Rfq], changed: Iterable[str] | None, now_ms: int) -> None:
        """Take in what changed among the rows; None stands for all of them."""
        if changed is None:
            self._clear()
            changed = rows
        pending = self._pending
        pending += changed
        if self.criteria.grouping is not Grouping.NONE:
            self._group(rows, now_ms)
            return
        batch = pending[-MOST_PLACED:]
        del pending[-MOST_PLACED:]
        # Those whose deadline has passed stand first, and no longer should.
        batch += self._urgent
        self.ranking.put(
            (rfq_id, self._place(rfq_id, rows.get(rfq_id), now_ms)) for rfq_id in batch
        )

    def pinned(self, count: int) -> list[str]:
        """Give the first of the RFQs that stand before all others in any order, being ours."""
        keys = self.ranking.keys(0, count)
        places = zip(keys, map(self.ranking.place, keys), strict=True)
        return [key for key, place in places if place and place[0] < -_PINNED // 2]

    @property
    def pending(self) -> int:
        """How many rows are still to be looked at."""
        return len(self._pending)

    def _place(self, rfq_id: str, row: Rfq | None, now_ms: int) -> Place | None:
        if row is None or not (self._all or self._fits(row)):
            self._closed.discard(rfq_id)
            self._urgent.discard(rfq_id)
            return None
        if row.reason is not None:
            self._closed.add(rfq_id)
        measure = _measure(row, self.criteria.sort, now_ms)
        if row.ours:
            measure -= _PINNED * self._urgency(row, now_ms)
        # Children of a batch stay together.
        return measure, row.batch_id or rfq_id, rfq_id

    def _urgency(self, row: Rfq, now_ms: int) -> int:
        """Tell those with quotes that we may see from the others, and those with a deadline."""
        if row.deadline_ms(now_ms) is None:
            self._urgent.discard(row.id)
            return 1
        self._urgent.add(row.id)
        return 2

    def _fits(self, row: Rfq) -> bool:
        if self.criteria.mine and not row.ours:
            return False
        within = self.criteria.within
        if within is not None and within.key not in keys_of(row, within.grouping):
            return False
        return not self._words or fits(row, self._words)

    def _group(self, rows: Mapping[str, Rfq], now_ms: int) -> None:
        if self.since_ms is None:
            self.since_ms = now_ms
        touched: set[str] = set()
        enough = len(self._pending) - MOST_PLACED
        while self._pending and len(self._pending) > enough and len(touched) < MOST_REGROUPED:
            rfq_id = self._pending.pop()
            touched.update(self._regroup(rfq_id, rows.get(rfq_id), self.since_ms))
        self.ranking.put((key, self._group_place(key)) for key in touched)
        if len(self.groups) > 2 * len(self.ranking) + MOST_REGROUPED:
            for key, group in list(self.groups.items()):
                if group.forgettable(now_ms):
                    del self.groups[key]

    def _regroup(self, rfq_id: str, row: Rfq | None, since_ms: int) -> tuple[str, ...]:
        """Put an RFQ into its groups, or take it out; name those that are others by that."""
        if row is not None and (row.reason is not None or not self._fits(row)):
            row = None
        known, before = self._members.pop(rfq_id, (None, ()))
        groups = self.groups
        if known is not None:
            size = known.size
            for key in before:
                groups[key].take_off(size)
        if row is None:
            return before
        keys = keys_of(row, self.criteria.grouping, self._words)
        self._members[rfq_id] = row, keys
        size = row.size
        for key in keys:
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group()
            group.put(size)
            if known is None:
                group.note(row, size, since_ms)
        return before + keys

    def reorder(self, group_sort: GroupSort) -> None:
        """Put the groups in another order, with all that was counted of them."""
        self.criteria = self.criteria._replace(group_sort=group_sort)
        self.ranking.put((key, self._group_place(key)) for key in self.groups)

    def _group_place(self, key: str) -> Place | None:
        group = self.groups.get(key)
        if group is None or not group.count:
            return None
        match self.criteria.group_sort:
            case GroupSort.COUNT:
                return -group.count, -group.newest_ms, key
            case GroupSort.DOLLARS:
                return -int(group.dollars * _MILLION), -group.count, key
            case GroupSort.NEWEST:
                return -group.newest_ms, -group.count, key


def _measure(row: Rfq, sort: Sort, now_ms: int) -> int:
    match sort:
        case Sort.NEWEST:
            return -row.since_ms
        case Sort.OLDEST:
            return row.since_ms
        case Sort.LARGEST:
            return -int(row.size * _MILLION)
        case Sort.QUOTES:
            return -len(row.current_quotes()) if row.quotes else 0
        case Sort.DEADLINE:
            return row.deadline_ms(now_ms) or _NEVER


def keys_of(row: Rfq, grouping: Grouping, words: Sequence[str] = ()) -> tuple[str, ...]:
    """Name the groups that an RFQ belongs to: for each of its legs one, or those with ``words``."""
    match grouping:
        case Grouping.LEG:
            legs = legs_with(words, row) or row.legs
            names = (f"{leg.market_ticker or UNKNOWN} {leg.side or UNKNOWN}" for leg in legs)
            return tuple(dict.fromkeys(names)) or ("no legs",)
        case Grouping.EVENT:
            legs = legs_with(words, row) or row.legs
            events = [leg.event_ticker for leg in legs] or [row.event_ticker]
            return tuple(dict.fromkeys(event or "unknown" for event in events))
        case Grouping.MARKET:
            return (row.market_ticker or "unknown",)
        case Grouping.CREATOR:
            return (person(row.creator_id or ""),)
        case Grouping.BATCH:
            return (row.batch_id or "no batch",)
        case Grouping.NONE:
            return ()
