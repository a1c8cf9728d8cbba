from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rfqwatch.clock import Instant
from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.wire import Frame, Payload, read
from rfqwatch.lines.jsonlines import JsonLines
from rfqwatch.lines.stdout import Stdout
from rfqwatch.stream.tee import Tee

if TYPE_CHECKING:
    from pathlib import Path

AT = Instant(1_790_000_000_123, 5.0)


def put(tee: Tee, *seqs: int, size: int = 0) -> None:
    message = b'{"type":"rfq_created","sid":1,"seq":%d,"msg":{"pad":"%b"}}'
    data = [Payload(message % (seq, b"x" * size)) for seq in seqs]
    frames = [frame for payload in data if isinstance(frame := read(payload), Frame)]
    tee.begin("0/2", AT)
    tee.messages(data, frames)
    tee.end()


async def test_both_get_the_same(tmp_path: Path) -> None:
    with (tmp_path / "shown").open("wb") as shown, (tmp_path / "kept").open("wb") as kept:
        places = [Stdout(file.fileno(), 2**20) for file in (shown, kept)]
        ended = [place.start() for place in places]
        tee = Tee(*map(JsonLines, places))
        tee.begin("0/2", AT)
        tee.live(Live(7, AT, 0.1))
        tee.gap(Gap("seq", missed=3, sid=7, last_seq=1, next_seq=5, from_ms=1, to_ms=2))
        tee.end()
        put(tee, 1, 2)
        for place, end in zip(places, ended, strict=True):
            place.close()
            await end
    written = (tmp_path / "shown").read_bytes()
    assert (tmp_path / "kept").read_bytes() == written
    assert written.count(b'"shard":"0/2"}\n') == written.count(b"\n") == 4


async def test_what_either_lacks_is_lost_and_what_is_not_shown_is_shed(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    with (tmp_path / "shown").open("wb") as file:
        shown, kept = Stdout(file.fileno(), 2**20), Stdout(write_end, 100_000)
        ended = [shown.start(), kept.start()]
        tee = Tee(JsonLines(shown), JsonLines(kept))
        # More than a pipe takes.
        for seq in range(20):
            put(tee, seq, size=20_000)
        assert (tee.shed, shown.shed, shown.undelivered) == (0, 0, 0)
        assert kept.shed
        assert tee.lost == kept.shed + kept.undelivered > kept.shed
        os.close(read_end)
        shown.close()
        await ended[0]
        ended[1].cancel()
    os.close(write_end)
