"""Lets a command take its options in groups, where Typer wants a parameter for each."""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def ungrouped(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command whose parameters are the options in all groups that ``command`` takes.

    A group is a dataclass: of options, ``name: Annotated[type, typer.Option(…)] = default``, or of
    groups. Neither it nor ``command`` may stand where annotations are kept as text.
    """

    @wraps(command)
    def run(**given: object) -> None:
        _built(command, given)

    run.__signature__ = Signature(  # type: ignore[attr-defined] # what `signature` looks for
        [option.replace(kind=Parameter.KEYWORD_ONLY) for option in _options(command)]
    )
    return run


def _is_group(parameter: Parameter) -> bool:
    return is_dataclass(parameter.annotation)


def _options(group: Callable[..., Any]) -> Iterator[Parameter]:
    for parameter in signature(group).parameters.values():
        if _is_group(parameter):
            yield from _options(parameter.annotation)
        else:
            yield parameter


def _built(group: Callable[..., Any], given: dict[str, object]) -> Any:  # noqa: ANN401 - a group
    """Call what takes groups, or options, with those."""
    return group(
        **{
            name: _built(parameter.annotation, given) if _is_group(parameter) else given[name]
            for name, parameter in signature(group).parameters.items()
        }
    )
