"""What each key does to what the table shows. Pure.

The picture obeys the view; nothing in here knows how a picture is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rfqwatch.escaping import safe
from rfqwatch.screen.search.typing import edit
from rfqwatch.screen.view import Grouping, GroupSort, Shown, Sort, View, Within

_MOVES = {"up": -1, "k": -1, "down": 1, "j": 1}
_ROW_BY_ROW = {"N": -1, "n": 1}
_TO_THE_END = 10**9


_VIEWS = {"1": Grouping.NONE, "2": Grouping.EVENT, "3": Grouping.LEG, "4": Grouping.CREATOR}
_VIEWS["5"] = Grouping.NONE


KEYS = (
    ("q", "quit"),
    ("space", "pause the picture; the watch goes on"),
    ("s  S", "next order, former order"),
    ("g", "group by event, leg, market, creator, batch, or not"),
    ("enter", "legs and quotes of an RFQ; the RFQs of a group"),
    ("1 2 3 4 5", "RFQs; sums by event, leg, creator; yours and those you quoted"),
    ("b", "all that is said above the rows, or one line of it"),
    ("/", "narrow by text: enter keeps it, esc drops it"),
    ("n  N", "to the next, the former of those found"),
    ("y", "copy the id, if the terminal allows it"),
    ("ctrl-l", "draw everything again"),
    ("esc", "one step back: close an RFQ, drop the text, leave a group"),
    ("up down j k", "move, also through an opened RFQ"),
    ("pgup pgdn end", "move far"),
    ("home", "to the top, with what is best now"),
    ("?", "this help; keys that move turn it, any other leaves it"),
)
REPLAY_KEYS = (
    KEYS[0],
    ("space", "let the time of the recording stand still, or go on"),
    (".", "let it stand still a second later"),
    *KEYS[2:],
)
"""The keys and what they do, as the help shows them; in a replay, others."""


def press(view: View, key: str, shown: Shown) -> View:
    """Give the view after a key; a key without a meaning changes nothing.

    Keys are characters, or words such as ``pgup``; ``paste:`` begins pasted text.
    """
    if view.done:
        return view
    if key == "ctrl-c":
        return replace(view, done=True)
    view = replace(view, copied="")
    if view.typed is not None:
        return edit(view, view.typed, key)
    if view.help:
        return _read_help(view, key, shown)
    if key in _steps(shown):
        return _move(view, key, shown)
    return _command(view, key, shown)


def _command(view: View, key: str, shown: Shown) -> View:
    match key:
        case "s" | "S":
            return _reorder(view, 1 if key == "s" else -1)
        case "g" | "1" | "2" | "3" | "4" | "5":
            grouping = _VIEWS.get(key) or _turn(view.grouping, 1)
            view = replace(view, grouping=grouping, mine=key == "5")
            return replace(view, within=None, before=None, cursor=0, scroll=0)
        case "enter" if shown.selected is not None:
            return _enter(view, shown.selected)
        case "esc":
            return _back(view, shown)
        case "/":
            return replace(view, typed=view.text, before=view)
        case _:
            stepped = view.replayed and key == "."
            paused = view.paused ^ (key == " ") or stepped
            steps = view.steps + stepped
            view = replace(view, band=view.band ^ (key == "b"), paused=paused, steps=steps)
            view = replace(view, done=key == "q", help=key == "?")
            return replace(view, copied=safe(shown.selected or "") * (key == "y"))


def _reorder(view: View, step: int) -> View:
    if view.grouping is not Grouping.NONE:
        return replace(view, group_sort=_turn(view.group_sort, step))
    return replace(view, sort=_turn(view.sort, step))


def _enter(view: View, selected: str) -> View:
    if view.grouping is not Grouping.NONE:
        within = Within(view.grouping, selected)
        return replace(view, grouping=Grouping.NONE, within=within, before=view, cursor=0)
    return replace(view, expanded=view.expanded ^ {selected}, scroll=0)


def _back(view: View, shown: Shown) -> View:
    """Take one step back, to where that was begun."""
    if shown.selected in view.expanded:
        return replace(view, expanded=view.expanded - {shown.selected}, scroll=0)
    before = view.before or View()
    kept = replace(view, before=before.before, cursor=before.cursor, scroll=0)
    if view.text and view.text != before.text:
        return replace(kept, text=before.text)
    if view.within is not None:
        return replace(kept, grouping=view.within.grouping, within=None, text=before.text)
    return replace(kept, text="", grouping=Grouping.NONE, mine=False)


def _steps(shown: Shown) -> dict[str, int]:
    """Give how far each key moves."""
    page = max(1, shown.page - 1)
    ends = {"home": -_TO_THE_END, "end": _TO_THE_END}
    return _MOVES | _ROW_BY_ROW | ends | {"pgup": -page, "pgdn": page}


def _read_help(view: View, key: str, shown: Shown) -> View:
    step = (_steps(shown) | {" ": shown.page - 1}).get(key)
    if step is None:
        return replace(view, help=False, help_top=0)
    most = view.help_top + shown.below
    return replace(view, help_top=max(0, min(view.help_top + step, most)))


def _move(view: View, key: str, shown: Shown) -> View:
    step = _steps(shown)[key]
    if abs(step) < _TO_THE_END and key not in _ROW_BY_ROW:
        # Through the lines of an opened RFQ first.
        scroll = max(0, min(view.scroll + step, view.scroll + shown.below))
        if scroll != view.scroll:
            return replace(view, scroll=scroll)
    cursor = max(0, min(view.cursor + step, shown.total - 1))
    return replace(view, cursor=cursor, scroll=0, renewed=view.renewed + (key == "home"))


_Choice = TypeVar("_Choice", Sort, GroupSort, Grouping)


def _turn(choice: _Choice, step: int) -> _Choice:
    choices = list(type(choice))
    return choices[(choices.index(choice) + step) % len(choices)]
