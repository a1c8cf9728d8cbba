"""Lets a command take its options in groups, where Typer wants a parameter for each."""

from __future__ import annotations

from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def ungrouped(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command whose parameters are the fields of the groups that ``command`` takes.

    A group is a dataclass of options, ``name: Annotated[type, typer.Option(…)] = default``. Neither
    it nor ``command`` may stand where annotations are kept as text.
    """
    groups = {name: taken.annotation for name, taken in signature(command).parameters.items()}
    options = {name: signature(group).parameters for name, group in groups.items()}

    @wraps(command)
    def run(**given: object) -> None:
        built = {
            name: group(**{option: given[option] for option in options[name]})
            for name, group in groups.items()
        }
        command(**built)

    run.__signature__ = Signature(  # type: ignore[attr-defined] # what `signature` looks for
        [
            option.replace(kind=Parameter.KEYWORD_ONLY)
            for group in options.values()
            for option in group.values()
        ]
    )
    return run
