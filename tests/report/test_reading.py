"""Lines read at once, and the same one by one where something in them is odd."""

from __future__ import annotations

import json

import pytest
from recorded_lines import START_MS, created, deleted, line, quoted

from rfqwatch.exchange.decoding import read
from rfqwatch.exchange.events import QuoteCreated
from rfqwatch.exchange.wire import Frame
from rfqwatch.report.reading import Created, CreatedLine, Deleted, Line, line_of, lines_of

PLAIN = [created("r"), deleted("r", 5), quoted("quote_created", "q", 7)]


def one_by_one(text: str) -> Line | None:
    envelope = json.loads(text)
    frame = Frame(envelope["type"], envelope["sid"], envelope["seq"], envelope["sending_ts_ms"])
    return line_of(
        frame,
        bytearray(text.encode()),
        envelope["received_ts_ms"],
        "",
        lambda kind, data: read(kind, data).event,
    )


def test_one_by_one_it_is_the_same() -> None:
    at_once = lines_of("".join(f"{each}\n" for each in PLAIN).encode())
    assert at_once == [*map(one_by_one, PLAIN)]


def test_letters_of_any_alphabet() -> None:
    read_at_once = lines_of(f"{created('r', creator_id='Zoë')}\n".replace("\\u00eb", "ë").encode())
    assert read_at_once is not None
    (told,) = read_at_once
    assert isinstance(told, CreatedLine)
    assert told.msg.creator_id == "Zoë"


@pytest.mark.parametrize(
    "odd",
    [
        b'{"type":"rfqwatch.gap","received_ts_ms":1,"msg":{}}\n',
        created("r", market_ticker=["M"]).encode(),
        created("r").encode().replace(b"EVENT-A", b"EVENT-\xff"),
        b"[" * 2_000,
        b"no JSON",
    ],
)
def test_a_block_with_an_odd_line_is_not_read_at_once(odd: bytes) -> None:
    assert lines_of(created("s").encode() + b"\n" + odd) is None


def test_what_does_not_fit_of_an_odd_message_is_left_out() -> None:
    told = one_by_one(created("r", market_ticker=["M"], target_cost_dollars="2.50"))
    assert told is not None
    msg = told.msg  # type: ignore[attr-defined]
    assert isinstance(msg, Created)
    assert (msg.id, msg.market_ticker, msg.target_cost_dollars) == ("r", None, "2.50")
    assert json.loads(bytes(msg.mve_selected_legs))[0]["market_ticker"] == "M-A"
    assert told.received_ts_ms == START_MS


def test_an_odd_end_ends_its_rfq_all_the_same() -> None:
    told = one_by_one(deleted("r", 5, deleted_ts="yesterday"))
    assert told is not None
    assert told.msg == Deleted("r")  # type: ignore[attr-defined]


def test_an_odd_quote_keeps_what_fits() -> None:
    told = one_by_one(quoted("quote_created", "q", 7, yes_bid_dollars=[]))
    assert told is not None
    msg = told.msg  # type: ignore[attr-defined]
    assert isinstance(msg, QuoteCreated)
    assert (msg.quote_id, msg.yes_bid_dollars) == ("q", None)


def test_without_its_id_nothing_is_known_of_a_message() -> None:
    assert one_by_one(line("rfq_created", 0, {"market_ticker": "M"})) is None
