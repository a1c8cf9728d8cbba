"""JSON as text, for Hypothesis: what Python's own values can't say is in it, too."""

from __future__ import annotations

import json
from itertools import chain

from hypothesis import strategies as st

ODD = [
    *("null", "true", "-1", "-0", "0", "1", "2", "1.0", "-0.0", "1e0", "1E+2", "0.35", "3500"),
    *("1e999", "-1e999", "1e-999", "1e99999999999999999999", "9" * 18, "9" * 20, "9" * 5_000),
    *('""', '"1"', '"0.35"', '"x"', r'"\ud800"', r'"\udc00\ud800"', r'"\u0000\u001b[2J"'),
    *('"NaN"', '"-1"', '"yes"', '"2026-09-05T22:33:04.6Z"', '"0001-01-01T00:00:00+23:59"'),
    *("[]", "{}", "[[]]", "[null]", '{"":{}}', '{"id":"x","rfq_id":"y","quote_id":"z"}'),
    *("[" * 60 + "]" * 60, '"' + "x" * 5_000 + '"', '"\U0001f600\u2028\x85\u202e"'),
]

NAMES = st.text(max_size=4).map(json.dumps) | st.sampled_from([r'"\ud800"', '"msg"', '"type"'])


def members(
    names: st.SearchStrategy[str], values: st.SearchStrategy[str], most: int = 4
) -> st.SearchStrategy[list[str]]:
    """Give what an object may hold; a name may be in it twice."""
    return st.lists(st.tuples(names, values).map(":".join), max_size=most)


def objects(*parts: st.SearchStrategy[list[str]]) -> st.SearchStrategy[str]:
    """Give objects of all the members of each part."""
    return st.tuples(*parts).map(lambda each: f"{{{','.join(chain.from_iterable(each))}}}")


def lists(values: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=most).map(lambda each: f"[{','.join(each)}]")


SCALARS = (
    st.sampled_from(ODD)
    | st.integers().map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.text(max_size=8).map(json.dumps)
)
VALUES = st.recursive(
    SCALARS, lambda inner: lists(inner, 3) | objects(members(NAMES, inner, 3)), max_leaves=8
)
