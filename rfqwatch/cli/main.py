"""The command line: the commands registered, errors turned into exit codes."""

import errno
import io
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer

from rfqwatch import __version__
from rfqwatch.cli.commands.check import check
from rfqwatch.cli.commands.config import config
from rfqwatch.cli.commands.record import record
from rfqwatch.cli.commands.report import report
from rfqwatch.cli.commands.schema import schema
from rfqwatch.cli.commands.simulate import simulate
from rfqwatch.cli.commands.table import table
from rfqwatch.cli.commands.tail import tail
from rfqwatch.cli.groups import ungrouped
from rfqwatch.cli.help.command import HelpedCommand, HelpedProgram
from rfqwatch.cli.options.profile import ProfileOptions
from rfqwatch.cli.settings.applying import SettingCommand
from rfqwatch.errors import OutputError, RfqwatchError, UsageError

LARGEST_PAPER = {"COLUMNS": 1_000, "LINES": 10_000}
"""Where no terminal tells the size, these do; what is no size, or would fill memory, does not."""
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""An `OSError` of these that names no file is standard output's: no room, or a failed device."""
LIMITS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}

app = typer.Typer(
    name="rfqwatch",
    cls=HelpedProgram,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (tail, table, record, report, check, simulate):
    app.command(cls=SettingCommand)(ungrouped(command, ProfileOptions))
# Whatever follows a command's name there is that command's.
of_others = {"allow_interspersed_args": False}
app.command(cls=SettingCommand, context_settings=of_others)(ungrouped(config, ProfileOptions))
app.command(cls=HelpedCommand)(schema)


@app.callback(invoke_without_command=True)
def _rfqwatch(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    """Watch Kalshi's requests for quotes (RFQs) and quotes as they happen."""
    if version:
        typer.echo(f"rfqwatch {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(UsageError.exit_code)


def main() -> None:
    """Run the command line."""
    if sys.platform == "win32":
        # Said the plainest way: what says the rest needs what Windows lacks.
        sys.exit(
            "rfqwatch: error: rfqwatch does not run on Windows\n"
            "rfqwatch: Run it on Linux or macOS, or in the Windows Subsystem for Linux (WSL)."
        )
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # Until a command heeds signals itself, Ctrl-C ends the program as it ends any other.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    for name, most in LARGEST_PAPER.items():
        if not _is_number(os.environ.get(name, ""), most):
            os.environ.pop(name, None)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the locale has no character for must not cost the rest.
        sys.stdout.reconfigure(errors="replace")
    try:
        _run()
    except RfqwatchError as error:
        from rfqwatch.stderr import say

        say(f"error: {error.message}")
        for line in error.advice.splitlines():
            say(line)
        sys.exit(error.exit_code)


def _is_number(text: str, most: int) -> bool:
    return text.isdecimal() and len(text) <= len(str(most)) and 0 < int(text) <= most


def _run() -> NoReturn:
    """Run to the exit. Raises `RfqwatchError`, for what Typer refuses too."""
    if sys.stdout is None:
        raise UsageError("standard output is closed", "Send it somewhere: > FILE, or | COMMAND.")
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as refused:
        from rfqwatch.cli.wrongvalues import message

        context: typer.Context | None = getattr(refused, "ctx", None)
        advice = f"See {context.command_path} --help" if context else ""
        raise UsageError(message(refused), advice) from None
    except OSError as error:
        if error.errno in UNWRITABLE and error.filename is None:
            # What Python still holds would fail again at the exit, and change its code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise OutputError(
                f"standard output can't be written: {error.strerror}",
                "Make room, or send it elsewhere.",
            ) from None
        if error.errno not in LIMITS:
            raise
        raise RfqwatchError(
            f"a limit of the system is reached: {error.strerror}",
            "Raise it (ulimit -a shows yours), or end what uses it up.",
        ) from None
