"""Writes settings with what gave them, to read or for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rfqwatch.escaping import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.settings.effective import Effective

WIDEST = 40
"""Characters of values up to which sources stand in one column."""


def as_json(settings: Effective) -> str:
    """Write one object: the file, the profile, and each setting by its name."""
    rows = {row.key: row._asdict() for row in settings.rows}
    for row in rows.values():
        del row["key"]
    told = {"file": settings.file, "profile": settings.profile or None, "settings": rows}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def as_text(settings: Effective) -> str:
    """Write a table, group by group."""
    return "\n".join(map(safe, _lines(settings)))


def _lines(settings: Effective) -> Iterator[str]:
    of_file = f" of {settings.file}"
    yield f"profile {settings.profile or '-'}{of_file}"
    keys = max(len(row.key) for row in settings.rows)
    values = min(WIDEST, max(len(_written(row.value)) for row in settings.rows))
    for group in dict.fromkeys(row.group for row in settings.rows):
        yield ""
        yield group
        for row in settings.rows:
            if row.group == group:
                source = row.source.replace(of_file, "")
                yield f"  {row.key:{keys}}  {_written(row.value):{values}}  {source}"


def _written(value: str | bool | list[str] | None) -> str:  # noqa: FBT001 - as it is
    match value:
        case True:
            return "true"
        case False:
            return "false"
        case str():
            return value
    return ", ".join(value or ()) or "-"
