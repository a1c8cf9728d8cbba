"""Which shards of the channel to watch.

The exchange splits the channel by a hash of the market ticker into ``shard_factor`` parts, 1 to
100, whose keys count from 0 (docs.kalshi.com, Communications, sharding). The hash is not
documented, so a shard is a share of the load and never a choice of markets.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rfqwatch.errors import UsageError

LARGEST_FACTOR = 100

_FORM = re.compile(r"(?P<keys>all|\d{1,9}(?:,\d{1,9})*)/(?P<factor>\d{1,9})", re.ASCII)


class Shard(NamedTuple):
    """One part of the channel; written ``3/10``."""

    key: int
    factor: int

    def __str__(self) -> str:
        return f"{self.key}/{self.factor}"


def parse_shards(text: str) -> tuple[Shard, ...]:
    """Read ``3/10``, ``0,2/10`` or ``all/4``, in the order written, each key once.

    Raises `UsageError` that says which keys exist.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise UsageError(
            f"--shard {text!r} is not of the form K/N",
            "Write one key (3/10), several (0,2/10) or all of them (all/4). Keys count from 0.",
        )
    factor = int(form["factor"])
    if not 1 <= factor <= LARGEST_FACTOR:
        raise UsageError(
            f"--shard {text!r}: the exchange has no shard factor {factor}",
            f"N is 1 to {LARGEST_FACTOR}.",
        )
    if form["keys"] == "all":
        return tuple(Shard(key, factor) for key in range(factor))
    keys = dict.fromkeys(int(key) for key in form["keys"].split(","))
    for key in keys:
        if key >= factor:
            existing = "the only key is 0" if factor == 1 else f"keys are 0 to {factor - 1}"
            raise UsageError(
                f"--shard {text!r}: there is no shard {key} of {factor}",
                f"With {factor} shard{'s' * (factor > 1)}, {existing}.",
            )
    return tuple(Shard(key, factor) for key in keys)
