"""RFQs as what they ask for, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.report.sizes import sizes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.report.reading import Created, CreatedLine
    from rfqwatch.report.sizes import Size


class Asked(NamedTuple):
    """Some RFQs, each in the same place of every column."""

    told: Sequence[Created]
    received_ms: Sequence[int]
    sizes: Sequence[Size]


def asked(created: Sequence[CreatedLine]) -> Asked:
    """Read what RFQs ask for."""
    told = [line.msg for line in created]
    return Asked(told, [line.received_ts_ms for line in created], sizes_of(told))
