"""Tells a replay from a watch, and refuses the options of the one in the other."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from rfqwatch.cli.options.replay import ReplayOptions


def is_replay(replay: ReplayOptions, *others: DataclassInstance) -> bool:
    """Tell whether recordings are to be replayed; ``others`` are options that are for a watch.

    Raises `UsageError` where options don't fit.
    """
    if replay.source is None:
        if unfit := _given(replay):
            raise UsageError(f"{unfit} is for a replay", "Add --from FILE, or leave it out.")
        return False
    for options in others:
        if unfit := _given(options):
            raise UsageError(
                f"--from replays a recording, and {unfit} is for watching an exchange",
                "Leave one of them out.",
            )
    return True


def _given(options: DataclassInstance) -> str:
    """Name the first option of a group that is not as it is by itself; "" where all are."""
    for option in fields(options):
        if getattr(options, option.name) != option.default:
            return f"--{option.name.replace('_', '-')}"
    return ""
