"""Finds the exchange that the options name."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.keyfile import load_credentials
from rfqwatch.cli.options.simulation import SimulationOptions
from rfqwatch.errors import UsageError
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem, unquoted
from rfqwatch.stderr import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.options.connection import ConnectionOptions

URL_VARIABLE = "RFQWATCH_URL"
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

    Raises `UsageError` for options that exclude each other, and `CredentialsError`.
    """
    if connection.env == "sim":
        with _simulated(connection, simulation) as simulated:
            yield simulated
    elif simulation != SimulationOptions():
        raise UsageError("--sim-… options are for --env sim", "Add --env sim, or leave them out.")
    else:
        yield _real(connection)


@contextmanager
def _simulated(connection: ConnectionOptions, simulation: SimulationOptions) -> Iterator[Endpoint]:
    if connection.url is not None:
        raise UsageError("--url and --env sim exclude each other", "Leave one of them out.")
    from rfqwatch.simulator.serving import running

    with running(
        rate=simulation.rate, seed=simulation.sim_seed, faults=simulation.sim_fault or ()
    ) as exchange:
        credentials = credentials_from_pem(
            exchange.key_id, exchange.private_key_pem, "the simulated exchange's key"
        )
        yield Endpoint(exchange.url, "sim", credentials)


def _real(connection: ConnectionOptions) -> Endpoint:
    env, url, origin = connection.env, connection.url, "--url"
    if env is not None and url is not None:
        raise UsageError("--url and --env exclude each other", "Leave one of them out.")
    if env is None and url is None:
        url, origin = unquoted(os.environ.get(URL_VARIABLE, "")) or None, URL_VARIABLE
    credentials, warnings = load_credentials(connection.key_id, connection.key_file, os.environ)
    for warning in warnings:
        say(f"warning: {warning}")
    if url is not None:
        return Endpoint(unquoted(url), "", credentials, origin)
    return Endpoint(URLS[env or "prod"], env or "prod", credentials)
