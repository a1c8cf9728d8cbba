from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED
from hypothesis import given, settings
from hypothesis import strategies as st
from printing import RECEIVED_MS, gap, live, printed, text_lines

from rfqwatch.exchange.events import Event
from rfqwatch.exchange.wire import Frame, Payload, read
from rfqwatch.lines.output import Ending
from rfqwatch.lines.text import LONGEST_WORD, MOST_LEGS

TIME = "14:13:20.123Z"
COMBO = f"{TIME}  rfq_created          "
ACCEPTED = f"{TIME}  quote_accepted       "
EVENTS = {
    frame.type: data
    for data in EARLY_2026 + RECORDED + DOCUMENTED
    if type(frame := read(Payload(data))) is Frame
}


async def text(*items: Any, **options: Any) -> list[str]:  # noqa: ANN401 - JSON or notices
    data = [json.dumps(item).encode() if isinstance(item, dict) else item for item in items]
    return (await printed(text_lines, data, **options)).decode().splitlines()


def test_the_time_is_utc() -> None:
    assert f"{datetime.fromtimestamp(RECEIVED_MS // 1_000, UTC):%H:%M:%S}.123Z" == TIME


@pytest.mark.parametrize("kind", [event.type for event in get_args(Event)])
async def test_every_type_reads_well(kind: str) -> None:
    (line,) = await text(EVENTS[kind])
    assert line.startswith(f"{TIME}  {kind} ")
    # Words of the message and nothing of Python's.
    assert not re.search(r"None|Decimal|Amount|\(\)|\{|\dE[+-]\d|  $|\b1 \w+s\b", line)
    msg = json.loads(EVENTS[kind])["msg"]
    ids = [msg[key] for key in ("id", "quote_id", "rfq_id", "rfq_batch_id") if key in msg]
    assert any(value in line for value in ids)
    if "mve_selected_legs" not in msg and "market_ticker" in msg:
        assert msg["market_ticker"] in line


async def test_an_rfq_on_one_market() -> None:
    msg = {"id": "r1", "market_ticker": "KXA-1", "contracts_fp": "100.00"}
    assert await text({"type": "rfq_created", "msg": msg}, shard="3/10") == [
        f"{TIME}  3/10  rfq_created            KXA-1  100 ct  rfq r1"
    ]


async def test_an_rfq_on_a_combo() -> None:
    legs = [
        {"market_ticker": "KXA-1", "side": "yes"},
        {"market_ticker": "KXB-2", "side": "no", "yes_settlement_value_dollars": "1.0000"},
    ]
    msg = {
        "id": "r1",
        "market_ticker": "KXMVE-1",
        "target_cost_dollars": "25.000000",
        "contracts_fp": "0.00",
        "mve_selected_legs": legs,
    }
    assert await text({"type": "rfq_created", "msg": msg}) == [
        f"{COMBO}  2 legs: KXA-1 yes + KXB-2 no (yes settled at $1)  $25  rfq r1"
    ]


async def test_a_quote_of_one_side() -> None:
    msg = {
        "quote_id": "q1",
        "rfq_id": "r1",
        "market_ticker": "KXA-1",
        "yes_bid_dollars": "0.350000",
        "no_bid_dollars": "0.0000",
        "yes_contracts_offered_fp": "10.00",
    }
    assert await text({"type": "quote_created", "msg": msg}) == [
        f"{TIME}  quote_created          KXA-1  yes $0.35 x 10 ct  no –  quote q1  rfq r1"  # noqa: RUF001
    ]


async def test_an_acceptance_in_the_older_spelling() -> None:
    msg = {
        "quote_id": "q1",
        "rfq_id": "r1",
        "market_ticker": "KXA-1",
        "yes_bid": 35,
        "no_bid": 60,
        "accepted_side": "yes",
        "contracts_accepted": 50,
    }
    assert await text({"type": "quote_accepted", "msg": msg}) == [
        f"{ACCEPTED}  KXA-1  accepted yes 50 ct  yes $0.35  no $0.6  quote q1  rfq r1"
    ]


@pytest.mark.parametrize("kind", [event.type for event in get_args(Event)])
async def test_ids_are_enough(kind: str) -> None:
    ids = ["id", "quote_id", "rfq_id", "batch_quote_id", "rfq_batch_id"]
    (line,) = await text({"type": kind, "msg": dict.fromkeys(ids, "x")})
    assert "None" not in line


async def test_lines_of_our_own() -> None:
    begun = "14:13:17.623Z"
    assert await text(live(7), gap(), gap("disconnected", None, None), shard="0/2") == [
        f"{TIME}  0/2  watching               sid 7",
        f"{TIME}  0/2  GAP                    seq: 3 missed  {begun} to {TIME}",
        f"{TIME}  0/2  GAP                    disconnected: an unknown number missed  {begun}",
    ]


async def test_shed_messages_leave_a_line_with_their_own_time_and_shard() -> None:
    assert await text(*EVENTS.values(), shard="1/4", limit=10) != []
    lines = await text(EVENTS["rfq_created"], shard="1/4", limit=10)
    assert lines == [f"{TIME}  1/4  GAP                    shed: 1 missed  {TIME} to {TIME}"]


async def test_messages_that_can_not_be_read_are_shown() -> None:
    assert await text(
        {"type": "rfq_whispered", "msg": 7},
        {"msg": 7},
        {"type": "rfq_created"},
        {"type": "rfq_created", "msg": {"market_ticker": "KXA-1"}},
    ) == [
        f"{TIME}  rfq_whispered          unknown to rfqwatch",
        f"{TIME}  no type                unknown to rfqwatch",
        f"{TIME}  rfq_created            unreadable",
        f"{TIME}  rfq_created            unreadable",
    ]


async def test_malformed_messages_are_shown_with_their_beginning() -> None:
    own = b'{"type":"rfqwatch.gap"}'
    lines = await text(b"oops", b"[]", b"", b"a\xff\x1b", own, b"x" * 1_000, shard="0/2")
    malformed = f"{TIME}  0/2  malformed              "
    assert lines == [
        f"{malformed}not JSON  oops",
        f"{malformed}no JSON object  []",
        f"{malformed}not JSON",
        f"{malformed}not UTF-8  a\\xff\\x1b",
        f"{malformed}types that begin with rfqwatch. are rfqwatch's own  {own.decode()}",
        f"{malformed}not JSON  {'x' * LONGEST_WORD}…",
    ]


async def test_characters_that_the_locale_lacks_are_replaced() -> None:
    market = {"type": "rfq_created", "msg": {"id": "r1", "market_ticker": "K-ŁÓDŹ"}}
    narrow = partial(text_lines, encoding="latin-1")
    line = await printed(narrow, [json.dumps(market, ensure_ascii=False).encode()])
    assert line.decode("latin-1") == f"{COMBO}  K-?ÓD?  rfq r1\n"


async def test_a_field_that_does_not_fit_is_a_question() -> None:
    msg = {
        "quote_id": "q1",
        "rfq_id": "r1",
        "market_ticker": ["KXA-1"],
        "yes_bid_dollars": {"amount": 1},
        "no_bid_dollars": "0.6500",
    }
    assert await text({"type": "quote_created", "msg": msg}) == [
        f"{TIME}  quote_created          ?  yes ?  no $0.65  quote q1  rfq r1"
    ]


async def test_the_last_line_says_why_it_ended() -> None:
    ending = Ending("signal", events=1, gaps=0, missed=0, malformed=0)
    assert await text(ending) == [f"{TIME}  ended                  signal: 1 message"]


async def test_endless_words_and_legs_are_cut() -> None:
    leg = {"market_ticker": "M" * 10_000, "side": "y" * 10_000}
    offer = {"quote_id": "q", "rfq_id": "r" * 10_000, "market_ticker": "M" * 10_000}
    many = MOST_LEGS * 100
    msg = {"id": "i" * 10_000, "mve_selected_legs": [leg] * many}
    batch = {"batch_quote_id": "b", "rfq_batch_id": "b", "quotes": [offer] * many}
    for line in await text(
        {"type": "rfq_created", "msg": msg},
        {"type": "batch_quote_created", "msg": batch},
        {"type": "t" * 10_000},
    ):
        assert len(line) < (2 * MOST_LEGS + 4) * (LONGEST_WORD + 20)


hostile = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\x1b\x9b\x07\r\n\t\x00\u202e\u2028[")
)


def with_strings_of(value: Any, words: list[str]) -> Any:  # noqa: ANN401
    """Put hostile words in place of strings, as far as they go."""
    match value:
        case dict():
            return {key: with_strings_of(each, words) for key, each in value.items()}
        case list():
            return [with_strings_of(each, words) for each in value]
        case str() if words and not re.match(r"[\d.:TZ+-]+$", value):
            return words.pop()
        case _:
            return value


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.lists(hostile, min_size=1, max_size=20), st.booleans())
async def test_no_message_acts_on_a_terminal(
    kind: str,
    words: list[str],
    terminal: bool,  # noqa: FBT001
) -> None:
    message = json.loads(EVENTS[kind])
    message["msg"] = with_strings_of(message["msg"], words)
    data = json.dumps(message).encode()
    written = (await printed(text_lines, [data], terminal=terminal)).decode()
    assert type(read(Payload(data))) is Frame
    assert written.count("\n") == 1
    assert written.endswith("\n")
    assert written[:-1].isprintable()
