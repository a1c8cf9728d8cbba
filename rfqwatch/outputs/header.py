"""The lines above the table: whether the stream can be trusted, and how much comes by it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from rich.style import Style

from rfqwatch.health import Connection, Health, ShardHealth
from rfqwatch.outputs.columns import clock, person, seconds, span
from rfqwatch.outputs.terminal import cells, fit, safe
from rfqwatch.outputs.view import Grouping, View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.book import Book

PLAIN = Style()
GOOD = Style(color="green", bold=True)
BAD = Style(color="red", bold=True)
FAINT = Style(dim=True)
MARKED = Style(reverse=True)

_BETWEEN = "  "


class Item(NamedTuple):
    """One thing to say, kept together on a line."""

    text: str
    style: Style = PLAIN


class Pulse(NamedTuple):
    """The stream at a moment (Unix milliseconds); ``behind`` is None unless it is paused."""

    book: Book
    health: Health
    now_ms: int
    created_per_second: float = 0.0
    behind: int | None = None


def header(pulse: Pulse, view: View, width: int, most: int) -> list[list[Segment]]:
    """Make at most ``most`` lines of ``width`` cells; what matters most comes first."""
    trust = list(_trust(pulse.health))
    items = [
        *_connections(pulse),
        *_narrowed(view),
        *(item for item in trust if item.style is BAD),
        *_counts(pulse),
        *(item for item in trust if item.style is not BAD),
    ]
    return flow(items, width, most)


def flow(items: Iterable[Item], width: int, most: int) -> list[list[Segment]]:
    """Lay items out in lines, none broken unless it is longer than a line."""
    lines: list[list[Segment]] = []
    left = 0
    for item in items:
        text = safe(item.text)
        needed = cells(text)
        if lines and needed + len(_BETWEEN) <= left:
            lines[-1] += (Segment(_BETWEEN), Segment(text, item.style))
            left -= needed + len(_BETWEEN)
            continue
        if len(lines) == most:
            break
        if lines:
            lines[-1].append(Segment(" " * left))
        text = fit(text, min(needed, width))
        lines.append([Segment(text, item.style)])
        left = width - min(needed, width)
    if lines:
        lines[-1].append(Segment(" " * left))
    return lines


def _connections(pulse: Pulse) -> Iterable[Item]:
    cards = list(pulse.health.shards.values())
    yield Item(f"rfqwatch {pulse.health.place}", Style(bold=True))
    if pulse.behind is not None:
        yield Item(f"paused, {pulse.behind:,} behind", MARKED)
    if len(cards) == 1:
        if cards[0].name:
            yield Item(f"shard {cards[0].name}")
        yield _connection(cards[0], pulse.now_ms)
    elif cards:
        live = sum(card.state is Connection.WATCHING for card in cards)
        yield Item(f"{live} of {len(cards)} shards watching", GOOD if live == len(cards) else BAD)
    away = [card.since_ms for card in cards if card.state is not Connection.WATCHING]
    if away:
        yield Item(f"as of {clock(min(away))}", BAD)
    if len(cards) > 1:
        # Those in trouble first: the lines may not suffice for all.
        for card in sorted(cards, key=lambda card: card.state is Connection.WATCHING):
            connection = _connection(card, pulse.now_ms)
            rate = card.frames.per_second(pulse.now_ms)
            gaps = f" gaps {card.gaps}" * bool(card.gaps)
            yield Item(f"{card.name} {connection.text} {rate:,.0f}/s{gaps}", connection.style)


def _connection(card: ShardHealth, now_ms: int) -> Item:
    since = span(now_ms - card.since_ms)
    if card.state is Connection.WATCHING:
        return Item(f"watching for {since}", GOOD)
    if card.retry_at_ms is None:
        return Item(f"{card.state} for {since}", BAD)
    left = seconds(max(0, card.retry_at_ms - now_ms))
    return Item(f"{card.state} in {left}, down for {since}", BAD)


def _trust(health: Health) -> Iterable[Item]:
    cards = health.shards.values()
    gaps = sum(card.gaps for card in cards)
    missed = sum(card.missed for card in cards)
    yield Item(f"gaps {gaps:,}, missed {missed:,}", BAD if gaps or missed else PLAIN)
    for name in ("malformed", "unknown", "backward"):
        count = sum(getattr(card, name) for card in cards)
        yield Item(f"{name} {count:,}", BAD if count else FAINT)


def _counts(pulse: Pulse) -> Iterable[Item]:
    book, health = pulse.book, pulse.health
    yield Item(f"open {book.open:,}", Style(bold=True))
    for name, count in (("unconfirmed", book.unconfirmed), ("stale", book.stale(pulse.now_ms))):
        if count:
            yield Item(f"{count:,} {name}")
    frames = sum(card.frames.per_second(pulse.now_ms) for card in health.shards.values())
    yield Item(f"created {pulse.created_per_second:,.0f}/s")
    yield Item(f"frames {frames:,.0f}/s")
    lags = health.lags()
    if lags is not None:
        yield Item(f"lag p50 {lags[0]:,}ms p99 {lags[1]:,}ms")
    for name, count in (
        ("evicted", book.counts.evicted),
        ("deletions of unknown RFQs", book.counts.unknown_deletions),
        ("quotes on unknown RFQs", book.counts.unknown_quotes),
    ):
        if count:
            yield Item(f"{name} {count:,}", FAINT)


def _narrowed(view: View) -> Iterable[Item]:
    if view.within is not None:
        key = view.within.key
        named = person(key) if view.within.grouping is Grouping.CREATOR else key
        yield Item(f"in {view.within.grouping} {named}", MARKED)
    if view.text and view.typed is None:
        yield Item(f"/{view.text}", MARKED)
