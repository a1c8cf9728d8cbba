"""The table's pictures: what they say, that they keep their grid, what keys do to them.

The files under pictures/ are whole pictures; RENEW_PICTURES=1 writes them anew.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.book.book import Book
from rfqwatch.clock import Instant
from rfqwatch.escaping import cells
from rfqwatch.exchange.events import (
    Amount,
    BatchRfq,
    Event,
    Leg,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
    RfqBatchCreated,
    RfqCreated,
    RfqDeleted,
)
from rfqwatch.replay.playback import Playback
from rfqwatch.screen.keymap import KEYS
from rfqwatch.screen.picture.columns import columns_named
from rfqwatch.screen.picture.styles import BAD, CHANGED, STRONG, URGENT
from rfqwatch.screen.table import Table
from rfqwatch.screen.view import Grouping, Sort, View
from rfqwatch.stream.health import Connection, Health

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = Path(__file__).parent / "pictures"
NOW = 1_788_645_600_000
CREATOR = "ba862291c487ff7d327a32dbbb97f4a866d71766dc0e52d4a83e423145572628"
HIDDEN = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LEGS = (
    Leg("KXMLBGAME-26SEP051805ATLPHI", "KXMLBGAME-26SEP051805ATLPHI-PHI", "yes"),
    Leg("KXMLBGAME-26SEP051810DETCLE", "KXMLBGAME-26SEP051810DETCLE-CLE", "no"),
    Leg("KXMLBGAME-26SEP051840MILCIN", "KXMLBGAME-26SEP051840MILCIN-MIL", "yes", Amount("1.0000")),
)


def instant(ms: int) -> Instant:
    return Instant(ms, ms / 1000)


def at(ms: int) -> datetime:
    return datetime(2026, 9, 5, 22, tzinfo=UTC) + timedelta(milliseconds=ms - NOW)


def created(rfq_id: str, age_ms: int = 0, **terms: Any) -> RfqCreated:  # noqa: ANN401
    fields: dict[str, Any] = {"market_ticker": "FED-26DEC-T3.00", "creator_id": CREATOR}
    return RfqCreated(id=rfq_id, created_ts=at(NOW - age_ms), **(fields | terms))


def quoted(quote_id: str, maker: str, yes: str, no: str, rfq_id: str = "ours") -> QuoteCreated:
    return QuoteCreated(
        rfq_id=rfq_id,
        quote_id=quote_id,
        quote_creator_id=maker,
        yes_bid_dollars=Amount(yes),
        no_bid_dollars=Amount(no),
        yes_contracts_offered_fp=Amount("100.00"),
        created_ts=at(NOW - 900),
    )


def taken(rfq_id: str, quote_id: str = "q1") -> QuoteAccepted:
    return QuoteAccepted(
        rfq_id=rfq_id, quote_id=quote_id, quote_creator_id="maker-one", accepted_side="yes"
    )


DOLLARS: dict[str, Any] = {"target_cost_dollars": Amount("10.0000")}
CONTRACTS: dict[str, Any] = {"contracts_fp": Amount("296.61")}
COMBO: dict[str, Any] = {
    "market_ticker": "KXMVECROSSCATEGORY-SHARD1-S20265E686BCC7E2-BFE7A290327",
    "event_ticker": "KXMVECROSSCATEGORY-SHARD1-S20265E686BCC7E2",
    "mve_collection_ticker": "KXMVECROSSCATEGORY-SHARD1-R",
    "mve_selected_legs": LEGS,
}


def health(state: Connection = Connection.WATCHING) -> Health:
    health = Health("prod")
    card = health.shard("3/10")
    card.become(Connection.WATCHING, instant(NOW - 192_000))
    card.receive(0, instant(NOW - 190_000))
    card.receive(1_500, instant(NOW - 900))
    if state is Connection.RECONNECTING:
        card.become(state, instant(NOW - 700), instant(NOW + 3_500).s, "Connection refused")
    for lag_ms in range(100):
        card.lagged(lag_ms, instant(NOW))
    return health


def sample() -> Book:
    """Make a book with a row in every state."""
    book = Book()

    def apply(*events: Event, ago_ms: int = 20) -> None:
        for event in events:
            book.apply(event, NOW - ago_ms, None, "3/10")

    apply(created("stale", 7_300_000, **CONTRACTS))
    apply(created("unconfirmed", 240_000, creator_id=HIDDEN, **CONTRACTS), ago_ms=239_000)
    book.gap("3/10")
    apply(
        created("8f215380-bab6-4f29-82f8-e58aea724953", 700, **COMBO, **DOLLARS),
        created("9dc3e2d7-ee09-40b4-9667-df81101711dc", 12_000, **COMBO, **CONTRACTS),
        created("ours", 31_000, event_ticker="FED-26DEC", **DOLLARS),
        quoted("q1", "maker-one", "0.3500", "0.0000"),
        quoted("q2", "maker-two", "0.3100", "0.6425"),
        created("taken", 40_000, **COMBO, **DOLLARS),
        created("lapsed", 41_000, **COMBO, **DOLLARS),
        created("executed", 50_000, **CONTRACTS),
        created("gone", 55_000, **CONTRACTS),
    )
    apply(taken("taken"), ago_ms=1_250)
    apply(taken("lapsed"), ago_ms=4_100)
    apply(QuoteExecuted("q9", "executed"), RfqDeleted(id="gone"), ago_ms=500)
    rfqs = tuple(
        BatchRfq(id=f"child {number}", leg_indices=(0, number), **DOLLARS) for number in (1, 2)
    )
    apply(RfqBatchCreated("rfq_batch_123", CREATOR, at(NOW - 60_000), LEGS, rfqs))
    return book


def table(*keys: str, view: View | None = None, book: Book | None = None) -> Table:
    table = Table(book or sample(), health(), view)
    for key in keys:
        text(table, 80, 24)
        table.press(key)
    return table


def text(table: Table, width: int, height: int, now_ms: int = NOW) -> str:
    lines = table.picture(width, height, instant(now_ms))
    return "\n".join("".join(part.text for part in line) for line in lines)


def rows(drawn: str) -> list[str]:
    lines = drawn.splitlines()
    titled = (n for n, line in enumerate(lines) if "  age " in line or "open dollars" in line)
    return [line for line in lines[next(titled) + 1 : -1] if line.strip()]


def away() -> Table:
    return Table(sample(), health(Connection.RECONNECTING))


def sharded() -> Table:
    several = Health("demo-api.kalshi.co")
    for key, state in enumerate((Connection.WATCHING, Connection.RECONNECTING)):
        card = several.shard(f"{key}/2")
        card.become(Connection.WATCHING, instant(NOW - 9_000))
        card.receive(0, instant(NOW - 7_500 * key - 100))
        card.become(state, instant(NOW - 7_000), instant(NOW + 800).s)
        card.gaps, card.missed, card.unknown = key, 1_204 * key, key
    return Table(sample(), several)


def clock_ahead() -> Table:
    off = health()
    off.shard("3/10").measure_anew(0)
    off.shard("3/10").lagged(3_600_400, instant(NOW))
    off.shard("3/10").told_ms = -3_599_600
    return Table(sample(), off)


def selected() -> Table:
    some = health()
    some.selected = "--market KX*\x1b[31m --legs 2.. --min-cost 100"
    return Table(sample(), some)


SCENES: dict[str, tuple[Callable[[], Table], int, int]] = {
    "standard": (table, 80, 24),
    "small": (table, 40, 10),
    "large": (table, 160, 60),
    "huge": (table, 250, 70),
    "tiny": (table, 12, 5),
    "expanded combo": (lambda: table("enter"), 100, 30),
    "expanded quotes": (lambda: table("j", "j", "enter"), 120, 24),
    "typing": (lambda: table("/", "P", "H", "I"), 80, 16),
    "narrowed": (lambda: table("/", "f", "E", "d", "-", "enter"), 80, 16),
    "selected": (selected, 80, 16),
    "by event": (lambda: table("g"), 80, 16),
    "by leg": (lambda: table("g", "g"), 80, 16),
    "by creator": (lambda: table("g", "g", "g", "g"), 60, 16),
    "in a leg": (lambda: table("g", "g", "enter"), 100, 20),
    "help": (lambda: table("?"), 80, 24),
    "paused": (lambda: table(" "), 80, 16),
    "disconnected": (away, 80, 16),
    "clock ahead": (clock_ahead, 80, 16),
    "sharded": (sharded, 100, 24),
    "empty": (lambda: table(book=Book()), 80, 8),
}


@pytest.mark.parametrize("name", SCENES)
def test_pictures_are_as_recorded(name: str) -> None:
    make, width, height = SCENES[name]
    file = PICTURES / f"{name.replace(' ', '_')}.txt"
    drawn = "".join(f"{line.rstrip()}\n" for line in text(make(), width, height).split("\n"))
    if os.environ.get("RENEW_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        file.write_text(drawn)
    assert drawn == file.read_text()


hostile = st.text(
    st.one_of(
        st.characters(codec="utf-8"),  # other JSON is malformed to the decoder
        st.sampled_from("\x1b\x07\x9b\u202e\u200b\ufeff[]/漢字e\u0301🏳\u200d🌈\n\t\r"),
    ),
    max_size=40,
)
amounts = st.decimals(0, 10**15, allow_nan=False, allow_infinity=False, places=6).map(Amount)
maybe = st.none() | hostile
legs = st.builds(Leg, maybe, maybe, maybe, st.none() | amounts)
announcements = st.builds(
    RfqCreated,
    id=hostile,
    market_ticker=maybe,
    event_ticker=maybe,
    creator_id=maybe,
    mve_collection_ticker=maybe,
    contracts_fp=st.none() | amounts,
    target_cost_dollars=st.none() | amounts,
    mve_selected_legs=st.none() | st.lists(legs, max_size=4).map(tuple),
    created_ts=st.none() | st.datetimes(timezones=st.just(UTC)),
)
keys = st.sampled_from(
    ["s", "S", "g", "up", "down", "j", "k", "pgup", "pgdn", "home", "end", "enter", "/", "?", "a"]
)
keys |= st.sampled_from(["esc", "backspace", " ", "tab", "paste:\x1b[31m漢", "漢"])


@given(
    st.lists(announcements, max_size=6),
    st.lists(keys, max_size=6),
    st.integers(1, 260),
    st.integers(1, 70),
    hostile,
)
@settings(max_examples=150, deadline=None)
def test_every_picture_keeps_its_grid_whatever_the_wire_and_the_keys_bring(
    events: list[RfqCreated], pressed: list[str], width: int, height: int, name: str
) -> None:
    book = Book(mine=len(events) % 2 == 0)
    for event in events:
        book.apply(event, NOW, None, name)
        book.apply(quoted("q", event.creator_id or "", "0.35", "0.6", event.id), NOW, None, name)
    status = Health(name, selected=name)
    status.shard(name).become(Connection.WATCHING, instant(NOW))
    table = Table(book, status)
    for key in [*pressed, "x"]:
        lines = table.picture(width, height, instant(NOW + 1))
        assert len(lines) == height
        for line in lines:
            shown = "".join(part.text for part in line)
            assert cells(shown) == width
            assert shown.isprintable()
        table.press(key)


def test_only_rows_that_fit_are_drawn_and_the_rest_is_counted() -> None:
    book = Book()
    for number in range(1_000):
        book.apply(created(f"rfq {number}", number), NOW)
    drawn = text(table(book=book), 80, 24)
    assert "+981 more of 1,000 RFQs" in drawn


def test_every_digit_shows_whatever_its_length() -> None:
    book = Book()
    book.apply(created("r", target_cost_dollars=Amount("123456789.123456")), NOW)
    book.apply(quoted("q", "m", "0.123456", "0.1", "r"), NOW)
    for width in (40, 80, 160):
        assert "$123,456,789.123456" in text(table(book=book), width, 24)
    drawn = text(table(book=book), 160, 24)
    assert " $0.123456 " in drawn
    assert " $0.776544 " in drawn


def test_quotes_of_others_are_unknown_and_our_own_can_be_none() -> None:
    others, mine = Book(), Book(mine=True)
    for book in (others, mine):
        book.apply(created("r", **DOLLARS), NOW)
    others.apply(created("ours", 1_000, **DOLLARS), NOW)
    others.apply(quoted("q1", "maker-one", "0.35", "0.6"), NOW)
    (unknown,) = [row for row in rows(text(table(book=others), 100, 10)) if "0s" in row]
    (none,) = rows(text(table(book=mine), 100, 10))
    assert unknown.split()[4:8] == ["·"] * 4
    assert none.split()[5:9] == ["–", "–", "–", "0"]  # noqa: RUF001


def titles(shown: Table, width: int, now_ms: int = NOW) -> list[str]:
    drawn = text(shown, width, 24, now_ms).splitlines()
    return next(line.split() for line in drawn if "  age " in line)


def test_columns_are_there_while_they_have_something_to_say() -> None:
    book = Book()
    book.apply(created("other", **COMBO, **DOLLARS), NOW)
    book.apply(created("ours", **COMBO, **DOLLARS), NOW)
    book.apply(created("taken", **COMBO, **DOLLARS), NOW)
    shown = table(book=book)
    asked = ["age", "size", "part", "legs", "what"]
    plain = [*asked, "who", "id", "lag", "created"]
    assert titles(shown, 120) == plain
    book.apply(quoted("q1", "maker-one", "0.35", "0.6"), NOW)
    quotes = ["yes", "bid", "no", "bid", "spread", "quotes"]
    assert titles(shown, 120)[: 5 + 6] == [*asked, *quotes]
    book.apply(QuoteExecuted("q1", "ours"), NOW)
    book.tick(0)
    assert "state" in titles(shown, 120)
    book.tick(3)
    # For a while they keep their places, should there be another.
    assert {"state", *quotes} <= {*titles(shown, 120, NOW + 9_000)}
    assert titles(shown, 120, NOW + 20_000) == plain


def test_a_deletion_is_said_by_its_mark_and_other_ends_in_words() -> None:
    book = Book()
    for rfq_id in ("deleted", "executed"):
        book.apply(created(rfq_id, **DOLLARS), NOW)
    shown = table(book=book)
    text(shown, 80, 24)
    book.apply(RfqDeleted(id="deleted"), NOW)
    assert "state" not in titles(shown, 80)
    book.apply(QuoteExecuted("q", "executed"), NOW)
    drawn = text(shown, 80, 24)
    assert " executed" in drawn
    assert " deleted" in drawn


@pytest.mark.parametrize("width", range(60, 251, 10))
def test_what_is_asked_gets_the_room_that_columns_leave(width: int) -> None:
    book = Book()
    legs = tuple(Leg("E", f"KXMLBGAME-26SEP051805ATLPHI-PHI{n}", "yes") for n in range(14))
    book.apply(created("long", **(COMBO | {"mve_selected_legs": legs}), **DOLLARS), NOW)
    (long,) = rows(text(table(book=book), width, 24))
    # Only the cells of one leg more are left.
    assert max(map(len, re.findall("   +", long[8:]))) < 34 + 8 - 3 * (width < 100)


def test_the_columns_asked_for_are_those_shown() -> None:
    columns = columns_named("id,size,quotes")
    shown = Table(sample(), health(), columns=columns)
    drawn = text(shown, 80, 24)
    assert " 8f215380-bab6-4f29-82f8-e58aea724953 " in drawn
    with pytest.raises(ValueError, match="'sizes' is none of age, size, part, legs, what, yes-bid"):
        columns_named("id,sizes")


def test_the_number_of_rfqs_is_that_of_the_open_ones() -> None:
    book = Book()
    for number in range(60):
        book.apply(created(f"r{number}", number, **DOLLARS), NOW)
    shown = table(book=book)
    for number in range(30):
        book.apply(RfqDeleted(id=f"r{number}"), NOW)
    drawn = text(shown, 80, 24)
    assert "open 30 " in drawn
    assert "more of 30 RFQs" in drawn


def styles(table: Table, needle: str, now_ms: int = NOW) -> list[str]:
    return [
        str(part.style)
        for line in table.picture(120, 30, instant(now_ms))
        for part in line
        if needle in part.text
    ]


def test_a_changed_cell_is_marked_for_a_second() -> None:
    book = Book()
    book.apply(created("r", **DOLLARS), NOW)
    shown = table(book=book)
    assert not any("underline" in style for style in styles(shown, "$10"))
    book.apply(QuoteExecuted("q", "r"), NOW)
    assert any("underline" in style for style in styles(shown, "executed", NOW + 100))
    assert any("underline" in style for style in styles(shown, "executed", NOW + 1_000))
    assert not any("underline" in style for style in styles(shown, "executed", NOW + 1_200))


def test_a_quote_to_confirm_is_in_colour_at_once_and_no_blank_beside_it_is() -> None:
    book = Book()
    book.apply(created("r", **DOLLARS), NOW)
    book.apply(quoted("q", "maker-one", "0.35", "0.6", "r"), NOW)
    shown = table(book=book)
    text(shown, 120, 30)
    book.apply(taken("r", "q"), NOW)
    parts = [part for line in shown.picture(120, 30, instant(NOW + 100)) for part in line]
    (confirm,) = [part for part in parts if "confirm" in part.text]
    assert confirm.text == confirm.text.strip()
    assert confirm.style == STRONG + CHANGED + URGENT


@pytest.mark.parametrize(("width", "told"), [(80, "Connection refused"), (52, "Connection refus…")])
def test_why_a_connection_is_lost_is_cut_where_there_is_no_line_left(width: int, told: str) -> None:
    *_, last = (line for line in text(away(), width, 12).split("\n")[:3] if "Connection" in line)
    assert told in last


def test_rows_of_a_lost_connection_are_dim() -> None:
    assert all("dim" in style for style in styles(away(), "KXMLBGAME"))
    assert not any("dim" in style for style in styles(table(), "ATLPHI-PHI yes"))


def test_a_paused_picture_stands_still_while_the_book_goes_on() -> None:
    book, status = sample(), health()
    shown = Table(book, status)
    text(shown, 80, 24)
    shown.press(" ")
    before = text(shown, 80, 24)
    book.apply(created("new", **DOLLARS), NOW + 60_000)
    book.apply(RfqDeleted(id="ours"), NOW + 60_000)
    book.tick(NOW)
    book.tick(NOW + 3)
    status.shard("3/10").receive(312, instant(NOW + 60_000))
    after = text(shown, 80, 24, NOW + 90_000)
    assert "paused, 312 behind" in after
    assert rows(before) == rows(after)
    shown.press(" ")
    resumed = text(shown, 80, 24, NOW + 60_000)
    assert "paused" not in resumed
    # It has the line of the one that has gone.
    assert sum("60s       $10 FED-26DEC-T3.00" in line for line in rows(resumed)) == 1


def head(shown: Table, width: int, height: int, now_ms: int = NOW) -> list[str]:
    lines = text(shown, width, height, now_ms).splitlines()
    (titles,) = [number for number, line in enumerate(lines) if "  age " in line]
    return lines[:titles]


def test_the_band_says_what_the_last_minutes_were() -> None:
    book = Book()
    for second in range(100):
        for number in range(second % 10):
            rfq_id = f"r{second}.{number}"
            ago_ms = 100_000 - 1_000 * second
            book.apply(created(rfq_id, ago_ms, **COMBO, **DOLLARS), NOW - ago_ms)
    for number in range(5):
        book.apply(RfqDeleted(id=f"r99.{number}"), NOW - 500 + number)
    shown = table(book=book)
    drawn = "\n".join(head(shown, 160, 40))
    assert "no gaps  open 445  asking $4,450" in drawn
    assert "opened 270 closed 5 in 1m" in drawn
    assert "median life 0s" in drawn
    assert "legs by sport  MLB 100%" in drawn
    rates = next(line for line in drawn.splitlines() if line.startswith("created/s"))
    assert "▂▅█▁▄▇▄▃▆▆▂▅█ 7 " in rates
    assert rates.rstrip().endswith("▂▅█▁▄▇▄▃▆▆▂▅█ $70")
    assert len(head(shown, 80, 24)) == 3
    shown.press("b")
    assert len(head(shown, 160, 40)) == 1
    shown.press("b")
    assert head(shown, 160, 40) == drawn.splitlines()


def test_trouble_is_news_for_a_minute_and_not_forgotten_after() -> None:
    status = health()
    shown = Table(sample(), status)
    assert "no gaps" not in text(away(), 80, 24)
    assert "  no gaps  " in head(shown, 80, 24)[0]
    status.shard("3/10").gapped(2)
    head(shown, 80, 24)
    status.shard("3/10").gapped(40)
    status.shard("3/10").malformed = 1
    head(shown, 80, 24)
    drawn = "\n".join(head(shown, 120, 24, NOW + 12_000))
    assert "  gap 12s ago: 40 missed, in 2 gaps 42  " in drawn
    assert "malformed 1, last 12s ago  " in drawn
    assert str(BAD) in styles(shown, "gap 12s ago", NOW + 12_000)
    drawn = "\n".join(head(shown, 160, 24, NOW + 61_000))
    assert "gaps 2, missed 42" in drawn
    assert "malformed 1" in drawn
    assert str(BAD) not in styles(shown, "gaps 2", NOW + 61_000)
    status.shard("3/10").gapped(None)
    assert "gap 0s ago: unknown missed" in "\n".join(head(shown, 120, 24, NOW + 62_000))


def test_a_recording_at_once_tells_of_trouble_but_not_when() -> None:
    status = health()
    status.place = "replay of recordings/rfqwatch-20260905T220000Z-0001.jsonl.zst"
    card = status.shard("3/10")
    card.gapped(40)
    card.malformed = 1
    shown = Table(sample(), status, playback=Playback(0))
    for width in (60, 80):
        drawn = "\n".join(head(shown, width, 24))
        assert "gaps 1, missed 40  open 9" in drawn
        assert "malformed 1" in drawn
        assert "ago" not in drawn
    assert str(BAD) in styles(shown, "gaps 1", NOW)


def test_where_frames_carry_no_seq_nothing_is_said_of_gaps() -> None:
    status = health()
    status.shard("3/10").numbering.unnumbered = 3
    drawn = "\n".join(head(Table(sample(), status), 80, 24))
    assert "no seq: completeness can't be checked" in drawn
    assert "no gaps" not in drawn


def test_nobody_is_told_of_keys_that_nobody_can_press() -> None:
    assert text(table(view=View(unseen=True)), 80, 24).rstrip().endswith("newest first")


def lines_of(shown: Table, height: int = 24, now_ms: int = NOW) -> list[str]:
    """Give the ids of the RFQs on a picture from the top."""
    drawn = rows(text(shown, 200, height, now_ms))
    found = (re.search(r"\b(old\d\d|new\d)\b", line) for line in drawn)
    return [match[0] for match in found if match]


def test_rows_keep_their_lines_and_new_ones_take_those_that_are_free() -> None:
    book = Book()
    for number in range(30):
        book.apply(created(f"old{number:02}", number), NOW)
    shown = table(book=book)
    page = lines_of(shown)
    assert page == [f"old{number:02}" for number in range(len(page))]
    book.apply(created("new1", -5), NOW + 10)
    book.apply(created("new2", -6), NOW + 10)
    book.apply(RfqDeleted(id=page[3]), NOW + 10)
    book.tick(0)
    assert lines_of(shown) == page
    assert "2 newer: home" in text(shown, 200, 24).splitlines()[-1]
    book.tick(3)
    assert lines_of(shown) == [*page[:3], "new2", *page[4:]]
    assert "1 newer: home" in text(shown, 200, 24).splitlines()[-1]
    shown.press("home")
    assert lines_of(shown)[:4] == ["new2", "new1", "old00", "old01"]
    assert "newer" not in text(shown, 200, 24).splitlines()[-1]


def test_those_with_quotes_are_on_top_and_the_cursor_stays_on_its_row() -> None:
    book = Book()
    for number in range(60):
        book.apply(created(f"old{number:02}", number), NOW)
    shown = table("j", "j", book=book)
    page = lines_of(shown)
    assert cursor_line(shown).endswith("old02")
    for number in (40, 5):
        book.apply(quoted(f"q{number}", "maker-one", "0.35", "0.6", f"old{number:02}"), NOW)
    # What was in their way is on the lines that they left.
    assert lines_of(shown) == ["old05", "old40", *page[2:5], "old00", *page[6:-1], "old01"]
    assert cursor_line(shown).endswith("old02")
    # One that was accepted has seconds, so it comes before the others in any order.
    book.apply(taken("old40", "q40"), NOW)
    for _ in Sort:
        shown.press("s")
        assert lines_of(shown)[:2] == ["old40", "old05"]
    assert book.counts.accepted == 1


def cursor_line(shown: Table) -> str:
    (line,) = [line for line in text(shown, 200, 24).splitlines() if line.startswith(">")]
    found = re.search(r"\bold\d\d\b", line)
    return found[0] if found else ""


def test_an_opened_row_is_held_though_it_is_closed_and_gone() -> None:
    book = Book()
    for number in range(30):
        book.apply(created(f"old{number:02}", number), NOW)
    shown = table("enter", book=book)
    before = rows(text(shown, 100, 24))
    book.apply(RfqDeleted(id="old00"), NOW + 10)
    for tick in (0, 3, 6):
        book.tick(tick)
        held = rows(text(shown, 100, 24))
        assert held[0].startswith(">") or held[0].startswith("x")
        assert "state deleted" in held[1]
        assert "rfq old00" in held[3]
        assert held[6:] == before[6:]
    shown.press("esc")
    assert "rfq old00" not in text(shown, 100, 24)


def test_an_opened_row_keeps_its_line_in_an_order_of_sizes() -> None:
    book = Book()
    for number in range(5):
        book.apply(created(f"r{number}", number, target_cost_dollars=Amount(100 - number)), NOW)
    shown = table("enter", view=View(sort=Sort.LARGEST), book=book)
    text(shown, 100, 24)
    book.apply(created("larger", 0, target_cost_dollars=Amount(900)), NOW)
    drawn = rows(text(shown, 100, 24, NOW + 2_000))
    assert drawn[0].startswith(">")
    assert "rfq r0" in "".join(drawn)
    assert "$900" in drawn[6]
    book.apply(RfqDeleted(id="r0"), NOW + 2_000)
    book.tick(2)
    book.tick(9)
    # That it is gone was never seen, so that nobody can tell how it ended.
    assert " unconfirmed " in "".join(rows(text(shown, 100, 24, NOW + 9_000))[:2])


def test_a_book_told_in_any_order_at_first_is_shown_from_the_newest_on() -> None:
    book = Book()
    book.apply(created("oldest", 60_000), NOW)
    shown = table(book=book)
    text(shown, 100, 24)
    for number in range(50):
        book.apply(created(f"r{number}", number), NOW)
    assert "60s" in rows(text(shown, 100, 24))[0]
    calm = rows(text(shown, 100, 24, NOW + 1_000))
    assert "1s" in calm[0]
    assert "60s" not in "".join(calm)
    text(shown, 100, 24, NOW + 2_000)
    for number in range(500):
        book.apply(created(f"n{number}", -2_000 - number), NOW + 2_500)
    later = rows(text(shown, 100, 24, NOW + 3_500))
    assert [row[5:] for row in later] == [row[5:] for row in calm]


def test_who_must_confirm_is_known_once_two_quotes_tell_who_looks() -> None:
    book = Book()
    for rfq_id, creator, maker in (("r1", "me", "maker-one"), ("r2", "asker", "me")):
        book.apply(created(rfq_id, **(DOLLARS | {"creator_id": creator})), NOW)
        book.apply(quoted(f"q-{rfq_id}", maker, "0.35", "0.6", rfq_id), NOW)
        shown = text(table(book=book), 200, 24)
        assert (" you " in shown) is (rfq_id == "r2")
    book.apply(taken("r2", "q-r2"), NOW)
    drawn = text(table("enter", book=book), 200, 24)
    assert " you confirm 30s " in drawn
    assert "quote by you " in drawn
    assert "creator asker" in drawn


def test_an_opened_row_that_is_longer_than_the_page_can_be_read_to_its_end() -> None:
    legs = tuple(Leg(f"E{number}", f"M{number:02}", "yes") for number in range(30))
    book = Book()
    book.apply(created("long", 10, **(COMBO | {"mve_selected_legs": legs})), NOW)
    book.apply(created("next", 0, **COMBO), NOW)
    shown = table("j", "enter", book=book)
    first = text(shown, 80, 16)
    assert "more lines: down" in first
    seen: set[str] = set()
    for _ in range(60):
        drawn = text(shown, 80, 16)
        seen.update(line.split()[3] for line in drawn.splitlines() if " leg " in f" {line}")
        if "more lines: down" not in drawn:
            break
        shown.press("down")
    assert seen >= {f"M{number:02}" for number in range(30)}
    shown.press("pgup")
    assert "lines above: up" in text(shown, 80, 16) or "rfq long" in text(shown, 80, 16)


def test_n_goes_from_row_to_row_also_past_an_opened_one() -> None:
    legs = tuple(Leg(f"E{number}", f"M{number:02}", "yes") for number in range(30))
    book = Book()
    for number in range(3):
        long = COMBO | {"mve_selected_legs": legs}
        book.apply(created(f"r{number}", number, **long), NOW)
    shown = table("/", "M", "enter", "enter", book=book)
    for key, cursor in (("n", 1), ("n", 2), ("n", 2), ("N", 1), ("N", 0)):
        text(shown, 80, 16)
        shown.press(key)
        assert shown.view.cursor == cursor


def test_the_cursor_stays_with_its_row() -> None:
    book = Book()
    for number in range(3):
        book.apply(created(f"old {number}", 10 + number), NOW)
    shown = table("j", book=book)
    text(shown, 160, 24)
    book.apply(created("new", 0), NOW)
    marked = [line for line in text(shown, 160, 24).splitlines() if line.startswith(">")]
    assert "old 1" in marked[0]
    shown.press("home")
    marked = [line for line in text(shown, 160, 24).splitlines() if line.startswith(">")]
    assert "new" in marked[0]


@pytest.mark.parametrize("height", [6, 10, 24])
def test_the_cursor_is_always_in_sight(height: int) -> None:
    book = Book()
    for number in range(50):
        book.apply(created(f"r{number}", number, **COMBO), NOW)
    shown = table(book=book)
    for key in ["enter", "j"] * 8 + ["pgdn", "end", "up", "enter", "pgup", "home"]:
        shown.press(key)
        assert any(line.startswith(">") for line in text(shown, 80, height).splitlines())


def test_orders_are_kept_up_as_rows_change() -> None:
    book = Book()
    shown = table("s", "s", book=book)  # largest
    for number in range(30):
        size = Amount(number * 7 % 30)
        book.apply(created(f"r{number}", contracts_fp=size), NOW)
        if number % 3 == 0:
            book.apply(RfqDeleted(id=f"r{number // 2}"), NOW)
            book.tick(number)
            book.tick(number + 3)
        later_ms = NOW + 1_000 * number
        drawn = [line for line in text(shown, 60, 50, later_ms).splitlines() if " ct" in line]
        sizes = [int(line.split(" ct")[0].split()[-1]) for line in drawn]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) == len(book.rows)


def summed(line: str) -> str:
    """Give the name of a group, how many RFQs are open in it, and their dollars."""
    found = re.match(r".(.+?  |.+ )([\d,]+) .*?(\$\S+)", line)
    return " ".join(found.groups()) if found else line


steps = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from("cdqae "), st.integers(0, 9)), max_size=40
)


@given(steps, st.sampled_from(Sort), st.sampled_from(Grouping), st.sampled_from(["", "atl"]))
@settings(max_examples=150, deadline=None)
def test_a_picture_kept_up_is_that_of_a_fresh_table(
    history: list[tuple[int, str, int]], sort: Sort, grouping: Grouping, narrowed: str
) -> None:
    book, view = Book(), View(sort=sort, grouping=grouping, text=narrowed)
    kept = Table(book, health(), view)
    now_ms = NOW
    for number, step, size in history:
        rfq_id, now_ms = f"r{number}", now_ms + 400
        terms = COMBO if number % 2 else {}
        events: dict[str, Event] = {
            "c": created(rfq_id, number * 10, contracts_fp=Amount(size), **terms),
            "d": RfqDeleted(id=rfq_id),
            "q": quoted(f"q{size}", f"m{size % 3}", f"0.{size}", "0.1", rfq_id),
            "a": taken(rfq_id, f"q{size}"),
            "e": QuoteExecuted(f"q{size}", rfq_id),
        }
        if step == " ":
            kept.press(" ")
        else:
            book.apply(events[step], now_ms)
        book.tick(now_ms / 1000)
        text(kept, 100, 30, now_ms)
    if kept.view.paused:
        kept.press(" ")
    # The page as it would be laid out now, when no column is kept for what is gone.
    kept.press("home")
    now_ms += 20_000
    drawn = [rows(text(table, 100, 30, now_ms)) for table in (kept, Table(book, health(), view))]
    if grouping is not Grouping.NONE:
        # What was opened and is closed by now, only who saw it knows.
        drawn = [sorted(map(summed, lines)) for lines in drawn]
    assert drawn[0] == drawn[1]


def test_a_deadline_that_passed_is_not_the_nearest() -> None:
    shown = table("S")
    assert "confirm 1.8s" in rows(text(shown, 100, 24))[0]
    later = rows(text(shown, 100, 24, NOW + 10_000))
    assert not any(" confirm " in row for row in later)
    assert "open lapsed?" not in later[0]


def test_groups_follow_the_book() -> None:
    book = sample()
    shown = table("g", "g", book=book)
    assert re.search(r">MLB ATL@PHI: PHI +6 ", text(shown, 80, 24))
    book.apply(RfqDeleted(id="taken"), NOW)
    assert re.search(r">MLB ATL@PHI: PHI +5 ", text(shown, 80, 24))


def test_groups_say_how_fast_they_are_asked_for_since_they_are_watched() -> None:
    book = Book()
    book.apply(created("before", target_cost_dollars=Amount(1_000)), NOW)
    shown = table("4", book=book)
    for second in range(1, 61):
        opened = RfqCreated(
            id=f"r{second}",
            creator_id=CREATOR,
            created_ts=at(NOW + 1_000 * second),
            target_cost_dollars=Amount(second),
        )
        book.apply(opened, NOW + 1_000 * second)
        if second % 2:
            book.apply(RfqDeleted(id=f"r{second - 1}"), NOW + 1_000 * second)
        text(shown, 120, 24, NOW + 1_000 * second)
    (line,) = rows(text(shown, 120, 24, NOW + 60_500))
    # One each second: in 60 s, those of the last whole ten seconds as many as of the others.
    assert line.split()[-8:] == ["32", "60", "█████", "$1,960", "$2,830", "$31", "$55", "0s"]


def test_what_was_counted_of_groups_outlasts_another_order_and_a_look_inside() -> None:
    book = Book()
    shown = table("4", book=book)
    for second in range(1, 41):
        opened = created(f"r{second}", -1_000 * second, target_cost_dollars=Amount(1))
        book.apply(opened, NOW + 1_000 * second)
        text(shown, 120, 24, NOW + 1_000 * second)
        if second in {25, 28, 32}:
            shown.press({25: "s", 28: "enter", 32: "esc"}[second])
    (line,) = rows(text(shown, 120, 24, NOW + 40_500))
    assert line.split()[1:4] == ["40", "60", "███"]


def test_a_key_leads_to_each_view_and_esc_back() -> None:
    shown = table("2")
    assert shown.view.grouping is Grouping.EVENT
    # A combo is in the events of its legs.
    assert "MLB ATL@PHI  " in text(shown, 80, 24)
    for key, grouping in (("3", Grouping.LEG), ("4", Grouping.CREATOR), ("1", Grouping.NONE)):
        shown.press(key)
        assert shown.view.grouping is grouping
    shown.press("5")
    assert len(rows(text(shown, 80, 24))) == 4
    assert "  mine" in text(shown, 80, 24)
    shown.press("esc")
    assert len(rows(text(shown, 80, 24))) == 11


def test_a_fuller_book_is_taken_in_over_several_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rfqwatch.screen.order.MOST_PLACED", 10)
    book = Book()
    for number in range(25):
        book.apply(created(f"r{number}", -number), NOW + number)
    shown = Table(book, health())
    footers = [text(shown, 80, 25).splitlines()[-1].split("  ")[0] for _ in range(3)]
    assert footers == ["10 RFQs, 15 to look at", "20 RFQs, 5 to look at", "+5 more of 25 RFQs"]


def test_every_key_of_the_help_does_something() -> None:
    assert {"q", "space", "g", "enter", "/", "?"} <= {keys for keys, _ in KEYS}
    assert table("q").view.done
    assert table("ctrl-c").view.done
    for key in ("q", "x", "esc"):
        read = table("?", key).view
        assert not read.help
        assert not read.done
    assert not table("/", "q").view.done


def test_going_back_leaves_a_group_for_its_groups() -> None:
    shown = table("g", "enter")
    assert shown.view.within is not None
    shown.press("esc")
    assert shown.view == View(grouping=Grouping.EVENT)


def test_keys_that_come_at_once_mean_what_they_mean_one_by_one() -> None:
    for keys in (("j", "j", "enter"), ("g", "enter"), ("g", "enter", "enter"), ("j", "enter", "j")):
        slowly, at_once = table(*keys), table()
        text(at_once, 80, 24)
        for key in keys:
            at_once.press(key)
        assert text(at_once, 80, 24) == text(slowly, 80, 24)


def test_an_esc_that_was_none_is_taken_back() -> None:
    for before in (("/", "A", "enter"), ("enter",), ("g", "enter"), ("/", "A")):
        shown = table(*before)
        view = shown.view
        shown.press("esc")
        text(shown, 80, 24)
        assert shown.view != view
        for key in ("un-esc", "down"):
            shown.press(key)
        text(shown, 80, 24)
        kept = (shown.view.text, shown.view.typed, shown.view.expanded, shown.view.within)
        assert kept == (view.text, view.typed, view.expanded, view.within)


def test_the_filter_is_typed_edited_pasted_and_dropped() -> None:
    shown = table("/", "x", "backspace", "paste:ATL", "enter")
    assert (shown.view.text, shown.view.typed) == ("ATL", None)
    for key in ("/", "ctrl-w", "y", "ctrl-u", "z", "esc"):
        shown.press(key)
    assert (shown.view.text, shown.view.typed) == ("ATL", None)
    shown.press("esc")
    assert (shown.view.text, shown.view.typed) == ("", None)
