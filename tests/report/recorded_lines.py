"""Lines of a recording, as short as a test needs them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

START_MS = 1_795_543_200_000
"""18:00 UTC."""


def line(kind: str, at_ms: int, msg: dict[str, Any], **envelope: object) -> str:
    """Write a line received so many milliseconds after 18:00, and sent 5 ms before."""
    received_ms = START_MS + at_ms
    written = {"type": kind, "sid": 1, "seq": 1, "msg": msg, "sending_ts_ms": received_ms - 5}
    return json.dumps(written | envelope | {"received_ts_ms": received_ms}, separators=(",", ":"))


def time(at_ms: int) -> str:
    return datetime.fromtimestamp((START_MS + at_ms) / 1_000, UTC).isoformat()


def created(name: str, at_ms: int = 0, legs: str = "AB", **fields: object) -> str:
    """Write an RFQ on legs that have a letter each, small ones for "no"."""
    told = [
        {
            "event_ticker": f"EVENT-{letter.upper()}",
            "market_ticker": f"M-{letter.upper()}",
            "side": "yes" if letter.isupper() else "no",
        }
        for letter in legs
    ]
    msg = {"id": name, "creator_id": "c1", "created_ts": time(at_ms), "mve_selected_legs": told}
    return line("rfq_created", at_ms, {**msg, "target_cost_dollars": "10.0000", **fields})


def deleted(name: str, at_ms: int, **fields: object) -> str:
    return line("rfq_deleted", at_ms, {"id": name, "deleted_ts": time(at_ms), **fields})


def quoted(kind: str, quote: str, at_ms: int, maker: str = "me", **fields: object) -> str:
    msg = {
        "quote_id": quote,
        "rfq_id": "r",
        "quote_creator_id": maker,
        "rfq_creator_id": "you",
        "yes_bid_dollars": "0.4000",
        "no_bid_dollars": "0.5600",
        "yes_contracts_offered_fp": "25.00",
        "no_contracts_offered_fp": "17.00",
    }
    stamp = {"quote_created": "created_ts", "quote_executed": "executed_ts"}.get(kind)
    return line(kind, at_ms, msg | ({stamp: time(at_ms)} if stamp else {}) | fields)
