"""What each key does to what the table shows. Pure.

The picture obeys the view; nothing in here knows how a picture is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from rfqwatch.screen.keys import PASTE

LONGEST_FILTER = 200

_MOVES = {"up": -1, "k": -1, "down": 1, "j": 1}
_TO_THE_END = 10**9


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

    ``cursor`` counts rows from the top. ``text`` narrows the rows, ``typed`` is the text being
    typed and None while keys are commands. ``expanded`` holds ids of RFQs.
    """

    sort: Sort = Sort.NEWEST
    group_sort: GroupSort = GroupSort.COUNT
    grouping: Grouping = Grouping.NONE
    within: Within | None = None
    cursor: int = 0
    expanded: frozenset[str] = frozenset()
    text: str = ""
    typed: str | None = None
    paused: bool = False
    help: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What the last picture held: how many rows in all and on it, and the row under the cursor."""

    total: int = 0
    page: int = 1
    selected: str | None = None


KEYS = (
    ("q", "quit"),
    ("space", "pause the picture; the watch goes on"),
    ("s  S", "next order, former order"),
    ("g", "group by event, leg, market, creator, batch, or not"),
    ("enter", "legs and quotes of an RFQ; the RFQs of a group"),
    ("/", "narrow by text: enter keeps it, esc drops it"),
    ("esc", "back: out of a group, no text"),
    ("up down j k", "move"),
    ("pgup pgdn home end", "move far; home follows the top"),
    ("?", "these keys"),
    ("first column", "? unconfirmed since a gap, ~ stale, x closed"),
)
"""The keys and what they do, as the help shows them."""


def press(view: View, key: str, shown: Shown) -> View:
    """Give the view after a key; a key without a meaning changes nothing.

    Keys are characters, or words such as ``pgup``; ``paste:`` begins pasted text.
    """
    if key == "ctrl-c":
        return replace(view, done=True)
    if view.typed is not None:
        return _type(view, view.typed, key)
    if view.help:
        return replace(view, help=False, done=key == "q")
    if key in _MOVES or key in {"pgup", "pgdn", "home", "end"}:
        return _move(view, key, shown)
    return _command(view, key, shown)


def _command(view: View, key: str, shown: Shown) -> View:
    match key:
        case "s" | "S":
            return _reorder(view, 1 if key == "s" else -1)
        case "g":
            return replace(view, grouping=_turn(view.grouping, 1), within=None, cursor=0)
        case "enter" if shown.selected is not None:
            return _enter(view, shown.selected)
        case "esc":
            grouping = view.within.grouping if view.within else view.grouping
            return replace(view, grouping=grouping, within=None, text="", cursor=0)
        case _:
            return replace(
                view,
                done=key == "q",
                help=key == "?",
                paused=view.paused ^ (key == " "),
                typed=view.text if key == "/" else None,
            )


def _reorder(view: View, step: int) -> View:
    if view.grouping is not Grouping.NONE:
        return replace(view, group_sort=_turn(view.group_sort, step), cursor=0)
    return replace(view, sort=_turn(view.sort, step), cursor=0)


def _enter(view: View, selected: str) -> View:
    if view.grouping is not Grouping.NONE:
        within = Within(view.grouping, selected)
        return replace(view, grouping=Grouping.NONE, within=within, cursor=0)
    return replace(view, expanded=view.expanded ^ {selected})


def _move(view: View, key: str, shown: Shown) -> View:
    page = max(1, shown.page - 1)
    steps = _MOVES | {"pgup": -page, "pgdn": page, "home": -_TO_THE_END, "end": _TO_THE_END}
    return replace(view, cursor=max(0, min(view.cursor + steps[key], shown.total - 1)))


def _type(view: View, typed: str, key: str) -> View:
    if key == "enter":
        return replace(view, typed=None)
    if key == "esc":
        return replace(view, typed=None, text="", cursor=0)
    if key == "backspace":
        typed = typed[:-1]
    elif key.startswith(PASTE):
        typed += key.removeprefix(PASTE)
    elif len(key) == 1:
        typed += key
    typed = typed[:LONGEST_FILTER]
    return replace(view, typed=typed, text=typed, cursor=0)


_Choice = TypeVar("_Choice", Sort, GroupSort, Grouping)


def _turn(choice: _Choice, step: int) -> _Choice:
    choices = list(type(choice))
    return choices[(choices.index(choice) + step) % len(choices)]
