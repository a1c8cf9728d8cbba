"""The shares above the table."""

from __future__ import annotations

from collections import Counter

import pytest

from rfqwatch.screen.picture.above.band import shares


@pytest.mark.parametrize("width", range(60, 260))
def test_what_has_no_room_among_the_shares_is_counted_in_whole(width: int) -> None:
    counts = Counter(MLB=340, NFL=200, NBA=140, MLS=100, NHL=80, EPL=60, LIGAMX=50, KXFED=1, KXA=1)
    drawn = "".join(part.text for part in shares(counts, width))
    assert len(drawn) == width
    named = sum(f" {sport} " in drawn for sport in counts)
    assert f" {len(counts) - named} more" in drawn
