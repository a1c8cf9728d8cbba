"""Refuses values that a command itself would refuse, once it runs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.wiring.drawing import columns_asked_for
from rfqwatch.cli.wiring.selecting import selecting
from rfqwatch.sources.websocket import address
from rfqwatch.stream.drift import Drift
from rfqwatch.unquoting import unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping


def judge(values: Mapping[str, Any]) -> None:
    """Raise `UsageError` for what can't be; ``values`` are by the names of parameters.

    What is not a matter of words, as whether a key file is there, is for the command alone.
    """
    selection = {each.name: values.get(each.name) for each in fields(SelectionOptions)}
    selecting(SelectionOptions(**selection), Drift())
    columns_asked_for(values.get("columns"))
    if values.get("url") is not None:
        address(unquoted(values["url"]), "--url")
