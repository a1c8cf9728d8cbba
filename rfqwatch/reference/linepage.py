"""Writes the reference of JSON lines out of their schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from rfqwatch.lines.jsonschema import schema
from rfqwatch.reference.markdown import code, page, plain, table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    _Part: TypeAlias = dict[str, Any]
    _Parts: TypeAlias = dict[str, _Part]

_BEGINNING = """\
Every line that `rfqwatch tail` prints, and that a recording holds, is one JSON object. Its `type` \
says what it is; those that begin with `rfqwatch.` are rfqwatch's own, and the README explains \
[the reasons of gaps](../README.md#trust). All others are the exchange's, its bytes kept: \
what is listed of them is what rfqwatch knows, in the form that it knows; there may be more, and \
the exchange leaves out or changes what it likes. `rfqwatch schema` prints the same as JSON Schema.

`msg.legs[].side` is the field `side` of each object in the list `legs` of the object `msg`. What \
is there *maybe* is missing, or null, where there is nothing to say."""

_EVERY_LINE = ("received_ts_ms", "shard")
_EVERY_MESSAGE = ("sid", "seq", "sending_ts_ms")
_WORDS = {"integer": "whole number", "boolean": "true or false"}


def line_page() -> str:
    """Write the page."""
    parts = schema()["$defs"]
    lines = {
        part["properties"]["type"]["enum"][0]: part
        for part in parts.values()
        if "enum" in part.get("properties", {}).get("type", {})
    }
    own = {kind: part for kind, part in lines.items() if kind.startswith("rfqwatch.")}
    messages = {kind: part for kind, part in lines.items() if kind not in own}
    a_message, *_ = messages.values()
    return page(
        "JSON lines",
        "the JSON Schema of the lines",
        _BEGINNING,
        "## Every line",
        _table(a_message, parts, _EVERY_LINE),
        "## Lines of rfqwatch's own",
        *_sections(own, parts, {*_EVERY_LINE, "type"}),
        "## Messages of the exchange's",
        "All of them may have:",
        _table(a_message, parts, _EVERY_MESSAGE),
        *_sections(messages, parts, {*_EVERY_LINE, *_EVERY_MESSAGE, "type"}),
    )


def _sections(lines: _Parts, parts: _Parts, told: Collection[str]) -> Iterator[str]:
    for kind, part in lines.items():
        yield f"### `{kind}`"
        yield plain(part["description"])
        yield _table(part, parts, [name for name in part["properties"] if name not in told])


def _table(part: _Part, parts: _Parts, names: Iterable[str]) -> str:
    """List some fields of an object, and all of the objects in them."""
    rows = [row for name in names for row in _rows(part, parts, name, name)]
    return table(["field", "holds", "there", "unit, or meaning"], rows)


def _rows(part: _Part, parts: _Parts, name: str, path: str) -> Iterator[list[str]]:
    field = part["properties"][name]
    either = field.get("anyOf", [field])
    (kind,) = [each for each in either if each != {"type": "null"}]
    listed = kind.get("items", kind)
    inner = parts.get(listed.get("$ref", "").rpartition("/")[2], {"properties": {}})
    if name != "msg":
        always = "always" if len(either) == 1 else "or null"
        meaning = field.get("description") or kind.get("description") or ""
        there = always if name in part["required"] else "maybe"
        yield [code(path), _holds(kind), there, plain(meaning)]
    for each in inner["properties"]:
        yield from _rows(inner, parts, each, f"{path}{'[]' * ('items' in kind)}.{each}")


def _holds(kind: _Part) -> str:
    """Say what JSON there is."""
    if "enum" in kind:
        return ", ".join(map(code, kind["enum"]))
    if "$ref" in kind:
        return "object"
    if "items" in kind:
        return f"list of {_holds(kind['items'])}s"
    if kind.get("format") == "date-time":
        return "RFC 3339 time"
    types = kind["type"] if isinstance(kind["type"], list) else [kind["type"]]
    return " or ".join(_WORDS.get(each, str(each)) for each in types)
