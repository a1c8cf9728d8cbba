"""A simulated exchange: the server that Kalshi's ``communications`` channel is to its clients."""

from __future__ import annotations

import asyncio
import contextlib
import http
import random
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Final, Self

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from rfqwatch.simulator import commands
from rfqwatch.simulator.chance import natural_book
from rfqwatch.simulator.faults import HANDSHAKE, SUBSCRIBE, FaultKind, Schedule
from rfqwatch.simulator.handshake import refusal
from rfqwatch.simulator.line import Account, Connection, Line, Subscription, now_ms
from rfqwatch.simulator.sabotage import Saboteur
from rfqwatch.simulator.traffic import OPEN_LIMIT, Traffic

if TYPE_CHECKING:
    import ssl as tls
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from websockets.http11 import Request

    from rfqwatch.simulator.agenda import Event
    from rfqwatch.simulator.faults import Fault
    from rfqwatch.simulator.handshake import PublicKey

PATH: Final = "/trade-api/ws/v2"
"""The only path served, and the path that clients sign."""

_TICK = 0.01
_LONGEST_PAUSE = 0.1
_CLOSE_TIMEOUT = 1.0
_MOST_AT_ONCE = 5_000
_UNPACED_RATE = 3_000.0
_UNPACED_BURST = 250
_MOST_STANDING = 20_000
_UNPACED_STANDING = 5_000
_CLOCK_JUMP_MS = 60_000
_JSON = "application/json"
_HTML = "text/html"
_REFUSALS: Final = {
    FaultKind.HTTP_408: (http.HTTPStatus.REQUEST_TIMEOUT, "text/plain", b"Request Timeout\n"),
    FaultKind.HTTP_429: (
        http.HTTPStatus.TOO_MANY_REQUESTS,
        _JSON,
        b'{"error":"too many requests"}',
    ),
    FaultKind.HTTP_503: (
        http.HTTPStatus.SERVICE_UNAVAILABLE,
        _HTML,
        b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>\n",
    ),
}
_ERRORS: Final = {FaultKind.TIMEOUT_18: 18, FaultKind.BUSY_27: 27}


class SimulatedExchange:
    """A WebSocket server on 127.0.0.1 that looks like the exchange, one market for everyone.

    Use it as an asynchronous context manager. It checks the signature of each handshake against
    ``public_keys``, by key id; every key is the same account's, the traffic's ``watcher``.

    The market opens with the first subscription and then runs on its own, ``rate`` messages a
    second on average over the unsharded channel; 0 is as fast as the slowest connection reads,
    with RFQs that live as long as it takes. ``standing`` RFQs are open by then, and each
    subscription starts with a burst of everything open; by default as many as ``rate`` would have
    opened in a minute and not closed, 20,000 at most. With 0 there is no burst. The burst is
    reported by some clients of the exchange and denied by others.

    ``faults`` happen in place of, or before, a data frame: see ``parse_faults``. The frames of
    ``NAME@N`` are counted over all connections, the burst and lost frames included; the random
    times of ``NAME`` come from ``seed``. A fault of the handshake or the subscribe command waits
    for the next one, and brings that about with a reset; ``@0`` waits for the first.
    ``slow_ack`` is the delay of the fault of that name, in seconds.

    ``buffer`` is how many messages may wait for a connection that doesn't read, beside the burst,
    before its subscription ends with error 25. ``heartbeat`` is the time between two pings, in
    seconds. ``sent`` holds one account per subscription there ever was.

    A second subscribe on one connection starts a second subscription, with a sid and numbers of
    its own: the exchange no longer emits error 6 ("Already subscribed"), and says nowhere else
    that a connection has but one.
    """

    def __init__(
        self,
        *,
        public_keys: Mapping[str, PublicKey],
        rate: float = 20,
        seed: int | None = None,
        port: int = 0,
        faults: Sequence[Fault] = (),
        standing: int | None = None,
        ssl: tls.SSLContext | None = None,
        batches: bool = False,
        keep_ids: bool = False,
        slow_ack: float = 15.0,
        heartbeat: float = 10.0,
        buffer: int = 100_000,
    ) -> None:
        self.sent: list[Account] = []
        self.accepted = 0
        """How many handshakes were let in."""
        self.refused = 0
        """How many handshakes were answered with an HTTP error."""
        self._keys = public_keys
        self._rate = rate
        self._seed = seed
        self._port = port
        self._ssl = ssl
        self._standing = _default_standing(rate) if standing is None else standing
        self._batches = batches
        self._keep_ids = keep_ids
        self._slow_ack = slow_ack
        self._heartbeat = heartbeat
        self._buffer = buffer
        self._schedule = Schedule(faults, seed)
        self._saboteur = Saboteur(random.Random(seed))
        self._saboteur.armed += self._schedule.at_start()
        self._clock_ahead_ms = 0
        self._frames = 0
        self._lines: set[Line] = set()
        self._traffic: Traffic | None = None
        self._market: asyncio.Task[None] | None = None
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    @property
    def url(self) -> str:
        """The address to connect to, ``wss://`` with TLS."""
        return f"{'wss' if self._ssl else 'ws'}://127.0.0.1:{self._port}{PATH}"

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        self._server = await serve(
            self._converse,
            "127.0.0.1",
            self._port,
            ssl=self._ssl,
            process_request=self._let_in,
            process_response=self._date,
            create_connection=Connection,
            ping_interval=None,
            close_timeout=_CLOSE_TIMEOUT,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection (1001), then stop."""
        if self._market is not None:
            self._market.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._market
        for line in self._lines:
            line.abandon()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    # The handshake

    def _let_in(self, _connection: ServerConnection, request: Request) -> Response | None:
        fault = self._saboteur.take(HANDSHAKE)
        if fault in _REFUSALS:
            status, media_type, body = _REFUSALS[fault]
            return self._refuse(status, media_type, body)
        if fault is FaultKind.EXPIRED:
            # To and fro, so that a client that corrects its clock is refused the next time too.
            self._clock_ahead_ms = _CLOCK_JUMP_MS - self._clock_ahead_ms
        if request.path.partition("?")[0] != PATH:
            return self._refuse(http.HTTPStatus.NOT_FOUND, "text/plain", b"404 page not found\n")
        credentials = {name: request.headers.get(name, "") for name in _CREDENTIAL_HEADERS}
        why = refusal(credentials, request.path, self._keys, now_ms() + self._clock_ahead_ms)
        if why is not None:
            return self._refuse(http.HTTPStatus.UNAUTHORIZED, _JSON, msgspec.json.encode(why))
        self.accepted += 1
        return None

    def _refuse(self, status: http.HTTPStatus, media_type: str, body: bytes) -> Response:
        self.refused += 1
        headers = Headers(
            {
                "Connection": "close",
                "Content-Length": str(len(body)),
                "Content-Type": media_type,
            }
        )
        return Response(status.value, status.phrase, headers, body)

    def _date(self, _connection: ServerConnection, _request: Request, response: Response) -> None:
        now = (now_ms() + self._clock_ahead_ms) / 1000
        with contextlib.suppress(KeyError):
            del response.headers["Date"]
        response.headers["Date"] = formatdate(now, usegmt=True)

    # The conversation

    async def _converse(self, connection: ServerConnection) -> None:
        if not isinstance(connection, Connection):
            raise TypeError("the server makes connections of its own class")
        line = Line(connection, self.accepted)
        self._lines.add(line)
        pings = asyncio.create_task(self._ping(line))
        try:
            with contextlib.suppress(ConnectionClosed):
                async for message in connection:
                    self._obey(line, message)
        finally:
            pings.cancel()
            self._lines.discard(line)
            line.end()

    async def _ping(self, line: Line) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            line.ping()

    def _obey(self, line: Line, message: str | bytes) -> None:
        command_id, command = commands.read(message)
        match command:
            case commands.CommandError():
                _refuse_command(line, command_id, command.code)
            case commands.Subscribe():
                self._subscribe(line, command_id, command)
            case commands.Unsubscribe():
                for sid in command.sids:
                    if subscription := line.subscriptions.get(sid):
                        subscription.reply("unsubscribed", command_id)
                        subscription.end("unsubscribed")
                    else:
                        _refuse_command(line, command_id, 7)
            case commands.Update():
                if subscription := line.subscriptions.get(command.sid):
                    tickers = {"market_tickers": command.market_tickers}
                    subscription.reply("ok", command_id, msg=tickers)
                else:
                    _refuse_command(line, command_id, 7)
            case commands.ListSubscriptions():
                listed = [{"channel": commands.CHANNEL, "sid": sid} for sid in line.subscriptions]
                line.reply({**_id(command_id), "type": "ok", "msg": listed})

    def _subscribe(self, line: Line, command_id: int, command: commands.Subscribe) -> None:
        fault = self._saboteur.take(SUBSCRIBE)
        if fault is FaultKind.NO_ACK:
            return
        if fault is FaultKind.SLOW_ACK:
            loop = asyncio.get_running_loop()
            loop.call_later(self._slow_ack, self._acknowledge, line, command_id, command)
        elif fault in _ERRORS:
            _refuse_command(line, command_id, _ERRORS[fault])
        else:
            self._acknowledge(line, command_id, command)

    def _acknowledge(self, line: Line, command_id: int, command: commands.Subscribe) -> None:
        if not line.alive:
            return
        traffic = self._traffic or self._open_market()
        limit = self._buffer + (len(traffic.open) if self._standing else 0)
        subscription = Subscription(line, command, traffic.watcher, limit, keep_ids=self._keep_ids)
        subscription.numbered = self._saboteur.numbered
        self.sent.append(subscription.account)
        msg = {"channel": commands.CHANNEL, "sid": subscription.account.sid}
        line.reply({**_id(command_id), "type": "subscribed", "msg": msg})
        if self._standing:
            subscription.offer(traffic.open)
            subscription.pump(self._befall)

    # The market

    def _open_market(self) -> Traffic:
        start_us = time.time_ns() // 1_000
        self._traffic = Traffic(
            seed=self._seed,
            rate=self._rate or _UNPACED_RATE,
            start_us=start_us,
            standing=self._standing,
            batches=self._batches,
            # Unpaced, RFQs end as fast as they come: the book keeps its size.
            open_limit=OPEN_LIMIT if self._rate else max(self._standing, 1_000),
        )
        self._schedule.start(start_us)
        self._market = asyncio.create_task(self._trade(self._traffic, start_us))
        return self._traffic

    async def _trade(self, traffic: Traffic, start_us: int) -> None:
        # The clock that can't be set, so that no jump becomes a burst or a pause.
        started_ns = time.monotonic_ns()
        while True:
            now_us = start_us + (time.monotonic_ns() - started_ns) // 1_000
            pause = _TICK
            if self._rate:
                events = traffic.until(now_us, _MOST_AT_ONCE)
                pause = min(max(_TICK, (traffic.next_us - now_us) / 1e6), _LONGEST_PAUSE)
            elif self._keeping_up():
                events = traffic.burst(now_us, _UNPACED_BURST)
                pause = 0
            else:
                events = []
                pause = 0.001
            self._deliver(events)
            if any(line.waiting and line.writable for line in self._lines):
                pause = 0
            await asyncio.sleep(pause)

    def _keeping_up(self) -> bool:
        lines = [line for line in self._lines if line.alive and line.subscriptions]
        return bool(lines) and all(line.writable and not line.waiting for line in lines)

    def _deliver(self, events: Sequence[Event]) -> None:
        for line in list(self._lines):
            for subscription in list(line.subscriptions.values()):
                if not line.alive:
                    break
                subscription.offer(events)
                if line.writable:
                    subscription.pump(self._befall)

    def _befall(self, subscription: Subscription, event: Event) -> bool:
        self._frames += 1
        schedule = self._schedule
        if self._frames < schedule.next_frame and event.at_us < schedule.next_us:
            return True
        while kind := schedule.take(self._frames, event.at_us):
            if not self._saboteur.befall(kind, subscription, event):
                return False
        return True


_CREDENTIAL_HEADERS: Final = (
    "KALSHI-ACCESS-KEY",
    "KALSHI-ACCESS-TIMESTAMP",
    "KALSHI-ACCESS-SIGNATURE",
)


def _default_standing(rate: float) -> int:
    return min(natural_book(rate), _MOST_STANDING) if rate else _UNPACED_STANDING


def _id(command_id: int) -> dict[str, int]:
    return {"id": command_id} if command_id else {}


def _refuse_command(line: Line, command_id: int, code: int) -> None:
    msg = {"code": code, "msg": commands.ERRORS[code]}
    line.reply({**_id(command_id), "type": "error", "msg": msg})
