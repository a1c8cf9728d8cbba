from __future__ import annotations

import pytest

from rfqwatch.exchange.wire import Frame, Payload, read
from rfqwatch.sources.stamps import read_stamp, received_ms, sent_ms, without_twice


@pytest.mark.parametrize(
    ("end", "stamp"),
    [
        (b',"received_ts_ms":1790000000123}', (1790000000123, "")),
        (b',"received_ts_ms":1790000000123,"shard":"3/10"}', (1790000000123, "3/10")),
        (b', "received_ts_ms": 17, "shard": "0/2" }\r', (17, "0/2")),
        (b',"received_ts_ms":17}}', None),
        (b',"received_ts_ms":17.5}', None),
        (b',"received_ts_ms":-1}', None),
        (b',"received_ts_ms":123456789012345}', None),
        (b',"received_ts_ms":17,"shard":"a\\"b"}', None),
        (b"", None),
    ],
)
def test_a_stamp_is_read_from_the_end_of_a_line(end: bytes, stamp: tuple[int, str] | None) -> None:
    assert read_stamp(end) == stamp


@pytest.mark.parametrize(
    ("line", "ms"),
    [
        (b'{"received_ts_ms":17,"type":"x"}', 17),
        (b'{"msg":{"received_ts_ms":17}}', None),
        (b'{"received_ts_ms":"17"}', None),
        (b'{"received_ts_ms":99999999999999999}', None),
        (b'["received_ts_ms"]', None),
    ],
)
def test_a_receipt_may_stand_anywhere(line: bytes, ms: int | None) -> None:
    assert received_ms(Payload(line)) == ms


@pytest.mark.parametrize(
    ("line", "ms"),
    [
        (b'{"type":"rfq_deleted","sending_ts_ms":17,"msg":{"id":"x"}}', 17),
        (
            b'{"type":"rfq_created","msg":{"id":"x","created_ts":"1970-01-01T00:00:01Z"}}',
            1_000,
        ),
        (b'{"type":"rfq_created","msg":{"id":"x"}}', 0),
        (b'{"type":"rfq_created","sending_ts_ms":99999999999999999,"msg":{"id":"x"}}', 0),
        (b'{"type":"rfq_whispered","sending_ts_ms":17}', 17),
    ],
)
def test_the_exchange_s_time_stands_for_it(line: bytes, ms: int) -> None:
    frame = read(Payload(line))
    assert isinstance(frame, Frame)
    assert sent_ms(frame, Payload(line)) == ms


def test_an_object_without_members_is_had_back() -> None:
    twice = Payload(b'{ "received_ts_ms":17}')
    assert without_twice(twice, 17) == b"{ }"
    assert without_twice(twice, 18) == twice
    assert without_twice(Payload(b'{"a":1,"received_ts_ms":17}'), 17).startswith(b'{"a"')
