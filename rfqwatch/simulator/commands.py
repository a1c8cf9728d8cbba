"""What a client asks for: the text of a command, read or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL: Final = "communications"

ERRORS: Final = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    10: "Channel error",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    18: "Command timeout",
    19: "shard_factor must be > 0",
    20: "shard_factor is required when shard_key is set",
    21: "shard_key must be >= 0 and < shard_factor",
    22: "shard_factor must be <= 100",
    25: "Subscription buffer overflow",
    27: "Too many requests",
}
"""The texts of the exchange's error table, by code."""

_MOST_SHARDS: Final = 100


class Subscribe(msgspec.Struct, frozen=True):
    """``subscribe`` to the channel: one shard of it, all or one's own RFQs."""

    shard_factor: int = 1
    shard_key: int = 0
    own: bool = False

    @property
    def shard(self) -> str:
        """The shard as rfqwatch writes it, like 3/10; empty for the whole channel."""
        return f"{self.shard_key}/{self.shard_factor}" if self.shard_factor > 1 else ""


class Unsubscribe(msgspec.Struct, frozen=True):
    """``unsubscribe`` from some subscriptions."""

    sids: tuple[int, ...]


class Update(msgspec.Struct, frozen=True):
    """``update_subscription``: means nothing on this channel, but is answered."""

    sid: int
    market_tickers: tuple[str, ...]


class ListSubscriptions(msgspec.Struct, frozen=True):
    """``list_subscriptions``."""


Command = Subscribe | Unsubscribe | Update | ListSubscriptions


class CommandError(Exception):
    """A command that is refused with the error ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(ERRORS[code])
        self.code = code


def read(text: str | bytes) -> tuple[int, Command | CommandError]:
    """Return a command's id (0 for none) with what it asks for, or with why it is refused."""
    try:
        frame = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0, CommandError(1)
    if not isinstance(frame, dict):
        return 0, CommandError(1)
    command_id = frame.get("id", 0)
    if not _is_count(command_id):
        return 0, CommandError(11)
    try:
        return command_id, _read(frame)
    except CommandError as error:
        return command_id, error


def _read(frame: dict[str, Any]) -> Command:
    cmd = frame.get("cmd")
    if cmd == "list_subscriptions":
        return ListSubscriptions()
    readers: dict[str, Callable[[dict[str, Any]], Command]] = {
        "subscribe": _read_subscribe,
        "unsubscribe": _read_unsubscribe,
        "update_subscription": _read_update,
    }
    if not isinstance(cmd, str) or cmd not in readers:
        raise CommandError(5)
    params = frame.get("params")
    if params is None:
        raise CommandError(2)
    if not isinstance(params, dict):
        raise CommandError(11)
    return readers[cmd](params)


def _read_subscribe(params: dict[str, Any]) -> Subscribe:
    channels = params.get("channels")
    if not channels:
        raise CommandError(3)
    if not isinstance(channels, list):
        raise CommandError(11)
    if any(channel != CHANNEL for channel in channels):
        raise CommandError(8)
    user_filter = params.get("user_filter", "")
    if user_filter not in ("", "self"):
        raise CommandError(11)
    factor, key = _read_shard(params)
    return Subscribe(factor, key, user_filter == "self")


def _read_shard(params: dict[str, Any]) -> tuple[int, int]:
    factor, key = params.get("shard_factor"), params.get("shard_key")
    if not all(value is None or type(value) is int for value in (factor, key)):
        raise CommandError(11)
    if factor is None:
        if key is not None:
            raise CommandError(20)
        factor = 1
    if factor <= 0:
        raise CommandError(19)
    if factor > _MOST_SHARDS:
        raise CommandError(22)
    if not 0 <= (key or 0) < factor:
        raise CommandError(21)
    return factor, key or 0


def _read_unsubscribe(params: dict[str, Any]) -> Unsubscribe:
    sids = params.get("sids")
    if not sids:
        raise CommandError(4)
    return Unsubscribe(_sids(sids))


def _read_update(params: dict[str, Any]) -> Update:
    sids = [params["sid"]] if "sid" in params else []
    listed = params.get("sids", [])
    sids += _sids(listed) if listed else ()
    if len(sids) != 1:
        raise CommandError(12)
    action = params.get("action")
    if not action:
        raise CommandError(15)
    if action not in ("add_markets", "delete_markets"):
        raise CommandError(13)
    tickers = params.get("market_tickers") or [params.get("market_ticker")]
    if tickers == [None]:
        raise CommandError(14)
    if not isinstance(tickers, list) or not all(isinstance(ticker, str) for ticker in tickers):
        raise CommandError(11)
    return Update(_sids(sids)[0], tuple(tickers))


def _sids(values: object) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(_is_count(value) for value in values):
        raise CommandError(11)
    return tuple(values)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
