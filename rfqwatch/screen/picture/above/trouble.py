"""What went wrong, in words, and in colour while it is news. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.lines.wording import span
from rfqwatch.screen.picture.styles import BAD, FAINT, PLAIN, Item

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.stream.health import Health, Totals

NEWS_S = 60.0
"""How long after it happened."""
_LEAST_NAMED = 24
MOST_MISFITS = 3
"""Fields named that are not as rfqwatch knows them."""


class _Seen(NamedTuple):
    total: int
    by: int
    at_s: float


class Troubles:
    """When each count last grew, and by how much: as seen from picture to picture."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def missing(self, health: Health, now_s: float | None) -> Iterable[Item]:
        """Say whether anything is missing.

        Without a moment nothing is said of when: all of it is news then.
        """
        totals = health.totals
        whole = not health.away and not totals.unnumbered
        yield from self._gaps(totals, now_s, whole=whole)
        if totals.unnumbered:
            yield Item("no seq: completeness can't be checked", BAD)

    def odd(self, health: Health, now_s: float | None) -> Iterable[Item]:
        """Say what came that was not as it should be; nothing of what never was."""
        totals, drift = health.totals, health.drift
        for name, count in (
            ("malformed", totals.malformed),
            ("unknown", totals.unknown),
            ("backward", totals.backward),
        ):
            ago = self._ago(name, count, now_s)
            if ago:
                yield Item(f"{name} {count:,}, last {ago} ago", BAD)
            elif count:
                yield Item(f"{name} {count:,}", FAINT if now_s is not None else BAD)
        if drift.misfits:
            named = ", ".join(name for name, _ in drift.misfits.most_common(MOST_MISFITS))
            yield Item(f"not as known {drift.misfits.total():,}: {named}", BAD, _LEAST_NAMED)

    def _gaps(self, totals: Totals, now_s: float | None, *, whole: bool) -> Iterable[Item]:
        gaps, missed, unmeasured = totals.gaps, totals.missed, totals.unmeasured
        if not gaps:
            if whole:
                yield Item("no gaps", PLAIN)
            return
        ago = self._ago("gap", gaps, now_s)
        of_all = _missed(missed, unmeasured)
        for name, count in (("missed", missed), ("unmeasured", unmeasured)):
            self._ago(name, count, now_s)
        if not ago:
            yield Item(f"gaps {gaps:,}, missed {of_all}", FAINT if now_s is not None else BAD)
            return
        newly = {
            name: seen.by if seen.at_s >= self._seen["gap"].at_s else 0
            for name, seen in self._seen.items()
        }
        told = (
            f"gap {ago} ago: {_missed(newly.get('missed', 0), newly.get('unmeasured', 0))} missed"
        )
        yield Item(told + f", in {gaps:,} gaps {of_all}" * (gaps > 1), BAD)

    def _ago(self, name: str, count: int, now_s: float | None) -> str:
        """Say how long ago a count grew; nothing where that is no news, or can't be known."""
        if now_s is None:
            return ""
        seen = self._seen.get(name, _Seen(0, 0, 0.0))
        if count > seen.total:
            seen = self._seen[name] = _Seen(count, count - seen.total, now_s)
        if not count or now_s - seen.at_s >= NEWS_S:
            return ""
        return span(round((now_s - seen.at_s) * 1_000))


def _missed(missed: int, unmeasured: int) -> str:
    if not unmeasured:
        return f"{missed:,}"
    return f"at least {missed:,}" if missed else "unknown"
