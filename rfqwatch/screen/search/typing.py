"""What each key does to the search line. Pure."""

from __future__ import annotations

from dataclasses import replace

from rfqwatch.screen.terminal.keystrokes import PASTE
from rfqwatch.screen.view import View

LONGEST = 200


def edit(view: View, typed: str, key: str) -> View:
    """Give the view after a key in the search line, which holds what was ``typed`` so far."""
    if key == "enter":
        return replace(view, typed=None)
    if key == "esc":
        before = view.before or View()
        return replace(
            view, typed=None, text=before.text, before=before.before, cursor=before.cursor
        )
    if key == "backspace":
        typed = typed[:-1]
    elif key == "ctrl-u":
        typed = ""
    elif key == "ctrl-w":
        typed = typed.rstrip().rpartition(" ")[0]
    elif key.startswith(PASTE):
        typed += key.removeprefix(PASTE).strip()
    elif len(key) == 1:
        typed += key
    typed = typed[:LONGEST]
    return replace(view, typed=typed, text=typed.strip(), cursor=0, scroll=0)
