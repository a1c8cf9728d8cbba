from __future__ import annotations

import json
from typing import Any

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED
from jsonschema import Draft202012Validator

from rfqwatch.exchange.events import EVENT_TYPES
from rfqwatch.lines.jsonschema import schema

SCHEMA = schema()
EVERY_LINE = Draft202012Validator(SCHEMA)
STAMP: dict[str, Any] = {"received_ts_ms": 1, "shard": "3/10"}
BY_TYPE = {
    part["properties"]["type"]["enum"][0]: name
    for name, part in SCHEMA["$defs"].items()
    if "enum" in part.get("properties", {}).get("type", {})
}
MESSAGES = [
    message
    for message in map(json.loads, DOCUMENTED + EARLY_2026 + RECORDED)
    if message["type"] in EVENT_TYPES
]


def of_its_type(line: dict[str, Any]) -> bool:
    """Tell whether a line is as its own type says."""
    part = {"$ref": f"#/$defs/{BY_TYPE[line['type']]}", "$defs": SCHEMA["$defs"]}
    return bool(Draft202012Validator(part).is_valid(line))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert BY_TYPE.keys() > EVENT_TYPES


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["type"])
def test_messages_are_of_their_types(message: dict[str, Any]) -> None:
    assert of_its_type(message | STAMP)
    assert of_its_type(message | STAMP | {"more": 1, "msg": message["msg"] | {"more": {}}})
    assert EVERY_LINE.is_valid(message | STAMP)
    # Without an id, or without a receipt, it is none.
    assert not of_its_type(message | STAMP | {"msg": {}})
    assert not EVERY_LINE.is_valid(message)


def test_the_exchange_may_say_anything() -> None:
    assert EVERY_LINE.is_valid({"type": "rfq_created", "msg": [], "received_ts_ms": 1})
    assert EVERY_LINE.is_valid({"received_ts_ms": 1})


@pytest.mark.parametrize("broken", [{"msg": {}}, {"type": "rfqwatch.hole"}, {"received_ts_ms": -1}])
def test_our_own_lines_are_as_they_are_said_to_be(broken: dict[str, Any]) -> None:
    missing = {"reason": "seq", "missed": 1, "last_seq": 1, "next_seq": 3}
    gap = {"type": "rfqwatch.gap", "msg": missing | {"from_ts_ms": 1, "to_ts_ms": None}} | STAMP
    assert of_its_type(gap)
    assert EVERY_LINE.is_valid(gap)
    assert not EVERY_LINE.is_valid(gap | broken)
