"""What recordings hold, in order: messages as they were received, and what was said of the stream.

Lines are those of `rfqwatch.lines.jsonlines`, or messages without a stamp, as others record them.
Where rfqwatch has said what is missing, it is believed; where it has said nothing, the numbers of
the messages tell. Where a file does not go on as the one before it ended, everything may be.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from rfqwatch.clock import Instant
from rfqwatch.errors import RecordingError
from rfqwatch.exchange.errorcodes import ENDING_CODES, OVERFLOW
from rfqwatch.exchange.notices import Gap, Live, Note
from rfqwatch.exchange.numbering import Numbering
from rfqwatch.exchange.wire import (
    OWN_TYPES,
    Control,
    Error,
    Frame,
    Malformed,
    Payload,
    Subscribed,
    read,
)
from rfqwatch.lines.wording import moment
from rfqwatch.sources.decompression import Opened
from rfqwatch.sources.ownlines import (
    OwnLine,
    ending_of,
    gap_of,
    live_of,
    malformed_of,
    own_line,
    previous_of,
)
from rfqwatch.sources.stamps import KEY, read_stamp, received_ms, sent_ms, without_twice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.exchange.notices import GapReason
    from rfqwatch.exchange.wire import Message, Received
    from rfqwatch.lines.output import Ending

LONGEST = 2**26
"""Bytes of one line; the exchange's longest messages have a few thousand."""


class Burst(NamedTuple):
    """Messages received at one moment over one connection, their bytes beside what was read.

    All but the first are of known types. ``stamped`` is false where the moment was not recorded,
    and the exchange's own stands for it.
    """

    shard: str
    at_ms: int
    stamped: bool
    data: list[Payload]
    frames: list[Message]


class Told(NamedTuple):
    """What was said of one connection's stream at a moment."""

    shard: str
    at_ms: int
    notice: Live | Gap


class Finish(NamedTuple):
    """What was said of the whole stream at its end; nothing comes behind it."""

    at_ms: int
    ending: Ending


Piece: TypeAlias = Burst | Told | Finish


class Stamped(Protocol):
    """What a line says of its receipt, to whoever reads lines in another way."""

    received_ts_ms: int
    shard: str


class Recording:
    """Files, in the order given, as one stream.

    ``lenient`` skips lines that can't be read, and counts them in ``skipped``; ``say`` is told what
    is odd. ``take_block`` may take whole lines of rfqwatch's own files, before which nothing is
    missing, in a way of its own; it gives None for those that are better read one by one.
    ``taken`` counts the bytes of files read so far, ``found`` the gaps that nobody had told
    of, and ``fd`` is what is read next, for who would rather wait until it can be. At the end,
    ``breaks_off`` says that nothing there tells how the stream ended, or goes on.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        lenient: bool = False,
        say: Callable[[str], object] = str,
        take_block: Callable[[bytes], Sequence[Stamped] | None] | None = None,
    ) -> None:
        self.names = names
        self.taken = 0
        self.skipped = 0
        self.found = 0
        self.breaks_off = False
        self.fd: int | None = None
        self._lenient = lenient
        self._say = say
        self._take_block = take_block
        self._said: set[str] = set()
        self._name = ""
        self._line = 0
        self._rest = b""
        # The stamp of the last line, and what it says.
        self._stamp = b""
        self._shard = ""
        self._at_ms = 0
        self._pieces: list[Piece] = []
        self._burst: Burst | None = None
        self._heard_ms: dict[str, int] = {}
        self._numberings: dict[str, Numbering] = {}
        self._vouched = False
        self._broken: GapReason | None = None
        self._before = ""
        self._continued = False
        self._awaited = False
        self._finish: Finish | None = None

    def numbering(self, shard: str) -> Numbering:
        """Give what is known of the numbers of one connection."""
        numbering = self._numberings.get(shard)
        if numbering is None:
            numbering = self._numberings[shard] = Numbering()
        return numbering

    def __iter__(self) -> Iterator[list[Piece]]:
        """Give what each read brings, which may be nothing. Raises `RecordingError`."""
        for name in self.names:
            with Opened(name) as file:
                self._open(file.name)
                self.fd = file.fd
                yield []
                before = self.taken
                while (data := file.read()) is not None:
                    self.taken = before + file.taken
                    yield from self._split(data)
                self.fd = None
                yield from self._close(torn=file.torn)
        if self._finish is not None:
            yield [self._finish]
        elif self.breaks_off:
            at = f" at {moment(self._at_ms)}" if self._at_ms else ""
            self._say(f"{self._name} breaks off{at}: what came then is unknown")

    def _open(self, name: str) -> None:
        self._name = name
        self._line = 0
        self._vouched = False
        self._awaited, self._continued = self._continued, False
        for numbering in self._numberings.values():
            numbering.restart(None)

    def _split(self, data: bytes) -> Iterator[list[Piece]]:
        if self._take_block and self._vouched and self._broken is None:
            block = self._rest + data
            end = block.rfind(b"\n") + 1
            if taken := self._take_block(block[:end]):
                self._rest = block[end:]
                self._line += block.count(b"\n", 0, end)
                self._note(taken)
                yield []
                return
        first, *others = data.split(b"\n")
        self._rest += first
        if len(self._rest) > LONGEST:
            raise RecordingError(f"{self._name}, line {self._line + 1}: too long to be one")
        if others:
            lines = [self._rest, *others]
            self._rest = lines.pop()
            yield from self._parsed(lines)

    def _close(self, *, torn: bool) -> Iterator[list[Piece]]:
        """Take what stands behind the last line break, which is a line only where it is whole."""
        rest, self._rest = self._rest, b""
        if rest.strip():
            if type(read(Payload(rest))) is Malformed and own_line(rest) is None:
                torn = True
            else:
                yield from self._parsed([rest])
        if torn:
            self._say(f"{self._name} ends in the middle of line {self._line + 1}, which is skipped")
            self._finish = None
        # Others end anywhere; a file of ours says that it is at its end. An empty one says nothing.
        ended = self._continued or self._finish is not None
        if self._line or torn:
            self.breaks_off = torn or (self._vouched and not ended)
        else:
            self.breaks_off |= self._awaited
        self._before = "" if torn else _stem(self._name)
        self._broken = "unrecorded"

    def _parsed(self, lines: Sequence[bytes]) -> Iterator[list[Piece]]:
        failure: RecordingError | None = None
        try:
            self._parse(lines)
        except RecordingError as error:
            failure = error
        pieces, self._pieces, self._burst = self._pieces, [], None
        yield pieces
        if failure:
            raise failure

    def _note(self, lines: Sequence[Stamped]) -> None:
        """Go on behind lines that were taken."""
        self._stamp, self._burst = b"", None
        self._shard, self._at_ms = lines[-1].shard, lines[-1].received_ts_ms
        self._heard_ms.update({line.shard: line.received_ts_ms for line in lines})

    def _parse(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            self._line += 1
            place = line.rfind(KEY) - 1
            if place > 0 and ((stamp := line[place:]) == self._stamp or self._heed(stamp)):
                data = Payload(line[:place])
                data += b"}"
                frame = read(data)
                if type(frame) is Frame and self._vouched and self._broken is None:
                    self._add(data, frame)
                else:
                    self._take(frame, data, stamped=True)
            elif line.strip():
                self._take_foreign(line)

    def _add(self, data: Payload, frame: Message, *, stamped: bool = True) -> None:
        """Hand over a message of which is known what is missing before it."""
        burst = self._burst
        if burst is None:
            self._burst = burst = Burst(self._shard, self._at_ms, stamped, [], [])
            self._pieces.append(burst)
            self._heard_ms[self._shard] = self._at_ms
        burst.data.append(data)
        burst.frames.append(frame)
        if isinstance(frame, Frame) and frame.seq is None:
            # An unknown message without a subscription need not have a number.
            self.numbering(self._shard).unnumbered += type(frame) is Frame or frame.sid is not None

    def _heed(self, stamp: bytes) -> bool:
        """Read a stamp, if it is one."""
        said = read_stamp(stamp)
        if said is None:
            return False
        self._stamp, self._burst = stamp, None
        self._at_ms, self._shard = said
        return True

    def _take_foreign(self, line: bytes) -> None:
        """Take a line that is not written as ours are: its stamp stands elsewhere, or nowhere."""
        named = line.rfind(KEY)
        place = line.rfind(b",", 0, max(named, 0))
        if place > 0 and self._heed(line[place:]):
            data = Payload(line[:place])
            data += b"}"
            self._take(read(data), data, stamped=True)
            return
        self._stamp, self._shard, self._burst = b"", "", None
        data = Payload(line)
        frame = read(data)
        at_ms = received_ms(data) if named > 0 else None
        if at_ms is not None:
            self._at_ms = at_ms
        elif isinstance(frame, Frame):
            self._at_ms = max(self._at_ms, sent_ms(frame, data))
            self._say_once("stamp", "lines say no receipt: the exchange's time stands for it")
        self._take(frame, data, stamped=at_ms is not None)

    def _take(self, frame: Received, data: Payload, *, stamped: bool) -> None:
        if isinstance(frame, Malformed):
            own = own_line(data)
            if own is None:
                self._skip(frame.reason)
                return
            if stamped:
                self._take_own(own)
                return
        elif isinstance(frame, Control):
            self._take_answer(frame)
            return
        elif not frame.type:
            data = without_twice(data, self._at_ms)
        self._take_message(data, frame, stamped=stamped)

    def _take_message(self, data: Payload, frame: Message, *, stamped: bool) -> None:
        self._mend()
        if not self._vouched:
            self._check(frame)
        self._burst = None
        self._add(data, frame, stamped=stamped)

    def _check(self, frame: Message) -> None:
        """Hold a number against those before it, as nobody has done so."""
        if isinstance(frame, Malformed) or frame.seq is None:
            return
        numbering = self.numbering(self._shard)
        known = numbering.started
        other = frame.sid != numbering.sid
        if other:
            numbering.restart(frame.sid)
        told = numbering.take(frame.seq, self._heard_ms.get(self._shard, self._at_ms), self._at_ms)
        if not known:
            return
        if other or (isinstance(told, Note) and told.kind == "restart"):
            told = self._gap("disconnected", self._shard)
        if isinstance(told, Gap):
            self.found += 1
            self._tell(told)

    def _take_own(self, own: OwnLine) -> None:
        """Take a line of rfqwatch's own; what tells of files is not of the stream."""
        self._vouched = True
        self._burst = None
        try:
            match own.type.removeprefix(OWN_TYPES):
                case "subscribed":
                    self._tell(live_of(own, self._at))
                case "gap":
                    self._tell(gap_of(own))
                case "malformed":
                    self._take_message(*malformed_of(own), stamped=True)
                case "ended":
                    self._mend()
                    self._finish = Finish(self._at_ms, ending_of(own))
                    self._broken = "unrecorded"
                case "continued":
                    self._continued = True
                    self._broken = "unrecorded"
                case "recording":
                    before = previous_of(own)
                    if before and (self._continued or _stem(before) == self._before):
                        self._broken = None
                    self._continued = False
                case _:
                    self._say_once(
                        own.type, f"lines of the type {own.type} are not known; left out"
                    )
        except ValueError as error:
            self._skip(f"{own.type}: {error}")

    def _take_answer(self, answer: Control) -> None:
        """Take what the exchange answered to whoever recorded it too."""
        if isinstance(answer, Subscribed):
            if self._shard in self._heard_ms and self._broken is None:
                self._broken = "disconnected"
            self.numbering(self._shard).restart(answer.sid)
            self._tell(Live(answer.sid, self._at, 0.0))
        elif isinstance(answer, Error) and answer.code in ENDING_CODES:
            self._broken = "overflow" if answer.code == OVERFLOW else "disconnected"

    def _tell(self, notice: Live | Gap) -> None:
        self._mend()
        self._pieces.append(Told(self._shard, self._at_ms, notice))
        self._heard_ms[self._shard] = self._at_ms
        self._burst = None

    def _mend(self) -> None:
        """Tell of what may be missing before the line at hand."""
        reason, self._broken = self._broken, None
        if reason is not None:
            self._finish = None
            self._continued = False
            self.found += len(self._heard_ms)
            self._pieces += [
                Told(shard, self._at_ms, self._gap(reason, shard)) for shard in self._heard_ms
            ]

    def _gap(self, reason: GapReason, shard: str) -> Gap:
        return Gap(
            reason,
            missed=None,
            sid=None,
            last_seq=None,
            next_seq=None,
            from_ms=self._heard_ms[shard],
            to_ms=self._at_ms,
        )

    @property
    def _at(self) -> Instant:
        return Instant(self._at_ms, self._at_ms / 1_000)

    def _skip(self, why: str) -> None:
        told = f"{self._name}, line {self._line}: {why}"
        if not self._lenient:
            raise RecordingError(told, "Skip such lines with --lenient.")
        self._say_once("skipped", f"{told}; skipped (said once; counted from here on)")
        self.skipped += 1
        self._broken = "unrecorded"
        self._burst = None

    def _say_once(self, kind: str, text: str) -> None:
        if kind not in self._said:
            self._said.add(kind)
            self._say(text)


def _stem(name: str) -> str:
    """Name a file of a recording, however it is compressed and wherever it lies."""
    return PurePath(name).name.partition(".")[0]
