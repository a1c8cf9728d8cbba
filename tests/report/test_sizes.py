from __future__ import annotations

import pytest

from rfqwatch.report.reading import Created
from rfqwatch.report.sizes import Size, dollars, rfqs, sizes_of, written


def size(
    cost: str | None = None,
    contracts: str | None = None,
    centicents: int | None = None,
    whole: int | None = None,
) -> Size:
    told = Created("r", None, None, None, cost, contracts, centicents, whole)
    (read,) = sizes_of([told])
    return read


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (size("10.0000"), "$10"),
        (size("0.123456"), "$0.123456"),
        (size("0.00", "9.50"), "9.5 ct"),
        (size(None, "0.00"), "0 ct"),
        (size("0.00"), "?"),
        (size("-1"), "?"),
        (size(), "?"),
        (size(centicents=3_500), "$0.35"),
        (size(whole=7), "7 ct"),
        (size("0.00", "2", centicents=3_500), "2 ct"),
        (size("9999999999999999.999999"), "$9999999999999999.999999"),
    ],
)
def test_sizes_are_written_as_they_were_meant(read: Size, text: str) -> None:
    assert written(read) == text
    assert rfqs(read) == 1


def test_sizes_add_up() -> None:
    together = sum([size("10.0000"), size(None, "2.50"), size(), size("0.000001")])
    assert (rfqs(together), str(dollars(together))) == (4, "12.500001")
