"""Options: how the verdicts of a check are written."""

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True)
class CheckOptions:
    """What verdicts look like."""

    json: Annotated[
        bool, typer.Option("--json", help="One JSON object at the end, for other programs.")
    ] = False
