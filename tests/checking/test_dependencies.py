from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rfqwatch.checking.dependencies import Check, exit_code, verdicts
from rfqwatch.checking.verdict import Sign, Verdict, failed, failure, passed, unsure
from rfqwatch.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def says(verdict: Verdict) -> Callable[[], Awaitable[Verdict]]:
    async def find() -> Verdict:
        return verdict

    return find


async def refuse() -> Verdict:
    raise RefusedError("no", "ask")


async def found(*checks: Check) -> dict[str, Verdict]:
    return {check.name: verdict async for check, verdict in verdicts(checks)}


@pytest.mark.parametrize(
    "first", [failed("x", "y"), unsure("x", "y", blocks=True)], ids=["failed", "blocking"]
)
async def test_the_cause_is_named_however_far_back(first: Verdict) -> None:
    told = await found(
        Check("a", "the first", says(first)),
        Check("b", "the second", says(passed("")), ("a",)),
        Check("c", "the third", says(passed("")), ("b",)),
        Check("d", "another", says(passed(""))),
    )
    assert [each.sign for each in told.values()] == [
        *(first.sign, Sign.SKIPPED, Sign.SKIPPED, Sign.OK)
    ]
    assert told["b"].seen == told["c"].seen == "nothing to go by without the first"


async def test_doubt_stops_nothing() -> None:
    told = await found(
        Check("a", "a", says(unsure("x", "y"))), Check("b", "b", says(passed("")), ("a",))
    )
    assert told["b"].sign is Sign.OK


async def test_an_error_is_a_verdict() -> None:
    told = await found(Check("a", "a", refuse))
    assert told["a"] == failure(RefusedError("no", "ask"))
    assert (told["a"].seen, told["a"].advice, told["a"].exit_code) == ("no", "ask", 4)


def test_the_first_failure_gives_the_exit_code() -> None:
    assert exit_code([]) == 0
    assert exit_code([passed(""), unsure("", "")]) == 0
    assert exit_code([unsure("", ""), failed("", "", exit_code=3), failed("", "")]) == 3
