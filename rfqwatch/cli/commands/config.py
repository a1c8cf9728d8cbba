"""The command ``config``."""

from typing import TYPE_CHECKING

import typer

from rfqwatch.cli.options.settings import ConfigOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.cli.settings.effective import Effective


WIDEST = 40
"""Characters of values up to which sources stand in one column."""


def config(asked: ConfigOptions, context: typer.Context) -> None:
    """Print the settings that are in effect, and what gave each.

    With a command and its options, those that it would run with. No key is printed.
    """
    from rfqwatch.cli.settings.command import SettingContext
    from rfqwatch.cli.settings.effective import effective
    from rfqwatch.escaping import safe

    assert isinstance(context, SettingContext)  # noqa: S101 - it is so registered
    settings = effective(context, asked.command, asked.arguments or [])
    if asked.output == "json":
        import msgspec

        told = msgspec.json.format(msgspec.json.encode(_as_object(settings)), indent=2).decode()
    else:
        told = "\n".join(map(safe, _as_lines(settings)))
    typer.echo(told)


def _as_object(settings: "Effective") -> dict[str, object]:
    rows = {row.key: row._asdict() for row in settings.rows}
    for row in rows.values():
        del row["key"]
    return {"file": settings.file, "profile": settings.profile or None, "settings": rows}


def _as_lines(settings: "Effective") -> "Iterator[str]":
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
