from __future__ import annotations

from decimal import Decimal

from rfqwatch.book.tempo import KEPT_S, Stretch, Tempo

NOW_MS = 1_788_645_600_000


def test_what_was_opened_and_closed_is_told_by_stretches_that_stay() -> None:
    tempo = Tempo()
    for second in range(20):
        tempo.open(NOW_MS + 1_000 * second + 999, Decimal(second))
    tempo.close(NOW_MS + 3_000, NOW_MS)
    told = tempo.stretches(NOW_MS + 19_999, 5, 3)
    # The stretch that is not over is left out.
    assert told == [
        Stretch(5, Decimal(10), 1),
        Stretch(5, Decimal(35), 0),
        Stretch(5, Decimal(60), 0),
    ]
    assert tempo.stretches(NOW_MS + 15_000, 5, 3) == told
    assert tempo.last(2, NOW_MS + 19_500) == Stretch(2, Decimal(35), 0)


def test_the_life_of_the_rfqs_closed_last_is_their_median() -> None:
    tempo = Tempo()
    assert tempo.life_ms is None
    for life_ms in (9_000, 1_000, 4_000):
        tempo.close(NOW_MS, NOW_MS - life_ms)
    assert tempo.life_ms == 4_000


def test_what_is_far_from_the_present_is_forgotten() -> None:
    tempo = Tempo()
    tempo.open(NOW_MS, Decimal(1))
    tempo.open(NOW_MS + KEPT_S * 1_000, Decimal(1))
    assert tempo.last(10, NOW_MS + 1_000).opened == 0
    # Also when the clock was set back.
    tempo.open(NOW_MS, Decimal(1))
    assert tempo.last(1, NOW_MS + 1_000).opened == 1
    assert tempo.last(1, NOW_MS + KEPT_S * 1_000 + 1_000).opened == 0
