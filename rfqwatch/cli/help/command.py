"""Commands whose help is written by `rfqwatch.cli.help.helptext`."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class HelpedCommand(TyperCommand):
    """One command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's own
        """Write the help."""
        from rfqwatch.cli.help.helptext import written

        formatter.write(written(self, ctx))


class HelpedProgram(TyperGroup):
    """The program with all of its commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's own
        """Write the help."""
        from rfqwatch.cli.help.helptext import written

        formatter.write(written(self, ctx))
