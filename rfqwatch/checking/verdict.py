"""What a check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.errors import ConnectionFailedError

if TYPE_CHECKING:
    from rfqwatch.errors import RfqwatchError

Fact: TypeAlias = str | int | float | bool | list[str] | dict[str, int] | None
Facts: TypeAlias = Mapping[str, Fact]


class Sign(StrEnum):
    """What it comes to."""

    OK = "ok"
    FAILED = "failed"
    UNSURE = "unsure"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Verdict:
    """What was ``seen``, and what it comes to; all text may be of the wire.

    ``advice`` mends what failed, and says what an unsure one means. ``exit_code`` is the program's
    where this failed. ``facts`` are for other programs. Where an unsure verdict ``blocks``, the
    checks that depend on it have nothing to look at.
    """

    sign: Sign
    seen: str
    advice: str = ""
    exit_code: int = 0
    facts: Facts = field(default_factory=dict)
    blocks: bool = False

    @property
    def stops(self) -> bool:
        """Whether checks that depend on this one can't be made."""
        return self.blocks or self.sign in {Sign.FAILED, Sign.SKIPPED}


def passed(seen: str, facts: Facts | None = None) -> Verdict:
    """Make the verdict that all is well."""
    return Verdict(Sign.OK, seen, facts=facts or {})


def unsure(seen: str, meaning: str, facts: Facts | None = None, *, blocks: bool = False) -> Verdict:
    """Make the verdict that something is odd, or can't be known."""
    return Verdict(Sign.UNSURE, seen, meaning, facts=facts or {}, blocks=blocks)


def failed(
    seen: str,
    mend: str,
    facts: Facts | None = None,
    *,
    exit_code: int = ConnectionFailedError.exit_code,
) -> Verdict:
    """Make the verdict that something is wrong, by itself that there is no connection."""
    return Verdict(Sign.FAILED, seen, mend, exit_code, facts or {})


def failure(error: RfqwatchError) -> Verdict:
    """Make the verdict that something is wrong as an error says."""
    return Verdict(Sign.FAILED, error.message, error.advice, error.exit_code)
