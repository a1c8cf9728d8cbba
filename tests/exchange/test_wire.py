from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest
from corpus import COMMANDS, DOCUMENTED, EARLY_2026, SENT_BY_EXCHANGE
from fuzzing import CONTROLS, OURS, REASONS, TYPES, Mutator, Trial, check_envelope
from hypothesis import given, settings
from hypothesis import strategies as st
from json_text import ODD, VALUES, lists, members, objects

from rfqwatch.exchange.events import EVENT_TYPES
from rfqwatch.exchange.wire import (
    Error,
    Frame,
    Malformed,
    Ok,
    Payload,
    Subscribed,
    Unknown,
    Unsubscribed,
    list_subscriptions,
    read,
    subscribe,
)

if TYPE_CHECKING:
    from rfqwatch.exchange.wire import Received


def received(text: str | bytes) -> Received:
    return read(Payload(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize("data", SENT_BY_EXCHANGE)
def test_every_frame_is_of_the_type_it_says(data: bytes) -> None:
    message = json.loads(data)
    kind = message["type"]
    frame = received(data)
    if isinstance(frame, Frame):
        assert frame.type == kind
        assert frame.sending_ts_ms == message.get("sending_ts_ms")
    expected: type[object] = CONTROLS.get(kind, Frame)
    assert isinstance(frame, expected)
    holder = message["msg"] if kind == "subscribed" else message
    assert getattr(frame, "sid", None) == holder.get("sid")
    assert getattr(frame, "seq", None) == message.get("seq")
    assert getattr(frame, "id", None) == message.get("id")


def test_the_examples_show_every_type() -> None:
    assert {json.loads(data)["type"] for data in DOCUMENTED} == TYPES
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


# The envelope.


@pytest.mark.parametrize("kind", [*sorted(EVENT_TYPES), "rfq_whispered"])
@pytest.mark.parametrize("msg", ["", '"msg":7,', '"msg":null,', '"msg":[{"id":[]}],'])
def test_what_a_message_holds_is_of_no_matter(kind: str, msg: str) -> None:
    frame = received(f'{{"type":"{kind}","sid":1,{msg}"seq":2,"sending_ts_ms":3}}')
    assert frame == (Frame if kind in EVENT_TYPES else Unknown)(kind, 1, 2, 3)


NO_NUMBERS = [
    *("null", "true", "false", '"1"', '"one"', "-1", "1.0", "3.5", "1e0", "1e999", "-1e999"),
    *("9223372036854775808", "9" * 20, "9" * 5_000, "-" + "9" * 5_000, "[]", "[1]", "{}"),
    *('{"sid":1}', r'"\ud800"', '"' + "9" * 100_000 + '"'),
]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: value[:20])
@pytest.mark.parametrize("kind", ["rfq_created", "rfq_whispered"])
def test_a_field_that_is_no_number_counts_as_absent(kind: str, value: str) -> None:
    make = Frame if kind == "rfq_created" else Unknown
    names = {"sid": 1, "seq": 2, "sending_ts_ms": 3}
    for name in names:
        fields = {name_: str(number) for name_, number in names.items()} | {name: value}
        members = ",".join(f'"{name_}":{text}' for name_, text in fields.items())
        expected = make(kind, **(names | {name: None}))
        assert received(f'{{"type":"{kind}",{members},"msg":{{}}}}') == expected
        assert received(f'{{{members},"type":"{kind}"}}') == expected


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: value[:20])
def test_a_type_that_is_no_text_counts_as_absent(value: str) -> None:
    frame = received(f'{{"type":{value},"sid":1,"seq":2}}')
    assert frame == Unknown(json.loads(value) if value.startswith('"') else "", 1, 2)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("{}", Unknown("")),
        (' {\t"sid" : 1\r\n} ', Unknown("", 1)),
        ('{"type":"","seq":4}', Unknown("", None, 4)),
        ('{"type":"rfq_whispered"}', Unknown("rfq_whispered")),
        ('{"type":"rfq_whispered","sid":1,"seq":2,"msg":"psst"}', Unknown("rfq_whispered", 1, 2)),
        ('{"msg":[{}],"sending_ts_ms":3,"type":"x"}', Unknown("x", sending_ts_ms=3)),
        ('{"type":"RFQ_CREATED","msg":{"id":"x"}}', Unknown("RFQ_CREATED")),
        ('{"type":" ok"}', Unknown(" ok")),
        ('{"type":"rfqwatch"}', Unknown("rfqwatch")),
        (r'{"type":"\ud800"}', Unknown("\ud800")),
        ('{"type":"' + "x" * 1_000_000 + '","seq":1}', Unknown("x" * 1_000_000, None, 1)),
        ('{"type":"rfq_created"}', Frame("rfq_created")),
        ('{"type":"rfq_created","seq":-0,"sid":0}', Frame("rfq_created", 0, 0)),
        (
            f'{{"type":"rfq_created","sid":{2**63 - 1},"seq":{2**63 - 1}}}',
            Frame("rfq_created", 2**63 - 1, 2**63 - 1),
        ),
        # A name that stands there twice means what it says last, to this reader and most others.
        ('{"type":"ok","type":"rfq_created","seq":1,"seq":2}', Frame("rfq_created", None, 2)),
        ('{"type":"rfq_created","seq":"1","seq":2}', Frame("rfq_created", None, 2)),
        ('{"type":"rfq_created","seq":2,"seq":"1"}', Frame("rfq_created")),
        ('{"type":"rfqwatch.gap","type":"rfq_created"}', Frame("rfq_created")),
        ('{"type":"rfq_created","type":7}', Unknown("")),
        ('{"type":"rfq_created","type":"ok"}', Ok()),
        (r'{"\u0074ype":"rfq_created","s\u0065q":7}', Frame("rfq_created", None, 7)),
        (r'{"type":"rfq_\u0063reated","\u0073id":7}', Frame("rfq_created", 7)),
        (r'{"type":"\u006f\u006b","\u0069d":7}', Ok(7)),
        ('{"type":"rfq_created","SEQ":7,"seq ":7,"msg":{"seq":7}}', Frame("rfq_created")),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_envelopes(text: str, frame: Received) -> None:
    assert received(text) == frame


@pytest.mark.parametrize(
    "extra",
    [
        b'"more":' + b"9" * 100_000,
        b'"more":1e999999',
        b'"more":-0',
        b'"more":"' + b"x" * 1_000_000 + b'"',
        b'"more":"\\u0000\\u001b]0;owned\\u0007\\u202e"',
        b'"more":"\\ud800"',
        b'"\\udfff":"\\udfff\\ud800"',
        '"more":"\u2028\u2029\x7f\x85\U0001f600"'.encode(),
        b'"more":' + b"[" * 500 + b"]" * 500,
        b'"more":null,"more":{},"more":[]',
        b'"id":"another","id":"x"',
        b'"\\u0069d":"x"',
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_odd_but_well_formed_passes(extra: bytes) -> None:
    within = b'{"type":"rfq_created","sid":1,"seq":1,"msg":{"id":"x",' + extra + b"}}"
    beside = b'{"type":"rfq_created","sid":1,"seq":1,' + extra + b"}"
    assert received(within) == received(beside) == Frame("rfq_created", 1, 1)


@pytest.mark.parametrize("reading_as", ["rfq_created", "rfq_whispered", "ok"])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b" ", "not JSON"),
        (b"Service Unavailable", "not JSON"),
        (b"\x00\x01\x02\x03", "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"tru', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x"}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x"}}{"type":"ok"}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x"}}\x00', "not JSON"),
        (b'{"type":"TYPE",\x00\x00"msg":{"id":"x"}}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x","note":"\x00"}}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x","note":"a\tb\nc"}}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x","note":NaN}}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"x","note":-Infinity}}', "not JSON"),
        (b'{"type":"TYPE","seq":NaN}', "not JSON"),
        (b'{"type":"TYPE","seq":01}', "not JSON"),
        (b'{"type":"TYPE","seq":+1}', "not JSON"),
        (b'{"type":"TYPE","seq":0x1}', "not JSON"),
        (b'{"type":"TYPE","note":1.}', "not JSON"),
        (b'{"type":"TYPE","note":.5}', "not JSON"),
        (b'{"type":"TYPE","note":1e}', "not JSON"),
        (b'{"type":"TYPE","note":-}', "not JSON"),
        (b'{"type":"TYPE","note":nul}', "not JSON"),
        (b'{"type":"TYPE","note":True}', "not JSON"),
        (b'{"type":"TYPE","note":[1,]}', "not JSON"),
        (b'{"type":"TYPE",}', "not JSON"),
        (b'{"type":"TYPE" "seq":1}', "not JSON"),
        (b'{"type":"TYPE","note"}', "not JSON"),
        (b"{'type':'TYPE'}", "not JSON"),
        (b'{type:"TYPE"}', "not JSON"),
        (b'{"type":"TYPE","note":"\\x"}', "not JSON"),
        (b'{"type":"TYPE","note":"\\u12"}', "not JSON"),
        (b'\xef\xbb\xbf{"type":"TYPE"}', "not JSON"),
        (b'\xc2\xa0{"type":"TYPE"}', "not JSON"),
        (b'{"type":"TYPE","msg":{"id":"\xff\xfe"}}', "not UTF-8"),
        (b'{"type":"TYPE","msg":{"id":"x","note":"\xff"}}', "not UTF-8"),
        (b'{"type":"TYPE","msg":{"id":"x","note":"\xed\xa0\x80"}}', "not UTF-8"),
        (b'{"type":"TYPE","msg":{"id":"x","note":"\xc0\xaf"}}', "not UTF-8"),
        (b'{"type":"TYPE","\xff":1}', "not UTF-8"),
        (b"\xff", "not UTF-8"),
        (b'{"type":"TYPE","msg":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"type":"TYPE","msg":{"note":' + b'{"a":' * 10**5 + b"1" + b"}" * (10**5 + 2), "nested"),
        (b"[" * 100_000, "nested too deep"),
        (b"[]", "no JSON object"),
        (b'[{"type":"TYPE"}]', "no JSON object"),
        (b"null", "no JSON object"),
        (b"0", "no JSON object"),
        (b'"text"', "no JSON object"),
        (b'{"type":"rfqwatch.gap","msg":{"reason":"seq","missed":0}}', OURS),
        (b'{"type":"rfqwatch."}', OURS),
        (b'{"type":"TYPE","type":"rfqwatch.x"}', OURS),
        (b'{"type":"rfqwatch\\u002ex","sid":"x"}', OURS),
        (b'{"type":"\\u0072fqwatch.gap","note":"\\ud800"}', OURS),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else None,
)
def test_what_is_no_object_is_malformed(data: bytes, reason: str, reading_as: str) -> None:
    frame = received(data.replace(b"TYPE", reading_as.encode()))
    assert isinstance(frame, Malformed)
    assert frame.reason in REASONS
    assert frame.reason.startswith(reason)


# What is said of a subscription.


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        (
            '{"id":1,"type":"subscribed","msg":{"channel":"communications","sid":7}}',
            Subscribed(1, 7),
        ),
        ('{"type":"subscribed","msg":{"channel":"communications"}}', Subscribed()),
        ('{"type":"subscribed"}', Subscribed()),
        ('{"type":"subscribed","id":"1","msg":"communications"}', Subscribed()),
        ('{"type":"subscribed","id":1,"sid":7}', Subscribed(1, 7)),
        ('{"type":"subscribed","id":1,"sid":7,"msg":{"sid":"8"}}', Subscribed(1, 7)),
        ('{"type":"subscribed","id":1,"sid":7,"msg":{"sid":0}}', Subscribed(1, 0)),
        ('{"type":"subscribed","id":1,"sid":7,"msg":[{"sid":8}]}', Subscribed(1, 7)),
        (
            '{"id":102,"sid":2,"seq":7,"type":"unsubscribed","sending_ts_ms":5}',
            Unsubscribed(102, 2, 7),
        ),
        ('{"type":"unsubscribed"}', Unsubscribed()),
        ('{"type":"unsubscribed","id":null,"sid":"2","seq":7.0,"msg":9}', Unsubscribed()),
        ('{"type":"ok"}', Ok()),
        ('{"type":"ok","msg":null}', Ok()),
        ('{"type":"ok","msg":"done"}', Ok()),
        ('{"id":1,"sid":4,"seq":2,"type":"ok","msg":{"market_tickers":["A"]}}', Ok(1, 4, 2)),
        ('{"id":-1,"sid":[],"seq":"2","type":"ok","msg":{"sid":1}}', Ok()),
    ],
)
def test_answers_to_commands(text: str, frame: Received) -> None:
    assert received(text) == frame


@pytest.mark.parametrize(
    ("msg", "listed"),
    [
        ("[]", set()),
        ('[{"channel":"communications","sid":1}]', {1}),
        ('[{"channel":"ticker","sid":1},{"channel":"communications","sid":2}]', {1, 2}),
        ('[{"channel":"communications","sid":1},{"channel":"communications","sid":2}]', {1, 2}),
        ('[{"channel":"ticker","sid":1}]', {1}),
        ('[{"sid":1,"more":[]}]', {1}),
        ('[{"channel":null,"sid":1},{"channel":7,"sid":2},{"channel":{},"sid":3}]', {1, 2, 3}),
        ('[{"channel":"communications","sid":"1"}]', None),
        ('[{"channel":"communications","sid":1},{"channel":"communications"}]', None),
        ('[{"channel":"ticker"}]', None),
        ('[{"channel":"communications","sids":[1]}]', None),
        ('[{"channel":"communications","sid":1.0}]', None),
        ('[{"channel":"communications","sid":-1}]', None),
        ("[1,2]", None),
        ("[null]", None),
        ("[[]]", None),
        ('{"subscriptions":[{"channel":"communications","sid":1}]}', None),
        ('"communications"', None),
        ("null", None),
    ],
)
def test_the_list_of_subscriptions(msg: str, listed: set[int] | None) -> None:
    frame = received(f'{{"id":3,"type":"ok","msg":{msg}}}')
    assert frame == Ok(3, listed=None if listed is None else frozenset(listed))


@pytest.mark.parametrize(
    ("members", "frame"),
    [
        (
            '"sid":1,"seq":9,"msg":{"code":25,"msg":"Overflow"}',
            Error(None, 1, 9, 25, "Overflow"),
        ),
        ('"msg":{"code":99,"market_id":"M"}', Error(code=99)),
        ('"id":0,"msg":{"code":"25","msg":null}', Error(0, code=25)),
        ('"msg":{"code":25.0,"msg":7}', Error(code=25)),
        ('"msg":{"code":2.5e1,"msg":["Overflow"]}', Error(code=25)),
        ('"msg":{"code":25.5}', Error()),
        ('"msg":{"code":1e999}', Error()),
        ('"msg":{"code":-1}', Error()),
        ('"msg":{"code":"-1"}', Error(code="-1")),
        ('"msg":{"code":" 25"}', Error(code=" 25")),
        ('"msg":{"code":"buffer_overflow"}', Error(code="buffer_overflow")),
        ('"msg":{"code":"\u0662\u0665"}', Error(code="\u0662\u0665")),
        (f'"msg":{{"code":"{"9" * 5_000}"}}', Error(code="9" * 200)),
        (f'"msg":{{"code":{"9" * 5_000}}}', Error()),
        ('"msg":{"code":true}', Error()),
        ('"msg":{"code":[25]}', Error()),
        ('"msg":{"code":null,"msg":"Overflow"}', Error(text="Overflow")),
        ('"msg":{"msg":"Overflow"}', Error(text="Overflow")),
        ('"msg":"Overflow"', Error(text="Overflow")),
        (f'"msg":"{"x" * 10_000}"', Error(text="x" * 200)),
        ('"msg":[{"code":25}]', Error()),
        ('"msg":{}', Error()),
        ('"msg":null', Error()),
        ('"id":"1","sid":1.0,"seq":-1,"code":25', Error()),
        ('"id":1', Error(1)),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_errors(members: str, frame: Error) -> None:
    assert received(f'{{"type":"error",{members}}}') == frame


# Commands.


def test_commands_are_as_documented() -> None:
    assert subscribe(6, shard_key=None, shard_factor=None, mine=False) in COMMANDS
    assert subscribe(1, shard_key=None, shard_factor=None, mine=True) in COMMANDS
    assert list_subscriptions(3) in COMMANDS


def test_a_shard_is_two_integers() -> None:
    assert json.loads(subscribe(2, shard_key=0, shard_factor=4, mine=False)) == {
        "id": 2,
        "cmd": "subscribe",
        "params": {"channels": ["communications"], "shard_factor": 4, "shard_key": 0},
    }


# Laws.


def check(data: bytes) -> Received:
    frame = received(data)
    check_envelope(data, frame)
    return frame


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value(data: bytes) -> None:
    check(data)


def one_of(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from([json.dumps(name) for name in names])


SUBSCRIPTION = objects(
    members(one_of("sid", "channel"), one_of("communications") | st.sampled_from(ODD))
)
MSG = VALUES | lists(SUBSCRIPTION) | objects(members(one_of("code", "msg", "sid"), VALUES))
NUMBERS = st.integers(0, 9).map(str) | VALUES
ENVELOPES = objects(
    members(one_of("sid", "seq", "id", "sending_ts_ms"), NUMBERS),
    (one_of(*sorted(TYPES), "x") | VALUES).map('"type":{}'.format).map(lambda text: [text]),
    members(one_of("sid", "seq", "id", "more") | st.just(r'"\u0073eq"'), NUMBERS),
    MSG.map('"msg":{}'.format).map(lambda text: [text]) | st.just([]),
)


@settings(max_examples=500, deadline=None)
@given(ENVELOPES)
def test_any_object_is_a_message_or_an_answer(text: str) -> None:
    frame = check(text.encode())
    assert not isinstance(frame, Malformed)


@settings(max_examples=300, deadline=None)
@given(ENVELOPES, st.sampled_from(SENT_BY_EXCHANGE).map(bytes.decode))
def test_what_else_is_in_it_changes_no_envelope(text: str, sent: str) -> None:
    """One reader takes what is as it should be, another all else; they agree."""
    for whole in (text, sent):
        assert received(r'{"more":"\ud800",' + whole[1:]) == received(whole)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_frames_break_no_law(seed: int) -> None:
    mutator, trial = Mutator(Random(seed)), Trial()
    trial.feed([mutator.frame() for _ in range(20_000)])
    counts = trial.counts
    assert counts["inputs"] == 20_000
    # Damage that never lets a frame through, or always, would show nothing.
    assert 4_000 < counts["whole"] < 16_000
    assert 500 < counts["without ids"] < counts["in part"] < 4_000
    assert {what for what in counts if what.startswith("malformed")} == {
        f"malformed: {reason}" for reason in REASONS
    }
    assert all(counts[kind] for kind in EVENT_TYPES)
    assert all(counts[notice] for notice in ("Live", "Gap", "Ended", "Send", "Proven", "Note"))
    assert all(counts[f"gap: {reason}"] for reason in ("seq", "disconnected", "overflow", "deaf"))
