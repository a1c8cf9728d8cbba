"""Makes a selection of the options that ask for it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from rfqwatch.errors import UsageError
from rfqwatch.exchange.decoding import read
from rfqwatch.selection import parsing
from rfqwatch.selection.conditions import CONDITIONS
from rfqwatch.selection.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.cli.options.selection import SelectionOptions
    from rfqwatch.exchange.events import Event
    from rfqwatch.exchange.wire import Payload
    from rfqwatch.stream.drift import Drift

_T = TypeVar("_T")


def selecting(
    options: SelectionOptions, drift: Drift
) -> tuple[Selection | None, Callable[[str, Payload], Event | None]]:
    """Give the selection, None for everything, and what reads the events in what it selects.

    Raises `UsageError`. Only the first of the two to read a message tells ``drift`` of it.
    """
    given = {name: value for name, value in asdict(options).items() if value is not None}
    text = " ".join(word for name, value in given.items() for word in _as_written(name, value))
    if not given:
        return None, drift.read
    selection = Selection(
        drift.read,
        types=_made("type", parsing.types, given["type"]) if "type" in given else None,
        conditions=[
            _made(name, make, given[name]) for name, make in CONDITIONS.items() if name in given
        ],
        include=_each("include", parsing.regex, given),
        exclude=_each("exclude", parsing.regex, given),
        known="known" in given,
        text=text,
    )
    if "min_cost" in given and "max_cost" in given:
        least, most = (parsing.amount(given[name]) for name in ("min_cost", "max_cost"))
        if least > most:
            raise UsageError(
                f"--min-cost {least} is more than --max-cost {most}", "No RFQ can be both."
            )
    return selection, _read_again if selection.reads else drift.read


def _read_again(kind: str, data: Payload) -> Event | None:
    return read(kind, data).event


def _each(name: str, make: Callable[[str], _T], given: dict[str, Any]) -> Sequence[_T]:
    return [_made(name, make, text) for text in given.get(name, ())]


def _made(name: str, make: Callable[[Any], _T], value: object) -> _T:
    try:
        return make(value)
    except UsageError as error:
        raise UsageError(f"{_option(name)} {error.message}", error.advice) from None


def _as_written(name: str, value: object) -> Iterator[str]:
    match value:
        case True:
            yield _option(name)
        case False:
            yield _option(f"no_{name}")
        case str() | list():
            for text in [value] if isinstance(value, str) else value:
                if not text:
                    raise UsageError(f"{_option(name)} is empty", "Leave it out to select all.")
                yield f"{_option(name)} {text}"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
