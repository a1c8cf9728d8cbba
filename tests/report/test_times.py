from __future__ import annotations

import random

import pytest

from rfqwatch.report.times import ERROR, Times


def test_nothing_has_no_percentile() -> None:
    assert Times().percentile(50) is None


@pytest.mark.parametrize("largest", [40, 5_000, 10_000_000])
def test_percentiles_are_as_near_as_said(largest: int) -> None:
    chance = random.Random(largest)
    values = [round(largest * chance.random() ** 3) - largest // 50 for _ in range(30_000)]
    times = Times()
    for start in range(0, len(values), 500):
        times.add(values[start : start + 500])
    values.sort()
    assert len(times) == len(values)
    for percent in (0, 1, 10, 50, 90, 99, 100):
        exact = values[(len(values) - 1) * percent // 100]
        found = times.percentile(percent)
        assert found is not None
        assert abs(found - exact) <= (abs(exact) * ERROR + 0.5 if abs(exact) > 50 else 0)
