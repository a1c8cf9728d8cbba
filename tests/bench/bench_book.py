"""What the book and the picture cost. Run it: ``python tests/bench/bench_book.py``."""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
import tracemalloc
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

sys.path.insert(0, str(Path(__file__).parents[2]))

from rfqwatch.book.book import Book
from rfqwatch.clock import Instant
from rfqwatch.exchange.decoding import read
from rfqwatch.screen.picture.styles import paint, terminal
from rfqwatch.screen.table import Table
from rfqwatch.screen.view import Grouping, Sort, View
from rfqwatch.stream.health import Connection, Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rfqwatch.exchange.events import Event

NOW_MS = 1_788_645_600_000
LEGS = 5


def created(number: int, random_: random.Random) -> Event:
    """Decode an announcement as the exchange writes it: five legs, no two RFQs with the same."""
    stamp = random_.getrandbits(64)
    legs = [
        {
            "event_ticker": f"KXMLBGAME-26SEP05{stamp % 9973 + leg:04}ATLPHI",
            "market_ticker": f"KXMLBGAME-26SEP05{stamp % 9973 + leg:04}ATLPHI-ATL",
            "side": "yes" if stamp >> leg & 1 else "no",
        }
        for leg in range(LEGS)
    ]
    event_ticker = f"KXMVECROSSCATEGORY-SHARD1-S2026{stamp:016X}"[:43]
    created_ms = NOW_MS + number
    message = {
        "type": "rfq_created",
        "msg": {
            "id": f"{random_.getrandbits(32):08x}-bab6-4f29-82f8-{number:012x}",
            "creator_id": f"{random_.getrandbits(256):064x}",
            "market_ticker": f"{event_ticker}-BFE7A290327",
            "event_ticker": event_ticker,
            "target_cost_dollars": f"{random_.randrange(1, 900_000) / 10_000:.4f}",
            "created_ts": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created_ms / 1000))
            + f".{created_ms % 1000:03}Z",
            "mve_collection_ticker": "KXMVECROSSCATEGORY-SHARD1-R",
            "mve_selected_legs": legs,
        },
    }
    return decoded(message)


def deleted(event: Event) -> Event:
    """Decode the deletion of an announced RFQ."""
    return decoded({"type": "rfq_deleted", "msg": {"id": event.id}})  # type: ignore[union-attr]


def decoded(message: Mapping[str, object]) -> Event:
    data = bytearray(msgspec.json.encode(message))
    event = read(str(message["type"]), data).event
    assert event is not None
    return event


def instant(ms: int) -> Instant:
    return Instant(ms, ms / 1_000)


def seconds(action: Callable[[], object]) -> float:
    """Time one action."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def filled(count: int) -> Book:
    """Make a book with that many open RFQs."""
    random_ = random.Random(1)
    book = Book(max_open=max(count, 1))
    for number in range(count):
        book.apply(created(number, random_), NOW_MS + number, NOW_MS + number)
    return book


def bench_apply(count: int = 50_000) -> None:
    """Print the cost of each of the two messages that make up nearly all of the stream."""
    random_ = random.Random(2)
    opening = [created(number, random_) for number in range(count)]
    closing = [deleted(event) for event in opening]
    book = Book()

    def apply(events: list[Event]) -> None:
        for number, event in enumerate(events):
            book.apply(event, NOW_MS + number, NOW_MS + number, "3/10")

    print(f"apply rfq_created  {seconds(lambda: apply(opening)) / count * 1e6:6.2f} µs")
    print(f"apply rfq_created  {seconds(lambda: apply(opening)) / count * 1e6:6.2f} µs, again")
    print(f"apply rfq_deleted  {seconds(lambda: apply(closing)) / count * 1e6:6.2f} µs")


def bench_memory(count: int = 20_000) -> None:
    """Print the memory of an open five-leg RFQ, its share of the dict among it."""
    tracemalloc.start()
    book = filled(count)
    for _ in range(count // 1_000):
        book.tick(0.0)
    book.take_changes()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"memory             {size / count:6.0f} bytes per open RFQ of five legs")
    assert book.open == count


def bench_pauses(count: int = 200_000) -> None:
    """Print what a full garbage collection and a gap cost with the book full."""
    gc.collect()
    empty = seconds(gc.collect)
    book = filled(count)
    gc.collect()
    print(f"full collection    {seconds(gc.collect) * 1e3:6.1f} ms at {count:,} open")
    print(f"                   {empty * 1e3:6.1f} ms with nothing open")
    print(f"gap                {seconds(book.gap) * 1e3:6.1f} ms at {count:,} open")
    print(f"tick               {seconds(lambda: book.tick(NOW_MS / 1000)) * 1e3:6.1f} ms")
    print(f"stale              {seconds(lambda: book.stale(NOW_MS)) * 1e3:6.1f} ms, once a second")


def goes(table: Table, now_ms: int) -> list[float]:
    """Let a table look at every row that changed; give the seconds of each go."""
    times = []
    more = True
    while more:
        start = time.perf_counter()
        more = table.catch_up(now_ms)
        times.append(time.perf_counter() - start)
    return times


def bench_pictures(count: int = 20_000, width: int = 160, height: int = 60) -> None:
    """Print what a picture costs in each order and grouping, with 750 frames between two."""
    random_ = random.Random(3)
    book = filled(count)
    health = Health("bench")
    health.shard().become(Connection.WATCHING, instant(NOW_MS))
    console = terminal()
    print(f"pictures of {width} x {height} at {count:,} open, 750 frames between two; before each")
    print("every row that changed is looked at, in goes between which the stream is read")
    number = count
    views = [View(sort=sort) for sort in Sort]
    views += [View(grouping=grouping) for grouping in list(Grouping)[1:]]
    views += [View(text="ATLPHI"), View(cursor=count // 2)]
    for view in views:
        table = Table(book, health, view)
        first = goes(table, NOW_MS + number)
        table.picture(width, height, instant(NOW_MS + number))
        later = []
        costs = []
        for _ in range(10):
            oldest = list(islice(book.rows, 375))
            for rfq_id in oldest:
                book.apply(decoded({"type": "rfq_deleted", "msg": {"id": rfq_id}}), NOW_MS + number)
            for _ in range(375):
                number += 1
                book.apply(created(number, random_), NOW_MS + number)
            book.tick((NOW_MS + number + 5_000) / 1000)
            health.shard().receive(750, instant(NOW_MS + number))
            later.append(goes(table, NOW_MS + number))
            costs.append(
                seconds(
                    lambda: [
                        paint(line, console)
                        for line in table.picture(width, height, instant(NOW_MS + number))  # noqa: B023
                    ]
                )
            )
        name = view.sort if view.grouping is Grouping.NONE else f"by {view.grouping}"
        name += " /" * bool(view.text) + " middle" * bool(view.cursor)
        print(
            f"  {name:20} {milliseconds(costs)}; before it {milliseconds(map(sum, later))}, a go"
            f" {milliseconds(chain.from_iterable(later))}; at first {sum(first) * 1e3:.1f} ms, a go"
            f" {milliseconds(first)}"
        )


def milliseconds(times: Iterable[float]) -> str:
    """Write the median of some times, and the longest."""
    each = list(times)
    return f"{statistics.median(each) * 1e3:.1f} ms (at most {max(each) * 1e3:.1f})"


if __name__ == "__main__":
    bench_pictures()
    bench_apply()
    bench_memory()
    bench_pauses()
