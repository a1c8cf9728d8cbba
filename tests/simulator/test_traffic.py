from __future__ import annotations

import re
import statistics
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.simulator.market.agenda import SECOND, Event
from rfqwatch.simulator.market.people import ANONYMOUS
from rfqwatch.simulator.market.traffic import Traffic

START = 1_793_000_000 * SECOND
QUOTE = "quote_id rfq_id quote_creator_id rfq_creator_id market_ticker"
BIDS = "yes_bid_dollars no_bid_dollars"
OFFER = "event_ticker yes_contracts_offered_fp no_contracts_offered_fp rfq_target_cost_dollars"
SIZED = "event_ticker contracts_fp target_cost_dollars"
BATCH_QUOTE = "batch_quote_id rfq_batch_id"
OUTCOME = "executed_rfq_ids failed_rfq_ids executed_ts close_reason"

# The exchange's schema: required fields, optional fields.
DOCUMENTED = {
    kind: (set(required.split()), set(optional.split()))
    for kind, required, optional in [
        (
            "rfq_created",
            "id creator_id market_ticker created_ts",
            "event_ticker contracts_fp target_cost_dollars mve_collection_ticker mve_selected_legs",
        ),
        (
            "rfq_deleted",
            "id creator_id market_ticker deleted_ts",
            SIZED,
        ),
        ("quote_created", f"{QUOTE} {BIDS} created_ts", f"{OFFER} subaccount"),
        (
            "quote_accepted",
            f"{QUOTE} {BIDS}",
            f"{OFFER} accepted_side contracts_accepted_fp subaccount",
        ),
        (
            "quote_executed",
            f"{QUOTE} order_id client_order_id executed_ts",
            "subaccount rfq_batch_id",
        ),
        ("rfq_batch_created", "id creator_id created_ts legs rfqs", ""),
        ("rfq_batch_deleted", "id creator_id rfq_ids deleted_ts", ""),
        (
            "batch_quote_created",
            "batch_quote_id rfq_batch_id quote_creator_id created_ts quotes",
            "subaccount",
        ),
        (
            "rfq_batch_best_quotes",
            "rfq_batch_id version updated_ts yes_complete no_complete rfqs",
            "client_batch_id subaccount",
        ),
        (
            "batch_quote_accepted",
            f"{BATCH_QUOTE} quote_creator_id rfq_creator_id accepted_side accepted_ts quotes",
            "subaccount",
        ),
        (
            "rfq_batch_executed",
            f"rfq_batch_id rfq_creator_id {OUTCOME}",
            "client_batch_id subaccount",
        ),
        (
            "batch_quote_executed",
            f"batch_quote_id rfq_batch_id rfq_creator_id {OUTCOME}",
            "subaccount",
        ),
        ("leg", "event_ticker market_ticker side", "yes_settlement_value_dollars"),
        (
            "child",
            "id market_ticker leg_indices",
            f"{SIZED} mve_collection_ticker",
        ),
        ("child quote", f"quote_id rfq_id market_ticker {BIDS}", OFFER),
        ("best quote", "rfq_id market_ticker", f"{BIDS} {OFFER}"),
    ]
}
BATCH_TYPES = {kind for kind in DOCUMENTED if "batch" in kind}
NESTED = {
    ("rfq_created", "mve_selected_legs"): "leg",
    ("rfq_batch_created", "legs"): "leg",
    ("rfq_batch_created", "rfqs"): "child",
    ("batch_quote_created", "quotes"): "child quote",
    ("batch_quote_accepted", "quotes"): "child quote",
    ("rfq_batch_best_quotes", "rfqs"): "best quote",
}


SPELLINGS = {
    "_dollars": r"\d+\.\d{4}",
    "_fp": r"\d+\.\d{2}",
    "_ts": r"....-..-..T..:..:..(\.\d{0,5}[1-9])?Z",
    "creator_id": r"[0-9a-f]{64}",
    "side": "yes|no",
}


def msg(event: Event) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(event.msg)
    return decoded


def traffic(seed: int, seconds: float = 10, *, batches: bool = True) -> list[Event]:
    market = Traffic(seed=seed, rate=200, start_us=START, standing=50, batches=batches)
    return [*market.open, *market.until(START + round(seconds * SECOND))]


@pytest.fixture(scope="module")
def steady() -> list[Event]:
    """A minute of a market that has been open for a while."""
    market = Traffic(seed=11, rate=200, start_us=START, standing=2_000)
    market.until(START + 200 * SECOND)
    return market.until(START + 260 * SECOND)


def check(kind: str, fields: dict[str, Any]) -> None:
    required, optional = DOCUMENTED[kind]
    assert required <= set(fields) <= required | optional, kind
    for name, value in fields.items():
        for ending, spelling in SPELLINGS.items():
            if name.endswith(ending):
                assert re.fullmatch(spelling, value), (name, value)
        if name.endswith("_ts"):
            datetime.fromisoformat(value)
        for item in value if (kind, name) in NESTED else ():
            check(NESTED[kind, name], item)


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_every_message_has_the_documented_fields_and_no_other(seed: int) -> None:
    for event in traffic(seed):
        check(event.type, msg(event))


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_amounts_make_sense(seed: int) -> None:
    for event in traffic(seed):
        fields = msg(event)
        if event.type.startswith("rfq_") and "batch" not in event.type:
            assert ("contracts_fp" in fields) != ("target_cost_dollars" in fields)
        if event.type in ("quote_created", "quote_accepted"):
            bids = {side: Decimal(fields[f"{side}_bid_dollars"]) for side in ("yes", "no")}
            assert 0 < sum(bids.values()) <= 1
            for side, bid in bids.items():
                assert (bid > 0) == (f"{side}_contracts_offered_fp" in fields)
        if event.type == "quote_accepted":
            assert ("contracts_accepted_fp" in fields) != ("rfq_target_cost_dollars" in fields)
            assert Decimal(fields[f"{fields['accepted_side']}_bid_dollars"]) > 0


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_a_seed_is_one_sequence_however_it_is_asked_for(seed: int) -> None:
    market = Traffic(seed=seed, rate=200, start_us=START, standing=50, batches=True)
    piecemeal = list(market.open)
    for at_us in range(START, START + 5 * SECOND + 1, 37_000):
        piecemeal += market.until(at_us)
    piecemeal += market.until(START + 5 * SECOND)
    assert piecemeal == traffic(seed, 5)


def test_another_seed_is_another_sequence() -> None:
    assert traffic(1, 1) != traffic(2, 1)


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_quotes_tell_a_story_in_order_inside_their_rfq(seed: int) -> None:
    market = Traffic(seed=seed, rate=200, start_us=START)
    order = ["quote_created", "quote_accepted", "quote_executed"]
    open_rfqs: set[str] = set()
    reached: dict[str, int] = {}
    for event in market.until(START + 30 * SECOND):
        fields = msg(event)
        if event.type == "rfq_created":
            open_rfqs.add(fields["id"])
        elif event.type == "rfq_deleted":
            open_rfqs.discard(fields["id"])
        else:
            assert fields["rfq_id"] in open_rfqs
            assert market.watcher in (fields["rfq_creator_id"], fields["quote_creator_id"])
            assert order.index(event.type) == reached.get(event.id, 0)
            reached[event.id] = order.index(event.type) + 1


def test_stories_end_in_every_way() -> None:
    market = Traffic(seed=3, rate=40, start_us=START)
    rfqs: dict[str, list[dict[str, Any]]] = {}
    for event in market.until(START + 900 * SECOND):
        if event.type.startswith("quote_"):
            rfqs.setdefault(msg(event)["rfq_id"], []).append({"type": event.type, **msg(event)})
    endings = Counter(story[-1]["type"] for story in rfqs.values())
    assert set(endings) == {"quote_created", "quote_accepted", "quote_executed"}
    created = [
        Counter(quote["quote_creator_id"] for quote in story if quote["type"] == "quote_created")
        for story in rfqs.values()
    ]
    assert any(max(makers.values()) > 1 for makers in created)
    assert any(len(makers) > 1 for makers in created)


def test_proportions_are_the_observed_ones(steady: list[Event]) -> None:
    count = Counter(event.type for event in steady)
    created = [msg(event) for event in steady if event.type == "rfq_created"]
    deleted = {msg(event)["id"] for event in steady if event.type == "rfq_deleted"}
    legs = [len(rfq["mve_selected_legs"]) for rfq in created if "mve_selected_legs" in rfq]
    assert set(count) == {
        "rfq_created",
        "rfq_deleted",
        "quote_created",
        "quote_accepted",
        "quote_executed",
    }
    assert 0.45 < count["rfq_created"] / len(steady) < 0.60
    assert 0.40 < count["rfq_deleted"] / len(steady) < 0.55
    assert len(steady) == pytest.approx(200 * 60, rel=0.05)
    assert 0.93 < sum("target_cost_dollars" in rfq for rfq in created) / len(created) < 0.97
    assert Counter(rfq.get("target_cost_dollars") for rfq in created).most_common(1)[0][0] == (
        "10.0000"
    )
    assert statistics.median(legs) in (4, 5)
    assert (min(legs), max(legs)) == (2, 15)
    assert 0 < len(created) - len(legs) < 0.05 * len(created)
    assert ANONYMOUS in {rfq["creator_id"] for rfq in created}
    assert deleted - {rfq["id"] for rfq in created}


def test_frames_are_as_large_as_the_real_ones(steady: list[Event]) -> None:
    created = [event for event in steady if event.type == "rfq_created"]
    assert 800 < statistics.median(len(event.msg) for event in created) < 1_200
    assert 1_700 < max(len(event.msg) for event in created) < 2_600
    deleted = [len(event.msg) for event in steady if event.type == "rfq_deleted"]
    assert 250 < statistics.median(deleted) < 350


def test_life_times_are_the_observed_ones() -> None:
    market = Traffic(seed=5, rate=200, start_us=START)
    born: dict[str, int] = {}
    lives: list[float] = []
    unannounced = 0
    for event in market.until(START + 300 * SECOND):
        if event.type == "rfq_created":
            born[event.id] = event.at_us
        elif event.type == "rfq_deleted" and event.id in born:
            lives.append((event.at_us - born[event.id]) / SECOND)
            del born[event.id]
        elif event.type == "rfq_deleted":
            unannounced += 1
    tenths = statistics.quantiles(lives, n=10)
    assert tenths[0] == pytest.approx(2.4, rel=0.25)
    # What outlives the sample is missing from its top, which moves the median down.
    assert statistics.median(lives) == pytest.approx(17.5, rel=0.15)
    assert 0.01 < unannounced / len(lives) < 0.06
    never_deleted = set(born) - {event.id for event in market.open}
    assert 0.01 < len(never_deleted) / len(lives) < 0.08


def test_batches_are_off_by_default_and_complete_when_on() -> None:
    assert not {event.type for event in traffic(1, batches=False)} & BATCH_TYPES
    market = Traffic(seed=1, rate=200, start_us=START, batches=True)
    events = market.until(START + 200 * SECOND)
    assert {event.type for event in events} >= BATCH_TYPES
    versions: dict[str, int] = {}
    children: dict[str, set[str]] = {}
    for event in events:
        fields = msg(event)
        match event.type:
            case "rfq_batch_created":
                assert 2 <= len(fields["rfqs"]) <= 57
                assert len(fields["legs"]) <= 6
                children[fields["id"]] = {child["id"] for child in fields["rfqs"]}
            case "rfq_batch_best_quotes":
                assert fields["version"] > versions.get(fields["rfq_batch_id"], 0)
                versions[fields["rfq_batch_id"]] = fields["version"]
            case "rfq_batch_executed" | "batch_quote_executed":
                ids = {*fields["executed_rfq_ids"], *fields["failed_rfq_ids"]}
                assert ids <= children[fields["rfq_batch_id"]]


def test_the_book_stays_bounded() -> None:
    market = Traffic(seed=1, rate=1_000, start_us=START, open_limit=500)
    for second in range(1, 30):
        market.until(START + second * SECOND)
        assert len(market.open) <= 500


def test_a_burst_ignores_the_rate_but_not_the_time() -> None:
    market = Traffic(seed=1, rate=10, start_us=START, standing=100, open_limit=100)
    events = market.burst(START + SECOND, 5_000)
    assert 5_000 <= len(events) < 5_010
    assert max(event.at_us for event in events) <= START + SECOND
    assert 0.4 < Counter(event.type for event in events)["rfq_created"] / 5_000 < 0.6
