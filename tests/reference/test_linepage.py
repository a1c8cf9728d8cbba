from __future__ import annotations

import re

from rfqwatch.exchange.events import EVENT_TYPES
from rfqwatch.reference.linepage import line_page

SECTIONS = dict(re.findall(r"^### `(.*)`\n\n((?:.*\n)+?)(?=#|\Z)", line_page(), re.MULTILINE))


def fields(kind: str) -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(.*?)` \| (.*) \| (.*) \| (.*) \|$", SECTIONS[kind], re.MULTILINE)
    return {name: more for name, *more in rows}


def test_every_type_of_line_is_there() -> None:
    assert SECTIONS.keys() > EVENT_TYPES
    assert {kind for kind in SECTIONS if kind not in EVENT_TYPES} == {
        f"rfqwatch.{name}"
        for name in ("subscribed", "gap", "malformed", "ended", "recording", "continued")
    }


def test_a_field_is_told_with_what_it_holds_and_in_which_unit() -> None:
    created = fields("rfq_created")
    assert created["msg.id"] == ["string", "always", ""]
    assert created["msg.target_cost_dollars"] == ["string or number", "maybe", "dollars, exact"]
    assert created["msg.created_ts"][0] == "RFC 3339 time"
    assert created["msg.mve_selected_legs[].side"] == ["string", "maybe", "yes or no"]
    assert created["msg.target_cost"][2].startswith("hundredths of a cent")
    assert fields("rfq_batch_created")["msg.rfqs[].leg_indices"][0] == "list of whole numbers"
    assert fields("rfqwatch.gap")["msg.missed"][1] == "or null"


def test_every_field_of_our_own_lines_is_explained() -> None:
    for kind in SECTIONS.keys() - EVENT_TYPES:
        assert all(meaning for *_, meaning in fields(kind).values())
