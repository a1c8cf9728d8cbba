from __future__ import annotations

import pytest

from rfqwatch.recording.names import is_ours, next_name

AT_MS = 1_795_543_200_987
FIRST = "rfqwatch-20261124T180000Z-0001.jsonl.zst"


def test_a_name_tells_when_it_was_begun() -> None:
    assert next_name("", AT_MS, "zst") == FIRST
    assert next_name("", AT_MS, "gz") == FIRST.replace("zst", "gz")


def test_names_sort_as_they_follow_each_other() -> None:
    names = [""]
    # Twice in a second, later, after the clock was set back, later again.
    for seconds in (0, 0, 1, -3_600, -3_600, 5):
        names.append(next_name(names[-1], AT_MS + seconds * 1_000, "zst"))
    assert names == sorted(set(names))
    assert names[2] == FIRST.replace("0001", "0002")
    assert names[4] == "rfqwatch-20261124T180001Z-0002.jsonl.zst"


def test_the_compression_does_not_matter() -> None:
    assert next_name(FIRST, AT_MS, "gz") == FIRST.replace("0001.jsonl.zst", "0002.jsonl.gz")


@pytest.mark.parametrize("name", [FIRST, next_name("", AT_MS, "gz")])
def test_ours_are_told(name: str) -> None:
    assert is_ours(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "notes.txt", "rfqwatch.lock", FIRST + ".part", FIRST.upper(), "x" + FIRST),
        *("rfqwatch-20261124T180000Z-0001.jsonl", "rfqwatch-now-0001.jsonl.zst", FIRST + "\n"),
    ],
)
def test_others_are_not(name: str) -> None:
    assert not is_ours(name)
