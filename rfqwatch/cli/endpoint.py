"""Finds the exchange that the options name."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.keys.credentials import load_credentials
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem
from rfqwatch.exchange.pasting import unquoted
from rfqwatch.stderr import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.options.connection import ConnectionOptions
    from rfqwatch.cli.options.simulation import SimulationOptions

PATH = "/trade-api/ws/v2"
URLS = {
    "prod": f"wss://external-api-ws.kalshi.com{PATH}",
    "demo": f"wss://external-api-ws.demo.kalshi.co{PATH}",
}
"""Source: docs.kalshi.com, WebSocket quick start."""


class Endpoint(NamedTuple):
    """An address, what gave it, and credentials for it.

    ``name`` is what users know it by; empty: its host.
    """

    url: str
    name: str
    credentials: Credentials
    origin: str = "--url"


@contextmanager
def endpoint(connection: ConnectionOptions, simulation: SimulationOptions) -> Iterator[Endpoint]:
    """Give the exchange that the options name; a simulated one runs meanwhile.

    They fit together, as `rfqwatch.cli.settings.fitting` sees to it. Raises `CredentialsError`.
    """
    if connection.env == "sim":
        with _simulated(simulation) as simulated:
            yield simulated
    else:
        yield _real(connection)


@contextmanager
def _simulated(simulation: SimulationOptions) -> Iterator[Endpoint]:
    from rfqwatch.simulator.serving import running

    with running(
        rate=simulation.rate, seed=simulation.sim_seed, faults=simulation.sim_fault or ()
    ) as exchange:
        credentials = credentials_from_pem(
            exchange.key_id, exchange.private_key_pem, "the simulated exchange's key"
        )
        yield Endpoint(exchange.url, "sim", credentials)


def _real(connection: ConnectionOptions) -> Endpoint:
    credentials, warnings = load_credentials(connection, os.environ)
    for name in ("url", "key_id", "key_file"):
        origin = connection.origins[name]
        if origin.over:
            # Whoever names an account in a profile must not take it for the one that is used.
            warnings.append(f"{origin.words} is taken, not {origin.over}")
    for warning in warnings:
        say(f"warning: {warning}")
    if connection.url is not None:
        words = connection.origins["url"].words
        return Endpoint(unquoted(connection.url), "", credentials, words)
    env = connection.env or "prod"
    return Endpoint(URLS[env], env, credentials)
