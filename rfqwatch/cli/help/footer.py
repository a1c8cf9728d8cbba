"""The environment variables and exit codes that concern a command, by the options that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection


class Variable(NamedTuple):
    """Environment variables that mean something to whatever has one of ``options``."""

    names: tuple[str, ...]
    meaning: str
    options: tuple[str, ...]


class Exit(NamedTuple):
    """Exit codes of whatever has one of ``options``; without any, of every command."""

    codes: tuple[int, ...]
    meaning: str
    options: tuple[str, ...] = ()


VARIABLES = (
    Variable(("KALSHI_API_KEY_ID", "KALSHI_KEY_ID"), "API key id.", ("--key-id",)),
    Variable(
        ("KALSHI_PRIVATE_KEY_PATH", "KALSHI_PRIVATE_KEY_FILE"),
        "File with the private key, in PEM.",
        ("--key-file",),
    ),
    Variable(("KALSHI_PRIVATE_KEY",), "The private key itself, in PEM.", ("--key-file",)),
    Variable(("RFQWATCH_PROFILE",), "The profile to begin with.", ("--profile",)),
    Variable(("RFQWATCH_…",), "Any other option by its name: RFQWATCH_SHARD.", ("--profile",)),
    Variable(
        ("XDG_CONFIG_HOME",), "Where rfqwatch/config.toml is; else ~/.config.", ("--profile",)
    ),
    Variable(
        ("HTTPS_PROXY", "SOCKS_PROXY", "WSS_PROXY"),
        "The proxy that leads to the exchange.",
        ("--url",),
    ),
    Variable(("NO_PROXY",), "Hosts to which no proxy leads.", ("--url",)),
    Variable(
        ("SSL_CERT_FILE", "SSL_CERT_DIR"),
        "CA certificates to trust, of a proxy that inspects TLS.",
        ("--url",),
    ),
    Variable(("NO_COLOR",), "No colours, if it is set.", ("--color",)),
    Variable(("COLUMNS", "LINES"), "The size of a picture that no terminal shows.", ("--once",)),
    Variable(("COLORFGBG",), "Whether an SVG is on light paper.", ("--svg",)),
)

EXITS = (
    Exit((0,), "ended as asked"),
    Exit((1,), "a bug, or standard output or a recording can't be written"),
    Exit((2,), "options or settings that mean nothing, or don't fit together"),
    Exit((3,), "no usable credentials", ("--key-id",)),
    Exit((4,), "refused by the exchange (401, 403, error 9)", ("--key-id",)),
    Exit(
        (5,),
        "could not connect, or connect again, within the limit asked for; or not a WebSocket "
        "exchange",
        ("--url",),
    ),
    Exit((6,), "subscription refused (errors 8, 11, 19 to 22)", ("--shard",)),
    Exit(
        (7,),
        "ended with gaps, or without a way to check, under --fail-on-gap; messages lost during "
        "check",
        ("--fail-on-gap", "--json"),
    ),
    Exit((8,), "a recording can't be read", ("--lenient",)),
    Exit((129, 130, 141, 143), "SIGHUP, SIGINT, the reader of the pipe went away, SIGTERM"),
)


def variables(options: Collection[str]) -> list[Variable]:
    """Give the variables that concern a command with such options."""
    return [each for each in VARIABLES if not set(each.options).isdisjoint(options)]


def exits(options: Collection[str]) -> list[Exit]:
    """Give the exit codes of a command with such options."""
    return [each for each in EXITS if not each.options or not set(each.options).isdisjoint(options)]
