from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.errors import UsageError
from rfqwatch.exchange.shards import Shard, parse_shards


@pytest.mark.parametrize(
    ("text", "shards"),
    [
        ("3/10", [(3, 10)]),
        ("0/1", [(0, 1)]),
        ("99/100", [(99, 100)]),
        ("0,2/10", [(0, 10), (2, 10)]),
        ("2,0/10", [(2, 10), (0, 10)]),
        ("1,1,1/2", [(1, 2)]),
        ("all/4", [(0, 4), (1, 4), (2, 4), (3, 4)]),
        ("all/1", [(0, 1)]),
        (" 3/10\n", [(3, 10)]),
        ("003/010", [(3, 10)]),
    ],
)
def test_forms(text: str, shards: list[tuple[int, int]]) -> None:
    assert list(parse_shards(text)) == shards


def test_a_shard_is_written_as_it_is_read() -> None:
    assert str(Shard(3, 10)) == "3/10"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10/10", "With 10 shards, keys are 0 to 9."),
        ("0,12/10", "With 10 shards, keys are 0 to 9."),
        ("1/1", "With 1 shard, the only key is 0."),
        ("0/0", "N is 1 to 100."),
        ("all/0", "N is 1 to 100."),
        ("0/101", "N is 1 to 100."),
        ("all/999999999", "N is 1 to 100."),
    ],
)
def test_errors_say_which_shards_exist(text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_shards(text)
    assert raised.value.advice == says
    assert repr(text) in raised.value.message


@pytest.mark.parametrize(
    "text",
    [
        *("", "/", "3", "3/", "/10", "-1/10", "3/-10", "+3/10", "3.0/10", "3/10/2", "a/b", "ALL/4"),
        *("3,/10", ",3/10", "0, 2/10", "0-2/10", "3 /10", "3/10 4/10", "all,0/4", "*/4", "0x3/10"),
        *("\u0663/10", "3/1\u0660", "9999999999/9999999999", "3\\10", "all", "3/10\x00"),
    ],
)
def test_other_forms_are_refused_with_the_ones_there_are(text: str) -> None:
    with pytest.raises(UsageError, match="not of the form K/N") as raised:
        parse_shards(text)
    for form in ("3/10", "0,2/10", "all/4", "from 0"):
        assert form in raised.value.advice
    assert raised.value.exit_code == 2


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 100).flatmap(
        lambda n: st.tuples(st.lists(st.integers(0, n - 1), min_size=1), st.just(n))
    )
)
def test_every_key_once_in_the_order_written(case: tuple[list[int], int]) -> None:
    keys, factor = case
    shards = parse_shards(f"{','.join(map(str, keys))}/{factor}")
    assert [shard.key for shard in shards] == list(dict.fromkeys(keys))
    assert {shard.factor for shard in shards} == {factor}


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789,/all -", max_size=12) | st.text(max_size=12))
def test_any_text_gives_shards_that_exist_or_a_usage_error(text: str) -> None:
    try:
        shards = parse_shards(text)
    except UsageError:
        return
    assert shards
    assert all(0 <= shard.key < shard.factor <= 100 for shard in shards)
