"""Which RFQs are shown: sorted, grouped, narrowed, kept up from what changed. Pure.

Sorting or matching every open RFQ anew for each picture would cost more than drawing it, so only
rows that changed are matched, measured and put in their places again.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from rfqwatch.lines.wording import UNKNOWN, person
from rfqwatch.screen.controls import Grouping, GroupSort, Sort, View, Within
from rfqwatch.screen.ranking import Place, Ranking
from rfqwatch.screen.search import fits, legs_with, sought

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rfqwatch.book.rfq import Rfq

MOST_PLACED = 2_500
"""Rows looked at in one go, which takes 20 ms at most: whatever waits for it is not held up."""
MOST_REGROUPED = 1_500
"""Groups put anew in one go; an RFQ is in as many as it has legs."""

_NEVER = 2**62
_MILLION = 1_000_000
_ZERO = Decimal(0)


class Criteria(NamedTuple):
    """Which rows, and how; while it is the same, an arrangement can be kept up."""

    sort: Sort
    group_sort: GroupSort
    grouping: Grouping
    within: Within | None
    text: str

    @classmethod
    def of(cls, view: View) -> Criteria:
        """Take what matters to it from a view."""
        return cls(view.sort, view.group_sort, view.grouping, view.within, view.text)


class Group(Struct, gc=False):
    """The open RFQs that share something.

    Each is sized in dollars or in contracts. ``newest_ms`` is when the newest was asked for, be it
    closed by now.
    """

    count: int = 0
    dollars: Decimal = Decimal(0)
    contracts: Decimal = Decimal(0)
    newest_ms: int = 0


class Arrangement:
    """The rows that fit the criteria."""

    def __init__(self, criteria: Criteria) -> None:
        self.criteria = criteria
        self._words = sought(criteria.text)
        self._clear()

    def _clear(self) -> None:
        self.groups: dict[str, Group] = {}
        self.ranking = Ranking()
        self._members: dict[str, tuple[Rfq, tuple[str, ...]]] = {}
        self._pending: dict[str, None] = {}

    def follow(self, rows: Mapping[str, Rfq], changed: Iterable[str] | None, now_ms: int) -> None:
        """Take in what changed among the rows; None stands for all of them."""
        if changed is None:
            self._clear()
            changed = reversed(list(rows))  # the newest are wanted first
        self._pending.update(dict.fromkeys(changed))
        batch = list(islice(self._pending, MOST_PLACED))
        if self.criteria.grouping is not Grouping.NONE:
            self._group(rows, batch)
            return
        for rfq_id in batch:
            del self._pending[rfq_id]
        if self.criteria.sort is Sort.DEADLINE:
            # Those whose deadline has passed stand first, and no longer should.
            batch = list({*batch, *self.ranking.upto(now_ms)})
        self.ranking.put((rfq_id, self._place(rows.get(rfq_id), now_ms)) for rfq_id in batch)

    @property
    def pending(self) -> int:
        """How many rows are still to be looked at."""
        return len(self._pending)

    def _place(self, row: Rfq | None, now_ms: int) -> Place | None:
        if row is None or not self._fits(row):
            return None
        # Children of a batch stay together.
        return _measure(row, self.criteria.sort, now_ms), row.batch_id or row.id, row.id

    def _fits(self, row: Rfq) -> bool:
        within = self.criteria.within
        if within is not None and within.key not in keys_of(row, within.grouping):
            return False
        return not self._words or fits(row, self._words)

    def _group(self, rows: Mapping[str, Rfq], batch: list[str]) -> None:
        groups, members = self.groups, self._members
        touched: set[str] = set()
        for rfq_id in batch:
            if len(touched) >= MOST_REGROUPED:
                break
            del self._pending[rfq_id]
            row = rows.get(rfq_id)
            if row is not None and (row.reason is not None or not self._fits(row)):
                row = None
            before = members.pop(rfq_id, None)
            if before is not None:
                touched.update(before[1])
                _count(groups, before[1], before[0], -1)
            if row is not None:
                keys = keys_of(row, self.criteria.grouping, self._words)
                members[rfq_id] = (row, keys)
                touched.update(keys)
                _count(groups, keys, row, 1)
        self.ranking.put((key, self._group_place(key)) for key in touched)

    def _group_place(self, key: str) -> Place | None:
        group = self.groups.get(key)
        if group is None:
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
            return (row.event_ticker or "unknown",)
        case Grouping.MARKET:
            return (row.market_ticker or "unknown",)
        case Grouping.CREATOR:
            return (person(row.creator_id or ""),)
        case Grouping.BATCH:
            return (row.batch_id or "no batch",)
        case Grouping.NONE:
            return ()


def _count(groups: dict[str, Group], keys: Iterable[str], row: Rfq, sign: int) -> None:
    dollars, contracts = row.target_cost or _ZERO, _ZERO
    if row.target_cost is None and row.contracts is not None:
        contracts = row.contracts
    if sign < 0:
        dollars, contracts = -dollars, -contracts
    for key in keys:
        group = groups.get(key)
        if group is None:
            group = groups[key] = Group()
        group.count += sign
        if not group.count:
            del groups[key]
            continue
        if dollars:
            group.dollars += dollars
        if contracts:
            group.contracts += contracts
        group.newest_ms = max(group.newest_ms, row.since_ms)
