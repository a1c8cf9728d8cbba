"""What the first line of each file says of the stream that is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.exchange.shards import Shard
    from rfqwatch.stream.health import Health


def heading(
    version: str, health: Health, shards: Sequence[Shard], *, mine: bool
) -> dict[str, object]:
    """Give the members of its ``msg``; the recorder adds the name of the file before it.

    ``version`` is rfqwatch's; no ``shards`` are the whole channel.
    """
    return {
        "version": version,
        "endpoint": health.place,
        "shards": [str(shard) for shard in shards],
        "mine": mine,
        "selection": health.selected,
    }
