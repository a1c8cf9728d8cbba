"""A check of a simulated exchange, with waits as short as it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rfqwatch.checking.doctor import examine
from rfqwatch.checking.subject import Subject
from rfqwatch.checking.verdict import Sign
from rfqwatch.exchange.credentials import credentials_from_pem
from rfqwatch.exchange.shards import parse_shards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.checking.verdict import Verdict
    from rfqwatch.exchange.credentials import Credentials
    from rfqwatch.simulator.serving import ThrowawayKey


class Key(NamedTuple):
    """An API key as the command line gives it."""

    credentials: Credentials
    warnings: Sequence[str] = ()
    origin: str = "KALSHI_PRIVATE_KEY_PATH"
    file: str = "/home/me/key.pem"
    mode: int | None = 0o600


def key_of(made: Any) -> Key:  # noqa: ANN401 - whatever has an id and a PEM
    return Key(credentials_from_pem(made.key_id, made.private_key_pem, "the key"))


def subject(
    url: str,
    key: ThrowawayKey | Any,  # noqa: ANN401 - whatever has an id and a PEM
    *,
    name: str = "",
    shard: str = "",
    mine: bool = False,
    load: Callable[[], Key] | None = None,
) -> Subject:
    """Give what is examined."""
    return Subject(
        url,
        name,
        "--url",
        lambda: "KALSHI_API_KEY_ID",
        load or (lambda: key_of(key)),
        parse_shards(shard) if shard else (),
        mine,
    )


async def examined(
    examinee: Subject, *, first_s: float = 10, listen_s: float = 0.2
) -> dict[str, Verdict]:
    """Make all checks; give their verdicts by name."""
    found = examine(examinee, lambda _: None, first_s=first_s, listen_s=listen_s)
    return {check.name: verdict async for check, verdict in found}


def odd(found: dict[str, Verdict]) -> dict[str, str]:
    """Give the signs of those that are neither in order nor skipped.

    Lag is left out: on a busy machine it is what that makes it.
    """
    plain = {"lag": {Sign.OK, Sign.SKIPPED, Sign.UNSURE}}
    return {
        name: str(each.sign)
        for name, each in found.items()
        if each.sign not in plain.get(name, {Sign.OK, Sign.SKIPPED})
    }
