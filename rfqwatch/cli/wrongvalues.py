"""Says in rfqwatch's words why the command line refuses a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer

_WORDS: dict[str, Callable[[Any], str]] = {
    "int_parsing": lambda _: "is no whole number",
    "int_from_float": lambda _: "is no whole number",
    "int_parsing_size": lambda _: "is no whole number of a usual size",
    "float_parsing": lambda _: "is no number",
    "finite_number": lambda _: "is no number",
    "bool_parsing": lambda _: "is neither true nor false",
    "greater_than_equal": lambda limits: f"is less than {limits['ge']:g}",
    "less_than_equal": lambda limits: f"is more than {limits['le']:g}",
}
"""By the kinds of what Pydantic finds, which Typer has read values (docs.pydantic.dev, errors)."""


def message(refused: typer.TyperException) -> str:
    """Give the message of what Typer refused, without a full stop."""
    # "Value error" is Pydantic's, before a parser's own words.
    told = refused.format_message().replace("Value error, ", "", 1).removesuffix(".")
    found = getattr(refused.__cause__, "errors", None)
    if found is None:
        return told
    first = found()[0]
    write = _WORDS.get(first["type"])
    value = first["input"]
    if write is None:
        return told
    # NaN is neither less nor more than anything.
    nan = str(value).strip("+-").lower() == "nan"
    words = "is no number" if nan else write(first.get("ctx", {}))
    return told.replace(first["msg"].removesuffix("."), f"{str(value)!r} {words}", 1)
