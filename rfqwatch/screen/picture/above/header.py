"""The lines above the table, which say how far the stream can be trusted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment

from rfqwatch.escaping import cells, cut, fit, safe
from rfqwatch.lines.wording import clock, countdown, moment, span
from rfqwatch.screen.picture.groupnames import group_name
from rfqwatch.screen.picture.styles import (
    BAD,
    FAINT,
    GOOD,
    MARKED,
    QUIET,
    STRONG,
    Item,
    Line,
)
from rfqwatch.stream.health import Connection, Health, ShardHealth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.book.book import Book
    from rfqwatch.clock import Instant
    from rfqwatch.screen.picture.above.trouble import Troubles
    from rfqwatch.screen.view import View

SILENT_S = 5.0
"""After how long without a frame to say so: a dead connection looks like a quiet market."""

_BETWEEN = "  "
_LEAST_PLACE = 34
"""Cells in which most hosts have room."""
_LEAST_WHY = 16
"""Cells in which it can be told why a connection is lost."""
_MINUTE_S = 60


class Pulse(NamedTuple):
    """The stream at a moment; ``behind`` is None unless the picture stands still.

    ``replay`` says how the moment of a recording passes, and is empty for the present one; with
    ``at_once`` it does not pass, and nothing can be said to have been a while ago.
    """

    book: Book
    health: Health
    now: Instant
    behind: int | None = None
    replay: str = ""
    at_once: bool = False


def header(pulse: Pulse, view: View, troubles: Troubles, width: int, most: int) -> list[Line]:
    """Make at most ``most`` lines of ``width`` cells, one more where something went wrong.

    What matters most comes first.
    """
    at_s = None if pulse.at_once else pulse.now.s
    missing = list(troubles.missing(pulse.health, at_s))
    odd = list(troubles.odd(pulse.health, at_s))
    wrong = any(item.style is BAD for item in (*missing, *odd))
    items = [
        *_connections(pulse, width),
        *missing,
        Item(f"open {pulse.book.open:,}", STRONG),
        # Those in trouble at once, as the lines may not suffice for all; the others later.
        *_shards(pulse, watching=False),
        *_narrowed(pulse, view),
        *(item for item in odd if item.style is BAD),
        *_shards(pulse, watching=True),
        *_counts(pulse),
        *(item for item in odd if item.style is FAINT),
    ]
    return flow(items, width, most + int(wrong and most > 1))


def flow(items: Iterable[Item], width: int, most: int) -> list[Line]:
    """Lay items out in lines, none broken unless it is longer than a line."""
    lines: list[Line] = []
    left = 0
    for item in items:
        text = safe(item.text)
        needed = cells(text)
        if lines and needed + len(_BETWEEN) <= left:
            lines[-1] += (Segment(_BETWEEN), Segment(text, item.style))
            left -= needed + len(_BETWEEN)
            continue
        if len(lines) == most:
            room = left - len(_BETWEEN)
            if not 0 < item.least <= room:
                break
            lines[-1] += (Segment(_BETWEEN), Segment(fit(text, room), item.style))
            left = 0
            continue
        if lines:
            lines[-1].append(Segment(" " * left))
        text = fit(text, min(needed, width))
        lines.append([Segment(text, item.style)])
        left = width - min(needed, width)
    if lines:
        lines[-1].append(Segment(" " * left))
    return lines


def _connections(pulse: Pulse, width: int) -> Iterable[Item]:
    cards = pulse.health.shards.values()
    why = [Item(card.why, BAD, _LEAST_WHY) for card in cards if card.why][:1]
    # Of a file's name the beginning will do, and leaves room for what is known of the stream.
    yield Item(
        cut(f"rfqwatch {safe(pulse.health.place)}", max(_LEAST_PLACE, width * 9 // 20)), STRONG
    )
    if pulse.health.unrecorded:
        yield Item(f"not recorded: {pulse.health.unrecorded}", BAD)
    if pulse.replay:
        yield Item(f"recorded {moment(pulse.now.ms)}, {pulse.replay}", MARKED)
    if pulse.health.breaks_off:
        yield Item("it breaks off there", BAD)
    if pulse.behind is not None:
        yield Item(f"paused, {pulse.behind:,} behind", MARKED)
    if len(cards) == 1:
        (card,) = cards
        if card.name:
            yield Item(f"shard {card.name}")
        yield _connection(card, pulse.now.s)
        yield from why
        if card.lost is not None:
            yield Item(f"as of {clock(card.lost.ms)}", BAD)
    elif cards:
        live = sum(card.watching for card in cards)
        yield Item(f"{live} of {len(cards)} shards watching", GOOD if live == len(cards) else BAD)
        yield from why
    if ahead_ms := pulse.health.ahead_ms:
        way = "behind" if ahead_ms > 0 else "ahead"
        off = span(round(abs(ahead_ms), -3))
        yield Item(f"this computer's clock is {off} {way}: lag unknown", BAD)


def _shards(pulse: Pulse, *, watching: bool) -> Iterable[Item]:
    cards = pulse.health.shards.values()
    for card in cards:
        if len(cards) == 1 or card.watching is not watching:
            continue
        connection = _connection(card, pulse.now.s)
        if card.lost is not None:
            news = f"as of {clock(card.lost.ms)}"
        else:
            news = f"{card.frames.per_second(pulse.now.s):,.0f}/s"
            if not card.ahead_ms and (lags := card.recent_lags()):
                news += f" lag p50 {lags[0]:,}ms p99 {lags[1]:,}ms"
        gaps = f" gaps {card.gaps:,}" * bool(card.gaps)
        yield Item(f"{card.name} {connection.text} {news}{gaps}", connection.style)


def _connection(card: ShardHealth, now_s: float) -> Item:
    since = "0s" if card.since_s is None else _since(card.since_s, now_s)
    if card.watching:
        if card.heard is None or now_s - card.heard.s < SILENT_S:
            return Item(f"watching for {since}", GOOD)
        quiet = f"watching for {since}, last frame {_since(card.heard.s, now_s)} ago"
        if card.proven is not None and card.proven.s > card.heard.s:
            quiet += f", proven live {_since(card.proven.s, now_s)} ago"
        return Item(quiet, QUIET)
    if card.heard is None and card.state is Connection.CONNECTING:
        return Item(f"connecting for {since}", BAD)
    left_s = 0.0 if card.retry_s is None else card.retry_s - now_s
    due = f" in {countdown(round(left_s * 1000))}" if left_s > 0 else ""
    return Item(f"{card.state}{due}, down for {since}", BAD)


def _since(then_s: float, now_s: float) -> str:
    return span(round((now_s - then_s) * 1000))


def _counts(pulse: Pulse) -> Iterable[Item]:
    book, health = pulse.book, pulse.health
    if book.asked:
        yield Item(f"asking ${book.asked:,.0f}")
    for name, count in (
        ("unconfirmed", book.unconfirmed(health.away)),
        ("stale", book.stale(pulse.now.ms)),
    ):
        if count:
            yield Item(f"{count:,} {name}")
    if len(health.away) < len(health.shards):
        yield from _flow_now(pulse)
    for name, count in (
        ("evicted", book.counts.evicted),
        ("deletions of unknown RFQs", book.counts.unknown_deletions),
        ("quotes on unknown RFQs", book.counts.unknown_quotes),
    ):
        if count:
            yield Item(f"{name} {count:,}", FAINT)


def _flow_now(pulse: Pulse) -> Iterable[Item]:
    minute = pulse.book.tempo.last(_MINUTE_S, pulse.now.ms)
    told = len(pulse.health.shards) == 1 and not pulse.health.ahead_ms
    if told and (lags := pulse.health.lags()) is not None:
        yield Item(f"lag p50 {lags[0]:,}ms p99 {lags[1]:,}ms")
    counted_s = round(pulse.health.counted_s(pulse.now.s))
    during = "1m" if counted_s >= _MINUTE_S else f"{counted_s}s"
    yield Item(f"opened {minute.opened:,} closed {minute.closed:,} in {during}")
    if (life_ms := pulse.book.tempo.life_ms) is not None:
        yield Item(f"median life {span(life_ms)}")
    yield Item(f"frames {pulse.health.per_second(pulse.now.s):,.0f}/s")


def _narrowed(pulse: Pulse, view: View) -> Iterable[Item]:
    if pulse.health.selected:
        yield Item(f"selected: {pulse.health.selected}", MARKED)
    if view.mine:
        yield Item("mine", MARKED)
    if view.within is not None:
        named = group_name(view.within.grouping, view.within.key, pulse.now.ms)
        yield Item(f"in {view.within.grouping} {named}", MARKED)
    if view.text and view.typed is None:
        yield Item(f"/{view.text}", MARKED)
