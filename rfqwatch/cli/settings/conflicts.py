"""Says which options fit together.

Of what does not, the command line's is refused, and what variables or a profile say is passed over:
they are there for every command.
"""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - a field's type
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.cli.options.connection import ConnectionOptions, SubscriptionOptions
from rfqwatch.cli.options.recording import FileOptions, RecordingOptions
from rfqwatch.cli.options.replay import ReplayOptions
from rfqwatch.cli.options.simulation import SimulationOptions
from rfqwatch.cli.settings.origin import Kind
from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import DataclassInstance

    from rfqwatch.cli.settings.origin import Origin

ALTERNATIVES = (
    ("source", "env", "url"),
    ("key_file", "key_command"),
    ("verbose", "quiet"),
    ("no_reconnect", "max_retries"),
)
"""Of these, what is given more strongly makes the others as if they were not given."""

EXCLUSIVE = (("url", "env"), ("key_file", "key_command"), ("verbose", "quiet"))


class _Misfit(NamedTuple):
    """Options that mean nothing as things are, by the names of their parameters.

    ``why`` and ``advice`` are what such an option is refused with.
    """

    names: list[str]
    why: Callable[[str], str]
    advice: str


def fit(
    values: Mapping[str, object],
    origins: Mapping[str, Origin],
    pass_over: Callable[[str], None],
    *,
    whole: bool = True,
) -> None:
    """Have passed over what does not fit; ``pass_over`` changes ``values`` and ``origins``.

    Both are by the names of parameters; ``origins`` has the options that the command takes.
    ``whole``: they are those of one command, which either replays or watches. Raises `UsageError`.
    """

    def given(name: str) -> Kind:
        """Tell how strongly an option is given."""
        told = name in origins and values[name] is not False
        return origins[name].kind if told else Kind.DEFAULT

    for names in ALTERNATIVES:
        strongest = max(map(given, names))
        for name in filter(given, names):
            if given(name) < strongest:
                pass_over(name)
    for misfit in _misfits(values, origins) if whole else ():
        for name in filter(given, misfit.names):
            if given(name) == Kind.FLAG:
                raise UsageError(misfit.why(origins[name].words), misfit.advice)
            pass_over(name)
    for pair in EXCLUSIVE:
        if all(map(given, pair)):
            one, other = (origins[name].words for name in pair)
            raise UsageError(f"{one} and {other} exclude each other", "Leave one of them out.")


def _misfits(values: Mapping[str, object], origins: Mapping[str, Origin]) -> Iterator[_Misfit]:
    if "source" in origins:
        if values["source"]:
            yield _Misfit(
                _names(ConnectionOptions, SubscriptionOptions, RecordingOptions, SimulationOptions),
                lambda option: (
                    f"{origins['source'].words} replays a recording, and {option} is for watching "
                    "an exchange"
                ),
                "Leave one of them out.",
            )
        else:
            yield _Misfit(
                _names(ReplayOptions),
                lambda option: f"{option} is for a replay",
                "Add --from FILE, or leave it out.",
            )
    if "env" in origins and values["env"] != "sim":
        yield _Misfit(
            _names(SimulationOptions),
            lambda _: "--sim-… options are for --env sim",
            "Add --env sim, or leave them out.",
        )
    if values.get("record", "") is None:
        yield _Misfit(
            _names(FileOptions),
            lambda _: "--rotate and --keep are for --record",
            "Add --record DIR.",
        )


def _names(*groups: type[DataclassInstance]) -> list[str]:
    return [option.name for group in groups for option in fields(group)]
