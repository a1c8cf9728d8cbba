from __future__ import annotations

import pytest

from rfqwatch.health import Connection, Health
from rfqwatch.summary import gaps, summary


@pytest.fixture
def health() -> Health:
    health = Health("sim")
    health.shard("0/2").become(Connection.WATCHING, 1)
    health.shard("1/2").become(Connection.WATCHING, 1)
    return health


def test_nothing_missed(health: Health) -> None:
    assert summary(health, "5 events printed") == "5 events printed; no gaps"
    assert gaps(health, 0) == 0


def test_a_stream_that_was_never_live_is_not_called_complete() -> None:
    health = Health("sim")
    health.shard("0/2")
    health.shard("1/2")
    assert summary(health, "done") == "done; nothing was watched"
    health.shard("1/2").become(Connection.WATCHING, 1)
    assert summary(health, "done") == "done; 1 of 2 shards never watched, no gaps"


@pytest.mark.parametrize(
    ("missed", "known"),
    [
        ([1_000, 2], "2, 1,002 frames missed"),
        ([None], "1, an unknown number of frames missed"),
        ([3, None], "2, 3 frames missed and an unknown number more"),
    ],
)
def test_gaps_of_all_shards(health: Health, missed: list[int | None], known: str) -> None:
    for shard, number in zip(("0/2", "1/2"), missed, strict=False):
        health.shard(shard).gapped(number)
    assert summary(health, "done") == f"done; gaps: {known}"
    assert gaps(health, 0) == len(missed)


def test_what_was_shed_is_a_gap(health: Health) -> None:
    health.shard("0/2").gapped(1)
    why = "7 of them shed as they were not read in time"
    assert summary(health, "done", shed=7) == f"done; gaps: 2, 8 frames missed, {why}"
    assert gaps(health, 7) == 2


def test_what_else_is_worth_a_look(health: Health) -> None:
    card = health.shard("0/2")
    card.unnumbered, card.malformed, card.unknown = 1, 2_000, 3
    assert summary(health, "done", undelivered=4).split("; ") == [
        "done",
        "no gaps",
        "4 events not taken from standard output at the end",
        "1 frames without a seq, so that completeness can't be checked",
        "2,000 malformed frames",
        "3 frames of unknown types",
    ]
