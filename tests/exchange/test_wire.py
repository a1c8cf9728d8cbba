from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, get_args

import pytest
from corpus import COMMANDS, DOCUMENTED, EARLY_2026, RECORDED, SENT_BY_EXCHANGE
from fuzzing import KINDS, TYPES, Mutator, Trial, check_line, lines_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfqwatch.exchange.events import Event, RfqCreated
from rfqwatch.exchange.wire import (
    FRAMES,
    Error,
    Frame,
    Malformed,
    Ok,
    Payload,
    Reason,
    Subscribed,
    Subscription,
    Unknown,
    Unsubscribed,
    Updated,
    decode,
    subscribe,
)

if TYPE_CHECKING:
    from rfqwatch.exchange.wire import Received

CONTROLS = {"subscribed": Subscribed, "unsubscribed": Unsubscribed, "ok": Ok, "error": Error}
BY_TYPE = {event.type: FRAMES[event] for event in get_args(Event)} | CONTROLS

NOW_MS = 1_788_645_600_000


def received(text: str | bytes) -> Received:
    return decode(Payload(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize("data", SENT_BY_EXCHANGE)
def test_every_frame_is_of_the_type_it_says(data: bytes) -> None:
    message = json.loads(data)
    frame = received(data)
    assert type(frame) is BY_TYPE[message["type"]]
    assert isinstance(frame, Frame | Subscribed | Unsubscribed | Ok | Error)
    assert frame.sending_ts_ms == message.get("sending_ts_ms")
    assert getattr(frame, "sid", None) == message.get("sid")
    assert getattr(frame, "seq", None) == message.get("seq")
    assert getattr(frame, "id", None) == message.get("id")


def test_the_examples_show_every_type() -> None:
    assert {json.loads(data)["type"] for data in DOCUMENTED} == BY_TYPE.keys() == TYPES
    assert [json.loads(data)["type"] for data in EARLY_2026] == [
        "rfq_created",
        "rfq_deleted",
        "quote_created",
        "quote_accepted",
        "quote_executed",
    ]


@pytest.mark.parametrize("data", SENT_BY_EXCHANGE)
def test_the_order_of_keys_is_of_no_matter(data: bytes) -> None:
    message = json.loads(data)
    backwards = dict(reversed(message.items()))
    if isinstance(message.get("msg"), dict):
        backwards["msg"] = dict(reversed(message["msg"].items()))
    assert received(json.dumps(backwards)) == received(data)


@pytest.mark.parametrize("data", SENT_BY_EXCHANGE)
def test_white_space_is_of_no_matter(data: bytes) -> None:
    laid_out = json.dumps(json.loads(data), indent=2).replace("\n", "\r\n")
    assert received(f"\n {laid_out}\n") == received(data)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        (
            '{"id":1,"type":"subscribed","msg":{"channel":"communications","sid":7}}',
            Subscribed(Subscription("communications", 7), id=1),
        ),
        (
            '{"type":"subscribed","msg":{"channel":"communications"}}',
            Subscribed(Subscription("communications", None)),
        ),
        (
            '{"id":102,"sid":2,"seq":7,"type":"unsubscribed","sending_ts_ms":5}',
            Unsubscribed(102, 2, 7, 5),
        ),
        ('{"type":"unsubscribed"}', Unsubscribed()),
        ('{"type":"ok"}', Ok()),
        ('{"type":"ok","msg":null}', Ok()),
        (
            '{"id":1,"sid":4,"seq":2,"type":"ok","msg":{"market_tickers":["A"]}}',
            Ok(Updated(("A",)), id=1, sid=4, seq=2),
        ),
        (
            '{"type":"ok","msg":[{"channel":"communications","sid":1}]}',
            Ok((Subscription("communications", 1),)),
        ),
        ('{"type":"ok","msg":[]}', Ok(())),
        (
            '{"type":"error","sid":1,"seq":9,"msg":{"code":25,"msg":"Overflow"}}',
            Error(Reason(25, "Overflow"), sid=1, seq=9),
        ),
        ('{"type":"error","msg":{"code":99,"market_id":"M"}}', Error(Reason(99))),
    ],
)
def test_answers_to_commands(text: str, frame: Received) -> None:
    assert received(text) == frame


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"rfq_whispered"}', Unknown("rfq_whispered")),
        ('{"type":"rfq_whispered","sid":1,"seq":2,"msg":"psst"}', Unknown("rfq_whispered", 1, 2)),
        ('{"msg":[{}],"sending_ts_ms":3,"type":"x"}', Unknown("x", sending_ts_ms=3)),
        ('{"type":"RFQ_CREATED","msg":{"id":"x"}}', Unknown("RFQ_CREATED")),
        ('{"type":""}', Unknown("")),
    ],
)
def test_unknown_types_survive(text: str, frame: Unknown) -> None:
    assert received(text) == frame


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "JSON"),
        (b"Service Unavailable", "JSON"),
        (b"\x00\x01\x02\x03", "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"tru', "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"x"}}{"type":"ok"}', "JSON"),
        (b'{"type":"rfq_created",\x00\x00"msg":{"id":"x"}}', "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"x","note":"\x00"}}', "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"x","note":NaN}}', "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"\\ud800"}}', "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"x","note":"\\ud800"}}', "JSON"),
        (b'\xef\xbb\xbf{"type":"ok"}', "JSON"),
        (b'{"type":"rfq_created","msg":{"id":"\xff\xfe"}}', "encoding"),
        (b'{"type":"rfq_created","msg":{"id":"x","note":"\xff"}}', "encoding"),
        (b'{"type":"rfq_created","msg":{"id":"x","note":"\xed\xa0\x80"}}', "encoding"),
        (b'{"type":"rfq_created","msg":{"id":"x","note":"\xc0\xaf"}}', "encoding"),
        (b'{"type":"rfq_whispered","\xff":1}', "encoding"),
        (b'{"type":"rfq_created","msg":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nesting"),
        (b'{"type":"rfq_whispered","msg":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nesting"),
        (
            b'{"type":"rfq_created","msg":{"id":"x","note":' + b'{"a":' * 100_000 + b"}" * 100_002,
            "nesting",
        ),
        (b"[" * 100_000, "envelope"),
        (b"[]", "envelope"),
        (b"null", "envelope"),
        (b'"text"', "envelope"),
        (b"{}", "envelope"),
        (b'{"type":7}', "envelope"),
        (b'{"type":null,"msg":{}}', "envelope"),
        (b'{"type":"rfq_created","sid":"one","msg":{"id":"x"}}', "envelope"),
        (b'{"type":"rfq_created","sid":1.5,"msg":{"id":"x"}}', "envelope"),
        (b'{"type":"rfq_created","seq":-1,"msg":{"id":"x"}}', "envelope"),
        (b'{"type":"rfq_created","seq":9223372036854775808,"msg":{"id":"x"}}', "envelope"),
        (b'{"type":"rfq_created","seq":' + b"9" * 5_000 + b',"msg":{"id":"x"}}', "envelope"),
        (b'{"type":"rfq_created","seq":1e999999,"msg":{"id":"x"}}', "envelope"),
        (b'{"type":"rfq_whispered","seq":true}', "envelope"),
        (b'{"type":"rfqwatch.gap","msg":{"reason":"seq","missed":0}}', "envelope"),
        (b'{"type":"rfq_created"}', "rfq_created"),
        (b'{"type":"rfq_created","msg":null}', "rfq_created"),
        (b'{"type":"rfq_created","msg":[]}', "rfq_created"),
        (b'{"type":"rfq_created","msg":{"id":{"a":1},"creator_id":[]}}', "rfq_created"),
        (b'{"type":"quote_created","msg":{"rfq_id":"x"}}', "quote_created"),
        (b'{"type":"rfq_batch_deleted","msg":{"id":"x","rfq_ids":[null]}}', "rfq_batch_deleted"),
        (b'{"type":"subscribed"}', "subscribed"),
        (b'{"type":"error","msg":"no"}', "error"),
        (b'{"type":"error","msg":{"code":"25"}}', "error"),
        (b'{"type":"ok","msg":"done"}', "ok"),
        (b'{"type":"' + b"x" * 1_000_000 + b'","type":"ok"}', "ok"),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value[:60]),
)
def test_what_makes_no_sense_is_malformed(data: bytes, kind: str) -> None:
    frame = received(data)
    assert isinstance(frame, Malformed)
    assert frame.kind == kind
    assert frame.reason
    assert len(frame.reason) <= 200


@pytest.mark.parametrize(
    "extra",
    [
        b'"more":' + b"9" * 100_000,
        b'"more":1e999999',
        b'"more":-0',
        b'"more":"' + b"x" * 1_000_000 + b'"',
        b'"more":"\\u0000\\u001b]0;owned\\u0007\\u202e"',
        '"more":"\u2028\u2029\x7f\x85\U0001f600"'.encode(),
        b'"more":' + b"[" * 300 + b"]" * 300,
        b'"more":null,"more":{},"more":[]',
        b'"id":"another","id":"x"',
        b'"\\u0069d":"x"',
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_odd_but_well_formed_passes(extra: bytes) -> None:
    frame = received(b'{"type":"rfq_created","sid":1,"seq":1,"msg":{"id":"x",' + extra + b"}}")
    assert isinstance(frame, Frame)
    assert frame.msg == RfqCreated(id="x")


def test_the_widest_numbers_of_the_exchange_fit() -> None:
    frame = received(f'{{"type":"x","sid":{2**63 - 1},"seq":{2**63 - 1}}}')
    assert frame == Unknown("x", 2**63 - 1, 2**63 - 1)


# Commands.


def test_commands_are_as_documented() -> None:
    assert subscribe(6, shard_key=None, shard_factor=None, mine=False) in COMMANDS
    assert subscribe(1, shard_key=None, shard_factor=None, mine=True) in COMMANDS


def test_a_shard_is_two_integers() -> None:
    assert json.loads(subscribe(2, shard_key=0, shard_factor=4, mine=False)) == {
        "id": 2,
        "cmd": "subscribe",
        "params": {"channels": ["communications"], "shard_factor": 4, "shard_key": 0},
    }


# Laws.


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value(data: bytes) -> None:
    frame = received(data)
    assert not isinstance(frame, Malformed) or frame.kind in KINDS


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
ENVELOPE = st.fixed_dictionaries(
    {"type": st.sampled_from([*sorted(TYPES), "rfq_whispered"]) | JSON},
    optional={
        key: JSON | st.integers(0, 9) for key in ("sid", "seq", "id", "sending_ts_ms", "msg")
    },
)


@settings(max_examples=300, deadline=None)
@given(ENVELOPE)
def test_any_object_gives_a_value(message: dict[str, object]) -> None:
    frame = received(json.dumps(message))
    assert not isinstance(frame, Malformed) or frame.kind in KINDS
    if isinstance(frame, Unknown):
        assert message["type"] == frame.type


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([data for data in SENT_BY_EXCHANGE if b'"msg":{"id"' in data]),
    st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), JSON),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
)
def test_a_line_keeps_every_byte_of_its_frame(
    data: bytes,
    more: dict[str, object],
    indent: int | None,
    escaped: bool,  # noqa: FBT001
) -> None:
    message = json.loads(data)
    message["msg"] = more | message["msg"]
    data = json.dumps(more | message, indent=indent, ensure_ascii=escaped).encode()
    frame = received(data)
    if isinstance(frame, Malformed):
        # A name that happens to be one of the documented fields.
        assert frame.kind in KINDS
        return
    (line,) = lines_of("0/1", NOW_MS, [(data, frame)])
    check_line(line, data, "0/1", NOW_MS)


def test_without_shards_a_line_says_when_alone() -> None:
    data = RECORDED[0]
    (line,) = lines_of("", NOW_MS, [(data, received(data))])
    assert line == data[:-1] + b',"received_ts_ms":%d}' % NOW_MS


def test_frames_that_share_a_burst_keep_their_order() -> None:
    frames = [(data, received(data)) for data in SENT_BY_EXCHANGE]
    printed = [data for data, frame in frames if isinstance(frame, Frame)]
    lines = lines_of("2/3", NOW_MS, [(d, f) for d, f in frames if isinstance(f, Frame)])
    assert len(lines) == len(printed) == 24
    for line, data in zip(lines, printed, strict=True):
        check_line(line, data, "2/3", NOW_MS)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_frames_break_no_law(seed: int) -> None:
    mutator, trial = Mutator(Random(seed)), Trial()
    for _ in range(10):
        trial.feed([mutator.frame() for _ in range(2_000)])
    counts = trial.counts
    assert counts["inputs"] == 20_000
    # Damage that never lets a frame through, or always, would show nothing.
    assert 4_000 < counts["lines"] < 16_000
    assert {kind.removeprefix("malformed ") for kind in counts if "malformed" in kind} == KINDS
    assert all(counts[notice] for notice in ("Live", "Gap", "Ended", "Note"))
