"""Lets a command take its options in groups, where Typer wants a parameter for each."""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

import typer

from rfqwatch.cli.settings.origin import Origins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTEXT = "context"


def ungrouped(command: Callable[..., None], *besides: type) -> Callable[..., None]:
    """Make a command whose parameters are the options in all groups that ``command`` takes.

    A group is a dataclass: of options, ``name: Annotated[type, typer.Option(…)] = default``, or of
    groups. Neither it nor ``command`` may stand where annotations are kept as text. A group, or a
    command, may also take the context of the command line, or the origins of its options.
    ``besides`` are groups that the command itself has no use for.
    """

    @wraps(command)
    def run(**given: Any) -> None:  # noqa: ANN401 - any option's
        _built(command, given)

    takers: tuple[Callable[..., Any], ...] = (command, *besides)
    found = [each for taker in takers for each in _leaves(taker)]
    options = [each for each in found if not _is_told(each)]
    if len(options) < len(found):
        options.append(Parameter(CONTEXT, Parameter.KEYWORD_ONLY, annotation=typer.Context))
    run.__signature__ = Signature(  # type: ignore[attr-defined] # what `signature` looks for
        [option.replace(kind=Parameter.KEYWORD_ONLY) for option in options]
    )
    return run


def _is_group(parameter: Parameter) -> bool:
    return is_dataclass(parameter.annotation)


def _is_told(parameter: Parameter) -> bool:
    """Tell whether a parameter is no option, but what the context tells of them."""
    return parameter.annotation in {typer.Context, Origins}


def _leaves(group: Callable[..., Any]) -> Iterator[Parameter]:
    for parameter in signature(group).parameters.values():
        if _is_group(parameter):
            yield from _leaves(parameter.annotation)
        else:
            yield parameter


def _built(group: Callable[..., Any], given: dict[str, Any]) -> Any:  # noqa: ANN401 - a group
    """Call what takes groups, or options, with those."""

    def value(name: str, parameter: Parameter) -> object:
        if _is_group(parameter):
            return _built(parameter.annotation, given)
        if _is_told(parameter):
            context = given[CONTEXT]
            return context.origins if parameter.annotation is Origins else context
        return given[name]

    return group(**{name: value(name, each) for name, each in signature(group).parameters.items()})
