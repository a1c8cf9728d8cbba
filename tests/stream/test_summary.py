from __future__ import annotations

import pytest

from rfqwatch.clock import Instant
from rfqwatch.lines.output import Ending
from rfqwatch.stream.health import Connection, Health
from rfqwatch.stream.summary import ending, summary, uncertain

START = Instant(1_000, 1.0)


@pytest.fixture
def health() -> Health:
    health = Health("sim")
    health.shard("0/2").become(Connection.WATCHING, START)
    health.shard("1/2").become(Connection.WATCHING, START)
    return health


def test_nothing_missed(health: Health) -> None:
    assert summary(health, "5 events printed") == "5 events printed; no gaps"
    assert uncertain(health, 0) == ""
    assert ending(health, "count", 5, 0) == Ending("count", 5, 0, 0, 0)


def test_a_stream_that_was_never_live_is_not_called_complete() -> None:
    health = Health("sim")
    health.shard("0/2")
    health.shard("1/2")
    assert summary(health, "done") == "done; nothing was watched"
    health.shard("1/2").become(Connection.WATCHING, START)
    assert summary(health, "done") == "done; 1 of 2 shards never watched, no gaps"


@pytest.mark.parametrize(
    ("missed", "total", "known"),
    [
        ([1_000, 2], 1_002, "2, 1,002 frames missed"),
        ([1], 1, "1, 1 frame missed"),
        ([None], None, "1, an unknown number of frames missed"),
        ([3, None], None, "2, 3 frames missed and an unknown number more"),
    ],
)
def test_gaps_of_all_shards(
    health: Health, missed: list[int | None], total: int | None, known: str
) -> None:
    for shard, number in zip(("0/2", "1/2"), missed, strict=False):
        health.shard(shard).gapped(number)
    assert summary(health, "done") == f"done; gaps: {known}"
    assert uncertain(health, 0) == "the stream had gaps"
    assert ending(health, "signal", 9, 0) == Ending("signal", 9, len(missed), total, 0)


def test_what_was_shed_is_a_gap(health: Health) -> None:
    health.shard("0/2").gapped(1)
    why = "7 of them shed as they were not read in time"
    assert summary(health, "done", shed=7) == f"done; gaps: 2, 8 frames missed, {why}"
    assert ending(health, "error", 20, 7) == Ending("error", 13, 2, 8, 0)


def test_what_was_not_taken_makes_it_uncertain(health: Health) -> None:
    assert uncertain(health, 1) == "the stream had gaps"


def test_frames_without_a_seq_make_it_uncertain(health: Health) -> None:
    health.shard("1/2").numbering.unnumbered = 1
    assert "can't be checked" in uncertain(health, 0)


def test_a_recording_that_breaks_off_makes_it_uncertain(health: Health) -> None:
    health.breaks_off = True
    assert summary(health, "done") == "done; no gaps up to where it breaks off"
    assert "breaks off" in uncertain(health, 0)


def test_malformed_frames_of_all_shards_are_in_the_ending(health: Health) -> None:
    health.shard("0/2").malformed, health.shard("1/2").malformed = 1, 2
    assert ending(health, "duration", 3, 0).malformed == 3


def test_what_else_is_worth_a_look(health: Health) -> None:
    card = health.shard("0/2")
    card.numbering.unnumbered, card.malformed, card.unknown = 1, 2_000, 3
    odd = bytearray(b'{"msg":{"id":"r","created_ts":"soon","market_ticker":5}}')
    for _ in range(2):
        health.drift.read("rfq_deleted", odd)
    health.drift.read("rfq_created", odd)
    health.drift.read("rfq_created", bytearray(b'{"msg":{}}'))
    assert summary(health, "done", undelivered=4).split("; ") == [
        "done",
        "no gap seen",
        "4 events not taken from standard output at the end",
        "1 frame without a seq, so that completeness can't be checked",
        "2,000 malformed frames",
        "3 frames of unknown type",
        "1 frame of which nothing could be read",
        "2 rfq_deleted.market_ticker not as known",
        "1 rfq_created.market_ticker not as known",
        "1 rfq_created.created_ts not as known",
        "1 rfq_created.id not as known",
    ]
