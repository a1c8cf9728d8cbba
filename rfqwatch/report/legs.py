"""What RFQs are on, by number, as the same legs come again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from rfqwatch.report.reading import Created


class _Leg(Struct, gc=False, frozen=True):
    event_ticker: str | None = None
    market_ticker: str | None = None
    side: str | None = None


_decode = msgspec.json.Decoder(list[_Leg] | None).decode
_decode_one = msgspec.json.Decoder(_Leg).decode
_BETWEEN = b"},{"
_TEXTS_EACH = 4

MOST_LEGS = 100_000
"""Legs told apart. Past it the rarer half is forgotten, with all that has one of them."""


class Legs:
    """Numbers for legs, each a market and a side; a market that is no combo is its own only leg.

    ``names`` and ``events`` are those of each number.
    """

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.events: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        # Numbers by the legs' own JSON, which is the same nearly every time.
        self._by_text: dict[bytes, int] = {}
        self._next = 0

    def of(self, told: Created) -> tuple[int, ...]:
        """Give the set of legs of an RFQ, in the order of their numbers."""
        raw = bytes(told.mve_selected_legs)
        by_text = self._by_text
        try:
            return tuple(sorted(set(map(by_text.__getitem__, raw[2:-2].split(_BETWEEN)))))
        except KeyError:
            return self._read(raw) or self._read(_market_as_leg(told))

    def keep(self, numbers: frozenset[int]) -> None:
        """Forget all others."""
        self._by_text.clear()
        self.names = {number: self.names[number] for number in numbers}
        self.events = {n: event for n, event in self.events.items() if n in numbers}
        self._numbers = {name: number for number, name in self.names.items()}

    def _read(self, raw: bytes) -> tuple[int, ...]:
        try:
            legs = _decode(raw) or []
        except (ValueError, RecursionError):
            legs = []
        numbers = [self._number(_name(leg), leg.event_ticker) for leg in legs]
        texts = raw[2:-2].split(_BETWEEN)
        if len(self._by_text) > _TEXTS_EACH * len(self.names) + len(texts):
            self._by_text.clear()
        if len(texts) == len(legs):
            for text, leg, number in zip(texts, legs, numbers, strict=True):
                if _means(text, leg):
                    self._by_text[text] = number
        return tuple(sorted(set(numbers)))

    def _number(self, name: str, event: str | None) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = self._next
            self._next += 1
            self.names[number] = name
            if event is not None:
                self.events[number] = event
        return number


def _market_as_leg(told: Created) -> bytes:
    return msgspec.json.encode([_Leg(told.event_ticker, told.market_ticker)])


def _name(leg: _Leg) -> str:
    return " ".join(filter(None, (leg.market_ticker or "?", leg.side)))


def _means(text: bytes, leg: _Leg) -> bool:
    try:
        return _decode_one(b"{" + text + b"}") == leg
    except (ValueError, RecursionError):
        return False
