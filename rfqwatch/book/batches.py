"""What is remembered of each RFQ batch: its children, the latest version of its best bids."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 20_000
_FORGOTTEN_AT_ONCE = 100


class _Batch(Struct, frozen=True, gc=False):
    children: tuple[str, ...] = ()
    version: int | None = None


class Batches:
    """The batches heard of, by id; past 20,000 the oldest are forgotten."""

    def __init__(self) -> None:
        self._batches: dict[str, _Batch] = {}

    def announce(self, batch_id: str, rfq_ids: Iterable[str]) -> bool:
        """Note a batch's children; tell whether a picture of their best bids came before."""
        batch = self._get(batch_id)
        children = tuple(dict.fromkeys((*batch.children, *rfq_ids)))
        self._put(batch_id, replace(batch, children=children))
        return batch.version is not None

    def picture(self, batch_id: str, version: int | None) -> bool:
        """Note a full picture of the best bids on a batch; tell whether it is the latest so far."""
        batch = self._get(batch_id)
        # Without a version nobody can tell whether it is the latest.
        if version is None or (batch.version is not None and version <= batch.version):
            return False
        self._put(batch_id, replace(batch, version=version))
        return True

    def children(self, batch_id: str) -> tuple[str, ...]:
        """Give the ids of a batch's children, as far as they are known."""
        return self._get(batch_id).children

    def forget(self, batch_id: str) -> None:
        """Drop a batch that is over."""
        self._batches.pop(batch_id, None)

    def _get(self, batch_id: str) -> _Batch:
        return self._batches.get(batch_id, _Batch())

    def _put(self, batch_id: str, batch: _Batch) -> None:
        self._batches[batch_id] = batch
        if len(self._batches) > _MOST:
            for oldest in list(islice(self._batches, _FORGOTTEN_AT_ONCE)):
                del self._batches[oldest]
