from __future__ import annotations

import json

import pytest
from msgspec import Raw

from rfqwatch.report.legs import Legs
from rfqwatch.report.reading import Created


def rfq(*legs: tuple[str, str], **more: object) -> Created:
    told = [
        {"event_ticker": "E", "market_ticker": name, "side": side, **more} for name, side in legs
    ]
    return of_text(json.dumps(told, separators=(",", ":")))


def of_text(legs: str) -> Created:
    return Created("r", mve_selected_legs=Raw(legs))


def test_the_same_set_has_the_same_numbers() -> None:
    legs = Legs()
    first = legs.of(rfq(("A", "yes"), ("B", "no")))
    for again in (
        rfq(("B", "no"), ("A", "yes")),
        rfq(("A", "yes"), ("B", "no"), ("A", "yes")),
        rfq(("A", "yes"), ("B", "no"), yes_settlement_value_dollars="1.0000"),
        of_text(' [ {"market_ticker" : "B", "side":"no" }, {"side":"yes", "market_ticker":"A"} ]'),
    ):
        assert legs.of(again) == legs.of(again) == first
    assert [legs.names[number] for number in first] == ["A yes", "B no"]
    assert legs.of(rfq(("A", "no"), ("B", "no"))) != first


@pytest.mark.parametrize("name", ["},{", '"', "\\", '},{"side":"no'])
def test_text_that_looks_like_the_space_between_legs(name: str) -> None:
    legs = Legs()
    odd = rfq((name, "yes"), ("B", "no"))
    assert legs.of(odd) == legs.of(odd)
    assert sorted(legs.names.values()) == sorted([f"{name} yes", "B no"])


@pytest.mark.parametrize("raw", ["7", "[7]", '[{"side":true}]', "[" * 2_000 + "]" * 2_000, "null"])
def test_where_no_legs_are_told_the_market_is_its_own(raw: str) -> None:
    legs = Legs()
    told = Created("r", market_ticker="FED-T3", event_ticker="FED", mve_selected_legs=Raw(raw))
    (number,) = legs.of(told)
    assert (legs.names[number], legs.events[number]) == ("FED-T3", "FED")


def test_space_before_the_first_leg_moves_none() -> None:
    legs = Legs()
    spaced = of_text('[ {"market_ticker":"A","side":"yes"},{"market_ticker":"B","side":"no"}]')
    assert legs.of(spaced) == legs.of(spaced) == legs.of(rfq(("A", "yes"), ("B", "no")))
    assert legs.events == {}


def test_a_leg_written_in_ever_other_ways_is_one() -> None:
    legs = Legs()
    ways = [rfq(("A", "yes"), yes_settlement_value_dollars=f"{n}") for n in range(20)]
    assert len({legs.of(way) for way in ways}) == 1


def test_forgotten_legs_get_other_numbers() -> None:
    legs = Legs()
    one, other = legs.of(rfq(("A", "yes"), ("B", "no")))
    legs.keep(frozenset({other}))
    assert legs.of(rfq(("B", "no"))) == (other,)
    (anew,) = legs.of(rfq(("A", "yes")))
    assert anew not in {one, other}
