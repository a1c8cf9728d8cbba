from __future__ import annotations

import json

import pytest
from corpus import DOCUMENTED

from rfqwatch.exchange.events import EVENT_TYPES, RfqCreated, RfqDeleted
from rfqwatch.stream.drift import MOST_KINDS, OTHERS, Drift


def message(**fields: object) -> bytearray:
    return bytearray(json.dumps({"msg": fields}).encode())


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def drift(said: list[str]) -> Drift:
    return Drift(said.append)


def test_what_is_documented_fits(drift: Drift, said: list[str]) -> None:
    kinds = {kind: bytearray(data) for data in DOCUMENTED if (kind := json.loads(data)["type"])}
    for kind in EVENT_TYPES:
        assert drift.read(kind, kinds[kind]) is not None
    assert (said, drift.unread) == ([], 0)
    assert not drift.misfits


def test_a_field_that_does_not_fit_is_left_out_counted_and_said_once(
    drift: Drift, said: list[str]
) -> None:
    for _ in range(3):
        event = drift.read("rfq_created", message(id="r", market_ticker="M", created_ts="soon"))
        assert event == RfqCreated(id="r", market_ticker="M")
    assert drift.misfits == {"rfq_created.created_ts": 3}
    (line,) = said
    assert line.startswith("rfq_created.created_ts: ")
    assert line.endswith("(said once; counted from here on)")
    assert drift.unread == 0


def test_the_same_field_of_another_type_is_another(drift: Drift, said: list[str]) -> None:
    odd = message(id="r", market_ticker=5)
    assert drift.read("rfq_created", odd) == RfqCreated(id="r")
    assert drift.read("rfq_deleted", odd) == RfqDeleted(id="r")
    assert drift.misfits == {"rfq_created.market_ticker": 1, "rfq_deleted.market_ticker": 1}
    assert len(said) == 2


def test_without_its_ids_nothing_can_be_made_of_it(drift: Drift) -> None:
    assert drift.read("rfq_deleted", message(market_ticker="M")) is None
    assert drift.read("rfq_deleted", bytearray(b'{"msg":[]}')) is None
    assert drift.read("rfq_deleted", bytearray(b"{}")) is None
    assert drift.unread == 3
    assert drift.misfits == {"rfq_deleted.id": 1, "rfq_deleted.msg": 2}


def test_no_more_kinds_are_told_apart_than_can_be_kept(drift: Drift, said: list[str]) -> None:
    for number in range(MOST_KINDS):
        drift.misfits[f"invented {number}"] = 1
    for number in range(2):
        drift.read("rfq_deleted", message(id="r", market_ticker=number))
    drift.misfits["invented 0"] += 1
    assert drift.misfits[OTHERS] == 2
    assert len(drift.misfits) == MOST_KINDS + 1
    assert said == []
