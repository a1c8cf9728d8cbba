from __future__ import annotations

from msgspec import Raw

from rfqwatch.report.asked import Asked
from rfqwatch.report.gathering import Gathering
from rfqwatch.report.legs import Legs
from rfqwatch.report.reading import Created
from rfqwatch.report.sizes import rfqs

A = b'[{"market_ticker":"A","side":"yes"},{"market_ticker":"B","side":"yes"}]'
B = b'[{"market_ticker":"B","side":"yes"},{"market_ticker":"C","side":"no"}]'


def gathered(*rows: tuple[str | None, bytes]) -> list[tuple[set[str], int]]:
    """Gather RFQs, each with its market and legs; give the names of the legs, and how many RFQs."""
    legs = Legs()
    gathering = Gathering(legs)
    told = [Created("r", market_ticker=market, mve_selected_legs=Raw(raw)) for market, raw in rows]
    assert not gathering.take(Asked(told, [0] * len(told), [1] * len(told)))
    batch = gathering.gathered()
    assert gathering.gathered() == []
    for _, sizes, size in batch:
        assert rfqs(size) == len(sizes)
    return [({legs.names[leg] for leg in on}, rfqs(size)) for on, _, size in batch]


def test_rfqs_on_a_market_are_together() -> None:
    assert gathered(("M", A), ("M", A)) == [({"A yes", "B yes"}, 2)]


def test_a_market_with_other_legs_than_before_is_not_mistaken() -> None:
    found = gathered(("M", A), ("M", B), (None, B), (None, A), ("M", A))
    assert sum(count for legs, count in found if legs == {"A yes", "B yes"}) == 3
    assert sum(count for legs, count in found if legs == {"B yes", "C no"}) == 2


def test_a_market_without_legs_is_its_own() -> None:
    assert gathered(("FED", b"null"), ("FED", b"null")) == [({"FED"}, 2)]
