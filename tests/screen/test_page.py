"""What stands on a line of the table, and for how long: watched over simulated time."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import pytest

from rfqwatch.book.book import Book
from rfqwatch.clock import Instant
from rfqwatch.exchange.decoding import read
from rfqwatch.screen.page import Page
from rfqwatch.screen.picture.columns import columns_named
from rfqwatch.screen.ranking import Ranking
from rfqwatch.screen.table import Table
from rfqwatch.simulator.market.traffic import Traffic
from rfqwatch.stream.health import Connection, Health

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.simulator.market.agenda import Event

WIDTH, HEIGHT = 120, 40
START_S = 1_788_645_600
WATCHED_S = 12
PICTURES_A_SECOND = 4
BODY = range(4, HEIGHT - 1)


def stays_s(rate: float) -> list[float]:
    """Watch a busy market's table; give how long each line stayed the same RFQ, in seconds."""
    traffic = Traffic(seed=7, rate=rate, start_us=START_S * 1_000_000, standing=5_000)
    book, health = Book(), Health("sim")
    shown = Table(book, health, columns=columns_named("age,id,what"))
    health.shard().become(Connection.WATCHING, Instant(START_S * 1_000, START_S))
    stays: list[float] = []
    since: dict[int, tuple[str, float]] = {}

    def take(events: Iterable[Event]) -> None:
        for event in events:
            message = read(event.type, bytearray(b'{"type":"x","msg":%b}' % event.msg)).event
            if message is not None:
                book.apply(message, event.at_us // 1_000)

    take(traffic.open)
    for number in range(WATCHED_S * PICTURES_A_SECOND):
        now_s = START_S + number / PICTURES_A_SECOND
        take(traffic.until(round(now_s * 1_000_000)))
        book.tick(now_s)
        while shown.catch_up(round(now_s * 1_000)):
            pass
        picture = shown.picture(WIDTH, HEIGHT, Instant(round(now_s * 1_000), now_s))
        for line in BODY:
            # The age counts on, and a row that closes says so: it stays the RFQ that it is.
            text = "".join(part.text for part in picture[line])[5:42]
            before = since.get(line)
            if before is None or before[0] != text:
                if before is not None:
                    stays.append(now_s - before[1])
                since[line] = (text, now_s)
    return stays + [START_S + WATCHED_S - since[line][1] for line in BODY]


def ranking(*keys: str) -> Ranking:
    ranked = Ranking()
    ranked.put((key, (place, "", key)) for place, key in enumerate(keys))
    return ranked


def test_what_goes_makes_room_for_the_best_that_waits() -> None:
    page, ranked = Page(), ranking(*"abcdef")
    page.turn(ranked, 0, 3)
    ranked.put([("z", (-1, "", "z")), ("y", (-2, "", "y")), ("b", None)])
    assert page.waiting(ranked) == 2
    page.keep(ranked, 3, held=())
    assert page.keys == ["a", "y", "c"]
    assert page.waiting(ranked) == 1
    page.turn(ranked, 0, 3)
    assert (page.keys, page.waiting(ranked)) == (["y", "z", "a"], 0)


def test_a_later_page_is_filled_with_what_comes_after_its_beginning() -> None:
    page, ranked = Page(), ranking(*"abcdef")
    page.turn(ranked, 2, 2)
    assert (page.first, page.keys) == (2, ["c", "d"])
    ranked.put([("z", (-1, "", "z")), ("c", None)])
    page.keep(ranked, 2, held=())
    assert page.keys == ["e", "d"]
    assert page.waiting(ranked) == 1


def test_what_is_held_stays_though_it_is_gone() -> None:
    page, ranked = Page(), ranking(*"abc")
    page.turn(ranked, 0, 2)
    ranked.put([("a", None), ("b", None)])
    page.keep(ranked, 2, held={"a"})
    assert page.keys == ["a", "c"]


def test_a_page_follows_the_size_of_the_terminal() -> None:
    page, ranked = Page(), ranking(*"abcde")
    page.turn(ranked, 0, 2)
    page.keep(ranked, 4, held=())
    assert page.keys == ["a", "b", "c", "d"]
    page.keep(ranked, 1, held=())
    assert page.keys == ["a"]


def test_a_page_of_nothing_is_filled_when_something_comes() -> None:
    page, ranked = Page(), ranking()
    page.turn(ranked, 0, 3)
    assert (page.keys, page.waiting(ranked)) == ([], 0)
    ranked.put([("a", (0, "", "a"))])
    page.keep(ranked, 3, held=())
    assert (page.keys, page.waiting(ranked)) == (["a"], 0)


@pytest.mark.parametrize(("rate", "least_s"), [(400, 4), (1_340, 2)])
def test_a_line_stays_what_it_is(rate: float, least_s: float) -> None:
    stays = stays_s(rate)
    assert median(stays) >= least_s


def test_what_is_pinned_comes_on_top_in_exchange_for_what_stands_there() -> None:
    page, ranked = Page(), ranking(*"abcdefg")
    page.turn(ranked, 0, 4)
    page.keep(ranked, 4, held={"d"}, pinned=["c"])
    assert page.keys == ["c", "b", "a", "d"]
    # One that is not on the page costs the last that isn't held.
    page.keep(ranked, 4, held={"d"}, pinned=["c", "g"])
    assert page.keys == ["c", "g", "b", "d"]
    page.turn(ranked, 2, 4)
    page.keep(ranked, 4, held=(), pinned=["a"])
    assert page.keys == ["c", "d", "e", "f"]


def test_what_came_is_counted_below_what_is_pinned() -> None:
    page, ranked = Page(), ranking(*"abcdefg")
    page.turn(ranked, 0, 4, pinned=["a", "b"])
    assert page.waiting(ranked) == 0
    ranked.put([("z", (1, "z", "z"))])
    page.keep(ranked, 4, held=(), pinned=["a", "b"])
    assert page.keys == ["a", "b", "c", "d"]
    assert page.waiting(ranked) == 1


def test_a_page_of_pinned_ones_counts_once_there_are_others() -> None:
    page, ranked = Page(), ranking(*"ab")
    page.turn(ranked, 0, 3, pinned=["a", "b"])
    ranked.put([("c", (2, "", "c"))])
    page.keep(ranked, 3, held=(), pinned=["a", "b"])
    ranked.put([("z", (1, "z", "z"))])
    page.keep(ranked, 3, held=(), pinned=["a", "b"])
    assert page.keys == ["a", "b", "c"]
    assert page.waiting(ranked) == 1


def test_what_is_held_makes_no_room_for_what_is_pinned() -> None:
    page, ranked = Page(), ranking(*"abcdefg")
    page.turn(ranked, 0, 4)
    page.keep(ranked, 4, held={"a"}, pinned=["c", "g"])
    assert page.keys == ["a", "c", "b", "d"]
