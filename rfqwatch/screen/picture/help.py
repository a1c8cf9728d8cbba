"""What the keys do, with where they stand, and what each sign and word of a picture means. Pure."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from rfqwatch.lines.wording import counted
from rfqwatch.screen.keymap import KEYS, REPLAY_KEYS
from rfqwatch.screen.view import Grouping

if TYPE_CHECKING:
    from rfqwatch.screen.view import View

_NAMED = 18
"""Cells that a key or a sign takes."""
_NARROWEST = 16

SIGNS = (
    (
        "rows",
        (
            (">", "the cursor"),
            ("?  (in front)", "unconfirmed: known before a gap, and not heard of since"),
            ("~", "stale: older than --max-age; the exchange does not tell of every end"),
            ("x", "closed; it stays for two seconds"),
            ("bold age", "younger than five seconds"),
            ("underlined", "changed within the last second"),
            ("dim", "unconfirmed or stale, or the connection is lost"),
            ("·", "not visible to you, which is not zero: quotes reach their two parties"),
            ("–", "none"),  # noqa: RUF001 - as it is drawn
            ("?  (in a cell)", "it did not come, or could not be read"),
            ("…", "cut here: enter shows all of it"),
        ),
    ),
    (
        "what",
        (
            ("SEA@TEX, ASL-CDG", "who plays: away@home, or side by side"),
            ("SEA \N{MINUS SIGN}1.5", "SEA wins by two or more"),
            ("total 8+", "eight or more in all, of what counts there"),
            ("not", "the NO side of that leg"),
            ("&  +", "and, of the same event; and, of another"),
            ("+6", "six more legs, that had no room"),
            ("5 Sep", "the day of an event that is not today (US Eastern)"),
            ("batch", "asked for together with others, by one request"),
            ("combo", "a combination whose legs did not come"),
            ("KX…", "a ticker of no known form stands as it is"),
        ),
    ),
    (
        "columns",
        (
            ("size", "$: dollars to spend; ct: contracts"),
            ("largest first", "by what it can cost at most, a contract counted at $1"),
            ("part", "the size beside the largest of the page"),
            ("legs", "of how many legs a combo is"),
            ("yes bid, no bid", "the best that is bid for each side"),
            ("spread", "what the best bids leave of a dollar"),
            ("quotes", "how many makers quote it"),
            (
                "state",
                "open: not known to be closed; otherwise what it waits for, or why it closed",
            ),
            ("confirm 2.2s", "a quote was accepted; its maker has so long to confirm it"),
            (
                "you confirm 2.2s",
                "it is yours; in colour, as any is until it is known who you are",
            ),
            ("execute 0.8s", "so long is left for its execution, if it was confirmed"),
            ("confirm 2s?", "the same, but the RFQ is unconfirmed"),
            ("open lapsed?", "no execution came in time, so it is open again: that is inferred"),
            ("deleted", "closed by who asked; also executed, exec failed, batch closed"),
            ("collection", "the family of markets from which a combo was made"),
            ("who", "who asks; anonymous: who hides shares one id with all who do"),
            ("you", "the one party to all quotes seen: learned from two that differ in the other"),
            ("lag", "from the exchange's sending to receipt here"),
        ),
    ),
    (
        "above",
        (
            ("watching for", "so long the subscription has been live"),
            ("proven live", "the exchange said that it still is, though no frame came"),
            ("as of", "the connection is lost; what is shown is of that moment"),
            (
                "clock … ahead",
                "this computer's is off: ages go by the exchange's",
            ),
            ("open", "RFQs not known to be closed, unconfirmed and stale among them"),
            ("asking", "what they ask for in all, at most, a contract counted at $1"),
            ("opened, closed", "RFQs, in the last minute, or since the first message"),
            ("median life", "of the last 1,000 closed: half lived no longer"),
            ("created, asked", "RFQs, and the dollars asked for, a second, over two minutes"),
            ("legs by sport", "of the newest 2,000 RFQs"),
            ("frames", "messages of any kind a second"),
            ("p50, p99", "half, and 99 of 100, were not slower"),
            ("gap, gaps, missed", "breaks in the stream, and the messages lost in them"),
            ("mine", "only RFQs whose quotes you may see: yours, and those you quoted"),
            ("malformed", "messages that are no JSON object"),
            ("unknown", "messages of a type that rfqwatch does not know"),
            ("backward", "messages that came late, or twice, by their seq"),
            ("not as known", "fields that are not as rfqwatch knows them"),
            ("of unknown RFQs", "deletions and quotes of RFQs that were never announced to us"),
            ("evicted", "open RFQs let go of, as there were too many to keep"),
            ("paused, 9 behind", "so many messages came since the picture stands still"),
            ("not recorded", "what --record asked for is not written at the moment"),
        ),
    ),
    (
        "sums",
        (
            ("a min", "RFQs opened a minute, since the list is looked at"),
            ("in 2 min", "the same, every ten seconds"),
            ("open dollars", "what the open ones ask for, at most"),
            ("asked", "the same of all since the list is looked at"),
            ("p50, p90", "half, and 9 of 10, of the last 100 ask for no more"),
            ("newest", "how long ago the last was asked for"),
        ),
    ),
    (
        "below",
        (
            ("RFQs", "how many the list has, however few fit"),
            ("9 newer: home", "so many came since, and are not shown: rows stand still to be read"),
            ("9 to look at", "so many are not sorted in yet"),
        ),
    ),
)
"""What stands where in a picture, and what it means."""


def help_lines(view: View, width: int) -> list[str]:
    """Write the help, broken into lines of ``width`` cells where that is wide enough."""
    lines = []
    states = _states(view)
    for keys, meaning in REPLAY_KEYS if view.replayed else KEYS:
        now = f" (now: {states[keys]})" if states.get(keys) else ""
        lines += _entry(keys, meaning + now, width)
    for place, signs in SIGNS:
        lines += ["", f"{place:>{_NAMED}}"]
        for sign, meaning in signs:
            lines += _entry(sign, meaning, width)
    return lines


def _entry(name: str, meaning: str, width: int) -> list[str]:
    first, *more = wrap(meaning, max(_NARROWEST, width - _NAMED - 2))
    return [f"{name:>{_NAMED}}  {first}", *[" " * (_NAMED + 2) + text for text in more]]


def _states(view: View) -> dict[str, str]:
    """Say how things stand that keys change, by key."""
    grouped = view.grouping is not Grouping.NONE
    return {
        "space": "paused" * view.paused,
        "s  S": f"{view.group_sort if grouped else view.sort} first",
        "g": str(view.grouping),
        "enter": f"{counted(len(view.expanded), 'RFQ')} opened" * bool(view.expanded),
        "/": view.text,
    }
