"""Takes checks in their order, leaving out those that depend on one that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.checking.verdict import Sign, Verdict, failure
from rfqwatch.errors import RfqwatchError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence


class Check(NamedTuple):
    """One question, and the names of those whose answers it builds on.

    ``name`` is for other programs and does not change; people read ``title``. What ``find`` raises
    is a verdict, too.
    """

    name: str
    title: str
    find: Callable[[], Awaitable[Verdict]]
    needs: tuple[str, ...] = ()


async def verdicts(checks: Sequence[Check]) -> AsyncGenerator[tuple[Check, Verdict], None]:
    """Give each check with its verdict, as soon as it is found."""
    # By the name of a check that can't be built on: the title of the one that is the cause.
    causes: dict[str, str] = {}
    for check in checks:
        cause = next((causes[name] for name in check.needs if name in causes), None)
        if cause is None:
            try:
                verdict = await check.find()
            except RfqwatchError as error:
                verdict = failure(error)
        else:
            verdict = Verdict(Sign.SKIPPED, f"nothing to go by without {cause}")
        if verdict.stops:
            causes[check.name] = cause or check.title
        yield check, verdict


def exit_code(found: Sequence[Verdict]) -> int:
    """Give the program's exit code: that of the first failure, 0 without one."""
    return next((each.exit_code for each in found if each.sign is Sign.FAILED), 0)
