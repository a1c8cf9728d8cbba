"""Options: what the simulated exchange does, where it serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from rfqwatch.cli.options.completions import Words
from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from rfqwatch.simulator.faults.kinds import Fault

SIM_RATE = 20

FAULTS_DUE = (
    "--sim-fault NAME happens now and then, every 10 s on average; NAME@N once, in place of data "
    "frame N of all connections. "
    "Those of the next handshake or subscribe reset the connection to bring it about; NAME@0 is "
    "for the first one, and so is NAME at first."
)
"""When a fault happens."""

_simulation = partial(typer.Option, rich_help_panel="Simulated exchange")


def _faults(text: str) -> Sequence["Fault"]:
    from rfqwatch.simulator.faults.kinds import parse_faults

    try:
        return parse_faults(text)
    except ValueError as error:
        known = ", ".join(name for name, _ in faults_explained())
        advice = f"There are {known}; options.md says what each does."
        raise UsageError(f"--sim-fault {error}", advice) from None


def faults_explained() -> Words:
    """Give each fault with what it does."""
    from rfqwatch.simulator.faults.kinds import FaultKind

    return [(kind.value, kind.description) for kind in FaultKind]


@dataclass(frozen=True)
class SimulationOptions:
    """What the simulated exchange does; all None where nothing was asked of it."""

    sim_rate: Annotated[
        float | None,
        _simulation(
            help=f"Frames a second (default {SIM_RATE}; 0: as fast as they are read).",
            metavar="RATE",
            min=0,
        ),
    ] = None
    sim_seed: Annotated[
        int | None, _simulation(help="Repeat the traffic and faults of this number.", metavar="N")
    ] = None
    sim_fault: Annotated[
        Sequence["Fault"] | None,
        _simulation(
            help="Faults, now and then (reset,seq-hole) or at a data frame (overflow@100); at the "
            "first handshake or subscribe (http-429@0). A wrong name lists them all.",
            metavar="NAME[@N],…",
            parser=_faults,
            autocompletion=faults_explained,
        ),
    ] = None

    @property
    def rate(self) -> float:
        """Frames a second."""
        return SIM_RATE if self.sim_rate is None else self.sim_rate


@dataclass(frozen=True)
class ServingOptions:
    """Where to serve."""

    port: Annotated[
        int, _simulation(help="Port on 127.0.0.1; 0 takes any.", metavar="PORT", min=0, max=65535)
    ] = 0
