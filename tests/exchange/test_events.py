from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple, get_args

import msgspec
import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.exchange.decoding import Reading, read
from rfqwatch.exchange.events import (
    ANONYMOUS_CREATORS,
    Amount,
    BatchRfq,
    BestBids,
    Event,
    Leg,
    Offer,
    QuoteAccepted,
    QuoteCreated,
    RfqCreated,
    RfqDeleted,
    decode_amount,
)

EVENTS = {event.type: event for event in get_args(Event)}

# What docs.kalshi.com lists for each message. Only the ids, which have a star, are required here;
# no code reads those with a minus, so they are not declared.
FIELDS_OF_MESSAGES = """
rfq_created *id creator_id market_ticker event_ticker contracts_fp target_cost_dollars created_ts
    mve_collection_ticker mve_selected_legs
rfq_deleted *id -creator_id market_ticker -deleted_ts event_ticker contracts_fp target_cost_dollars
quote_created *quote_id *rfq_id quote_creator_id rfq_creator_id market_ticker event_ticker
    yes_bid_dollars no_bid_dollars yes_contracts_offered_fp no_contracts_offered_fp
    rfq_target_cost_dollars created_ts -subaccount
quote_accepted *quote_id *rfq_id quote_creator_id rfq_creator_id market_ticker event_ticker
    yes_bid_dollars no_bid_dollars accepted_side contracts_accepted_fp yes_contracts_offered_fp
    no_contracts_offered_fp rfq_target_cost_dollars -subaccount
quote_executed *quote_id *rfq_id quote_creator_id rfq_creator_id -order_id -client_order_id
    market_ticker executed_ts -subaccount -rfq_batch_id
rfq_batch_created *id creator_id created_ts legs rfqs
rfq_batch_deleted *id -creator_id rfq_ids -deleted_ts
batch_quote_created -batch_quote_id *rfq_batch_id quote_creator_id created_ts quotes -subaccount
rfq_batch_best_quotes *rfq_batch_id version -updated_ts -yes_complete -no_complete rfqs
    -client_batch_id -subaccount
batch_quote_accepted -batch_quote_id *rfq_batch_id quote_creator_id -rfq_creator_id accepted_side
    accepted_ts quotes -subaccount
rfq_batch_executed *rfq_batch_id -rfq_creator_id executed_rfq_ids failed_rfq_ids -executed_ts
    close_reason -client_batch_id -subaccount
batch_quote_executed -batch_quote_id *rfq_batch_id -rfq_creator_id executed_rfq_ids failed_rfq_ids
    -executed_ts close_reason -subaccount
"""
FIELDS_OF_PARTS = """
Leg event_ticker market_ticker side yes_settlement_value_dollars
BatchRfq *id market_ticker leg_indices event_ticker contracts_fp target_cost_dollars
    mve_collection_ticker
Offer *quote_id *rfq_id market_ticker event_ticker yes_bid_dollars no_bid_dollars
    yes_contracts_offered_fp no_contracts_offered_fp rfq_target_cost_dollars
BestBids *rfq_id market_ticker event_ticker yes_bid_dollars no_bid_dollars yes_contracts_offered_fp
    no_contracts_offered_fp rfq_target_cost_dollars
"""


class Fields(NamedTuple):
    ids: list[str]
    others: list[str]
    unread: list[str]


def table(text: str) -> dict[str, Fields]:
    rows = (line.split() for line in text.replace("\n    ", " ").strip().splitlines())
    return {
        name: Fields(
            [field[1:] for field in fields if field.startswith("*")],
            [field for field in fields if field[0] not in "*-"],
            [field[1:] for field in fields if field.startswith("-")],
        )
        for name, *fields in rows
    }


FIELDS = table(FIELDS_OF_MESSAGES)
PARTS: dict[type, Fields] = {
    part: table(FIELDS_OF_PARTS)[part.__name__] for part in (Leg, BatchRfq, Offer, BestBids)
}
WHERE = {
    ("rfq_created", "mve_selected_legs"): Leg,
    ("rfq_batch_created", "legs"): Leg,
    ("rfq_batch_created", "rfqs"): BatchRfq,
    ("batch_quote_created", "quotes"): Offer,
    ("rfq_batch_best_quotes", "rfqs"): BestBids,
    ("batch_quote_accepted", "quotes"): Offer,
}

LEGACY = {
    "rfq_created": {"contracts", "target_cost"},
    "rfq_deleted": {"contracts", "target_cost"},
    "quote_created": {
        "yes_bid",
        "no_bid",
        "yes_contracts_offered",
        "no_contracts_offered",
        "rfq_target_cost",
    },
    "quote_accepted": {
        "yes_bid",
        "no_bid",
        "contracts_accepted",
        "yes_contracts_offered",
        "no_contracts_offered",
        "rfq_target_cost",
    },
}


def reading(name: str, msg: object) -> Reading:
    return read(name, bytearray(json.dumps({"type": name, "msg": msg}).encode()))


def event(name: str, **msg: object) -> Any:  # noqa: ANN401 - the test knows which
    ids = dict.fromkeys(FIELDS[name].ids, "x")
    made, misfits = reading(name, ids | msg)
    assert not misfits
    return made


def refused(name: str, **msg: object) -> list[str]:
    """Give the fields that don't fit; all those given must be left out of the event."""
    ids = dict.fromkeys(FIELDS[name].ids, "x")
    made, misfits = reading(name, ids | msg)
    assert made == event(name)
    return [misfit.field for misfit in misfits]


def sample(field: str, name: str) -> tuple[object, object]:  # noqa: PLR0911 - a table
    """Give a value as the wire writes it, and as it must be decoded."""
    part = WHERE.get((name, field))
    if part is not None:
        ids, others, _ = PARTS[part]
        samples = {key: sample(key, "") for key in (*ids, *others)}
        wire = {key: value for key, (value, _) in samples.items()}
        return [wire], (part(**{key: value for key, (_, value) in samples.items()}),)
    if field == "version":
        return 7, 7
    if field.endswith(("_dollars", "_fp")):
        return "12.50", Decimal("12.50")
    if field.endswith("_ts"):
        return "2026-09-05T22:33:04.74386Z", datetime(2026, 9, 5, 22, 33, 4, 743860, tzinfo=UTC)
    if field.endswith("_ids"):
        return ["a", "b"], ("a", "b")
    if field == "leg_indices":
        return [0, 2], (0, 2)
    return f"some {field}", f"some {field}"


def test_every_type_is_documented_here() -> None:
    assert FIELDS.keys() == EVENTS.keys()


def test_every_field_declared_is_documented_here() -> None:
    documented = {name: [*FIELDS[name].ids, *FIELDS[name].others] for name in FIELDS}
    assert {name: declared(EVENTS[name]) - LEGACY.get(name, set()) for name in FIELDS} == {
        name: set(fields) for name, fields in documented.items()
    }
    spellings = set(chain.from_iterable(LEGACY.values()))
    for part, (ids, others, _) in PARTS.items():
        assert declared(part) - spellings == {*ids, *others}


def declared(part: type) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(part)}


@pytest.mark.parametrize("name", FIELDS)
def test_every_documented_field_is_decoded(name: str) -> None:
    ids, others, unread = FIELDS[name]
    samples = {field: sample(field, name) for field in (*ids, *others)}
    others_sent = {key: {"whatever": [1.5, None]} for key in unread}
    made = event(name, **{field: wire for field, (wire, _) in samples.items()}, **others_sent)
    assert type(made) is EVENTS[name]
    assert {field: getattr(made, field, "missing") for field in samples} == {
        field: value for field, (_, value) in samples.items()
    }


@pytest.mark.parametrize("name", FIELDS)
def test_only_ids_are_required_and_null_is_absent(name: str) -> None:
    ids, others, _ = FIELDS[name]
    bare = event(name)
    assert event(name, **dict.fromkeys(others)) == bare
    assert all(getattr(bare, field) is None for field in others)
    for missing in ids:
        rest = {field: "x" for field in ids if field != missing}
        for msg in (rest, {**rest, missing: None}, {**rest, missing: 7}):
            made, (misfit,) = reading(name, msg)
            assert made is None
            assert misfit.field == missing


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_parts_require_their_ids_alone(part: type) -> None:
    ids, others, _ = PARTS[part]
    name, field = next(place for place, of in WHERE.items() if of is part)
    bare: dict[str, object] = dict.fromkeys(ids, "x")
    (only,) = getattr(event(name, **{field: [bare]}), field)
    (nulls,) = getattr(event(name, **{field: [bare | dict.fromkeys(others)]}), field)
    assert only == nulls == part(**bare)
    for missing in ids:
        without = {key: "x" for key in ids if key != missing}
        made, (misfit,) = reading(
            name, dict.fromkeys(FIELDS[name].ids, "x") | {field: [without, bare]}
        )
        assert misfit == (f"{field}[].{missing}", "missing")
        assert getattr(made, field) == (only,)


@pytest.mark.parametrize("name", FIELDS)
def test_unknown_fields_do_no_harm(name: str) -> None:
    assert event(name, expires_ts=1.5, more={"id": [None, {"deep": True}]}) == event(name)


@pytest.mark.parametrize("name", LEGACY)
def test_integers_of_early_2026_are_decoded(name: str) -> None:
    assert declared(EVENTS[name]) >= LEGACY[name]


def test_every_example_has_the_documented_fields_alone() -> None:
    """What an example holds and the tables above don't would be a field overlooked."""
    for frame in DOCUMENTED + EARLY_2026 + RECORDED:
        message = json.loads(frame)
        if message["type"] in FIELDS:
            known = set(chain(*FIELDS[message["type"]], LEGACY.get(message["type"], ())))
            assert message["msg"].keys() <= known


# One unit inside.


@pytest.mark.parametrize(
    "spelling",
    [
        {"target_cost": 3500},
        {"target_cost_dollars": "0.35"},
        {"target_cost_dollars": "0.3500"},
        {"target_cost_dollars": "0.350000"},
        {"target_cost_dollars": "0.35", "target_cost": 3500},
        {"target_cost_dollars": None, "target_cost": 3500},
        {"target_cost_dollars": 0.35},
    ],
)
@pytest.mark.parametrize("name", ["rfq_created", "rfq_deleted"])
def test_the_same_target_cost_in_every_spelling(name: str, spelling: dict[str, object]) -> None:
    assert event(name, **spelling).target_cost == Decimal("0.35")


@pytest.mark.parametrize("name", ["quote_created", "quote_accepted"])
def test_one_message_of_early_2026_holds_cents_and_centicents(name: str) -> None:
    quote = event(
        name,
        yes_bid=35,
        no_bid=65,
        yes_contracts_offered=100,
        no_contracts_offered=200,
        rfq_target_cost=3500,
    )
    assert (quote.yes_bid, quote.no_bid) == (Decimal("0.35"), Decimal("0.65"))
    assert (quote.yes_contracts, quote.no_contracts) == (100, 200)
    assert quote.target_cost == Decimal("0.35")


def test_both_spellings_of_the_examples_agree() -> None:
    for frame in EARLY_2026:
        message = json.loads(frame)
        strings = {
            field: value
            for field, value in message["msg"].items()
            if field not in LEGACY.get(message["type"], ())
        }
        integers = {
            field: value
            for field, value in message["msg"].items()
            if not field.endswith(("_dollars", "_fp"))
        }
        today = event(message["type"], **strings)
        before = event(message["type"], **integers)
        for amount in ("contracts", "target_cost", "yes_bid", "no_bid", "contracts_accepted"):
            assert getattr(today, amount, None) == getattr(before, amount, None)


def test_todays_spelling_wins() -> None:
    rfq = event(
        "rfq_created", contracts=7, contracts_fp="296.61", target_cost=1, target_cost_dollars="10"
    )
    assert (rfq.contracts, rfq.target_cost) == (Decimal("296.61"), 10)
    quote = event(
        "quote_accepted",
        yes_bid=1,
        yes_bid_dollars="0.0001",
        no_bid=1,
        no_bid_dollars="0.0000",
        contracts_accepted=1,
        contracts_accepted_fp="50.25",
    )
    assert (quote.yes_bid, quote.no_bid) == (Decimal("0.0001"), 0)
    assert quote.contracts_accepted == Decimal("50.25")


@pytest.mark.parametrize(
    ("size", "contracts", "target_cost"),
    [
        ({"contracts_fp": "296.61"}, "296.61", None),
        ({"target_cost_dollars": "10.0000"}, None, "10"),
        ({"contracts_fp": "0.00", "target_cost_dollars": "10.0000"}, None, "10"),
        ({"contracts": 0, "target_cost": 100_000}, None, "10"),
        ({"contracts_fp": None, "target_cost_dollars": "10.0000"}, None, "10"),
        ({"contracts_fp": "100.00", "target_cost_dollars": "0.35"}, "100", "0.35"),
        ({"contracts_fp": "0.00"}, "0", None),
        ({}, None, None),
    ],
)
def test_how_an_rfq_is_sized(
    size: dict[str, object], contracts: str | None, target_cost: str | None
) -> None:
    rfq = event("rfq_created", **size)
    assert rfq.contracts == (None if contracts is None else Decimal(contracts))
    assert rfq.target_cost == (None if target_cost is None else Decimal(target_cost))


@pytest.mark.parametrize("unsaid", [{}, {"contracts_accepted_fp": None}])
@pytest.mark.parametrize(
    ("side", "contracts"), [("yes", "12.50"), ("no", "14.28"), (None, None), ("both", None)]
)
def test_contracts_accepted_of_a_target_cost_rfq_are_those_offered(
    unsaid: dict[str, None], side: str | None, contracts: str | None
) -> None:
    quote = event(
        "quote_accepted",
        accepted_side=side,
        yes_contracts_offered_fp="12.50",
        no_contracts_offered_fp="14.28",
        **unsaid,
    )
    assert quote.contracts_accepted == (None if contracts is None else Decimal(contracts))


AMOUNTS = [
    (name, field)
    for name, (_, fields, _) in FIELDS.items()
    for field in fields
    if field.endswith(("_dollars", "_fp"))
]
NO_AMOUNTS = [
    "NaN",
    "nan",
    "sNaN",
    "NaN123",
    "Infinity",
    "-Infinity",
    "-1.00",
    "-0",
    "-0.00",
    "+1",
    "",
    " 1",
    "1 ",
    "1\n",
    "1_000",
    "1,5",
    ".5",
    "0.",
    "\u0661",
    "0x10",
    "ten",
    "1e999999",
    "0e999999",
    "1e-999999",
    "1e16",
    "1e-13",
    "9" * 17,
    "9" * 5_000,
    "0." + "1" * 13,
    "0" * 1_000_000,
    -1,
    -0.5,
    1e300,
    10**16,
    10**400,
    True,
    False,
    [],
    ["1.00"],
    {},
    {"amount": "1.00"},
]


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=lambda value: repr(value)[:20])
def test_what_is_no_amount_is_left_out(value: object) -> None:
    assert refused("rfq_created", target_cost_dollars=value) == ["target_cost_dollars"]


@pytest.mark.parametrize(("name", "field"), AMOUNTS)
def test_every_amount_is_guarded(name: str, field: str) -> None:
    assert refused(name, **{field: "NaN"}) == [field]
    assert refused(name, **{field: "-0.01"}) == [field]
    assert getattr(event(name, **{field: "0.000001"}), field) == Decimal("0.000001")


@pytest.mark.parametrize(
    "number",
    [
        *("NaN", "Infinity", "-Infinity", "1e999999", "-0.0", "-1", "9" * 5_000),
        *("1e99999999999999999999", "1e-99999999999999999999", "1E+16", "0.0000000000001"),
    ],
)
def test_numbers_that_are_no_amount_are_left_out(number: str) -> None:
    made, misfits = read("rfq_created", amount_as_number(number))
    assert made == RfqCreated(id="x")
    assert [misfit.field for misfit in misfits] == ["contracts_fp"]


def amount_as_number(number: str) -> bytearray:
    return bytearray(b'{"type":"rfq_created","msg":{"id":"x","contracts_fp":%b}}' % number.encode())


@pytest.mark.parametrize("value", [-1, 1.5, "35", True, 10**16, 10**400, [35]])
@pytest.mark.parametrize(
    ("name", "field"), [(name, f) for name in LEGACY for f in sorted(LEGACY[name])]
)
def test_integers_of_early_2026_are_guarded(name: str, field: str, value: object) -> None:
    assert refused(name, **{field: value}) == [field]


@settings(max_examples=200, deadline=None)
@given(st.decimals(0, 10**9, places=6) | st.decimals(0, 10**12, places=2) | st.integers(0, 10**15))
def test_amounts_are_exact(amount: Decimal | int) -> None:
    number = str(amount) if isinstance(amount, int) else f"{amount:f}"
    assert decode_amount(Amount, number) == amount
    made, misfits = read("rfq_created", amount_as_number(number))
    assert isinstance(made, RfqCreated)
    assert made.contracts == amount
    assert not misfits


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**15))
def test_integers_are_exact_in_their_units(amount: int) -> None:
    rfq: RfqDeleted = event("rfq_deleted", contracts=amount, target_cost=amount)
    assert rfq.target_cost is not None
    assert rfq.target_cost * 10_000 == amount
    quote: QuoteCreated = event("quote_created", yes_bid=amount, rfq_target_cost=amount)
    assert quote.yes_bid is not None
    assert quote.target_cost is not None
    assert quote.yes_bid * 100 == quote.target_cost * 10_000 == amount


@settings(max_examples=300, deadline=None)
@given(st.text() | st.integers() | st.floats() | st.none() | st.binary())
def test_an_amount_is_refused_or_can_be_written_in_short(value: object) -> None:
    try:
        amount = decode_amount(Amount, value)
    except ValueError:
        return
    assert amount.is_finite()
    assert not amount.is_signed()
    assert len(f"{amount:f}") < 40
    # What packs an amount as text gets it back.
    assert decode_amount(Amount, str(amount)) == amount


# Times.


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-09-05T22:33:04Z", 0),
        ("2026-09-05T22:33:04.6Z", 600_000),
        ("2026-09-05T22:33:04.65Z", 650_000),
        ("2026-09-05T22:33:04.652Z", 652_000),
        ("2026-09-05T22:33:04.6522Z", 652_200),
        ("2026-09-05T22:33:04.74386Z", 743_860),
        ("2026-09-05T22:33:04.884817Z", 884_817),
        ("2026-09-05T22:33:04.884817000Z", 884_817),
        ("2026-09-05T18:33:04.6522-04:00", 652_200),
    ],
)
def test_times_have_fractions_of_any_length(text: str, microsecond: int) -> None:
    expected = datetime(2026, 9, 5, 22, 33, 4, microsecond, tzinfo=UTC)
    assert event("rfq_created", created_ts=text).created_ts == expected


def test_finer_times_are_rounded() -> None:
    fine = event("rfq_created", created_ts="2026-09-05T22:33:04.123456789Z").created_ts
    assert abs(fine - datetime(2026, 9, 5, 22, 33, 4, 123456, tzinfo=UTC)) <= timedelta(
        microseconds=1
    )


@pytest.mark.parametrize(
    "value",
    [
        "2026-09-05T22:33:04",
        "2026-09-05",
        "22:33:04Z",
        "2026-13-05T22:33:04Z",
        "2026-09-05T25:33:04Z",
        "0000-00-00T00:00:00Z",
        "12026-09-05T22:33:04Z",
        "now",
        "",
        1_788_645_600,
        1.5,
        [],
        True,
    ],
)
def test_what_is_no_time_with_its_zone_is_left_out(value: object) -> None:
    assert refused("rfq_created", created_ts=value) == ["created_ts"]


# Who hides.


@pytest.mark.parametrize("creator", ["", "0", sha256(b"").hexdigest()])
def test_placeholders_are_anonymous(creator: str) -> None:
    assert event("rfq_created", creator_id=creator).creator_id in ANONYMOUS_CREATORS


def test_real_creators_are_not_anonymous() -> None:
    creators = {json.loads(frame)["msg"]["creator_id"] for frame in RECORDED}
    assert not creators & ANONYMOUS_CREATORS


def test_accepted_quotes_say_so() -> None:
    quote, misfits = read("quote_accepted", bytearray(EARLY_2026[3]))
    assert isinstance(quote, QuoteAccepted)
    assert quote.accepted_side == "yes"
    assert quote.contracts_accepted == 50
    assert not misfits
