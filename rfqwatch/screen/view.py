"""What is shown of the table at a moment, as keys have made it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """The orders of the RFQs."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    QUOTES = "most quotes"
    DEADLINE = "nearest deadline"


class GroupSort(StrEnum):
    """The orders of the groups."""

    COUNT = "most RFQs"
    DOLLARS = "most dollars"
    NEWEST = "newest"


class Grouping(StrEnum):
    """What RFQs can be counted by."""

    NONE = "none"
    EVENT = "event"
    LEG = "leg"
    MARKET = "market"
    CREATOR = "creator"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Within:
    """One group: only its RFQs are shown."""

    grouping: Grouping
    key: str


@dataclass(frozen=True, slots=True)
class View:
    """What is shown.

    ``cursor`` counts rows from the top, ``scroll`` the lines of the opened RFQ under it that stand
    above the page. ``text`` narrows the rows, ``typed`` is the text being typed and None while keys
    are commands. ``expanded`` holds ids of RFQs. ``renewed`` counts how often the page was asked
    to begin with what is best now. ``before`` is where esc leads back to. ``copied`` is what the
    last key put on the clipboard. ``help_top`` counts the lines of the help above the page.
    ``unseen`` is where nobody can press a key.
    ``replayed`` is for a recording: a pause stops its time, which ``steps`` seconds were put on to.
    """

    sort: Sort = Sort.NEWEST
    group_sort: GroupSort = GroupSort.COUNT
    grouping: Grouping = Grouping.NONE
    within: Within | None = None
    cursor: int = 0
    scroll: int = 0
    expanded: frozenset[str] = frozenset()
    text: str = ""
    typed: str | None = None
    renewed: int = 0
    before: View | None = None
    copied: str = ""
    paused: bool = False
    replayed: bool = False
    unseen: bool = False
    steps: int = 0
    help: bool = False
    help_top: int = 0
    band: bool = True
    mine: bool = False
    done: bool = False

    @property
    def frozen(self) -> bool:
        """Whether the picture stands still though what it shows goes on."""
        return self.paused and not self.replayed


@dataclass(frozen=True, slots=True)
class Shown:
    """What the last picture held: how many rows in all and on it, and the row under the cursor.

    ``below`` is how many lines of that row, or of the help, had no room.
    """

    total: int = 0
    page: int = 1
    selected: str | None = None
    below: int = 0
