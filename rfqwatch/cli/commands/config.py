"""The command ``config``."""

import typer

from rfqwatch.cli.options.profile import ConfigOptions


def config(asked: ConfigOptions, context: typer.Context) -> None:
    """Print the settings that are in effect, and what gave each.

    With a command and its options, those that it would run with. No key is printed.
    """
    from rfqwatch.cli.settings.applying import SettingContext
    from rfqwatch.cli.settings.effective import effective
    from rfqwatch.cli.settings.printing import as_json, as_text

    assert isinstance(context, SettingContext)  # noqa: S101 - it is so registered
    settings = effective(context, asked.command, asked.arguments or [])
    typer.echo(as_json(settings) if asked.output == "json" else as_text(settings))
