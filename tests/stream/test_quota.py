from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.wiring.selecting import selecting
from rfqwatch.exchange.decoding import read_told
from rfqwatch.exchange.wire import Frame, Payload, read
from rfqwatch.stream.drift import Drift
from rfqwatch.stream.quota import EnoughError, Quota
from rfqwatch.stream.tee import Tee

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message

CREATED, DELETED = Frame("rfq_created"), Frame("rfq_deleted")
BURST = [CREATED, DELETED, CREATED, DELETED, CREATED]


class Kept:
    """An output that keeps all that it takes."""

    reads = False
    lost = 0

    def __init__(self) -> None:
        self.shed = 0
        self.data: list[Payload] = []
        self.frames: list[Message] = []

    def begin(self, shard: str, at: Instant) -> None:
        pass

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        self.data += data
        self.frames += frames

    def live(self, live: Live) -> None:
        pass

    def gap(self, gap: Gap) -> None:
        pass

    def end(self) -> None:
        pass


def show(quota: Quota, frames: Sequence[Frame]) -> None:
    quota.show([Payload(frame.type, "ascii") for frame in frames], frames)


def test_events_are_read_with_their_messages_where_each_is_shown() -> None:
    lines, book = Kept(), Kept()
    book.reads = True
    selection, _ = selecting(SelectionOptions(type=["rfq_deleted"]), Drift())
    assert Quota(None, book).read is read_told
    for output in (lines, Tee(book, lines)):
        assert Quota(None, output).read is read
    assert Quota(None, book, selection).read is read


def test_all_goes_on_without_a_count() -> None:
    kept = Kept()
    quota = Quota(None, kept)
    show(quota, BURST)
    show(quota, [])
    assert kept.frames == BURST
    assert kept.data == [Payload(frame.type, "ascii") for frame in BURST]
    assert quota.shown == 5


@pytest.mark.parametrize("count", [6, 7, 10])
def test_no_more_than_asked_for(count: int) -> None:
    kept = Kept()
    quota = Quota(count, kept)
    show(quota, BURST)
    with pytest.raises(EnoughError):
        show(quota, BURST)
    assert len(kept.data) == len(kept.frames) == quota.shown == count
    assert quota.left == 0


def test_what_is_shed_does_not_count() -> None:
    kept = Kept()
    quota = Quota(6, kept)
    show(quota, BURST)
    kept.shed = 5
    show(quota, BURST)
    assert quota.left == 1


def test_what_is_not_selected_does_not_count() -> None:
    kept = Kept()
    selection, _ = selecting(SelectionOptions(type=["rfq_deleted"]), Drift())
    quota = Quota(3, kept, selection)
    show(quota, BURST)
    assert kept.frames == [DELETED] * 2
    with pytest.raises(EnoughError):
        show(quota, BURST)
    assert kept.frames == [DELETED] * 3
    assert kept.data == [Payload(b"rfq_deleted")] * 3
