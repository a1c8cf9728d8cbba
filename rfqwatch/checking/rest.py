"""Checks by the REST API: whether the exchange is open, whose key it is; and the clock.

Whatever is no answer as documented is no proof of anything: someone else may have given it.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from rfqwatch.checking.dependencies import Check
from rfqwatch.checking.refusals import TOLERATED_MS, explained
from rfqwatch.checking.verdict import Verdict, failed, passed, unsure
from rfqwatch.errors import ConnectionFailedError, RefusedError
from rfqwatch.lines.wording import apart
from rfqwatch.sources import refusals
from rfqwatch.sources.link import DisconnectedError
from rfqwatch.sources.rest import Rest
from rfqwatch.stream.health import APART_MS

if TYPE_CHECKING:
    from rfqwatch.checking.subject import Subject
    from rfqwatch.sources.rest import Answer

_HALF_A_SECOND_MS = 500

_UNASKED = (
    "Watching needs no REST. Not to be seen without it are whether the exchange is open, whether "
    "this computer's clock is right, your limits, your id."
)
_NOT_ITS = (
    "That is no answer of the exchange's REST API: someone else gave it, or --url leads to a place "
    "that has none. Watching needs no REST."
)
_UNTOLD = "What it means is not known; the handshake below shows whether the key may watch."
_SET_CLOCK = (
    "Set it (on Linux: timedatectl set-ntp true): what is recorded has wrong times, and each "
    "handshake is refused at first. rfqwatch signs by the exchange's clock then."
)

_Kind = TypeVar("_Kind", bound=Struct)


class _Status(Struct, frozen=True):
    exchange_active: bool
    trading_active: bool
    exchange_estimated_resume_time: datetime | None = None


class _Bucket(Struct, frozen=True):
    refill_rate: int
    bucket_capacity: int


class _Limits(Struct, frozen=True):
    usage_tier: str
    read: _Bucket
    write: _Bucket


class _Id(Struct, frozen=True):
    communications_id: str


class RestChecks:
    """Asks the exchange about itself, and about whoever asks."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._rest: Rest | None = None
        self._told: tuple[Answer, _Status] | None = None
        signed = ("rest", "private_key")
        self.checks = (
            Check("rest", "REST", self._reach, ("endpoint",)),
            Check("exchange_status", "exchange status", self._status, ("rest",)),
            Check("clock", "clock", self._clock, ("rest",)),
            Check("account_limits", "account limits", self._limits, signed),
            Check("communications_id", "your id", self._id, (*signed, "account_limits")),
        )

    @property
    def _answer(self) -> tuple[Answer, _Status]:
        assert self._told is not None  # noqa: S101 - the first check gets it
        return self._told

    async def _reach(self) -> Verdict:
        self._rest = rest = Rest(self._subject.address, self._subject.tls)
        try:
            answer = await rest.get("/exchange/status")
        except (DisconnectedError, ConnectionFailedError) as error:
            return unsure(_from(rest, str(error)), _UNASKED, blocks=True)
        response = answer.response
        # During maintenance its answers are 503s and 504s with the same body.
        body = _read(response.body, _Status)
        if body is None:
            return unsure(_from(rest, refusals.describe(response)), _NOT_ITS, blocks=True)
        self._told = answer, body
        ms = round((answer.answered.s - answer.asked.s) * 1000)
        return passed(f"{rest.place} answered in {ms} ms", {"place": rest.place, "ms": ms})

    async def _status(self) -> Verdict:
        _, status = self._answer
        resumed = status.exchange_estimated_resume_time
        facts = {
            "exchange_active": status.exchange_active,
            "trading_active": status.trading_active,
            "estimated_resume_time": resumed.isoformat() if resumed else None,
        }
        if not status.exchange_active:
            until = f"; it expects to be back at {resumed:%Y-%m-%d %H:%M %Z}" if resumed else ""
            return failed(
                f"closed for maintenance{until}",
                "Wait: until then connections are refused or lost. rfqwatch tail connects again by "
                "itself.",
                facts,
            )
        if not status.trading_active:
            return unsure(
                "open, but trading is paused",
                "Outside trading hours, or in a pause, few RFQs come or none.",
                facts,
            )
        return passed("open, and trading", facts)

    async def _clock(self) -> Verdict:
        answer, _ = self._answer
        offset_ms = refusals.ahead_ms(answer.response, (answer.asked.ms + answer.answered.ms) // 2)
        if offset_ms is None:
            return unsure("REST told no time", "Whether this computer's clock is right is unknown.")
        doubt_ms = _HALF_A_SECOND_MS + (answer.answered.ms - answer.asked.ms) // 2 + 1
        if abs(offset_ms) <= doubt_ms:
            self._subject.offset_ms = 0
            seen = f"agrees with the exchange's to {doubt_ms / 1000:.1f} s"
            return passed(seen, {"offset_ms": 0, "uncertainty_ms": doubt_ms})
        self._subject.offset_ms, self._subject.doubt_ms = offset_ms, doubt_ms
        facts = {"offset_ms": offset_ms, "uncertainty_ms": doubt_ms}
        seen = f"{apart(offset_ms)}, to {doubt_ms / 1000:.1f} s"
        if abs(offset_ms) > TOLERATED_MS:
            return failed(seen, _SET_CLOCK, facts, exit_code=RefusedError.exit_code)
        if abs(offset_ms) > APART_MS:
            return unsure(seen, "That is tolerated, but lag is wrong by as much: set it.", facts)
        return passed(seen, facts)

    async def _limits(self) -> Verdict:
        found = await self._signed("/account/limits", _Limits)
        if isinstance(found, Verdict):
            return found
        read, write = found.read, found.write
        return passed(
            f"tier {found.usage_tier}: tokens for reading {read.refill_rate} a second, up to "
            f"{read.bucket_capacity} at once; for writing {write.refill_rate}, up to "
            f"{write.bucket_capacity}",
            {
                "tier": found.usage_tier,
                "read_per_s": read.refill_rate,
                "write_per_s": write.refill_rate,
            },
        )

    async def _id(self) -> Verdict:
        found = await self._signed("/communications/id", _Id)
        if isinstance(found, Verdict):
            return found
        whole = found.communications_id
        return passed(
            f"{whole}, the creator_id of your RFQs and quotes", {"communications_id": whole}
        )

    async def _signed(self, path: str, kind: type[_Kind]) -> _Kind | Verdict:
        """Get an answer to a signed request, or the verdict where there is none."""
        rest, subject = self._rest, self._subject
        assert rest is not None  # noqa: S101 - the first check makes it
        try:
            answer = await rest.get(path, subject.credentials, subject.offset_ms or 0)
        except (DisconnectedError, ConnectionFailedError) as error:
            return unsure(_from(rest, str(error)), _UNASKED, blocks=True)
        response = answer.response
        if response.status_code == HTTPStatus.OK:
            if body := _read(response.body, kind):
                return body
            return unsure(_from(rest, refusals.describe(response)), _NOT_ITS, blocks=True)
        if refusals.blames_credentials(response):
            refused = refusals.error(response, rest.place)
            assert isinstance(refused, RefusedError)  # noqa: S101 - nothing else blames them
            return explained(refused, subject)
        return unsure(_from(rest, refusals.describe(response)), _UNTOLD, blocks=True)


def _from(rest: Rest, text: str) -> str:
    return text if text.startswith(rest.place) else f"{rest.place}: {text}"


def _read(body: bytes | bytearray, kind: type[_Kind]) -> _Kind | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        return None
