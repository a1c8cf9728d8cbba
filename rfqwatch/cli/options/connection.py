"""Options: where to connect, as whom; which part of the channel to ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Literal

import typer

from rfqwatch.cli.options.completions import examples, explained
from rfqwatch.cli.options.quantities import Seconds
from rfqwatch.cli.settings.origin import Origins
from rfqwatch.exchange.shards import Shard, parse_shards

Environment = Literal["prod", "demo", "sim"]

_SHARDS = {
    "0/2": "one half of the markets",
    "1/2": "the other half",
    "all/2": "all of them, over two connections",
    **{
        f"{key}/4": f"the {nth} quarter"
        for key, nth in enumerate(("first", "second", "third", "last"))
    },
    "0,1/4": "two quarters, over two connections",
    "all/4": "all of them, over four connections",
}

_connection = partial(typer.Option, rich_help_panel="Connection")
_selection = partial(typer.Option, rich_help_panel="Selection")


@dataclass(frozen=True)
class EndpointOptions:
    """Where to connect, as whom."""

    env: Annotated[
        Environment | None,
        _connection(
            help="Where to connect: production (the default), demo, or a simulated exchange "
            "inside the program that needs no account."
        ),
    ] = None
    url: Annotated[
        str | None,
        _connection(
            help="Any other endpoint (or RFQWATCH_URL). Credentials go over wss://, or to this "
            "computer.",
            metavar="URL",
        ),
    ] = None
    key_id: Annotated[
        str | None, _connection(help="API key id (or KALSHI_API_KEY_ID).", metavar="ID")
    ] = None
    key_file: Annotated[
        str | None,
        _connection(
            help="Private key in PEM, RSA or Ed25519 (or KALSHI_PRIVATE_KEY_PATH, or the PEM "
            "itself in KALSHI_PRIVATE_KEY).",
            metavar="FILE",
        ),
    ] = None
    key_command: Annotated[
        str | None,
        _connection(
            help="Take the private key from what a command prints, run without a shell: 'op read "
            "op://vault/kalshi/key'.",
            metavar="COMMAND",
        ),
    ] = None
    origins: Origins = field(default_factory=Origins)


@dataclass(frozen=True)
class ConnectionOptions(EndpointOptions):
    """Where to connect, as whom, and how persistently."""

    max_retries: Annotated[
        int | None,
        _connection(
            help="Give up (exit 5) after so many attempts in a row. Default: never.",
            metavar="N",
            min=0,
        ),
    ] = None
    no_reconnect: Annotated[
        bool, _connection("--no-reconnect", help="End (exit 5) when the connection is lost.")
    ] = False
    idle_timeout: Annotated[
        Seconds,
        _connection(
            help="Reconnect when nothing at all is heard for so long; the exchange pings every "
            "10 s.",
            metavar="TIME",
            parser=Seconds,
            autocompletion=examples("10s", "30s", "1m"),
        ),
    ] = Seconds("30s")
    quiet_timeout: Annotated[
        Seconds,
        _connection(
            help="Doubt the subscription when no message came for so long: ask the exchange "
            "whether it still lives.",
            metavar="TIME",
            parser=Seconds,
            autocompletion=examples("30s", "60s", "5m"),
        ),
    ] = Seconds("60s")


@dataclass(frozen=True)
class SubscriptionOptions:
    """Which part of the channel to ask the exchange for."""

    shard: Annotated[
        Sequence[Shard] | None,
        _selection(
            help="Watch a part of the channel: key K of N, counted from 0 (3/10), several (0,2/10) "
            "or all (all/4), with a connection for each.",
            metavar="K/N",
            parser=parse_shards,
            autocompletion=explained(_SHARDS),
        ),
    ] = None
    mine: Annotated[bool, _selection("--mine", help="Your own RFQs only.")] = False
