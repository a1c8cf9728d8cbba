from __future__ import annotations

import pytest

from rfqwatch.recording.rotation import Kept, Retention, Rotation

HOUR_MS = 3_600_000
SIX_MS = 1_795_543_200_000
"""18:00 UTC."""


@pytest.mark.parametrize(
    ("begun_ms", "now_ms", "full"),
    [
        (SIX_MS, SIX_MS + HOUR_MS - 1, False),
        (SIX_MS, SIX_MS + HOUR_MS, True),
        (SIX_MS + HOUR_MS - 1, SIX_MS + HOUR_MS, True),
        (SIX_MS, SIX_MS - 1, True),
    ],
)
def test_a_file_is_full_at_the_hour(begun_ms: int, now_ms: int, full: bool) -> None:  # noqa: FBT001 - a table's column
    assert Rotation(every_s=3600).full(10**12, begun_ms, now_ms) is full


@pytest.mark.parametrize(("size", "full"), [(99, False), (100, True), (101, True)])
def test_a_file_is_full_at_its_size(size: int, full: bool) -> None:  # noqa: FBT001 - the same
    assert Rotation(size=100).full(size, 0, 10**12) is full


def test_without_limits_nothing_is_ever_full() -> None:
    assert not Rotation().full(10**15, 0, 10**15)


FILES = [Kept("a", 10, 100.0), Kept("b", 20, 200.0), Kept("c", 30, 300.0), Kept("d", 40, 400.0)]


@pytest.mark.parametrize(
    ("retention", "gone"),
    [
        (Retention(), []),
        (Retention(size=100), []),
        (Retention(size=99), ["a"]),
        (Retention(size=70), ["a", "b"]),
        (Retention(age_s=300), []),
        (Retention(age_s=299), ["a"]),
        (Retention(age_s=150, size=95), ["a", "b"]),
        (Retention(age_s=299, size=70), ["a", "b"]),
        (Retention(age_s=0.1, size=1), ["a", "b", "c"]),
    ],
)
def test_the_oldest_go_and_the_newest_stays(retention: Retention, gone: list[str]) -> None:
    assert retention.surplus(FILES, 400.0) == gone


def test_of_nothing_nothing_goes() -> None:
    assert Retention(0, 0).surplus([], 0.0) == []
