"""Where to connect, and as whom."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.keyfile import load_credentials
from rfqwatch.cli.options import Environment
from rfqwatch.errors import UsageError
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.simulator.faults import Fault

PATH = "/trade-api/ws/v2"
URLS = {
    Environment.PROD: f"wss://external-api-ws.kalshi.com{PATH}",
    Environment.DEMO: f"wss://external-api-ws.demo.kalshi.co{PATH}",
}
"""Source: docs.kalshi.com, WebSocket quick start."""

DEFAULT_SIM_RATE = 20.0


class Endpoint(NamedTuple):
    """An address, the name that users know it by (empty: its host), and credentials for it."""

    url: str
    name: str
    credentials: Credentials


def faults(text: str | None) -> Sequence[Fault]:
    """Read ``--sim-fault``. Raises `UsageError` that lists the names."""
    from rfqwatch.simulator.faults import parse_faults

    try:
        return parse_faults(text or "")
    except ValueError as error:
        raise UsageError(f"--sim-fault: {error}") from None


@contextmanager
def exchange(
    env: Environment | None,
    url: str | None,
    key_id: str | None,
    key_file: str | None,
    *,
    warn: Callable[[str], None],
) -> Iterator[Endpoint]:
    """Give the real exchange, or what ``--url`` or RFQWATCH_URL says."""
    if env is not None and url is not None:
        raise UsageError("--url and --env exclude each other", "Leave one of them out.")
    if env is None and url is None:
        url = os.environ.get("RFQWATCH_URL") or None
    credentials, warnings = load_credentials(key_id, key_file, os.environ)
    for warning in warnings:
        warn(f"warning: {warning}")
    env = env or Environment.PROD
    yield Endpoint(url or URLS[env], "" if url else env.value, credentials)


@contextmanager
def simulation(
    url: str | None, rate: float | None, seed: int | None, fault: str | None
) -> Iterator[Endpoint]:
    """Run a simulated exchange, and give it."""
    if url is not None:
        raise UsageError("--url and --env sim exclude each other", "Leave one of them out.")
    from rfqwatch.simulator.serving import running

    rate = DEFAULT_SIM_RATE if rate is None else rate
    with running(rate=rate, seed=seed, faults=faults(fault)) as simulated:
        credentials = credentials_from_pem(
            simulated.key_id, simulated.private_key_pem, "the simulated exchange's key"
        )
        yield Endpoint(simulated.url, "sim", credentials)
