"""Holds the lines of ``rfqwatch tail`` against every frame that the simulated exchange sent.

The laws, of each subscription:

- its lines are its frames, byte by byte and in their order from the first on, without those that a
  gap line says were shed;
- gap lines tell of exactly as many numbers as its frames leave out;
- where it is left before its last frame, a gap line of unknown size follows, or the end of the
  stream, and no later subscription of the same connection: that one's frames came behind.

The last line sums up those before it. What is accounted for is forgotten, so that the memory taken
does not grow, unless the fates of frames are kept.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.simulator.account import Account

_ADDED = re.compile(rb',"received_ts_ms":\d+(?:,"shard":"([^"]*)")?}\Z')
_NUMBER = re.compile(rb'\{"type":"[a-z_]+","sid":(\d+),"seq":(\d{1,18})[,}]')
_TYPE = re.compile(rb'\{"type":"([a-z_]+)"')
_OWN = b'{"type":"rfqwatch.'
_MOST_VIOLATIONS = 20
_EXCERPT = 200


class Fate(NamedTuple):
    """What became of a frame."""

    frame: bytes
    printed: bool

    @property
    def type(self) -> str:
        """The type of the message, "" where it has none."""
        found = _TYPE.match(self.frame)
        return found[1].decode() if found else ""


class Run:
    """What was printed of one subscription.

    ``place`` is that of its account, None until its first frame tells. ``last`` is the highest of
    its numbers, which left out ``missing``; gap lines told of ``told``. ``skipped`` frames were
    shed and not passed over yet. ``gap`` is the reason of the gap line that ended the run.
    """

    def __init__(self, shard: str, sid: int) -> None:
        self.shard = shard
        self.sid = sid
        self.place: int | None = None
        self.last = 0
        self.missing = 0
        self.told = 0
        self.printed = 0
        self.skipped = 0
        self.gap = ""
        self.fates: list[Fate] = []

    def __str__(self) -> str:
        return f"shard {self.shard or '-'} sid {self.sid}"

    def number(self, frame: bytes) -> bool:
        """Take a frame's number; tell whether it has one that can be read."""
        found = _NUMBER.match(frame)
        if found is None or not frame.endswith(b"}"):
            return False
        seq = int(found[2])
        # Late frames have the numbers of the subscription before.
        if int(found[1]) == self.sid and seq > self.last:
            self.missing += seq - self.last - 1
            self.last = seq
        return True


class Ledger:
    """Takes lines in their order, and checks them against the accounts of the exchange.

    ``frames`` counts what the exchange sent, ``unprinted`` what of it came after the last line of
    its subscription.
    """

    def __init__(self, *, keep_fates: bool = False) -> None:
        self.runs: list[Run] = []
        self.gaps: Counter[str] = Counter()
        self.violations: list[str] = []
        self.frames = 0
        self.events = 0
        self.malformed = 0
        self.shed = 0
        self.missed = 0
        self.unprinted = 0
        self._keep_fates = keep_fates
        self._lines: list[bytes] = []
        self._accounts: Sequence[Account] = ()
        self._due: list[deque[bytes]] = []
        self._current: dict[str, Run] = {}
        self._unmeasured = False
        self._unnumbered = False
        self._ended: dict[str, Any] | None = None

    def take(self, lines: Sequence[bytes]) -> None:
        """Take lines, without their ends, to check them later."""
        self._lines += lines

    def check(self, accounts: Sequence[Account]) -> None:
        """Check the lines taken; the accounts have the frames sent since the last check."""
        self._accounts = accounts
        for place, account in enumerate(accounts):
            if place == len(self._due):
                self._due.append(deque())
            self._due[place].extend(account.frames)
            self.frames += len(account.frames)
        for line in self._lines:
            self._read(line)
        self._lines.clear()

    def settle(self, accounts: Sequence[Account]) -> None:
        """Check the last of the lines, and what they say of all of them."""
        self.check(accounts)
        self.unprinted += sum(map(len, self._due))
        if self._ended is None:
            self._violated("the last line does not say how the stream ended")
            return
        # However often lines were shed, that is one gap of the stream.
        gaps = self.gaps.total() - max(0, self.gaps["shed"] - 1)
        told = {name: self._ended[name] for name in ("events", "malformed", "gaps")}
        if told != (counted := {"events": self.events, "malformed": self.malformed, "gaps": gaps}):
            self._violated(f"the last line says {told}, the lines {counted}")
        missed = self._ended["missed"]
        if missed != (None if self._unmeasured else self.missed) and not (
            missed is None and self._unnumbered
        ):
            self._violated(f"the last line says {missed} missed, the lines {self.missed}")

    def _read(self, line: bytes) -> None:
        if self._ended is not None:
            self._violated(f"a line after the last: {line[:_EXCERPT]!r}")
        elif line.startswith(_OWN):
            own: dict[str, Any] = json.loads(line)
            self._read_own(own["type"], own.get("shard", ""), own)
        elif (added := _ADDED.search(line)) is None:
            self._violated(f"no line that should be here: {line[:_EXCERPT]!r}")
        else:
            self._print((added[1] or b"").decode(), line[: added.start()] + b"}")

    def _read_own(self, kind: str, shard: str, own: dict[str, Any]) -> None:
        msg = own["msg"]
        match kind.removeprefix("rfqwatch."):
            case "subscribed":
                self._begin(shard, own["sid"])
            case "gap":
                self._miss(shard, **msg)
            case "malformed":
                self.malformed += 1
                text = msg["text"].encode() if "text" in msg else base64.b64decode(msg["base64"])
                self._print(shard, text)
            case "ended":
                self._ended = msg
            case _:
                self._violated(f"a line of the unknown type {kind}")

    def _begin(self, shard: str, sid: int) -> None:
        before = self._current.get(shard)
        if before is not None and not before.gap:
            self._violated(f"{before} ended without a gap line")
        run = self._current[shard] = Run(shard, sid)
        self.runs.append(run)

    def _miss(
        self, shard: str, *, reason: str, missed: int | None, last_seq: int | None, **_: object
    ) -> None:
        self.gaps[reason] += 1
        self.missed += missed or 0
        self._unmeasured |= missed is None
        run = self._current.get(shard)
        if run is None or run.gap:
            if run is not None or missed is not None:
                self._violated(f"a gap line ({reason}) where nothing was live")
        elif reason == "shed":
            run.skipped += missed or 0
            self._pass_over(run)
        elif missed is None:
            run.gap = reason
            if run.place is not None and (last_seq or 0) != run.last:
                self._violated(f"{run}: {reason} after {last_seq}, but {run.last} was last")
        else:
            run.told += missed

    def _print(self, shard: str, frame: bytes) -> None:
        self.events += 1
        run = self._current.get(shard)
        if run is None or run.gap:
            self._violated(f"a message where nothing was live: {frame[:_EXCERPT]!r}")
            return
        if run.place is None:
            self._find_account(run, frame)
        due = deque() if run.place is None else self._due[run.place]
        if not due or due[0] != frame:
            self._violated(f"{run}: not the next that was sent: {frame[:_EXCERPT]!r}")
            if frame not in due:
                return
            while due[0] != frame:
                due.popleft()
        run.printed += 1
        self._settle_next(run, due, printed=True)
        if run.missing != run.told:
            self._violated(
                f"{run}: {run.missing} numbers are missing up to {run.last}, not {run.told}"
            )
            run.told = run.missing

    def _settle_next(self, run: Run, due: deque[bytes], *, printed: bool) -> None:
        frame = due.popleft()
        self._unnumbered |= not run.number(frame)
        if self._keep_fates:
            run.fates.append(Fate(frame, printed))

    def _find_account(self, run: Run, frame: bytes) -> None:
        """Find of which account a frame is the first that was not shed."""
        places = [each.place for each in self.runs if each.shard == run.shard]
        start = max((place for place in places if place is not None), default=-1) + 1
        for place in range(start, len(self._accounts)):
            account, due = self._accounts[place], self._due[place]
            if (account.shard, account.sid) != (run.shard, run.sid) or len(due) <= run.skipped:
                continue
            if due[run.skipped] == frame:
                run.place = place
                self._leave(account, place)
                self._pass_over(run)
                return

    def _leave(self, account: Account, place: int) -> None:
        """Give up what came before an account of the same shard."""
        for earlier, due in zip(self._accounts[:place], self._due, strict=False):
            if earlier.shard == account.shard and due:
                if earlier.connection == account.connection:
                    self._violated(f"{len(due)} frames were lost though the connection lived on")
                self.unprinted += len(due)
                due.clear()

    def _pass_over(self, run: Run) -> None:
        if run.place is None:
            return
        due = self._due[run.place]
        for _ in range(min(run.skipped, len(due))):
            self._settle_next(run, due, printed=False)
        self.shed += run.skipped
        run.skipped = 0

    def _violated(self, text: str) -> None:
        if len(self.violations) <= _MOST_VIOLATIONS:
            self.violations.append(text)

    def describe(self) -> str:
        """Say the sums in lines."""
        gaps = ", ".join(f"{reason} {count}" for reason, count in self.gaps.items())
        return (
            f"frames sent {self.frames:,} = printed {self.events:,} + shed {self.shed:,} + behind"
            f" gaps of unknown size, or the end, {self.unprinted:,}\n"
            f"subscriptions {len(self.runs)}; gap lines: {gaps or 'none'}; numbers missing "
            f"{sum(run.missing for run in self.runs):,}; malformed {self.malformed:,}"
        )

    def conclude(self) -> NoReturn:
        """Print what is broken, and exit accordingly."""
        if self.frames != self.events + self.shed + self.unprinted:
            self._violated("printed + shed + unprinted is not what was sent")
        for violation in self.violations:
            print(f"BROKEN: {violation}")
        sys.exit(1 if self.violations else 0)
