"""What the exchange's REST API says of itself, and of whoever asks.

Source: docs.kalshi.com, Get Exchange Status, Get Account API Limits, Get Communications ID.
"""

from __future__ import annotations

import http
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rfqwatch.simulator.faults.kinds import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.http11 import Request

    from rfqwatch.simulator.faults.effects import Saboteur
    from rfqwatch.simulator.requests.signatures import Signatures

BASE: Final = "/trade-api/v2"

_HOUR_S: Final = 3_600
_OPEN: Final = {"exchange_active": True, "trading_active": True}
_LIMITS: Final = {
    "usage_tier": "basic",
    "read": {"bucket_capacity": 400, "refill_rate": 200},
    "write": {"bucket_capacity": 100, "refill_rate": 100},
    "grants": [],
}


class Rest:
    """Answers GETs; ``watcher`` tells whose every key is."""

    def __init__(
        self, signatures: Signatures, saboteur: Saboteur, watcher: Callable[[], str]
    ) -> None:
        self._signatures = signatures
        self._saboteur = saboteur
        self._watcher = watcher

    def answer(self, request: Request) -> tuple[http.HTTPStatus, Any] | None:
        """Give the status and the body of an answer; None where no such thing is served."""
        path = request.path.partition("?")[0]
        if path == f"{BASE}/exchange/status":
            if self._saboteur.awaits(FaultKind.MAINTENANCE):
                return self.maintenance()
            return http.HTTPStatus.OK, _OPEN
        told: dict[str, Callable[[], Any]] = {
            f"{BASE}/account/limits": lambda: _LIMITS,
            f"{BASE}/communications/id": lambda: {"communications_id": self._watcher()},
        }
        if path not in told:
            return None
        if fault := self._signatures.fault(request.headers, path):
            return http.HTTPStatus.UNAUTHORIZED, {"error": fault}
        return http.HTTPStatus.OK, told[path]()

    def maintenance(self) -> tuple[http.HTTPStatus, Any]:
        """Give the status and the body of an answer during maintenance, which lasts an hour."""
        resumed = datetime.fromtimestamp(self._signatures.now_ms() // 1_000 + _HOUR_S, UTC)
        body = {
            "exchange_active": False,
            "trading_active": False,
            "exchange_estimated_resume_time": f"{resumed:%Y-%m-%dT%H:%M:%SZ}",
        }
        return http.HTTPStatus.SERVICE_UNAVAILABLE, body
