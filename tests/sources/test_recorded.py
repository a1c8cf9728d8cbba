from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from corpus import RECORDED

from rfqwatch.errors import RecordingError
from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.wire import Frame, Malformed, Unknown
from rfqwatch.sources.recorded import Burst, Finish, Recording, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rfqwatch.sources.recorded import Piece

T = 1_790_000_000_000
FIRST = "rfqwatch-20261124T180000Z-0001.jsonl"
SECOND = "rfqwatch-20261124T190000Z-0001.jsonl"


def stamped(at: int, line: dict[str, Any], shard: str = "") -> str:
    """Write a line as it is recorded ``at`` milliseconds from the start."""
    named = {"shard": shard} if shard else {}
    return json.dumps({**line, "received_ts_ms": T + at, **named}, separators=(",", ":")) + "\n"


def frame(seq: int | None = 1, sid: int = 1, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    number = {} if seq is None else {"seq": seq}
    return {"type": "rfq_deleted", "sid": sid, **number, "msg": {"id": f"rfq-{seq}"}, **more}


def own(kind: str, **msg: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a line says
    return {"type": f"rfqwatch.{kind}", "msg": msg}


LIVE = own("subscribed", channel="communications", sid=1)
CONTINUED = own("continued", events=1)
ENDED = own("ended", reason="signal", events=1, gaps=0, missed=0, malformed=0)


def gap(reason: str = "seq", missed: int | None = 3) -> dict[str, Any]:
    return own("gap", reason=reason, missed=missed, from_ts_ms=T, to_ts_ms=T + 1)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Piece]]:
    """Give what reads files that hold some lines each."""

    def read_files(
        *texts: str | bytes,
        names: Sequence[str] = (),
        **options: Any,  # noqa: ANN401
    ) -> list[Piece]:
        files = []
        for number, text in enumerate(texts):
            file = tmp_path / (names[number] if names else f"{number}.jsonl")
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
            files.append(str(file))
        pieces: list[Piece] = []
        for some in Recording(files, **options):
            pieces += some
        return pieces

    return read_files


def told(pieces: Sequence[Piece]) -> list[str]:
    """Say in a word each what pieces are."""
    words = []
    for piece in pieces:
        match piece:
            case Burst():
                words += [f"{item.type}" for item in piece.frames if isinstance(item, Frame)]
                words += ["malformed" for item in piece.frames if isinstance(item, Malformed)]
            case Told(notice=Live()):
                words.append("live")
            case Told(notice=Gap() as notice):
                words.append(f"{notice.reason} {notice.missed}")
            case Finish():
                words.append("ended")
    return words


def test_messages_received_together_are_one_burst(read: Callable[..., list[Piece]]) -> None:
    text = stamped(0, LIVE, "3/10") + "".join(stamped(1, frame(n), "3/10") for n in (1, 2))
    live, burst, other = read(text + stamped(2, frame(3), "3/10"))
    assert isinstance(live, Told)
    assert (live.shard, live.at_ms) == ("3/10", T)
    assert isinstance(burst, Burst)
    assert (burst.shard, burst.at_ms, burst.stamped) == ("3/10", T + 1, True)
    assert [bytes(data) for data in burst.data] == [
        json.dumps(frame(n), separators=(",", ":")).encode() for n in (1, 2)
    ]
    assert burst.frames == [Frame("rfq_deleted", 1, 1), Frame("rfq_deleted", 1, 2)]
    assert isinstance(other, Burst)
    assert other.at_ms == T + 2


def test_what_rfqwatch_said_is_believed(read: Callable[..., list[Piece]]) -> None:
    # Its selection leaves out numbers, and what it missed it has told.
    lines = [LIVE, frame(1), frame(5), gap(), frame(9), ENDED]
    pieces = read("".join(stamped(n, line) for n, line in enumerate(lines)))
    words = ["live", "rfq_deleted", "rfq_deleted", "seq 3", "rfq_deleted", "ended"]
    assert told(pieces) == words
    assert pieces[-1].at_ms == T + 5


def test_where_nobody_said_anything_the_numbers_tell(read: Callable[..., list[Piece]]) -> None:
    seqs = [7, 8, 11, 12]
    text = "".join(stamped(n, frame(seq)) for n, seq in enumerate(seqs))
    words = ["rfq_deleted", "rfq_deleted", "seq 2", "rfq_deleted", "rfq_deleted"]
    pieces = read(text)
    assert told(pieces) == words
    assert isinstance(pieces[2], Told)
    assert isinstance(hole := pieces[2].notice, Gap)
    assert (hole.last_seq, hole.next_seq, hole.from_ms, hole.to_ms) == (8, 11, T + 1, T + 2)


@pytest.mark.parametrize(
    "lines",
    [
        [frame(7), frame(1, sid=2)],
        [frame(7), {"type": "subscribed", "msg": {"channel": "communications", "sid": 1}}],
        [frame(7), {"type": "error", "sid": 1, "msg": {"code": 10, "msg": "x"}}, frame(1)],
    ],
    ids=["another subscription", "subscribed again", "ended"],
)
def test_another_connection_is_a_gap(
    lines: list[dict[str, Any]], read: Callable[..., list[Piece]]
) -> None:
    words = told(read("".join(stamped(n, line) for n, line in enumerate(lines))))
    assert words[:2] == ["rfq_deleted", "disconnected None"]


def test_a_numbering_that_begins_anew_is_a_gap(read: Callable[..., list[Piece]]) -> None:
    seqs = [7, 8, 1, 2, 3, 4]
    words = told(read("".join(stamped(n, frame(seq)) for n, seq in enumerate(seqs))))
    assert words.count("disconnected None") == 1


# How files follow each other


def test_files_that_go_on_are_one_stream(read: Callable[..., list[Piece]]) -> None:
    first = [own("recording", previous=None), LIVE, frame(1), CONTINUED]
    second = [own("recording", previous=f"{FIRST}.zst"), frame(2), ENDED]
    texts = ["".join(stamped(0, line) for line in lines) for lines in (first, second)]
    words = ["live", "rfq_deleted", "rfq_deleted", "ended"]
    assert told(read(*texts, names=[FIRST, SECOND])) == words
    # As they are when a pipe gives them one after another.
    assert told(read("".join(texts))) == words
    # A disk may have been full for a while: what waited meanwhile is in the next file.
    texts[0] = "".join(stamped(0, line) for line in first[:-1])
    assert told(read(*texts, names=[FIRST, SECOND])) == words


@pytest.mark.parametrize(
    ("end", "begin"),
    [
        ([ENDED], [own("recording", previous=None), LIVE]),
        ([CONTINUED], [own("recording", previous="another.jsonl.zst"), frame(3)]),
        ([CONTINUED], [frame(3)]),
        ([], [LIVE]),
        ([], [frame(2)]),
        ([ENDED, own("recording", previous=None)], [frame(2)]),
    ],
)
def test_files_that_do_not_are_a_gap_for_each_shard(
    end: list[dict[str, Any]], begin: list[dict[str, Any]], read: Callable[..., list[Piece]]
) -> None:
    first = stamped(0, frame(1), "0/2") + stamped(1, frame(1), "1/2")
    first += "".join(stamped(1, line) for line in end)
    second = "".join(stamped(9, line, "0/2") for line in begin)
    words = told(read(first, second, names=[FIRST, SECOND]))
    assert words[:4] == ["rfq_deleted", "rfq_deleted", "unrecorded None", "unrecorded None"]
    assert "ended" not in words


def test_the_gap_says_from_when_to_when_nobody_knows(read: Callable[..., list[Piece]]) -> None:
    _, between, _ = read(stamped(5, frame(1)), stamped(900, frame(2)))
    assert isinstance(between, Told)
    assert isinstance(between.notice, Gap)
    assert (between.notice.from_ms, between.notice.to_ms) == (T + 5, T + 900)


def test_what_tells_of_files_is_not_of_the_stream(read: Callable[..., list[Piece]]) -> None:
    said: list[str] = []
    lines = [own("recording"), own("whatever", x=1), own("whatever"), LIVE, CONTINUED]
    assert told(read("".join(stamped(0, line) for line in lines), say=said.append)) == ["live"]
    assert said == ["lines of the type rfqwatch.whatever are not known; left out"]


# What can't be read


@pytest.mark.parametrize("compressed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_torn_last_line_is_said_and_skipped(
    compressed: Callable[[bytes], bytes], read: Callable[..., list[Piece]]
) -> None:
    said: list[str] = []
    text = stamped(0, LIVE) + stamped(1, frame(1)) + stamped(2, frame(2))[:-5]
    after = stamped(7, LIVE)
    words = told(read(compressed(text.encode()), after, say=said.append))
    assert words == ["live", "rfq_deleted", "unrecorded None", "live"]
    torn, broken = said
    assert torn.endswith("0.jsonl ends in the middle of line 3, which is skipped")
    assert ".jsonl breaks off at " in broken


@pytest.mark.parametrize(
    ("last", "breaks_off"),
    [
        (stamped(1, LIVE), True),
        (stamped(1, frame(2))[:-5], True),
        (stamped(1, ENDED), False),
        (stamped(1, own("continued", events=1)), False),
    ],
)
def test_a_recording_that_does_not_say_how_it_ends_breaks_off(
    last: str, *, breaks_off: bool, tmp_path: Path
) -> None:
    file = tmp_path / "1.jsonl"
    file.write_text(stamped(0, LIVE) + stamped(0, frame(1)) + last)
    said: list[str] = []
    recording = Recording([str(file)], say=said.append)
    assert [*recording]
    assert recording.breaks_off is breaks_off
    assert any("breaks off at 2026-" in text for text in said) is breaks_off


@pytest.mark.parametrize(
    ("texts", "breaks_off"),
    [
        # What was killed before it wrote anything leaves an empty file.
        ((stamped(0, LIVE) + stamped(0, frame(1)), ""), True),
        ((stamped(0, LIVE) + stamped(1, CONTINUED), ""), True),
        ((stamped(0, LIVE) + stamped(1, ENDED), ""), False),
        # Files that come one after the other through a pipe.
        (
            (
                stamped(0, LIVE)
                + stamped(1, CONTINUED)
                + stamped(1, own("recording", previous=FIRST))
                + stamped(2, frame(1)),
            ),
            True,
        ),
        ((stamped(0, LIVE) + stamped(1, CONTINUED) + stamped(2, frame(1)),), True),
    ],
    ids=[
        "empty",
        "empty, to go on in",
        "empty behind an end",
        "through a pipe",
        "through a pipe, without a heading",
    ],
)
def test_what_breaks_off_does_so_however_its_files_are_read(
    texts: Sequence[str], *, breaks_off: bool, tmp_path: Path
) -> None:
    files = [tmp_path / f"{number}.jsonl" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    recording = Recording([str(file) for file in files])
    assert [*recording]
    assert recording.breaks_off is breaks_off


def test_what_breaks_off_before_its_first_line_does_so_at_no_time(tmp_path: Path) -> None:
    file = tmp_path / "1.jsonl"
    file.write_text('{"type')
    said: list[str] = []
    assert [*Recording([str(file)], say=said.append)]
    assert said[-1] == f"{file} breaks off: what came then is unknown"


def test_what_others_recorded_ends_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "1.jsonl"
    file.write_text(json.dumps(frame(1)) + "\n")
    recording = Recording([str(file)])
    assert [*recording]
    assert not recording.breaks_off


def test_a_last_line_without_a_line_break_is_one(read: Callable[..., list[Piece]]) -> None:
    assert told(read((stamped(0, frame(1)) + stamped(1, ENDED)).rstrip())) == [
        "rfq_deleted",
        "ended",
    ]


@pytest.mark.parametrize(
    "line", ["{", "[]", "\ufeff{}", '{"a":NaN}', stamped(1, own("gap", reason=5)).rstrip()]
)
def test_another_unreadable_line_ends_it(line: str, read: Callable[..., list[Piece]]) -> None:
    text = stamped(0, frame(1)) + f"\n{line}\n" + stamped(2, frame(2)) + stamped(3, ENDED)
    with pytest.raises(RecordingError, match=r"0\.jsonl, line 3: ") as raised:
        read(text)
    assert "--lenient" in raised.value.advice
    said: list[str] = []
    # It may have been anything, so that something may be missing.
    assert told(read(text, lenient=True, say=said.append)) == [
        *("rfq_deleted", "unrecorded None", "rfq_deleted", "ended")
    ]
    assert len(said) == 1


def test_what_comes_before_an_unreadable_line_is_had(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text(stamped(0, frame(1)) + "x\n")
    reading = iter(Recording([str(file)]))
    assert next(reading) == []
    assert told(next(reading)) == ["rfq_deleted"]
    with pytest.raises(RecordingError):
        next(reading)


# Recordings of others


@pytest.mark.parametrize(
    "line",
    [
        stamped(5, frame(1)),
        json.dumps({**frame(1), "received_ts_ms": T + 5}) + "\r\n",
        json.dumps({"received_ts_ms": T + 5, **frame(1)}) + "\n",
    ],
    ids=["ours", "spaced", "at the start"],
)
def test_a_receipt_may_be_written_in_other_ways(
    line: str, read: Callable[..., list[Piece]]
) -> None:
    (burst,) = read(line)
    assert isinstance(burst, Burst)
    assert (burst.at_ms, burst.stamped, burst.frames) == (
        T + 5,
        True,
        [Frame("rfq_deleted", 1, 1)],
    )


def test_bare_messages_have_the_exchange_s_time(read: Callable[..., list[Piece]]) -> None:
    said: list[str] = []
    lines = [frame(1, sending_ts_ms=T), frame(2), frame(3, sending_ts_ms=T + 9)]
    pieces = read("".join(json.dumps(line) + "\n" for line in lines), say=said.append)
    assert [(piece.at_ms, isinstance(piece, Burst) and piece.stamped) for piece in pieces] == [
        (T, False),
        (T, False),
        (T + 9, False),
    ]
    assert said == ["lines say no receipt: the exchange's time stands for it"]


def test_what_was_taken_off_production_is_read(tmp_path: Path) -> None:
    file = tmp_path / "recorded.jsonl"
    file.write_bytes(b"\n".join(RECORDED))
    recording = Recording([str(file)])
    bursts = [piece for pieces in recording for piece in pieces]
    assert [bytes(b.data[0]) for b in bursts if isinstance(b, Burst)] == RECORDED
    times = [burst.at_ms for burst in bursts]
    assert times == sorted(times)
    assert times[0] > T / 2
    # It has no numbers, so that nobody can know whether it is whole.
    assert recording.numbering("").unnumbered == len(RECORDED)


def test_a_message_that_claims_to_be_ours_is_no_line_of_ours(
    read: Callable[..., list[Piece]],
) -> None:
    (burst,) = read(json.dumps(gap()) + "\n")
    assert isinstance(burst, Burst)
    assert isinstance(burst.frames[0], Malformed)


def test_an_odd_message_keeps_its_place(read: Callable[..., list[Piece]]) -> None:
    lines = [LIVE, {"type": "rfq_whispered", "sid": 1, "seq": 1}, {}, frame(3)]
    pieces = read("".join(stamped(0, line) for line in lines))
    assert told(pieces) == ["live", "rfq_whispered", "", "rfq_deleted"]
    assert isinstance(pieces[1], Burst)
    assert isinstance(pieces[1].frames[0], Unknown)
