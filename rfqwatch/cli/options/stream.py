"""Options: which stream to take, live or recorded, for whichever view."""

from dataclasses import dataclass

from rfqwatch.cli.options.connection import ConnectionOptions, SubscriptionOptions
from rfqwatch.cli.options.end import EndOptions
from rfqwatch.cli.options.output import VerbosityOptions
from rfqwatch.cli.options.recording import RecordingOptions
from rfqwatch.cli.options.replay import ReplayOptions
from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.options.simulation import SimulationOptions


@dataclass(frozen=True)
class LiveOptions:
    """What to watch of an exchange."""

    connection: ConnectionOptions
    subscription: SubscriptionOptions
    selection: SelectionOptions
    end: EndOptions
    verbosity: VerbosityOptions
    simulation: SimulationOptions


@dataclass(frozen=True)
class StreamOptions:
    """What to watch, or which recordings to replay instead; whether to record it meanwhile."""

    live: LiveOptions
    replay: ReplayOptions
    recording: RecordingOptions
