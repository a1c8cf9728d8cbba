from __future__ import annotations

import json

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED

from rfqwatch.exchange.events import EVENT_TYPES
from rfqwatch.simulator.faults.changes import DRIFTED
from rfqwatch.stream.newfields import novel_fields


def novel(kind: str, data: bytes | bytearray) -> list[str]:
    return list(novel_fields(kind, bytearray(data)))


@pytest.mark.parametrize("corpus", [DOCUMENTED, RECORDED, EARLY_2026])
def test_what_was_ever_documented_or_recorded_is_known(corpus: list[bytes]) -> None:
    known = [(kind, data) for data in corpus if (kind := json.loads(data)["type"]) in EVENT_TYPES]
    assert known
    assert {name for kind, data in known for name in novel(kind, data)} == set()


def test_new_fields_are_named_by_where_they_stand() -> None:
    leg = {"market_ticker": "M", "side": "yes", "odds": 2}
    message = {
        "type": "rfq_created",
        "region": "us",
        "msg": {"id": "r", "urgency": {"level": 3}, "mve_selected_legs": [leg, leg, 5]},
    }
    assert novel("rfq_created", json.dumps(message).encode()) == [
        "region",
        "rfq_created.urgency",
        "rfq_created.mve_selected_legs[].odds",
        "rfq_created.mve_selected_legs[].odds",
    ]


def test_a_renamed_field_is_new() -> None:
    renamed = next(event for event in DRIFTED if b"rfq_id" in event.msg)
    data = b'{"type":"rfq_created","msg":%b}' % renamed.msg
    assert novel("rfq_created", data) == ["rfq_created.rfq_id"]


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b'{"msg":[]}', b"{}", b"[" * 100_000, b"\xff"])
def test_nothing_is_named_of_what_can_t_be_read(data: bytes) -> None:
    assert novel("rfq_created", data) == []
