from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.exchange.decoding import read_told
from rfqwatch.exchange.notices import Gap, Note
from rfqwatch.exchange.numbering import RESTART_RUN, Numbering
from rfqwatch.exchange.wire import Error, Frame, Ok, Unknown

SINCE_MS, NOW_MS = 1_000, 2_500


def numbering(sid: int | None = 1) -> Numbering:
    numbers = Numbering()
    numbers.restart(sid)
    return numbers


def take(numbers: Numbering, *seqs: int | None) -> list[str]:
    """Give what is told of each number, in short."""
    told = []
    for seq in seqs:
        match notice := numbers.take(seq, SINCE_MS, NOW_MS):
            case Gap():
                told.append(f"{notice.last_seq}..{notice.next_seq}")
            case Note():
                told.append(notice.kind)
            case None:
                told.append("")
    return told


def test_nothing_is_known_at_first() -> None:
    numbers = Numbering()
    assert (numbers.sid, numbers.started, numbers.last_seq) == (None, False, None)
    assert (numbers.backward, numbers.unnumbered) == (0, 0)


def test_a_gap_says_what_surrounds_it() -> None:
    numbers = numbering(7)
    assert take(numbers, 1, 2) == ["", ""]
    assert numbers.take(5, SINCE_MS, NOW_MS) == Gap(
        "seq", missed=2, sid=7, last_seq=2, next_seq=5, from_ms=SINCE_MS, to_ms=NOW_MS
    )
    assert numbers.last_seq == 5


@pytest.mark.parametrize(
    ("seqs", "told"),
    [
        ([1, 2, 3], ["", "", ""]),
        ([0, 1, 2], ["", "", ""]),
        ([2], ["0..2"]),
        ([4, 5, 9], ["0..4", "", "5..9"]),
        ([0, 2], ["", "0..2"]),
        ([1, 2**63 - 1], ["", f"1..{2**63 - 1}"]),
        ([1, 1, 2], ["", "backward", ""]),
        ([1, 2, 3, 1, 4], ["", "", "", "backward", ""]),
        ([1, 0, 2], ["", "backward", ""]),
        ([1, 3, 2, 4], ["", "1..3", "backward", ""]),
        ([1, None, 2], ["", "seq", ""]),
        ([None, None, 1], ["seq", "seq", ""]),
        # Twice the same, or one between them, is no run.
        ([*range(1, 8), 2, 2, 2, 8], [*[""] * 7, *["backward"] * 3, ""]),
        ([*range(1, 8), 2, 3, 8, 4, 9], [*[""] * 7, "backward", "backward", "", "backward", ""]),
        ([*range(1, 8), 2, 4, 6, 8], [*[""] * 7, *["backward"] * 3, ""]),
        # But so many in a row are.
        ([*range(1, 8), 1, 2, 3, 4, 6], [*[""] * 7, "backward", "backward", "restart", "", "4..6"]),
        ([*range(1, 8), 3, 4, 5, 6], [*[""] * 7, "backward", "backward", "restart", ""]),
        ([*range(1, 8), 5, 6, 7, 8], [*[""] * 7, "backward", "backward", "restart", ""]),
    ],
    ids=str,
)
def test_what_is_told_of_numbers(seqs: list[int | None], told: list[str]) -> None:
    assert take(numbering(), *seqs) == told


def test_a_run_is_as_long_as_it_says() -> None:
    numbers = numbering()
    take(numbers, *range(1, 101))
    *backward, restart = take(numbers, *range(1, RESTART_RUN + 1))
    assert backward == ["backward"] * (RESTART_RUN - 1)
    assert restart == "restart"
    assert numbers.last_seq == RESTART_RUN
    assert numbers.backward == RESTART_RUN


def test_a_numbering_starts_anew_and_the_counts_go_on() -> None:
    numbers = numbering(1)
    take(numbers, 1, 2, 2, None)
    numbers.restart(2)
    assert (numbers.sid, numbers.started, numbers.last_seq) == (2, False, None)
    assert take(numbers, 1, 1, None, 4) == ["", "backward", "seq", "1..4"]
    assert (numbers.backward, numbers.unnumbered) == (2, 2)


def test_a_run_does_not_outlive_its_numbering() -> None:
    numbers = numbering(1)
    take(numbers, 1, 2, 3, 4, 1, 2)
    numbers.restart(1)
    take(numbers, 1, 2, 3, 4)
    assert take(numbers, 3) == ["backward"]


# Many at once.


def frame(seq: int | None, sid: int | None = 1) -> Frame:
    return Frame("rfq_deleted", sid, seq)


def test_messages_whose_events_are_read_are_followed_as_well() -> None:
    data = b'{"type":"rfq_deleted","sid":1,"seq":%d,"msg":{"id":"x"}}'
    told = [read_told(bytearray(data % seq)) for seq in (1, 2, 4)]
    assert numbering().follow([frame(0), *told], 1) == 2


def test_messages_in_order_are_followed() -> None:
    numbers = numbering()
    burst = [frame(1), frame(2), frame(3), frame(5)]
    assert numbers.follow(burst) == 3
    assert (numbers.started, numbers.last_seq) == (True, 3)
    assert take(numbers, 5) == ["3..5"]
    assert numbers.follow(burst, 4) == 0
    assert numbers.follow([frame(1), frame(6), frame(7)], 1) == 2


@pytest.mark.parametrize(
    "other",
    [
        frame(3),
        frame(0),
        frame(None),
        frame(1, 2),
        frame(1, None),
        Unknown("rfq_whispered", 1, 1),
        Ok(None, 1, 1),
        Error(None, 1, 1, 7),
    ],
)
def test_anything_else_stops_them(other: Frame | Ok | Error) -> None:
    numbers = numbering()
    assert numbers.follow([other, frame(1)]) == 0
    assert (numbers.started, numbers.last_seq) == (False, None)
    assert numbers.follow([frame(1), other, frame(2)]) == 1


def test_without_a_sid_those_without_one_are_followed() -> None:
    assert numbering(None).follow([frame(1, None), frame(2, None), frame(3)]) == 2


# Laws.


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=60))
def test_missed_and_seen_make_all_that_was_sent(steps: list[int]) -> None:
    numbers = numbering()
    seqs = list(accumulate(steps))
    gaps = [notice for seq in seqs if (notice := numbers.take(seq, SINCE_MS, NOW_MS))]
    assert all(isinstance(gap, Gap) for gap in gaps)
    surroundings = [(gap.last_seq, gap.next_seq) for gap in gaps if isinstance(gap, Gap)]
    assert sum(gap.missed or 0 for gap in gaps if isinstance(gap, Gap)) + len(seqs) == seqs[-1]
    assert surroundings == [
        (before, after) for before, after in pairwise([0, *seqs]) if after > before + 1
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(1, 200), max_size=2)), max_size=40)
)
def test_late_and_repeated_frames_change_no_account(steps: list[tuple[int, list[int]]]) -> None:
    numbers = numbering()
    seq, seen, missed, late = 0, 0, 0, 0
    for step, again in steps:
        seq += step
        seen += 1
        notice = numbers.take(seq, SINCE_MS, NOW_MS)
        missed += notice.missed or 0 if isinstance(notice, Gap) else 0
        for old in again:
            if old <= seq:
                late += 1
                assert isinstance(numbers.take(old, SINCE_MS, NOW_MS), Note)
    assert seen + missed == seq
    assert numbers.backward == late


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=40))
def test_to_follow_is_to_take_what_nothing_is_told_of(seqs: list[int]) -> None:
    one, many = numbering(), numbering()
    frames = [frame(seq) for seq in seqs]
    place = 0
    while place < len(frames):
        followed = many.follow(frames, place)
        assert take(one, *seqs[place : place + followed]) == [""] * followed
        place += followed
        if place < len(frames):
            assert take(one, seqs[place]) == take(many, seqs[place])
            place += 1
        assert (one.last_seq, one.backward) == (many.last_seq, many.backward)
