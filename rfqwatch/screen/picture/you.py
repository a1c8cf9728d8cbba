"""Whose eyes see: the one account that is a party to every visible quote. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.events import ANONYMOUS_CREATORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.book.rfq import Rfq


class Identity:
    """Learned from quotes, which reach only who asked and who quotes; no message names us."""

    def __init__(self) -> None:
        self._parties: frozenset[str | None] | None = None

    def learn(self, rows: Iterable[Rfq | None]) -> str | None:
        """Look at rows; give our id, None while it can't be told from others'."""
        for row in rows:
            if row is None or row.creator_id is None or row.creator_id in ANONYMOUS_CREATORS:
                continue
            for quote in row.quotes:
                if quote.maker is not None and quote.maker not in ANONYMOUS_CREATORS:
                    two = frozenset((row.creator_id, quote.maker))
                    self._parties = two if self._parties is None else self._parties & two
        parties = self._parties or ()
        return next(iter(parties)) if len(parties) == 1 else None
