"""What is known of one RFQ at one moment: its terms, its quotes, what became of it.

Values only, never changed in place: the book puts a new value for an old one, so whoever holds a
row holds a picture of its moment, and an unchanged row is the same object. Times are Unix
milliseconds. Thousands change a second and 200,000 may be open: hence the unread message, which is
packed when there is time, and gc=False.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rfqwatch.book.lag import lag
from rfqwatch.exchange.decoding import read
from rfqwatch.exchange.events import ANONYMOUS_CREATORS, Leg, RfqCreated, decode_amount

if TYPE_CHECKING:
    from decimal import Decimal

_T = TypeVar("_T")

COMBO_PREFIX = "KXMVE"
"""What the tickers of combo markets begin with; the only part of a ticker that has a meaning."""


class State(StrEnum):
    """Whether an RFQ can still be quoted, as far as an observer can know."""

    OPEN = "open"
    UNCONFIRMED = "unconfirmed"
    """Known before a gap in the stream and not heard of since: it may have been deleted."""
    STALE = "stale"
    """Older than RFQs usually get. There is no event for expiry, so it is probably gone."""
    CLOSED = "closed"


class Closed(IntEnum):
    """Why an RFQ is closed; the later reason tells more and replaces an earlier one."""

    DELETED = 1
    BATCH_CLOSED = 2
    EXECUTION_FAILED = 3
    EXECUTED = 4

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


class QuoteState(IntEnum):
    """How far a quote has come; it never goes back."""

    OFFERED = 0
    ACCEPTED = 1
    EXECUTED = 2


class Phase(StrEnum):
    """What an accepted quote is waiting for."""

    CONFIRM = "confirm"
    EXECUTE = "execute"
    LAPSED = "lapsed"
    """Nothing came in time. The exchange has no event for it: it is inferred."""


class Timers(Struct, frozen=True):
    """How long the exchange waits after an acceptance, in milliseconds."""

    confirm_ms: int
    execute_ms: int


# docs.kalshi.com, RFQs: makers of high-volume markets, which all combos are, get the short ones.
COMBO_TIMERS = Timers(3_000, 1_000)
OTHER_TIMERS = Timers(30_000, 15_000)


class Quote(Struct, frozen=True, gc=False):
    """One maker's quote on one RFQ. A bid of zero is a side that is not offered.

    ``at_us`` (Unix microseconds) is its latest known time, which decides between a maker's quotes.
    """

    id: str
    maker: str | None = None
    yes_bid: Decimal | None = None
    no_bid: Decimal | None = None
    yes_contracts: Decimal | None = None
    no_contracts: Decimal | None = None
    state: QuoteState = QuoteState.OFFERED
    accepted_side: str | None = None
    accepted_contracts: Decimal | None = None
    accepted_ms: int | None = None
    at_us: int = 0

    @property
    def author(self) -> str:
        """Whose quotes this one replaces; hidden makers share a name, so each quote is alone."""
        maker = self.maker
        return self.id if maker is None or maker in ANONYMOUS_CREATORS else maker

    def merge(self, news: Quote) -> Quote:
        """Add what another message says of the same quote."""
        return Quote(
            self.id,
            _known(news.maker, self.maker),
            _known(news.yes_bid, self.yes_bid),
            _known(news.no_bid, self.no_bid),
            _known(news.yes_contracts, self.yes_contracts),
            _known(news.no_contracts, self.no_contracts),
            max(self.state, news.state),
            _known(news.accepted_side, self.accepted_side),
            _known(news.accepted_contracts, self.accepted_contracts),
            _known(self.accepted_ms, news.accepted_ms),
            max(self.at_us, news.at_us),
        )


class Bids(Struct, frozen=True, gc=False):
    """The best bids on a batch's child, as the exchange sums them up for the requester."""

    yes: Decimal | None = None
    no: Decimal | None = None


class _PackedLeg(Leg, frozen=True, gc=False, array_like=True):
    """A leg without the names of its fields."""


class _PackedTerms(RfqCreated, frozen=True, gc=False, kw_only=True, array_like=True):
    """An announcement without the names of its fields: half the bytes."""

    mve_selected_legs: tuple[_PackedLeg, ...] | None = None


_LEGS = RfqCreated.__struct_fields__.index("mve_selected_legs")
_PACKED = 0x80
"""From here on no JSON begins, and each array of msgpack does."""
_write = msgspec.msgpack.Encoder(enc_hook=str).encode
_unpack = msgspec.msgpack.Decoder(_PackedTerms, dec_hook=decode_amount).decode
_values = msgspec.structs.astuple


def pack(message: bytes) -> bytes:
    """Write an announcement so that it takes half the memory, if it is not."""
    if message[0] >= _PACKED:
        return message
    values = list(_values(read_terms.__wrapped__(message)))
    values[_LEGS] = [_values(leg) for leg in values[_LEGS] or ()]
    return _write(values)


@lru_cache(maxsize=256)
def read_terms(message: bytes) -> RfqCreated:
    """Read an announcement, packed or not; what is drawn is asked for time and again."""
    if message[0] >= _PACKED:
        return _unpack(message)
    event = read(RfqCreated.type, message).event
    assert isinstance(event, RfqCreated)  # noqa: S101 - it was read before it was kept
    return event


class Rfq(Struct, frozen=True, gc=False, kw_only=True):
    """One RFQ.

    ``message`` is what announced it, or says the same of it in the same form or as `pack` has it,
    and is read when someone looks: most RFQs are gone before. ``size`` is a measure to sort by:
    dollars, or contracts at the dollar which each can pay. ``since_ms`` is when it was created, or
    received where that isn't known or lies ahead of the receipt. ``announced`` is false for an RFQ
    that only its quotes speak of. ``reason`` is None while it isn't known to be closed. ``quotes``
    holds replaced quotes too: see `current_quotes`.
    """

    id: str
    message: bytes
    size: Decimal
    created_ms: int | None = None
    since_ms: int
    received_ms: int
    sending_ms: int | None = None
    shard: str = ""
    generation: int = 0
    batch_id: str | None = None
    announced: bool = True
    quotes: tuple[Quote, ...] = ()
    best: Bids | None = None
    reason: Closed | None = None

    @property
    def terms(self) -> RfqCreated:
        """What was said of it; read at each call, unless it was a moment ago."""
        return read_terms(self.message)

    @property
    def market_ticker(self) -> str | None:
        """The market that is asked for."""
        return self.terms.market_ticker

    @property
    def event_ticker(self) -> str | None:
        """The event of that market."""
        return self.terms.event_ticker

    @property
    def collection_ticker(self) -> str | None:
        """The collection that a combo was made from."""
        return self.terms.mve_collection_ticker

    @property
    def creator_id(self) -> str | None:
        """Who asks."""
        return self.terms.creator_id

    @property
    def contracts(self) -> Decimal | None:
        """Size in contracts; None when it is sized by target cost."""
        return self.terms.contracts

    @property
    def target_cost(self) -> Decimal | None:
        """Target cost in dollars."""
        return self.terms.target_cost

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs of a combo."""
        return self.terms.mve_selected_legs or ()

    @property
    def combo(self) -> bool:
        """Whether its market is a combination of others."""
        return bool(self.legs) or (self.market_ticker or "").startswith(COMBO_PREFIX)

    @property
    def ours(self) -> bool:
        """Whether we are a party to it: only then do its quotes reach us."""
        return bool(self.quotes) or self.best is not None

    @property
    def lag_ms(self) -> int | None:
        """How long its announcement was on its way; None when that can't be known."""
        return lag(self.received_ms, self.sending_ms, self.created_ms)

    @property
    def timers(self) -> Timers:
        """How long the exchange waits after an acceptance here."""
        return COMBO_TIMERS if self.combo else OTHER_TIMERS

    def with_quote(self, news: Quote) -> Rfq:
        """Add what a message says of a quote; past 256 quotes the oldest goes."""
        quotes = {quote.id: quote for quote in self.quotes}
        known = quotes.get(news.id)
        quotes[news.id] = news if known is None else known.merge(news)
        if len(quotes) > _MOST_QUOTES:
            del quotes[min(quotes.values(), key=lambda quote: (quote.at_us, quote.id)).id]
        return replace(self, quotes=tuple(quotes.values()))

    def current_quotes(self) -> list[Quote]:
        """Give the quotes that stand, one per maker, in the order of arrival."""
        latest: dict[str, Quote] = {}
        for quote in self.quotes:
            rival = latest.get(quote.author)
            if rival is None or (rival.at_us, rival.id) < (quote.at_us, quote.id):
                latest[quote.author] = quote
        return list(latest.values())

    def best_bids(self, now_ms: int) -> Bids:
        """Give the best bid for each side; None where no one bids. A lapsed quote bids no more."""
        if self.best is not None:
            return Bids(self.best.yes or None, self.best.no or None)
        quotes = [
            quote
            for quote in self.current_quotes()
            if self.waiting(quote, now_ms) != (Phase.LAPSED, 0)
        ]
        return Bids(
            max((quote.yes_bid for quote in quotes if quote.yes_bid), default=None),
            max((quote.no_bid for quote in quotes if quote.no_bid), default=None),
        )

    def waiting(self, quote: Quote, now_ms: int) -> tuple[Phase, int] | None:
        """Tell what an accepted quote waits for and for how many milliseconds more.

        None when it isn't accepted, or is executed. There is no event for the maker's confirmation,
        so the second timer is taken to start where the first one ends.
        """
        if quote.state is not QuoteState.ACCEPTED or quote.accepted_ms is None:
            return None
        left_ms = quote.accepted_ms + self.timers.confirm_ms - now_ms
        if left_ms > 0:
            return Phase.CONFIRM, left_ms
        left_ms += self.timers.execute_ms
        return (Phase.EXECUTE, left_ms) if left_ms > 0 else (Phase.LAPSED, 0)

    def deadline_ms(self, now_ms: int) -> int | None:
        """When the next timer of an accepted quote runs out, in Unix milliseconds."""
        if not self.quotes or self.reason is not None:
            return None
        waits = [self.waiting(quote, now_ms) for quote in self.quotes]
        return min(
            (now_ms + wait[1] for wait in waits if wait and wait[0] is not Phase.LAPSED),
            default=None,
        )


_MOST_QUOTES = 256


def _known(first: _T | None, second: _T | None) -> _T | None:
    return second if first is None else first
