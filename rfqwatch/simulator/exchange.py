"""A simulated exchange: the server that Kalshi's ``communications`` channel is to its clients."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Final, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from rfqwatch.simulator import commands
from rfqwatch.simulator.connection import Connection, Line
from rfqwatch.simulator.faults.effects import Saboteur
from rfqwatch.simulator.faults.kinds import SUBSCRIBE, FaultKind
from rfqwatch.simulator.market.pacing import Market
from rfqwatch.simulator.requests.handshake import PATH, Gate
from rfqwatch.simulator.subscription import Subscription

if TYPE_CHECKING:
    import ssl as tls
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from rfqwatch.simulator.account import Account
    from rfqwatch.simulator.faults.kinds import Fault
    from rfqwatch.simulator.requests.signatures import PublicKey

_CLOSE_TIMEOUT = 1.0
_ERRORS: Final = {FaultKind.TIMEOUT_18: 18, FaultKind.BUSY_27: 27}


class SimulatedExchange:
    """A server on 127.0.0.1 that looks like the exchange, one market for everyone.

    Beside the WebSocket it serves what the REST API tells of the exchange and of an account. Use it
    as an asynchronous context manager. It checks the signature of each handshake against
    ``public_keys``, by key id; every key is the same account's, the traffic's ``watcher``.

    The market opens with the first subscription, or when someone first asks who they are, and then
    runs on its own, ``rate`` messages a second on average over the unsharded channel, each at its
    own time and by itself; 0 is as fast as the slowest connection reads, many at once, with RFQs
    that live as long as it takes.
    ``standing`` RFQs are open by then, and each subscription starts with a burst of everything
    open; by default as many as ``rate`` would have opened in a minute and not closed, 20,000 at
    most. With 0 there is no burst. The burst is reported by some clients of the exchange and denied
    by others.

    ``faults`` happen in place of, or before, a data frame: see ``parse_faults``. The frames of
    ``NAME@N`` are counted over all connections, the burst and lost frames included; the random
    times of ``NAME`` come from ``seed``. A fault of the handshake or the subscribe command waits
    for the next one, and brings that about with a reset; ``@0``, and ``NAME`` once, waits for the
    first.
    ``slow_ack`` is the delay of the fault of that name, in seconds.

    ``ahead`` is how far the exchange's clock is ahead of this computer's, in seconds.

    ``buffer`` is how many messages may wait for a connection that doesn't read, beside the burst,
    before its subscription ends with error 25. ``heartbeat`` is the time between two pings, in
    seconds. ``sent`` holds one account per subscription there ever was; ``keep_ids`` and
    ``keep_frames`` say what it keeps of every frame, which takes memory.

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
        keep_frames: bool = False,
        slow_ack: float = 15.0,
        heartbeat: float = 10.0,
        buffer: int = 100_000,
        ahead: float = 0.0,
    ) -> None:
        self.sent: list[Account] = []
        self._port = port
        self._ssl = ssl
        self._paced = rate > 0
        self._keep_ids = keep_ids
        self._keep_frames = keep_frames
        self._slow_ack = slow_ack
        self._heartbeat = heartbeat
        self._buffer = buffer
        self._ahead_ms = round(ahead * 1_000)
        self._saboteur = Saboteur(faults, seed)
        self._gate = Gate(
            public_keys,
            self._saboteur,
            ahead_ms=self._ahead_ms,
            watcher=lambda: self._opened().watcher,
        )
        self._lines: set[Line] = set()
        self._open_market = functools.partial(
            Market,
            self._lines,
            self._saboteur,
            rate=rate,
            seed=seed,
            standing=standing,
            batches=batches,
            ahead_ms=self._ahead_ms,
        )
        self._market: Market | None = None
        self._trading: asyncio.Task[None] | None = None
        self._server: Server | None = None

    @property
    def accepted(self) -> int:
        """How many handshakes were let in."""
        return self._gate.accepted

    @property
    def refused(self) -> int:
        """How many handshakes were answered with an HTTP error."""
        return self._gate.refused

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
            process_request=self._gate.let_in,
            process_response=self._gate.date,
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
        if self._trading is not None:
            self._trading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._trading
        for line in self._lines:
            line.abandon()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _converse(self, connection: ServerConnection) -> None:
        if not isinstance(connection, Connection):
            raise TypeError("the server makes connections of its own class")
        line = Line(connection, self.accepted, apart=self._paced, ahead_ms=self._ahead_ms)
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
                line.refuse(command_id, command.code)
            case commands.Subscribe():
                self._subscribe(line, command_id, command)
            case commands.Unsubscribe():
                for sid in command.sids:
                    if subscription := line.subscriptions.get(sid):
                        subscription.reply("unsubscribed", command_id)
                        subscription.end("unsubscribed")
                    else:
                        line.refuse(command_id, 7)
            case commands.Update():
                if subscription := line.subscriptions.get(command.sid):
                    tickers = {"market_tickers": command.market_tickers}
                    subscription.reply("ok", command_id, msg=tickers)
                else:
                    line.refuse(command_id, 7)
            case commands.ListSubscriptions() if not self._saboteur.lists:
                line.refuse(command_id, 5)
            case commands.ListSubscriptions():
                listed = [{"channel": commands.CHANNEL, "sid": sid} for sid in line.subscriptions]
                line.reply("ok", command_id, msg=listed)

    def _subscribe(self, line: Line, command_id: int, command: commands.Subscribe) -> None:
        fault = self._saboteur.take(SUBSCRIBE)
        if fault is FaultKind.NO_ACK:
            return
        if fault is FaultKind.SLOW_ACK:
            loop = asyncio.get_running_loop()
            loop.call_later(self._slow_ack, self._acknowledge, line, command_id, command)
        elif fault in _ERRORS:
            line.refuse(command_id, _ERRORS[fault])
        else:
            self._acknowledge(line, command_id, command)

    def _acknowledge(self, line: Line, command_id: int, command: commands.Subscribe) -> None:
        if not line.alive:
            return
        market = self._opened()
        greeting = market.greeting
        limit = self._buffer + len(greeting)
        subscription = Subscription(
            line,
            command,
            market.watcher,
            limit,
            keep_ids=self._keep_ids,
            keep_frames=self._keep_frames,
        )
        subscription.numbered = self._saboteur.numbered
        self.sent.append(subscription.account)
        msg = {"channel": commands.CHANNEL, "sid": subscription.account.sid}
        line.reply("subscribed", command_id, msg=msg)
        subscription.offer(greeting)
        subscription.pump(self._saboteur.lets_pass)

    def _opened(self) -> Market:
        if self._market is None:
            self._market = self._open_market()
            self._trading = asyncio.create_task(self._market.trade())
        return self._market
