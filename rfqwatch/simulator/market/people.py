"""Who takes part in the simulated market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rfqwatch.simulator.market.chance import Chance

ANONYMOUS: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The shared ``creator_id`` of everyone who hides theirs (the SHA-256 of nothing)."""

_ANONYMOUS_SHARE = 0.05
_CREATORS = 3_000
_MAKERS = 8


class People:
    """The accounts of a market.

    ``watcher`` is the one whose connections hear about quotes; ``makers`` quote its RFQs.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._creators = [chance.account() for _ in range(_CREATORS)]
        self.makers = [chance.account() for _ in range(_MAKERS)]
        self.watcher = chance.account()

    def creator(self) -> str:
        """Draw who asks next."""
        if self._chance.happens(_ANONYMOUS_SHARE):
            return ANONYMOUS
        # A few creators ask far more often than most: the top ten for a seventh of all.
        return self._creators[int(_CREATORS * self._chance.random() ** 3)]
