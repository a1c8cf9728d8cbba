from __future__ import annotations

import pytest

from rfqwatch.cli.options.quantities import Moment, Seconds, Size, time_or_size
from rfqwatch.clock import now


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("500ms", 0.5), ("30s", 30), ("30", 30), ("1.5m", 90), ("2min", 120), ("1h", 3600)),
        *(("1d", 86_400), (" 5 M\n", 300)),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert Seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("2b", 2), ("500k", 512_000), ("64MiB", 2**26), ("1.5g", 3 * 2**29), ("1kb", 1000)],
)
def test_sizes(text: str, size: int) -> None:
    assert Size(text) == size


def test_shown_as_written_and_read_again() -> None:
    assert str(Seconds("2h")) == str(Seconds(Seconds("2h"))) == "2h"
    assert Seconds(Seconds("2h")) == 7200.0
    assert str(Size("64MiB")) == str(Size(Size("64MiB"))) == "64MiB"
    assert Size(Size("64MiB")) == 2**26


@pytest.mark.parametrize("text", ["", "soon", "0", "0s", "-5s", "1e3", "5 parsecs", "1h30m", "٣s"])
def test_what_is_no_quantity_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 500ms, 30s, 5m or 1h"):
        Seconds(text)
    with pytest.raises(ValueError, match="write it like 64MiB, 500k or 1g"):
        Size(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        *(("1h", Seconds("1h")), ("30min", Seconds(1800)), ("7d", Seconds("7d"))),
        *(("256MiB", Size(2**28)), ("50GiB", Size("50g")), ("1k", Size(1024))),
    ],
)
def test_a_time_or_a_size(text: str, read: Seconds | Size) -> None:
    assert time_or_size(text) == read
    assert type(time_or_size(text)) is type(read)


@pytest.mark.parametrize("text", ["5m", "5", "5 M"])
def test_what_could_be_both_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could be a time or a size; write it like 30min"):
        time_or_size(text)


@pytest.mark.parametrize("text", ["", "soon", "0h", "5 parsecs"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not understood; write it like 30min, 1h, 7d, 256MiB"):
        time_or_size(text)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-11-24T18:00:00Z", 1_795_543_200_000),
        ("2026-11-24T18:00", 1_795_543_200_000),
        ("2026-11-24 19:00:00.250+01:00", 1_795_543_200_250),
        ("2026-11-24", 1_795_478_400_000),
    ],
)
def test_moments(text: str, ms: int) -> None:
    assert Moment(text) == ms
    assert str(Moment(text)) == text


def test_a_moment_may_be_so_long_ago() -> None:
    ago_ms = now().ms - Moment("-2h")
    assert abs(ago_ms - 7_200_000) < 60_000


@pytest.mark.parametrize("text", ["", "yesterday", "2h", "-", "-2 fortnights", "1795543200000"])
def test_other_moments_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        Moment(text)
