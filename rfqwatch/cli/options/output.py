"""Options: what goes to standard output or standard error."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import typer

from rfqwatch.cli.options.completions import examples
from rfqwatch.cli.options.quantities import Size

Format = Literal["jsonl", "raw", "text"]

_output = partial(typer.Option, rich_help_panel="Output")


@dataclass(frozen=True)
class LineOptions:
    """What lines look like, and how many may wait."""

    output: Annotated[
        Format,
        _output("--output", "-o", help="JSON lines, the exchange's bytes alone, or text to read."),
    ] = "jsonl"
    buffer: Annotated[
        Size,
        _output(
            help="Memory for lines that nobody reads yet; past it the oldest RFQs are shed, "
            "and said.",
            metavar="SIZE",
            parser=Size,
            autocompletion=examples("16MiB", "64MiB", "256MiB", "1GiB"),
        ),
    ] = Size("64MiB")


@dataclass(frozen=True)
class VerdictOptions:
    """What the verdicts of a check look like."""

    json: Annotated[
        bool, _output("--json", help="One JSON object at the end, for other programs.")
    ] = False


@dataclass(frozen=True)
class VerbosityOptions:
    """How much is said on standard error."""

    verbose: Annotated[
        bool,
        _output("--verbose", "-v", help="Say what the connection does, each step of it."),
    ] = False
    quiet: Annotated[bool, _output("--quiet", "-q", help="Say nothing but errors.")] = False

    def level(self) -> int:
        """Give how much is said, of `rfqwatch.stderr.Verbosity`."""
        return 1 + self.verbose - self.quiet
