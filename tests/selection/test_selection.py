from __future__ import annotations

import json
from itertools import compress
from typing import TYPE_CHECKING, Any

import pytest
from corpus import SENT_BY_EXCHANGE
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_selection import wanted

from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.wiring.selecting import selecting
from rfqwatch.exchange.wire import Control, Payload, read
from rfqwatch.selection import selection
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Sequence

IDS = st.sampled_from("abcd")


def line(kind: str, **msg: Any) -> bytes:  # noqa: ANN401 - JSON may hold anything
    return json.dumps({"type": kind, "seq": 1, "msg": msg}).encode()


def created(rfq_id: str = "a", market: str = "KXNFL-1", **terms: object) -> bytes:
    return line("rfq_created", id=rfq_id, market_ticker=market, creator_id="c", **terms)


def leg(market: str, event: str = "KXE") -> dict[str, str]:
    return {"market_ticker": market, "event_ticker": event, "side": "yes"}


def deleted(rfq_id: str = "a") -> bytes:
    return line("rfq_deleted", id=rfq_id)


def quoted(rfq_id: str = "a", bid: str = "0.10") -> bytes:
    return line("quote_created", rfq_id=rfq_id, quote_id="q", yes_bid_dollars=bid)


def select(
    lines: Sequence[bytes], options: SelectionOptions, drift: Drift | None = None, burst: int = 3
) -> list[bytes]:
    """Give what is selected of messages that come in bursts."""
    chosen, _ = selecting(options, drift or Drift())
    assert chosen is not None
    found: list[bytes] = []
    for start in range(0, len(lines), burst):
        data = [Payload(each) for each in lines[start : start + burst]]
        frames = [frame for each in data if not isinstance(frame := read(each), Control)]
        taken, taken_frames = chosen(data, frames)
        assert list(map(read, taken)) == taken_frames
        found += map(bytes, taken)
    return found


# Against the plain definition

TICKERS = st.sampled_from(["KXNFL-1", "KXNFL-2", "KXMLB-1", "kxmlb-2"])
LEGS = st.lists(st.builds(leg, TICKERS, TICKERS), max_size=4)
NUMBERS = st.sampled_from(["1.00", "9.99", "10.00", "10.01", "500.00"])
SIZES = st.fixed_dictionaries({"target_cost_dollars": NUMBERS}, optional={"contracts_fp": NUMBERS})
SIZES |= st.fixed_dictionaries({"contracts_fp": NUMBERS})


@st.composite
def announcements(draw: st.DrawFn) -> bytes:
    legs = draw(LEGS)
    combo: dict[str, object] = {"mve_selected_legs": legs, "mve_collection_ticker": draw(TICKERS)}
    msg: dict[str, Any] = {
        "id": draw(IDS),
        "creator_id": draw(st.sampled_from(["c1", "c2", ""])),
        "market_ticker": draw(TICKERS),
        "event_ticker": draw(TICKERS),
        **draw(SIZES),
        **(combo if legs else {}),
    }
    return line("rfq_created", **msg)


@st.composite
def batches(draw: st.DrawFn) -> bytes:
    legs = draw(LEGS)
    indices = st.sets(st.integers(0, len(legs) - 1)) if legs else st.just(set[int]())
    children = [
        {
            "id": draw(IDS),
            "market_ticker": draw(TICKERS),
            "event_ticker": draw(TICKERS),
            "leg_indices": (told := sorted(draw(indices))),
            **({"mve_collection_ticker": draw(TICKERS)} if told else {}),
            **draw(SIZES),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    creator = draw(st.sampled_from(["c1", "c2"]))
    return line("rfq_batch_created", id="B", creator_id=creator, legs=legs, rfqs=children)


STREAMS = st.lists(
    announcements()
    | batches()
    | st.builds(deleted, IDS)
    | st.builds(quoted, IDS, st.sampled_from(["0.1", "0.2"]))
    | st.sampled_from(
        [
            line("quote_executed", rfq_id="a", quote_id="q"),
            line("rfq_batch_deleted", id="B", rfq_ids=["a"]),
            line("batch_quote_created", rfq_batch_id="B", quotes=[]),
            line("rfq_batch_executed", rfq_batch_id="B", executed_rfq_ids=["a"]),
        ]
    ),
    max_size=12,
)


def several(*texts: str) -> st.SearchStrategy[list[str] | None]:
    return st.none() | st.lists(st.sampled_from(texts), min_size=1, max_size=2)


GLOBS = several("KXNFL*", "*-1", "kxmlb-?", "KX[MN]*2", "x")
AMOUNTS = st.none() | st.sampled_from(["1", "10", "10.00", "10.005", "600"])
EXPRESSIONS = several("KXNFL-1", '"seq"', "_created", "0[.]1", '"c1"', "nothing")
OPTIONS = st.builds(
    SelectionOptions,
    type=several("rfq_created", "rfq_*", "QUOTE_created", "*_deleted"),
    market=GLOBS,
    event=GLOBS,
    collection=GLOBS,
    combo=st.none() | st.booleans(),
    legs=several("0", "2", "1..3", "2..", "..1"),
    min_cost=AMOUNTS,
    max_cost=AMOUNTS,
    min_contracts=AMOUNTS,
    creator=several("c", "c2"),
    include=EXPRESSIONS,
    exclude=EXPRESSIONS,
    known=st.sampled_from([None, True]),
).filter(
    lambda options: (
        options != SelectionOptions()
        and not (options.min_cost and options.max_cost and options.min_cost > options.max_cost)
    )
)
ONE_OPTION = OPTIONS.flatmap(
    lambda options: st.sampled_from(
        [
            SelectionOptions(**{name: value})
            for name, value in vars(options).items()
            if value is not None
        ]
    )
)


@settings(max_examples=400)
@given(lines=STREAMS, options=ONE_OPTION | OPTIONS, burst=st.integers(1, 12))
def test_it_selects_what_is_asked_for(
    lines: list[bytes], options: SelectionOptions, burst: int
) -> None:
    expected = list(compress(lines, wanted(lines, options)))
    assert select(lines, options, burst=burst) == expected


# What belongs to an RFQ


def test_what_belongs_to_an_rfq_follows_it() -> None:
    combo = created("a", "KXMVE-1", mve_selected_legs=[leg("KXMLB-1"), leg("KXNFL-1")])
    other = created("b", "KXMVE-2", mve_selected_legs=[leg("KXMLB-1")])
    lines = [combo, other, quoted("a"), quoted("b"), deleted("b"), deleted("a"), deleted("c")]
    expected = [combo, quoted("a"), deleted("a"), deleted("c")]
    assert select(lines, SelectionOptions(market=["KXNFL*"])) == expected
    known = SelectionOptions(market=["KXNFL*"], known=True)
    assert select(lines, known) == expected[:-1]


def test_the_type_is_each_messages_own() -> None:
    lines = [created("a"), created("b", "X"), quoted("a"), quoted("b"), deleted("a")]
    options = SelectionOptions(type=["quote_*"], market=["KXNFL*"])
    assert select(lines, options) == [quoted("a")]


def test_an_expression_speaks_of_a_line_or_of_all_that_belongs_to_the_rfq() -> None:
    legs = [leg("KXNFL-1"), leg("KXMLB-1")]
    lines = [created("a", "M", mve_selected_legs=legs), created("b", "N"), quoted("a"), deleted()]
    assert select(lines, SelectionOptions(include=["KXMLB-1"])) == [lines[0], *lines[2:]]
    assert select(lines, SelectionOptions(include=["quote_"])) == [quoted("a")]
    assert select(lines, SelectionOptions(exclude=["KXMLB-1"])) == [lines[1]]
    assert select(lines, SelectionOptions(exclude=["quote_"])) == [*lines[:2], deleted()]


def test_an_rfq_announced_again_is_judged_again() -> None:
    lines = [created("a", "X"), quoted(), created("a", "Y"), quoted(), created("a", "X"), quoted()]
    assert select(lines, SelectionOptions(market=["Y"])) == lines[2:4]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MOST_REMEMBERED", 20)
    lines = [created(str(number)) for number in range(100)]
    options = SelectionOptions(market=["X"])
    told = [deleted(str(number)) for number in range(100)]
    passed = select([*lines, *told], options)
    # What is forgotten was never seen.
    assert 80 <= len(passed) <= 90
    assert passed == told[: len(passed)]


# What can't be judged


@pytest.mark.parametrize(
    "options",
    [
        SelectionOptions(market=["X"]),
        SelectionOptions(event=["X"]),
        SelectionOptions(creator=["X"]),
        SelectionOptions(min_cost="1"),
        SelectionOptions(min_contracts="1", max_cost="0.01"),
    ],
)
def test_what_did_not_come_speaks_against_nothing(options: SelectionOptions) -> None:
    lines = [
        line("rfq_created", id="a"),
        line("rfq_created", id="a", market_ticker=3, event_ticker=[], contracts_fp="-1"),
        line("rfq_created", nothing=1),
        line("rfq_created"),
        line("rfq_batch_created", id="b"),
        line("rfq_invented", id="a"),
        b'{"msg":{}}',
    ]
    assert select(lines, options) == lines


@pytest.mark.parametrize(
    "options",
    [
        SelectionOptions(combo=True),
        SelectionOptions(combo=False),
        SelectionOptions(legs=["2"]),
        SelectionOptions(collection=["X"]),
    ],
)
def test_what_may_be_a_combo_is_taken_for_what_is_asked(options: SelectionOptions) -> None:
    lines = [line("rfq_created", id="a"), line("rfq_created", id="a", market_ticker=3)]
    assert select(lines, options) == lines


def test_a_combo_that_does_not_tell_its_legs_may_have_any() -> None:
    lines = [created("a", "KXMVE-1"), created("b", "KXMVE-1", mve_selected_legs=[leg("M")])]
    for options in (
        SelectionOptions(market=["X"]),
        SelectionOptions(event=["X"]),
        SelectionOptions(legs=["2.."]),
    ):
        assert select(lines, options) == lines[:1]
    assert select(lines, SelectionOptions(combo=True)) == lines
    assert select(lines, SelectionOptions(combo=False)) == []


def test_the_envelope_tells_the_type_of_what_can_not_be_read() -> None:
    lines = [line("rfq_invented", id=1), line("rfq_created"), b'{"msg":{}}']
    assert select(lines, SelectionOptions(type=["rfq_*"])) == lines[:2]
    assert select(lines, SelectionOptions(type=["rfq_inv*"])) == lines[:1]


def test_malformed_frames_are_lines_of_our_own() -> None:
    lines = [b"nonsense", b"[]", b"\xff"]
    options = SelectionOptions(type=["quote_*"], include=["x"], exclude=["n"], known=True)
    assert select(lines, options) == lines


def test_every_form_the_exchange_has_had_can_be_asked_for_its_cost() -> None:
    lines = [each for each in SENT_BY_EXCHANGE if b'"type":"rfq_created"' in each]
    assert select(lines, SelectionOptions(min_cost="0.01")) == lines
    assert select(lines, SelectionOptions(max_cost="0.01")) == []
    legacy = line("rfq_created", id="a", market_ticker="M", target_cost=3_500)
    assert select([legacy], SelectionOptions(min_cost="0.35")) == [legacy]
    assert select([legacy], SelectionOptions(min_cost="0.36")) == []


# How it is read


def test_types_are_told_without_reading_events() -> None:
    drift = Drift()
    chosen, read_event = selecting(SelectionOptions(type=["rfq_created"]), drift)
    assert chosen is not None
    assert not chosen.reads
    select([line("rfq_created", id=1)], SelectionOptions(type=["rfq_created"]), drift)
    assert not drift.misfits
    assert read_event == drift.read


def test_what_does_not_fit_is_counted_once() -> None:
    drift = Drift()
    options = SelectionOptions(market=["M"])
    odd = line("rfq_created", id="a", market_ticker="M", created_ts=5)
    select([odd], options, drift)
    assert drift.misfits.total() == 1
    _, read_event = selecting(options, drift)
    assert read_event("rfq_created", Payload(odd)) is not None
    assert drift.misfits.total() == 1
