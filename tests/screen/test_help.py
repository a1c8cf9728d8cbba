"""The help explains what a picture shows, as things stand, and can be read to its end."""

from __future__ import annotations

import pytest

from rfqwatch.book.book import Book
from rfqwatch.book.rfq import Closed, Phase, State
from rfqwatch.clock import Instant
from rfqwatch.screen.picture.columns import COLUMNS, HIDDEN
from rfqwatch.screen.picture.help import help_lines
from rfqwatch.screen.table import Table
from rfqwatch.screen.view import Grouping, Sort, View
from rfqwatch.stream.health import Health

ABOVE = ["watching for", "proven live", "as of", "open", "created", "frames", "lag", "p50", "p99"]
ABOVE += ["gaps", "missed", "malformed", "unknown", "backward", "not as known", "evicted"]
ABOVE += ["asking", "opened", "closed", "median life", "created", "asked", "legs by sport", "mine"]
ABOVE += ["gap", "a min", "in 2 min", "open dollars", "p90", "newest", "part"]
ABOVE += ["deletions", "unknown RFQs", "paused", "behind", "not recorded", "unconfirmed", "stale"]
SIGNS = [HIDDEN, "–", "…", "+6", "~", "x", "?", "lapsed?", "exec failed", "newer", "to look at"]  # noqa: RUF001 - as drawn
REASONS = [str(reason) for reason in Closed if reason is not Closed.EXECUTION_FAILED]
PHASES = [phase for phase in Phase if phase is not Phase.LAPSED]


@pytest.mark.parametrize(
    "word", [*ABOVE, *SIGNS, *REASONS, *PHASES, *State, *(column.title for column in COLUMNS)]
)
def test_every_word_and_sign_is_explained(word: str) -> None:
    assert word in "\n".join(help_lines(View(), 200))


def test_the_help_says_how_things_stand() -> None:
    told = "\n".join(help_lines(View(), 200))
    assert "(now: newest first)" in told
    assert "paused)" not in told
    view = View(sort=Sort.LARGEST, grouping=Grouping.NONE, text="SEA@TEX", paused=True)
    told = "\n".join(help_lines(view, 200))
    for state in ("(now: largest first)", "(now: none)", "(now: SEA@TEX)", "(now: paused)"):
        assert state in told


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (120, 40), (200, 100)])
@pytest.mark.parametrize("key", ["down", "pgdn", " "])
def test_all_of_the_help_can_be_read(width: int, height: int, key: str) -> None:
    table = Table(Book(), Health("prod"))
    table.press("?")
    seen: set[str] = set()
    for _ in range(400):
        lines = [
            "".join(part.text for part in line).rstrip()
            for line in table.picture(width, height, Instant(0, 0))
        ]
        seen.update(lines)
        if not any("more lines: down" in line for line in lines):
            break
        table.press(key)
    assert seen.issuperset(help_lines(table.view, width))
    table.press("home")
    table.press("x")
    assert not table.view.help
