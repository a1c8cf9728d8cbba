from __future__ import annotations

import random
from collections import Counter
from itertools import repeat

from rfqwatch.report.tally import Tally


def test_it_counts() -> None:
    tally: Tally[str] = Tally()
    tally.add(["a", "b", "a"], [1, 2, 3])
    tally.add(["a", "c"], [2, 2])
    assert tally.top(2) == [("a", 6), ("b", 2)]
    assert tally.lacking == 0


def test_no_count_lacks_more_than_it_says() -> None:
    chance = random.Random(3)
    tally: Tally[int] = Tally(100)
    true: Counter[int] = Counter()
    for _ in range(200):
        keys = [int(400 * chance.random() ** 4) for _ in range(50)]
        tally.add(keys, repeat(1, len(keys)))
        true.update(keys)
        assert len(tally.sizes) <= 100
    assert tally.lacking > 0
    for key, count in tally.top(100):
        assert true[key] - tally.lacking <= count <= true[key]
    assert tally.top(1)[0][0] == true.most_common(1)[0][0]
