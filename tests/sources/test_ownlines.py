from __future__ import annotations

import pytest

from rfqwatch.exchange.notices import Gap
from rfqwatch.exchange.wire import Malformed, Payload
from rfqwatch.lines.output import Ending
from rfqwatch.sources.ownlines import (
    ending_of,
    gap_of,
    malformed_of,
    own_line,
    previous_of,
)

GAP = (
    b'{"type":"rfqwatch.gap","sid":7,"msg":{"reason":"seq","missed":3,"last_seq":10,'
    b'"next_seq":14,"from_ts_ms":5,"to_ts_ms":null}}'
)


def test_a_gap_is_had_back() -> None:
    own = own_line(GAP)
    assert own is not None
    assert gap_of(own) == Gap("seq", 3, 7, 10, 14, 5, None)


@pytest.mark.parametrize(
    ("kept", "data"),
    [(b'"text":"a\\"b"', b'a"b'), (b'"base64":"/w=="', b"\xff"), (b'"text":""', b"")],
)
def test_a_malformed_message_is_had_back_whole(kept: bytes, data: bytes) -> None:
    own = own_line(b'{"type":"rfqwatch.malformed","msg":{"reason":"not JSON",%s}}' % kept)
    assert own is not None
    assert malformed_of(own) == (Payload(data), Malformed("not JSON"))


def test_an_ending_is_had_back() -> None:
    own = own_line(
        b'{"type":"rfqwatch.ended","msg":{"reason":"count","events":5,"gaps":1,"missed":null,'
        b'"malformed":0}}'
    )
    assert own is not None
    assert ending_of(own) == Ending("count", 5, 1, None, 0)


@pytest.mark.parametrize(("msg", "name"), [(b'{"previous":"a"}', "a"), (b"{}", None)])
def test_a_file_may_go_on_from_another(msg: bytes, name: str | None) -> None:
    own = own_line(b'{"type":"rfqwatch.recording","msg":%s}' % msg)
    assert own is not None
    assert previous_of(own) == name


@pytest.mark.parametrize("line", [b"", b"[]", b'{"type":"rfq_created"}', b'{"type":5}'])
def test_other_lines_are_not_ours(line: bytes) -> None:
    assert own_line(line) is None


@pytest.mark.parametrize("msg", [b"[]", b"{}", b'{"reason":5,"from_ts_ms":"x"}'])
def test_what_does_not_fit_raises(msg: bytes) -> None:
    own = own_line(b'{"type":"rfqwatch.gap","msg":%s}' % msg)
    assert own is not None
    for read in (gap_of, malformed_of, ending_of):
        with pytest.raises(ValueError, match=r"Expected|missing"):
            read(own)
