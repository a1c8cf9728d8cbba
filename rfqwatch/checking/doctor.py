"""Makes all checks of one exchange, from the settings to what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.checking.channel import FIRST_S, LISTEN_S, ChannelChecks
from rfqwatch.checking.dependencies import verdicts
from rfqwatch.checking.messages import Measurements
from rfqwatch.checking.network import Network
from rfqwatch.checking.rest import RestChecks
from rfqwatch.checking.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from rfqwatch.checking.dependencies import Check
    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Verdict


async def examine(
    subject: Subject,
    say: Callable[[str], None],
    *,
    first_s: float = FIRST_S,
    listen_s: float = LISTEN_S,
) -> AsyncGenerator[tuple[Check, Verdict], None]:
    """Give each check with its verdict, in their order, as soon as it is found.

    ``say`` is told each step of the connection. A first message is waited for ``first_s`` seconds,
    and listened for ``listen_s`` from then on.
    """
    network = Network(subject)
    channel = ChannelChecks(subject, say, first_s=first_s, listen_s=listen_s)
    groups = (
        *(Settings(subject), network, RestChecks(subject), channel),
        Measurements(subject, channel.conversation),
    )
    try:
        async for found in verdicts([check for group in groups for check in group.checks]):
            yield found
            if found[0].name == network.checks[-1].name:
                network.close()
    finally:
        network.close()
        await channel.close()
