"""Which messages a selection asks for, said as plainly as can be: over JSON, from the beginning."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rfqwatch.cli.options.selection import SelectionOptions

Message = dict[str, Any]


def wanted(lines: Sequence[bytes], options: SelectionOptions) -> list[bool]:
    """Tell of each message whether it is asked for, of known types and whole as they are."""
    announcements: dict[str, tuple[bytes, Message]] = {}
    told = []
    for line in lines:
        message = json.loads(line)
        told.append(_wanted(line, message, announcements, options))
        announcements |= dict.fromkeys(_announces(message), (line, message))
    return told


def _wanted(
    line: bytes,
    message: Message,
    announcements: Mapping[str, tuple[bytes, Message]],
    options: SelectionOptions,
) -> bool:
    if options.type and not _like(message["type"], options.type):
        return False
    if message["type"] in {"rfq_created", "rfq_batch_created"}:
        return _announced(line, message, options)
    announcement = announcements.get(_subject(message))
    if announcement is None:
        return not options.known and _included(line, options) and not _excluded(line, options)
    return (
        _any_fits(announcement[1], options)
        and not any(_excluded(each, options) for each in (line, announcement[0]))
        and any(_included(each, options) for each in (line, announcement[0]))
    )


def _announced(line: bytes, message: Message, options: SelectionOptions) -> bool:
    return _any_fits(message, options) and _included(line, options) and not _excluded(line, options)


def _subject(message: Message) -> str:
    named = message["msg"].get("rfq_batch_id") or message["msg"].get("rfq_id")
    return str(named or message["msg"]["id"])


def _announces(message: Message) -> set[str]:
    match message["type"]:
        case "rfq_created":
            return {message["msg"]["id"]}
        case "rfq_batch_created":
            return {message["msg"]["id"], *(each["id"] for each in message["msg"]["rfqs"])}
        case _:
            return set()


def _rfqs(message: Message) -> Iterator[tuple[Message, list[Message]]]:
    msg = message["msg"]
    if message["type"] == "rfq_created":
        yield msg, msg.get("mve_selected_legs", [])
    else:
        for child in msg["rfqs"]:
            yield child, [msg["legs"][at] for at in child["leg_indices"]]


def _any_fits(message: Message, options: SelectionOptions) -> bool:
    return any(
        all(_answers(terms, legs, message["msg"]["creator_id"], options))
        for terms, legs in _rfqs(message)
    )


def _answers(
    terms: Message, legs: list[Message], creator: str, options: SelectionOptions
) -> Iterator[bool]:
    """Give what each option that is used says of one RFQ."""
    if options.market:
        tickers = [each["market_ticker"] for each in (terms, *legs)]
        yield any(_like(ticker, options.market) for ticker in tickers)
    if options.event:
        tickers = [each["event_ticker"] for each in (terms, *legs)]
        yield any(_like(ticker, options.event) for ticker in tickers)
    if options.collection:
        yield _like(terms.get("mve_collection_ticker", ""), options.collection)
    if options.combo is not None:
        yield options.combo == bool(legs)
    if options.legs:
        yield any(_within(len(legs), text) for text in options.legs)
    sizes = [terms[name] for name in ("target_cost_dollars", "contracts_fp") if name in terms]
    cost, contracts = Decimal(sizes[0]), Decimal(sizes[-1])
    if options.min_cost:
        yield cost >= Decimal(options.min_cost)
    if options.max_cost:
        yield cost <= Decimal(options.max_cost)
    if options.min_contracts:
        yield contracts >= Decimal(options.min_contracts)
    if options.creator:
        yield any(creator.startswith(prefix) for prefix in options.creator)


def _like(text: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(text.lower(), glob.lower()) for glob in globs)


def _within(number: int, text: str) -> bool:
    low, dots, high = text.partition("..")
    return int(low or 0) <= number <= int((high if dots else low) or 10**9)


def _included(line: bytes, options: SelectionOptions) -> bool:
    return not options.include or any(re.search(each.encode(), line) for each in options.include)


def _excluded(line: bytes, options: SelectionOptions) -> bool:
    return any(re.search(each.encode(), line) for each in options.exclude or ())
