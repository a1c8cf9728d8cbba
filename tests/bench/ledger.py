"""Holds the lines of ``rfqwatch tail`` against what the simulated exchange says that it sent.

The laws, of each subscription:

- the numbers of its lines go up by one, but for frames that the exchange itself sent again and for
  places marked by a gap line that says exactly which numbers are missing;
- numbers are missing inside only where the exchange left them out, or where a line came whose own
  number can't be read;
- frames that were sent after the last one printed stand behind a gap line whose number of missed
  frames is unknown, or behind the end that was asked for.

Then printed + missed = sent. The memory taken does not grow with the lines, unless ids are kept:
then each printed line is also compared with the id that was sent under its number; or frames: then
its lines are, byte by byte and in their order, the frames that were sent, from the first one on.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64decode
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.simulator.account import Account

_FRAME = re.compile(rb'\{"type":"([a-z_]+)","sid":(\d+),"seq":(\d{1,19}),')
_SHARD = b'"shard":"'
_ADDED = b',"received_ts_ms":'
_OWN = b'{"type":"rfqwatch.'
_MOST_VIOLATIONS = 20


class _Msg(msgspec.Struct):
    id: str = ""
    quote_id: str = ""
    batch_quote_id: str = ""
    rfq_batch_id: str = ""

    @property
    def name(self) -> str:
        return self.id or self.quote_id or self.batch_quote_id or self.rfq_batch_id


class _Line(msgspec.Struct):
    received_ts_ms: int
    msg: _Msg
    type: str = ""


_decode = msgspec.json.Decoder(_Line).decode


class Run:
    """What was printed of one subscription.

    ``last`` is the highest number accounted for. Of the numbers up to it, ``holes`` are missing by
    gap lines and ``shed`` by marks. ``again`` counts lines whose number had passed, ``unnumbered``
    those that have none which can be read. ``gap`` is the reason of the gap line that ended the
    run. ``frames`` has a hash of each frame's bytes.
    """

    def __init__(self, shard: str, sid: int) -> None:
        self.shard = shard
        self.sid = sid
        self.last = 0
        self.printed = 0
        self.holes = 0
        self.shed = 0
        self.again = 0
        self.unnumbered = 0
        self.gap = ""
        self.promised: int | None = None
        self.ids: dict[int, tuple[str, str]] = {}
        self.again_ids: list[tuple[str, str]] = []
        self.frames: list[int] = []


def _shard(line: bytes) -> bytes:
    at = line.rfind(_SHARD, -40)
    return b"" if at < 0 else line[at + len(_SHARD) : -2]


def _frame(line: bytes) -> bytes:
    """Give the bytes of a message, without what was put to its end."""
    return line[: line.rfind(_ADDED)] + b"}"


class Ledger:
    """Reads lines in their order; ``settle`` says what was wrong."""

    def __init__(self, *, keep_ids: bool = False, keep_frames: bool = False) -> None:
        self.runs: list[Run] = []
        self.gaps: dict[str, int] = {}
        self.violations: list[str] = []
        self.lines = 0
        self.malformed = 0
        self.ended: dict[str, Any] = {}
        """What the line says that must be the last, and its place among the lines."""
        self._keep_ids = keep_ids
        self._keep_frames = keep_frames
        self._current: dict[bytes, Run] = {}
        self._old: dict[tuple[bytes, int], Run] = {}

    @property
    def events(self) -> int:
        """Lines of the exchange, its repetitions included."""
        return sum(run.printed + run.again + run.unnumbered for run in self.runs)

    def take(self, line: bytes) -> None:
        """Read one line, without its end."""
        self.lines += 1
        match = _FRAME.match(line)
        if match is None or line[-1:] != b"}":
            self._take_unnumbered(line)
            return
        kind, sid, seq = match[1], int(match[2]), int(match[3])
        shard = _shard(line)
        run = self._current.get(shard)
        if run is None or run.sid != sid:
            run = self._old.get((shard, sid))
            if run is None:
                self._violated(f"a line of a subscription that was not announced: {line[:200]!r}")
                return
        if seq == run.last + 1 and not run.gap:
            run.last = seq
            run.printed += 1
        elif seq <= run.last or run.gap:
            run.again += 1
        else:
            self._violated(
                f"{self._name(run)}: {seq} follows {run.last} without a gap line between them"
            )
            run.last = seq
            run.printed += 1
        if run.promised is not None and not run.gap:
            if seq != run.promised:
                self._violated(f"{self._name(run)}: a gap line told of {run.promised}, {seq} came")
            run.promised = None
        if self._keep_frames:
            run.frames.append(hash(_frame(line)))
        if self._keep_ids:
            self._keep(run, line, kind.decode(), seq)

    def _keep(self, run: Run, line: bytes, kind: str, seq: int) -> None:
        name = (kind, _decode(line).msg.name)
        if seq in run.ids or run.gap or seq < run.last:
            run.again_ids.append(name)
        else:
            run.ids[seq] = name

    def _take_unnumbered(self, line: bytes) -> None:
        if not line.startswith(_OWN):
            self._take_message(line, _frame(line))
            return
        own: dict[str, Any] = json.loads(line)
        shard = own.get("shard", "")
        if own["type"] == "rfqwatch.subscribed":
            self._begin(shard, own["sid"])
        elif own["type"] == "rfqwatch.gap":
            self._take_gap(shard, own["msg"])
        elif own["type"] == "rfqwatch.malformed":
            self.malformed += 1
            text, coded = own["msg"].get("text"), own["msg"].get("base64")
            self._take_message(line, b64decode(coded) if text is None else text.encode())
        elif own["type"] == "rfqwatch.ended":
            self.ended = {**own["msg"], "line": self.lines}
        else:
            self._violated(f"unknown line: {line[:200]!r}")

    def _take_message(self, line: bytes, frame: bytes) -> None:
        """Take what shows no number as one of the subscription that is live."""
        run = self._current.get(_shard(line))
        if run is None:
            self._violated(f"a message before any subscription: {line[:200]!r}")
            return
        run.unnumbered += 1
        if self._keep_frames:
            run.frames.append(hash(frame))

    def _begin(self, shard: str, sid: int) -> None:
        key = shard.encode()
        before = self._current.get(key)
        if before is not None and not before.gap:
            self._violated(f"{self._name(before)} ended without a gap line")
        if sid == 1:
            # The sids of a connection count from 1, so this is another connection.
            self._old = {old: run for old, run in self._old.items() if old[0] != key}
        elif before is not None:
            self._old[key, before.sid] = before
        run = self._current[key] = Run(shard, sid)
        self.runs.append(run)

    def _take_gap(self, shard: str, msg: dict[str, Any]) -> None:
        reason, missed, last, following = (
            msg[name] for name in ("reason", "missed", "last_seq", "next_seq")
        )
        self.gaps[reason] = self.gaps.get(reason, 0) + 1
        run = self._current.get(shard.encode())
        if run is None:
            if missed is not None:
                self._violated(f"a gap of {missed} frames before any subscription")
            return
        if run.gap:
            self._violated(f"{self._name(run)}: a second gap line ({reason}) after its end")
        elif reason == "shed":
            if run.promised == run.last + 1:
                # The line that was to follow is among the shed.
                run.promised = None
            run.shed += missed
            run.last += missed
        elif missed is None:
            run.gap = reason
            if (last or 0) != run.last:
                self._violated(f"{self._name(run)}: {reason} after {last}, but {run.last} was last")
        else:
            if (last, following) != (run.last, run.last + missed + 1):
                self._violated(
                    f"{self._name(run)}: gap line {last}..{following}, missed {missed}, but "
                    f"{run.last} was last"
                )
            run.holes += missed
            run.last += missed
            run.promised = following

    def settle(self, accounts: Sequence[Account]) -> Settlement:
        """Compare with the exchange's accounts."""
        settlement = Settlement(self, accounts)
        for shard in dict.fromkeys([run.shard for run in self.runs]):
            settlement.pair(
                [run for run in self.runs if run.shard == shard],
                [account for account in accounts if account.shard == shard],
            )
        return settlement

    def _name(self, run: Run) -> str:
        return f"shard {run.shard or '-'} sid {run.sid} (run {self.runs.index(run) + 1})"

    def _violated(self, text: str) -> None:
        if len(self.violations) <= _MOST_VIOLATIONS:
            self.violations.append(text)


class Settlement:
    """The comparison: its sums, and the ``violations`` found in either part."""

    def __init__(self, ledger: Ledger, accounts: Sequence[Account]) -> None:
        self.violations = ledger.violations
        self.sent = sum(account.sent for account in accounts)
        self.dropped = sum(account.dropped for account in accounts)
        self.extra = sum(account.extra for account in accounts)
        self.used = sum(account.last_seq for account in accounts)
        self.printed = sum(run.printed for run in ledger.runs)
        self.again = sum(run.again for run in ledger.runs)
        self.unnumbered = sum(run.unnumbered for run in ledger.runs)
        self.holes = sum(run.holes for run in ledger.runs)
        self.shed = sum(run.shed for run in ledger.runs)
        self.unknown = 0
        """Numbers used after the last one printed, behind a gap line of unknown size."""
        self.unheard = 0
        """Subscriptions whose acknowledgement never arrived; their numbers are in ``unknown``."""
        self.after_end = 0
        """Numbers used after the last one printed, where the end was asked for."""
        self.compared = 0
        """Lines compared by id."""
        self.kept = sum(len(account.frames) for account in accounts)
        """Frames whose bytes the exchange kept."""
        self.same = 0
        """Those that were printed in their place, byte by byte."""
        self.shed_frames: list[tuple[int, str]] = []
        """Number and type of what was shed, where ids are kept."""

    def pair(self, runs: Sequence[Run], accounts: Sequence[Account]) -> None:
        """Compare the runs of one shard with its accounts, in their order."""
        waiting = iter(accounts)
        for number, run in enumerate(runs, start=1):
            for account in waiting:
                if account.sid == run.sid and account.last_seq >= run.last:
                    break
                self._skip(account)
            else:
                self._violated(f"run {number} of shard {run.shard or '-'} was never sent")
                return
            self._compare(f"shard {run.shard or '-'} run {number}", run, account)
        for account in waiting:
            self._skip(account)

    def _skip(self, account: Account) -> None:
        self.unheard += 1
        self.unknown += account.last_seq
        if account.ended in {"", "unsubscribed"}:
            self._violated(f"connection {account.connection} sid {account.sid}: nothing printed")

    def _compare(self, name: str, run: Run, account: Account) -> None:
        after = account.last_seq - run.last
        if run.printed + run.holes + run.shed != run.last:
            self._violated(
                f"{name}: {run.printed} printed + {run.holes} missed + {run.shed} shed != "
                f"{run.last} numbers"
            )
        if run.gap:
            self.unknown += after
        else:
            self.after_end += after
        if run.holes > account.dropped + run.unnumbered:
            self._violated(
                f"{name}: {run.holes} numbers missing, but the exchange left out "
                f"{account.dropped}, and {run.unnumbered} lines show none"
            )
        if run.again > account.extra:
            self._violated(
                f"{name}: {run.again} lines came twice; the exchange did that {account.extra} times"
            )
        if run.ids:
            self._compare_ids(name, run, account)
        if account.frames:
            self._compare_frames(name, run, account)

    def _compare_frames(self, name: str, run: Run, account: Account) -> None:
        sent = [hash(frame) for frame in account.frames[: len(run.frames)]]
        if run.frames == sent:
            self.same += len(sent)
            return
        pairs = enumerate(zip(run.frames, sent, strict=False))
        at = next((at for at, (printed, frame) in pairs if printed != frame), len(sent))
        self._violated(f"{name}: line {at + 1} of {len(run.frames)} is not the frame that was sent")

    def _compare_ids(self, name: str, run: Run, account: Account) -> None:
        sent = {seq: (kind, event_id) for seq, kind, event_id in account.sent_ids}
        shed = 0
        for seq, event in sent.items():
            if seq > run.last:
                break
            self.compared += 1
            if seq not in run.ids:
                shed += 1
                self.shed_frames.append((seq, event[0]))
            elif run.ids[seq] != event:
                self._violated(f"{name}: {seq} was sent as {event}, printed as {run.ids[seq]}")
        if shed != run.shed:
            self._violated(f"{name}: {shed} ids are missing, {run.shed} were marked as shed")
        strangers = len(run.ids.keys() - sent.keys())
        if strangers > account.extra:
            self._violated(f"{name}: {strangers} lines under numbers that no message had")
        events = set(sent.values())
        for event in run.again_ids:
            if event not in events:
                self._violated(f"{name}: {event} was printed again, but never sent")

    def _violated(self, text: str) -> None:
        if len(self.violations) <= _MOST_VIOLATIONS:
            self.violations.append(text)

    def describe(self) -> str:
        """Say the sums in lines."""
        return (
            f"numbers used by the exchange {self.used:,} = printed {self.printed:,}"
            f" + missed by count {self.holes:,} + shed {self.shed:,}"
            f" + behind gaps of unknown size {self.unknown:,}"
            f" + after the last number {self.after_end:,}\n"
            f"messages sent {self.sent:,}, left out on purpose {self.dropped:,}, beside them "
            f"{self.extra:,}\n"
            f"printed without a number {self.unnumbered:,}, again because sent again "
            f"{self.again:,}; compared byte by byte {self.same:,} of {self.kept:,} frames; "
            f"acknowledgements never heard: {self.unheard}; compared by id: {self.compared:,}"
        )

    def check_summary(self, ledger: Ledger, said: tuple[int, int, int]) -> None:
        """Compare what the program summed up itself: events printed, gaps, frames missed."""
        # However often lines were shed, that is one gap of the stream.
        gaps = sum(count for reason, count in ledger.gaps.items() if reason != "shed")
        counted = (ledger.events, gaps + ("shed" in ledger.gaps), self.holes + self.shed)
        if said != counted:
            self._violated(f"the summary says {said}, the lines {counted}")
        ended = [ledger.ended.get(name) for name in ("events", "gaps", "malformed", "line")]
        if ended != [*counted[:2], ledger.malformed, ledger.lines]:
            self._violated(
                f"the end says {ended}, the lines {counted}, {ledger.malformed}, {ledger.lines}"
            )

    def conclude(self) -> NoReturn:
        """Print what is broken, and exit accordingly."""
        if not self.balanced:
            self._violated("printed + missed is not what was sent")
        for violation in self.violations:
            print(f"BROKEN: {violation}")
        sys.exit(1 if self.violations else 0)

    @property
    def balanced(self) -> bool:
        """Whether the sum of numbers comes out."""
        parts = self.printed + self.holes + self.shed + self.unknown + self.after_end
        return parts == self.used
