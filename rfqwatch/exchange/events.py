"""The channel's vocabulary: one frozen Struct for every message of ``communications``.

Field names are the wire's own (docs.kalshi.com, WebSockets, Communications), and only those that
some code reads are declared. Only ids are required; any other field may be absent or null, and one
that does not fit is left out when a message is read. Amounts come in two spellings: today's strings
(``*_dollars`` in dollars, ``*_fp`` in contracts) and the integers of early 2026 (``target_cost`` in
centi-cents, bids in cents, contracts in whole contracts). The properties give an exact ``Decimal``
in dollars or contracts, whichever spelling came. Amounts that are negative, not finite or absurd
are refused.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Self, TypeAlias, get_args

from msgspec import Meta, Struct, field

ANONYMOUS_CREATORS = frozenset(
    {
        "",
        "0",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
"""The placeholders that stand for any creator who hides: each is shared, none is one person.

Source: docs.kalshi.com, CreateRFQRequest ``obscure_creator_id``, in successive editions.
"""

Timestamp: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""An RFC 3339 time with its zone; fractions of any length, as the exchange trims zeros."""

Whole: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number, as wide as the exchange's."""

Side: TypeAlias = Annotated[str, Meta(description="yes or no")]

_MOST = 10**15
Centicents: TypeAlias = Annotated[
    int, Meta(ge=0, le=_MOST, description="hundredths of a cent; the spelling of early 2026")
]
Cents: TypeAlias = Annotated[
    int, Meta(ge=0, le=_MOST, description="cents; the spelling of early 2026")
]
WholeContracts: TypeAlias = Annotated[
    int, Meta(ge=0, le=_MOST, description="contracts; the spelling of early 2026")
]

_number = re.compile(r"\d{1,16}(?:\.\d{1,12})?([Ee][+-]?\d{1,2})?", re.ASCII).fullmatch
"""Match a number as JSON writes it, short and without a sign; `Decimal` reads a good deal more."""

_EXPONENTS = range(-12, 16)

_JSON_NAMES: dict[type, str] = {dict: "object", list: "array", bool: "bool"}


class Amount(Decimal):
    """An exact amount from the wire, in the digits that it was sent in; ``plain`` is its value.

    The collector follows instances of a subclass, but no plain `Decimal`: hold on to that.
    """

    __slots__ = ("plain",)
    plain: Decimal

    def __new__(cls, value: Decimal | str | int) -> Self:
        """Make one, with its plain value."""
        amount = super().__new__(cls, value)
        amount.plain = Decimal(amount)
        return amount


# Most RFQs are of a few round amounts.
_MOST_KNOWN = 4_096
_known: dict[str, Amount] = {}


Dollars: TypeAlias = Annotated[Amount, Meta(description="dollars, exact")]
Contracts: TypeAlias = Annotated[Amount, Meta(description="contracts, exact")]


def decode_amount(_: type, value: object) -> Amount:
    """Make an amount of what JSON holds for it; msgspec's ``dec_hook`` for these types.

    ``value`` is text, an `int`, or any other JSON value; numbers with a fraction come as their text
    (``float_hook``). Raises `ValueError` for what is negative, not finite, absurd, or no number.
    """
    if type(value) is str:
        amount = _known.get(value)
        return _amount(value) if amount is None else amount
    if type(value) in {int, Decimal}:
        return _amount(str(value))
    raise ValueError(f"Expected `str`, got `{_JSON_NAMES.get(type(value), 'number')}`")


def _amount(text: str) -> Amount:
    number = _number(text)
    if number is None:
        raise ValueError("an amount is negative, not finite, too long or not a number")
    amount = Amount(text)
    # What is kept is written again, in the form that Python gives it.
    if number.lastindex and (amount.adjusted() not in _EXPONENTS or not _number(str(amount))):
        raise ValueError("an amount is out of range")
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[text] = amount
    return amount


def _dollars(dollars: Decimal | None, legacy: int | None, exponent: int) -> Decimal | None:
    if dollars is None and legacy is not None:
        return Decimal(legacy).scaleb(exponent)
    return dollars


def _contracts(contracts: Decimal | None, legacy: int | None) -> Decimal | None:
    return Decimal(legacy) if contracts is None and legacy is not None else contracts


CENTICENTS = -4
CENTS = -2


class Leg(Struct, frozen=True, gc=False, omit_defaults=True):
    """One leg of a combo: the market and the side that must come true."""

    event_ticker: str | None = None
    market_ticker: str | None = None
    side: Side | None = None
    yes_settlement_value_dollars: Dollars | None = None


class _Rfq(Struct, frozen=True, gc=False):
    """What every announcement of an RFQ says of its market and size."""

    id: str
    market_ticker: str | None = None
    event_ticker: str | None = None
    contracts_fp: Contracts | None = None
    target_cost_dollars: Dollars | None = None
    legacy_contracts: WholeContracts | None = field(default=None, name="contracts")
    legacy_target_cost: Centicents | None = field(default=None, name="target_cost")

    @property
    def contracts(self) -> Decimal | None:
        """Size in contracts; None when the RFQ is sized by target cost ("0.00" says so too)."""
        contracts = _contracts(self.contracts_fp, self.legacy_contracts)
        if contracts:
            return contracts
        return contracts if contracts is None or self.target_cost is None else None

    @property
    def target_cost(self) -> Decimal | None:
        """Target cost in dollars."""
        return _dollars(self.target_cost_dollars, self.legacy_target_cost, CENTICENTS)


class RfqCreated(_Rfq, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A request for quotes was opened. Everyone sees it."""

    type: ClassVar[str] = "rfq_created"

    creator_id: str | None = None
    created_ts: Timestamp | None = None
    mve_collection_ticker: str | None = None
    mve_selected_legs: tuple[Leg, ...] | None = None


class RfqDeleted(_Rfq, frozen=True, gc=False, kw_only=True):
    """A request for quotes is gone; the exchange does not say why. Everyone sees it."""

    type: ClassVar[str] = "rfq_deleted"


class _Bids(Struct, frozen=True, gc=False, kw_only=True):
    """What is bid on each side of an RFQ."""

    rfq_id: str
    market_ticker: str | None = None
    event_ticker: str | None = None
    yes_bid_dollars: Dollars | None = None
    no_bid_dollars: Dollars | None = None
    yes_contracts_offered_fp: Contracts | None = None
    no_contracts_offered_fp: Contracts | None = None
    rfq_target_cost_dollars: Dollars | None = None
    legacy_yes_bid: Cents | None = field(default=None, name="yes_bid")
    legacy_no_bid: Cents | None = field(default=None, name="no_bid")
    legacy_yes_contracts: WholeContracts | None = field(default=None, name="yes_contracts_offered")
    legacy_no_contracts: WholeContracts | None = field(default=None, name="no_contracts_offered")
    legacy_target_cost: Centicents | None = field(default=None, name="rfq_target_cost")

    @property
    def yes_bid(self) -> Decimal | None:
        """Bid for YES in dollars; zero means that the side is not offered."""
        return _dollars(self.yes_bid_dollars, self.legacy_yes_bid, CENTS)

    @property
    def no_bid(self) -> Decimal | None:
        """Bid for NO in dollars; zero means that the side is not offered."""
        return _dollars(self.no_bid_dollars, self.legacy_no_bid, CENTS)

    @property
    def yes_contracts(self) -> Decimal | None:
        """Contracts offered at the YES bid."""
        return _contracts(self.yes_contracts_offered_fp, self.legacy_yes_contracts)

    @property
    def no_contracts(self) -> Decimal | None:
        """Contracts offered at the NO bid."""
        return _contracts(self.no_contracts_offered_fp, self.legacy_no_contracts)

    @property
    def target_cost(self) -> Decimal | None:
        """The RFQ's target cost in dollars."""
        return _dollars(self.rfq_target_cost_dollars, self.legacy_target_cost, CENTICENTS)


class Offer(_Bids, frozen=True, gc=False, kw_only=True):
    """What one quote bids on one RFQ."""

    quote_id: str


class QuoteCreated(Offer, frozen=True, gc=False, kw_only=True):
    """A maker quoted an RFQ, in place of its former quote if it had one. Its two parties see it."""

    type: ClassVar[str] = "quote_created"

    quote_creator_id: str | None = None
    rfq_creator_id: str | None = None
    created_ts: Timestamp | None = None


class QuoteAccepted(Offer, frozen=True, gc=False, kw_only=True):
    """The requester took one side of a quote. Its two parties see it; it carries no time."""

    type: ClassVar[str] = "quote_accepted"

    quote_creator_id: str | None = None
    rfq_creator_id: str | None = None
    accepted_side: Side | None = None
    contracts_accepted_fp: Contracts | None = None
    legacy_contracts_accepted: WholeContracts | None = field(
        default=None, name="contracts_accepted"
    )

    @property
    def contracts_accepted(self) -> Decimal | None:
        """Contracts taken; on target-cost RFQs, where it is not sent, the accepted side's offer."""
        contracts = _contracts(self.contracts_accepted_fp, self.legacy_contracts_accepted)
        if contracts is None and self.accepted_side == "yes":
            return self.yes_contracts
        if contracts is None and self.accepted_side == "no":
            return self.no_contracts
        return contracts


class QuoteExecuted(Struct, frozen=True, gc=False):
    """An accepted quote was executed: orders were placed. Its two parties see it."""

    type: ClassVar[str] = "quote_executed"

    quote_id: str
    rfq_id: str
    quote_creator_id: str | None = None
    rfq_creator_id: str | None = None
    market_ticker: str | None = None
    executed_ts: Timestamp | None = None


class BatchRfq(_Rfq, frozen=True, gc=False, kw_only=True):
    """One child of an RFQ batch; ``leg_indices`` point into the batch's legs."""

    mve_collection_ticker: str | None = None
    leg_indices: (
        Annotated[tuple[Whole, ...], Meta(description="positions in the batch's legs")] | None
    ) = None


class RfqBatchCreated(Struct, frozen=True, gc=False):
    """Several RFQs over shared legs were opened at once; the children are not announced again."""

    type: ClassVar[str] = "rfq_batch_created"

    id: str
    creator_id: str | None = None
    created_ts: Timestamp | None = None
    legs: tuple[Leg, ...] | None = None
    rfqs: tuple[BatchRfq, ...] | None = None


class RfqBatchDeleted(Struct, frozen=True, gc=False):
    """An RFQ batch is gone, with the children named."""

    type: ClassVar[str] = "rfq_batch_deleted"

    id: str
    rfq_ids: tuple[str, ...] | None = None


class BatchQuoteCreated(Struct, frozen=True, gc=False):
    """A maker quoted a batch. Its maker sees it."""

    type: ClassVar[str] = "batch_quote_created"

    rfq_batch_id: str
    quote_creator_id: str | None = None
    created_ts: Timestamp | None = None
    quotes: tuple[Offer, ...] | None = None


class BestBids(_Bids, frozen=True, gc=False, kw_only=True):
    """The best bids on one child of a batch; a side without one is absent."""


class RfqBatchBestQuotes(Struct, frozen=True, gc=False):
    """A full picture of the best bids on a batch; one with a version already passed is stale."""

    type: ClassVar[str] = "rfq_batch_best_quotes"

    rfq_batch_id: str
    version: Whole | None = None
    rfqs: tuple[BestBids, ...] | None = None


class BatchQuoteAccepted(Struct, frozen=True, gc=False):
    """The requester took one side of a batch quote, on the children named. Its maker sees it."""

    type: ClassVar[str] = "batch_quote_accepted"

    rfq_batch_id: str
    quote_creator_id: str | None = None
    accepted_side: Side | None = None
    accepted_ts: Timestamp | None = None
    quotes: tuple[Offer, ...] | None = None


class _BatchExecuted(Struct, frozen=True, gc=False):
    """What became of the children of a batch."""

    rfq_batch_id: str
    executed_rfq_ids: tuple[str, ...] | None = None
    failed_rfq_ids: tuple[str, ...] | None = None
    close_reason: str | None = None


class RfqBatchExecuted(_BatchExecuted, frozen=True, gc=False):
    """A batch finished executing. Its requester sees it."""

    type: ClassVar[str] = "rfq_batch_executed"


class BatchQuoteExecuted(_BatchExecuted, frozen=True, gc=False):
    """A batch quote finished executing, on the winning maker's own children. Its maker sees it."""

    type: ClassVar[str] = "batch_quote_executed"


Event: TypeAlias = (
    RfqCreated
    | RfqDeleted
    | QuoteCreated
    | QuoteAccepted
    | QuoteExecuted
    | RfqBatchCreated
    | RfqBatchDeleted
    | BatchQuoteCreated
    | RfqBatchBestQuotes
    | BatchQuoteAccepted
    | RfqBatchExecuted
    | BatchQuoteExecuted
)
"""Any message of the channel that rfqwatch knows the meaning of."""

EVENT_TYPES = frozenset(event.type for event in get_args(Event))
"""The types of those messages, as the envelope names them."""
