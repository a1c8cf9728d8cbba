"""Verdicts as lines to read, or as one object."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rich.segment import Segment

from rfqwatch import __version__
from rfqwatch.checking.dependencies import exit_code
from rfqwatch.checking.verdict import Sign
from rfqwatch.escaping import safe
from rfqwatch.screen.picture.styles import BAD, FAINT, GOOD, PLAIN, QUIET, STRONG, paint, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from rfqwatch.checking.dependencies import Check
    from rfqwatch.checking.verdict import Verdict

NARROW = 72
"""Columns below which a name has no column of its own."""

_NAMES = 16
_SIGNS = {Sign.OK: "✓", Sign.FAILED: "✗", Sign.UNSURE: "?", Sign.SKIPPED: "-"}
_WORDS = {Sign.OK: "ok", Sign.FAILED: "FAILED", Sign.UNSURE: "?", Sign.SKIPPED: "-"}
_STYLES = {Sign.OK: GOOD, Sign.FAILED: BAD, Sign.UNSURE: QUIET, Sign.SKIPPED: FAINT}
_COUNTED = {
    Sign.OK: "in order",
    Sign.FAILED: "failed",
    Sign.UNSURE: "uncertain",
    Sign.SKIPPED: "skipped",
}


class Skipped(NamedTuple):
    """A check that was skipped, and why."""

    title: str
    seen: str


class Sheet:
    """Writes verdicts for standard output as it is: wrapped and in colours on a terminal.

    ``brief`` leaves out what is in order, or was skipped.
    """

    def __init__(self, *, brief: bool = False) -> None:
        self._brief = brief
        self._console = terminal() if sys.stdout.isatty() else None
        self._width = shutil.get_terminal_size().columns if self._console else None
        if not self._console and os.environ.get("COLUMNS"):
            self._width = shutil.get_terminal_size().columns
        self._skipped: list[Skipped] = []
        self._signs = _SIGNS if _can_be_written("".join(_SIGNS.values())) else _WORDS

    def lines(self, check: Check, verdict: Verdict) -> str:
        """Write one verdict, with what follows from it below; what is skipped comes together."""
        if verdict.sign is Sign.SKIPPED:
            if self._skipped and verdict.seen != self._skipped[0].seen:
                told = self._leave_skipped()
            else:
                told = ""
            self._skipped.append(Skipped(check.title, verdict.seen))
            return told
        told = self._leave_skipped()
        if self._brief and verdict.sign is Sign.OK:
            return told
        return told + self._entry(verdict.sign, check.title, verdict.seen, verdict.advice)

    def _leave_skipped(self) -> str:
        """Write those that were skipped for one reason."""
        skipped, self._skipped = self._skipped, []
        if not skipped or self._brief:
            return ""
        titles = ", ".join(each.title for each in skipped)
        return self._entry(Sign.SKIPPED, "skipped", f"{titles}: {skipped[0].seen}", "")

    def _entry(self, sign: Sign, title: str, seen: str, advice: str) -> str:
        mark = self._signs[sign]
        indent = max(map(len, self._signs.values())) + 1
        gap = " " * (indent - len(mark))
        if self._width is None or self._width >= NARROW:
            hang = indent + _NAMES + 1
            rows = self._wrapped(seen, hang)
            first = f"{gap}{title:<{_NAMES}} {rows.pop(0)}"
        else:
            hang = indent
            rows = self._wrapped(f"{title}: {seen}", hang)
            first = f"{gap}{rows.pop(0)}"
        rows += self._wrapped(advice, hang) if advice else ()
        told = self._written([(mark, _STYLES[sign]), (first, PLAIN)])
        return told + "".join(self._written([(" " * hang + row, PLAIN)]) for row in rows)

    def summary(self, found: Sequence[Verdict]) -> str:
        """Write how many of the verdicts came to what, at the end."""
        counts = Counter(verdict.sign for verdict in found)
        told = ", ".join(
            f"{counts[sign]} {word}" for sign, word in _COUNTED.items() if counts[sign]
        )
        rows = self._wrapped(f"{told}.", 0)
        return self._leave_skipped() + "".join(self._written([(row, STRONG)]) for row in rows)

    def _wrapped(self, text: str, hang: int) -> list[str]:
        text = safe(text)
        if self._width is None:
            return [text]
        width = max(20, self._width - 1 - hang)
        return textwrap.wrap(text, width, break_on_hyphens=False) or [""]

    def _written(self, parts: Sequence[tuple[str, Style]]) -> str:
        if self._console is None:
            return "".join(text for text, _ in parts).rstrip() + "\n"
        return paint([Segment(text, style) for text, style in parts], self._console) + "\n"


def as_json(found: Sequence[tuple[Check, Verdict]]) -> str:
    """Write one object: how the program ends, and each check with what it found."""
    checks = []
    for check, verdict in found:
        named = {Sign.FAILED: "mend", Sign.UNSURE: "meaning"}.get(verdict.sign)
        more = {named: verdict.advice} if named else {}
        told = {"check": check.name, "verdict": verdict.sign.value, "seen": verdict.seen, **more}
        checks.append(told | {"facts": dict(verdict.facts)})
    whole = {
        "rfqwatch": __version__,
        "exit_code": exit_code([verdict for _, verdict in found]),
        "checks": checks,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def _can_be_written(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
