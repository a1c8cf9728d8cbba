"""Lines a second of ``report`` against a bare msgspec loop that types each line of the same file.

Two are bare: one leaves amounts the text that they are, as anybody would write it at first, the
other makes exact numbers of them, which rfqwatch's own types do.
``bench_report.py [FILE]`` takes a plain recording, or makes one of the simulated exchange. Both
read in turns, as a machine is not always as fast. ``--repeat N`` writes the recording N times over,
with other ids and later times, and shows how time and memory grow.
"""

from __future__ import annotations

import argparse
import gc
import re
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from msgspec import Struct

from rfqwatch.exchange.events import Event, RfqCreated, RfqDeleted, Timestamp, decode_amount
from rfqwatch.report.contents import Report
from rfqwatch.reportfeed import Survey
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Mapping

RFQWATCH = [sys.executable, "-m", "rfqwatch"]
MESSAGES = 200_000
TURNS = 3


class _Leg(Struct, gc=False):
    event_ticker: str | None = None
    market_ticker: str | None = None
    side: str | None = None


class _Created(Struct, gc=False):
    id: str
    creator_id: str | None = None
    market_ticker: str | None = None
    event_ticker: str | None = None
    contracts_fp: str | None = None
    target_cost_dollars: str | None = None
    created_ts: Timestamp | None = None
    mve_collection_ticker: str | None = None
    mve_selected_legs: list[_Leg] | None = None


class _Deleted(Struct, gc=False):
    id: str
    creator_id: str | None = None
    market_ticker: str | None = None
    event_ticker: str | None = None
    contracts_fp: str | None = None
    target_cost_dollars: str | None = None
    deleted_ts: Timestamp | None = None


EXACT = {event.type: event for event in get_args(Event)}
AS_TEXT = EXACT | {RfqCreated.type: _Created, RfqDeleted.type: _Deleted}
_OWN = b'{"type":"rfqwatch.'
_ID = re.compile(rb'("(?:rfq_|quote_)?id":")')
_STAMP = re.compile(rb'("(?:received|sending)_ts_ms":)(\d+)')


def make(file: Path) -> None:
    """Record."""
    command = [*RFQWATCH, "tail", "-q", "--env", "sim", "--sim-rate", "0", "-n", str(MESSAGES)]
    with file.open("wb") as opened:
        subprocess.run(command, stdout=opened, check=True)


def repeated(file: Path, times: int, longer: Path) -> None:
    """Write the messages of a recording again and again, each time an hour later."""
    lines = [line for line in file.read_bytes().splitlines(keepends=True) if _OWN not in line[:20]]
    with longer.open("wb") as opened:
        opened.write(file.open("rb").readline())
        for number in range(times):
            ids = rb"\g<1>%d-" % number
            late_ms = number * 3_600_000
            for line in lines:
                opened.write(_ID.sub(ids, later(line, late_ms)))


def later(line: bytes, ms: int) -> bytes:
    return _STAMP.sub(lambda found: found[1] + b"%d" % (int(found[2]) + ms), line)


def bare(file: Path, messages: Mapping[str, type[Struct]]) -> int:
    """Type each line with its envelope, and nothing else."""
    envelope = [("sid", int | None, None), ("seq", int | None, None)]
    stamps = [("sending_ts_ms", int | None, None), ("received_ts_ms", int, 0)]
    kinds: list[Any] = [
        msgspec.defstruct(kind, [("msg", msg), *envelope, *stamps], tag=kind, gc=False)
        for kind, msg in messages.items()
    ]
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
        reduce(or_, kinds), dec_hook=decode_amount, float_hook=str
    )
    count = 0
    with file.open("rb") as opened:
        for line in opened:
            if not line.startswith(_OWN):
                decoder.decode(line)
                count += 1
    return count


def reported(file: Path) -> int:
    report = Report()
    survey = Survey([str(file)], report, selection=None, drift=Drift(), say=print)
    for _ in survey:
        pass
    list(report.answers(10))
    return report.messages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    gc.disable()
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.file or Path(folder) / "recording.jsonl"
        if arguments.file is None:
            make(file)
        if arguments.repeat > 1:
            longer = Path(folder) / "longer.jsonl"
            repeated(file, arguments.repeat, longer)
            file = longer
        for _ in range(TURNS):
            rates = []
            for read in (partial(bare, messages=AS_TEXT), partial(bare, messages=EXACT), reported):
                start = time.process_time()
                rates.append(read(file) / (time.process_time() - start))
            text, exact, told = rates
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"lines/s of CPU: bare {text:,.0f}, with exact amounts {exact:,.0f}; report "
                f"{told:,.0f}, {told / text:.0%} and {told / exact:.0%}; at most {grown:,.0f} MiB"
            )


if __name__ == "__main__":
    main()
