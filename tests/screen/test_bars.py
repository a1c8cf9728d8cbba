from __future__ import annotations

import pytest

from rfqwatch.screen.picture.bars import bar, sparkline


@pytest.mark.parametrize(
    ("part", "drawn"),
    [
        (0, ""),
        (0.01, ""),
        (0.02, "▏"),
        (0.5, "██"),
        (0.6, "██▍"),
        (1, "████"),
        (7, "████"),
        (-1, ""),
    ],
)
def test_a_bar_is_true_to_the_eighth(part: float, drawn: str) -> None:
    assert bar(part, 4) == drawn


def test_a_sparkline_is_as_high_as_its_largest() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([0, 1e-9, 1e9]) == " ▁█"
    assert sparkline([0, 0]) == "  "
    assert not sparkline([])
