"""Finds the exchange that the options name."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.keys.credentials import load_credentials
from rfqwatch.cli.settings.variables import KEY_VARIABLE
from rfqwatch.exchange.credentials import credentials_from_pem
from rfqwatch.stderr import say
from rfqwatch.unquoting import unquoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rfqwatch.cli.options.connection import EndpointOptions
    from rfqwatch.cli.options.simulation import SimulationOptions
    from rfqwatch.exchange.credentials import Credentials

PATH = "/trade-api/ws/v2"
URLS = {
    "prod": f"wss://external-api-ws.kalshi.com{PATH}",
    "demo": f"wss://external-api-ws.demo.kalshi.co{PATH}",
}
"""Source: docs.kalshi.com, WebSocket quick start."""
SIMULATED = "the simulated exchange's key"


class Loaded(NamedTuple):
    """Credentials, with ``warnings`` of one line each, and what gave the private key.

    ``origin`` names that; ``file`` is the key file, empty where there is none; ``mode`` its
    permissions.
    """

    credentials: Credentials
    warnings: list[str]
    origin: str
    file: str = ""
    mode: int | None = None


class ApiKey(NamedTuple):
    """What names the origin of an API key's id, and what loads the key.

    Both raise `CredentialsError`.
    """

    id_origin: Callable[[], str]
    load: Callable[[], Loaded]


class Endpoint(NamedTuple):
    """An address, what gave it, and what gives the credentials for it.

    ``name`` is what users know it by; empty: its host.
    """

    url: str
    name: str
    origin: str
    key: ApiKey

    @property
    def credentials(self) -> Credentials:
        """Load them; says what is to be warned of. Raises `CredentialsError`."""
        loaded = self.key.load()
        for warning in loaded.warnings:
            say(f"warning: {warning}")
        return loaded.credentials


@contextmanager
def endpoint(connection: EndpointOptions, simulation: SimulationOptions) -> Iterator[Endpoint]:
    """Give the exchange that the options name; a simulated one runs meanwhile.

    They fit together, as `rfqwatch.cli.settings.conflicts` sees to it. Raises `CredentialsError`.
    """
    if connection.env == "sim":
        with _simulated(connection, simulation) as simulated:
            yield simulated
    else:
        yield _real(connection)


@contextmanager
def _simulated(connection: EndpointOptions, simulation: SimulationOptions) -> Iterator[Endpoint]:
    from rfqwatch.simulator.serving import running

    with running(
        rate=simulation.rate, seed=simulation.sim_seed, faults=simulation.sim_fault or ()
    ) as exchange:
        credentials = credentials_from_pem(exchange.key_id, exchange.private_key_pem, SIMULATED)
        key = ApiKey(lambda: SIMULATED, lambda: Loaded(credentials, [], SIMULATED))
        yield Endpoint(exchange.url, "sim", connection.origins["env"].words, key)


def _real(connection: EndpointOptions) -> Endpoint:
    key = ApiKey(lambda: _id_origin(connection), lambda: _loaded(connection))
    origins = connection.origins
    if connection.url is not None:
        return Endpoint(unquoted(connection.url), "", origins["url"].words, key)
    origin = origins["env"].words if connection.env else "the default"
    env = connection.env or "prod"
    return Endpoint(URLS[env], env, origin, key)


def _id_origin(connection: EndpointOptions) -> str:
    if connection.key_id is None:
        # Whatever else there is, this says what is missing.
        load_credentials(connection, os.environ)
    return connection.origins["key_id"].words


def _loaded(connection: EndpointOptions) -> Loaded:
    credentials, warnings = load_credentials(connection, os.environ)
    origins = connection.origins
    for name in ("url", "key_id", "key_file"):
        origin = origins[name]
        if origin.over:
            # Whoever names an account in a profile must not take it for the one that is used.
            warnings.append(f"{origin.words} is taken, not {origin.over}")
    if connection.key_file is not None:
        path = Path(unquoted(connection.key_file)).expanduser()
        mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else None
        return Loaded(credentials, warnings, origins["key_file"].words, str(path), mode)
    by_command = connection.key_command is not None
    given = origins["key_command"].words if by_command else KEY_VARIABLE
    return Loaded(credentials, warnings, given)
