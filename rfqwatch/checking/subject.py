"""What is checked, with what the checks so far found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from ssl import SSLContext

    from rfqwatch.exchange.credentials import Credentials
    from rfqwatch.exchange.shards import Shard
    from rfqwatch.sources.connecting import Address


class Key(Protocol):
    """An API key, and what gave its private part."""

    @property
    def credentials(self) -> Credentials:
        """What signs."""

    @property
    def warnings(self) -> Sequence[str]:
        """What is to be said of it, a line each."""

    @property
    def origin(self) -> str:
        """The option or variable that gave it."""

    @property
    def file(self) -> str:
        """The file it is in; empty for none."""

    @property
    def mode(self) -> int | None:
        """The permissions of the file; None where there are none."""


@dataclass
class Subject:
    """An exchange, and who asks it for what.

    ``name`` is the environment, empty for any other address; ``origin`` is what gave ``url``.
    ``key_id_origin`` and ``load`` raise `CredentialsError`. What was not found out yet is None;
    ``offset_ms`` is how far the exchange's clock is ahead, known to ``doubt_ms``.
    """

    url: str
    name: str
    origin: str
    key_id_origin: Callable[[], str]
    load: Callable[[], Key]
    shards: Sequence[Shard]
    mine: bool
    uri: Address | None = None
    tls: SSLContext | None = None
    credentials: Credentials | None = None
    offset_ms: int | None = None
    doubt_ms: int = 0

    @property
    def address(self) -> Address:
        """The address, for checks that come after the one that reads it."""
        assert self.uri is not None  # noqa: S101
        return self.uri
