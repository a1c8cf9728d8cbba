"""RFQs as what they ask for, column by column, and the same by their legs."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.report.sizes import micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.report.legs import Legs
    from rfqwatch.report.sizes import Size
    from rfqwatch.report.typed import Created, CreatedLine

HOUR_MS = 3_600_000

MOST_GATHERED = 100_000
"""RFQs that are gathered by their legs before they are counted: 300 bytes each, at the most."""

_msg = attrgetter("msg")
_size = attrgetter("target_cost_dollars", "contracts_fp", "target_cost", "contracts")


class Asked(NamedTuple):
    """Some RFQs, each in the same place of every column.

    ``hours`` are counted since the beginning of 1970, ``micros`` are millionths of dollars.
    """

    told: Sequence[Created]
    hours: Sequence[int]
    sizes: Sequence[Size]
    micros: Sequence[int]


def asked(created: Sequence[CreatedLine]) -> Asked:
    """Read what RFQs ask for."""
    told = list(map(_msg, created))
    sizes = list(map(_size, told))
    hours = [line.received_ts_ms // HOUR_MS for line in created]
    return Asked(told, hours, sizes, list(map(micros, sizes)))


class OnLegs(NamedTuple):
    """RFQs on the same legs, which are numbers of `Legs`, with the size of each."""

    legs: tuple[int, ...]
    sizes: Sequence[Size]
    micros: int


class Gathering:
    """RFQs by their legs, until there are many: the same legs need be counted only once."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._sizes: defaultdict[tuple[int, ...], list[Size]] = defaultdict(list)
        self._count = 0

    def take(self, asked: Asked) -> bool:
        """Gather RFQs; tell whether there are many."""
        sizes = self._sizes
        for legs, size in zip(map(self._legs.of, asked.told), asked.sizes, strict=True):
            sizes[legs].append(size)
        self._count += len(asked.told)
        return self._count >= MOST_GATHERED

    def gathered(self) -> list[OnLegs]:
        """Give what was gathered, and begin anew."""
        gathered, self._sizes, self._count = self._sizes, defaultdict(list), 0
        return [OnLegs(legs, sizes, sum(map(micros, sizes))) for legs, sizes in gathered.items()]
