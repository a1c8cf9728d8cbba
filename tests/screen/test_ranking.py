from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfqwatch.screen.ranking import Ranking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.screen.ranking import Place

    Puts = list[tuple[str, int | None]]
    Look = tuple[int, int, str, bool]

KEYS = st.sampled_from("abcdefghijklmnopqrst")
PUTS = st.lists(st.tuples(KEYS, st.none() | st.integers(-9, 9)), max_size=30)
LOOKS = st.tuples(st.integers(0, 20), st.integers(0, 8), KEYS, st.booleans())


@pytest.fixture(autouse=True, scope="module")
def _short_head() -> Iterator[None]:
    """Keep a few in order only, so that there is always something behind them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rfqwatch.screen.ranking.HEAD", 2)
        yield


@given(st.lists(st.tuples(PUTS, LOOKS), max_size=12))
def test_it_is_as_if_all_were_always_in_order(steps: list[tuple[Puts, Look]]) -> None:
    ranking = Ranking()
    places: dict[str, Place] = {}
    mark: Place | None = None
    for puts, (first, count, key, marks) in steps:
        changes: list[tuple[str, Place | None]]
        changes = [(each, None if at is None else (at, "", each)) for each, at in puts]
        ranking.put(changes)
        for each, place in changes:
            if place is None:
                places.pop(each, None)
            else:
                places[each] = place
        order = sorted(places.values())
        assert len(ranking) == len(order)
        assert ranking.keys(first, count) == [place[2] for place in order[first : first + count]]
        assert ranking.place(key) == places.get(key)
        assert ranking.index(key) == (order.index(places[key]) if key in places else None)
        if marks and key in places:
            mark = places[key]
            ranking.mark(mark)
        assert ranking.before_mark == (bisect_left(order, mark) if mark else 0)


def test_what_is_cleared_is_counted_anew_before_the_mark() -> None:
    ranking = Ranking()
    ranking.put([("a", (1, "", "a")), ("b", (2, "", "b"))])
    ranking.mark((2, "", "b"))
    ranking.clear()
    assert (len(ranking), ranking.before_mark) == (0, 0)
    ranking.put([("b", (2, "", "b")), ("c", (0, "", "c")), ("a", (1, "", "a"))])
    assert (ranking.keys(0, 3), ranking.before_mark) == (["c", "a", "b"], 2)
