from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED
from fuzzing import check_reading
from hypothesis import given, settings
from hypothesis import strategies as st
from json_text import ODD, VALUES, lists, members, objects
from msgspec import Struct
from msgspec.structs import FieldInfo, asdict, fields

from rfqwatch.exchange import wire
from rfqwatch.exchange.decoding import Misfit, Reading, read, read_told
from rfqwatch.exchange.events import (
    EVENT_TYPES,
    BatchRfq,
    Event,
    Leg,
    RfqBatchBestQuotes,
    RfqBatchCreated,
    RfqCreated,
)
from rfqwatch.exchange.wire import Frame, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.exchange.wire import Received

EVENTS = {event.type: event for event in get_args(Event)}
SENT = [
    data for data in DOCUMENTED + EARLY_2026 + RECORDED if json.loads(data)["type"] in EVENT_TYPES
]


def reading(text: str, kind: str = "rfq_created") -> Reading:
    return read(kind, bytearray(text.encode()))


def of_msg(msg: object, kind: str = "rfq_created") -> Reading:
    return reading(json.dumps({"msg": msg}), kind)


@pytest.mark.parametrize("data", SENT)
def test_what_the_exchange_sends_is_read_whole(data: bytes) -> None:
    message = json.loads(data)
    event, misfits = read(message["type"], bytearray(data))
    assert type(event) is EVENTS[message["type"]]
    assert misfits == ()
    check_reading(message["type"], Reading(event))


@pytest.mark.parametrize("data", SENT)
def test_field_by_field_gives_what_the_whole_gives(data: bytes) -> None:
    message = json.loads(data)
    whole = read(message["type"], bytearray(data))
    message["msg"]["note"] = "\ud800"
    assert of_msg(message["msg"], message["type"]) == whole


# With the envelope, in one go.


def parts_of(frame: Received) -> tuple[object, ...]:
    """Give what the envelope says, and how far it is known."""
    assert isinstance(frame, Frame)
    known = not isinstance(frame, Unknown)
    return known, frame.type, frame.sid, frame.seq, frame.sending_ts_ms


@pytest.mark.parametrize("data", SENT)
def test_what_the_exchange_sends_is_read_in_one_go(data: bytes) -> None:
    told = read_told(bytearray(data))
    assert parts_of(told) == parts_of(wire.read(bytearray(data)))
    assert isinstance(told, Frame)
    assert told.event == read(told.type, bytearray(data)).event


@pytest.mark.parametrize(
    "text",
    [
        '{"sid":1,"msg":{"id":"x"},"seq":2,"type":"rfq_created"}',
        '{"type":"rfq_created","sid":1,"seq":2,"type":"rfq_created","msg":{"id":"x"}}',
        r'{"t\u0079pe":"rfq_cr\u0065ated","sid":1,"seq":2,"msg":{"id":"x"}}',
        '{"type":"rfq_created"," type":"rfq_created","sid":1,"seq":2,"msg":{"id":"x"}}',
        '{"type":"rfq_created","sid":1,"seq":1,"seq":2,"msg":5,"msg":{"id":"x"}}',
    ],
)
def test_a_frame_is_the_same_however_it_is_written(text: str) -> None:
    data = bytearray(text.encode())
    told = read_told(data)
    assert parts_of(told) == parts_of(wire.read(data)) == (True, "rfq_created", 1, 2, None)
    assert isinstance(told, Frame)
    assert told.event in {None, RfqCreated(id="x")}


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"rfq_created","sid":1,"seq":2,"msg":{"market_ticker":"without an id"}}',
        b'{"type":"rfq_created","sid":1,"seq":2,"msg":{"id":"x","target_cost_dollars":"-1"}}',
        b'{"type":"rfq_created","sid":"1","seq":2,"msg":{"id":"x"}}',
        b'{"type":"rfq_created"," type":"rfq_deleted","sid":1,"seq":2,"msg":{"id":"x"}}',
        b'{"type":"rfq_created","sid":1,"seq":2}',
        b'{"type":"rfq_whispered","sid":1,"seq":2,"msg":{"id":"x"}}',
        b'{"type":"rfq_created","type":"rfq_deleted","sid":1,"seq":2,"msg":{"id":"x"}}',
        b'{"type":"ok","type":"rfq_created","sid":1,"seq":2,"msg":{"id":"x"}}',
        b'{"type":"rfq_created","type":"ok","id":1,"msg":[{"sid":1}]}',
        b'{"id":1,"type":"subscribed","msg":{"sid":1}}',
        b'{"type":"rfq_created","msg":{"id":"\xff"}}',
        b'{"type":"rfq_created","note":"\xff","msg":{"id":"x"}}',
        b'{"type":"rfq_created","msg":{"id":"x"}}]',
        b'{"type":"rfq_created","msg":' + b"[" * 100_000,
        b"no JSON",
        b"5",
        b"",
    ],
    ids=lambda data: repr(data[:80]),
)
def test_what_does_not_fit_is_read_as_without_its_event(data: bytes) -> None:
    assert read_told(bytearray(data)) == wire.read(bytearray(data))


# One field that is not as expected.


class Place(NamedTuple):
    """A field somewhere in a message, and the part that declares it."""

    path: tuple[str, ...]
    field: FieldInfo

    def __str__(self) -> str:
        return "[].".join(self.path)

    @property
    def required(self) -> bool:
        return self.field.required


def places(part: type[Struct], above: tuple[str, ...] = ()) -> Iterator[Place]:
    """Give every field that a part declares, and those of the parts that it holds."""
    for field in fields(part):
        path = (*above, field.encode_name)
        yield Place(path, field)
        for held in held_parts(field.type):
            yield from places(held, path)


def held_parts(annotation: object) -> Iterator[type[Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
    for inner in get_args(annotation):
        yield from held_parts(inner)


PLACES = [(kind, place) for kind, event in EVENTS.items() for place in places(event)]


def sample(part: type[Struct]) -> dict[str, object]:
    """Give a part with all that it declares, but for the spellings of another time."""
    return {
        field.encode_name: sample_value(field)
        for field in fields(part)
        if not field.name.startswith("legacy")
    }


def sample_value(field: FieldInfo) -> object:
    name = field.encode_name
    held = list(held_parts(field.type))
    if held:
        return [sample(held[0]), sample(held[0])]
    if name.endswith(("_dollars", "_fp")):
        return "12.50"
    if name.endswith("_ts"):
        return "2026-09-05T22:33:04.6522Z"
    if name.endswith("_ids"):
        return ["a", "b"]
    if name == "leg_indices":
        return [0, 1]
    return 7 if name == "version" or field.name.startswith("legacy") else f"some {name}"


def changed(msg: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """Put a value, or nothing for ``...``, in a place of a message; first of a list's parts."""
    name, *rest = path
    if rest:
        first, *others = msg[name]
        return msg | {name: [changed(first, tuple(rest), value), *others]}
    if value is ...:
        return {key: kept for key, kept in msg.items() if key != name}
    return msg | {name: value}


@pytest.mark.parametrize("value", [{}, {"x": [1]}, True, 10**30, -1.5], ids=repr)
@pytest.mark.parametrize(("kind", "place"), PLACES, ids=str)
def test_a_field_that_does_not_fit_is_left_out_and_told(
    kind: str, place: Place, value: object
) -> None:
    msg = sample(EVENTS[kind])
    whole = of_msg(msg, kind)
    assert whole.misfits == ()
    event, (misfit,) = of_msg(changed(msg, place.path, value), kind)
    assert misfit.field == str(place)
    assert " was expected" in misfit.why or misfit.why.startswith("an amount is negative")
    without = of_msg(changed(msg, place.path, ...), kind)
    assert event == without.event
    if not place.required:
        assert without.misfits == ()
        assert event is not None
        assert event == of_msg(changed(msg, place.path, None), kind).event
    elif len(place.path) == 1:
        assert event is None


@pytest.mark.parametrize(
    ("kind", "place"), [each for each in PLACES if list(held_parts(each[1].field.type))], ids=str
)
def test_a_part_that_is_no_object_spoils_no_other(kind: str, place: Place) -> None:
    (part,) = held_parts(place.field.type)
    (name,) = place.path
    msg = sample(EVENTS[kind])
    good = sample(part)
    whole = getattr(of_msg(msg | {name: [good]}, kind).event, name)[0]
    event, misfits = of_msg(msg | {name: [None, good, "x", [good], {}, good]}, kind)
    ids = [field.encode_name for field in fields(part) if field.required]
    odd = Misfit(f"{name}[]", "not an object")
    missing = [Misfit(f"{name}[].{field}", "missing") for field in ids]
    assert misfits == (odd, odd, odd, *missing)
    kept = getattr(event, name)
    assert kept == ((whole, whole) if ids else (Leg(), whole, Leg(), Leg(), Leg(), whole))


def test_the_legs_of_a_batch_keep_their_numbers() -> None:
    legs = ["A", {"market_ticker": "B"}, {"market_ticker": 7, "side": "yes"}]
    children = [{"id": "x", "leg_indices": [1, 2]}, {"id": "y", "leg_indices": [0, "1"]}]
    event, misfits = of_msg({"id": "b", "legs": legs, "rfqs": children}, "rfq_batch_created")
    assert event == RfqBatchCreated(
        "b",
        legs=(Leg(), Leg(market_ticker="B"), Leg(side="yes")),
        rfqs=(BatchRfq("x", leg_indices=(1, 2)), BatchRfq("y")),
    )
    assert [misfit.field for misfit in misfits] == [
        "legs[]",
        "legs[].market_ticker",
        "rfqs[].leg_indices",
    ]


@pytest.mark.parametrize(
    ("msg", "misfit"),
    [
        (
            {"target_cost_dollars": {"amount": "0.35"}},
            ("target_cost_dollars", "an object where text was expected"),
        ),
        ({"contracts_fp": [1]}, ("contracts_fp", "a list where text was expected")),
        ({"contracts_fp": True}, ("contracts_fp", "true or false where text was expected")),
        (
            {"contracts_fp": "ten"},
            ("contracts_fp", "an amount is negative, not finite, too long or not a number"),
        ),
        ({"contracts_fp": "1e16"}, ("contracts_fp", "an amount is out of range")),
        (
            {"contracts_fp": "123456789.123456789012e-12"},
            ("contracts_fp", "an amount is out of range"),
        ),
        ({"market_ticker": 7}, ("market_ticker", "a whole number where text was expected")),
        ({"created_ts": "now"}, ("created_ts", "Invalid RFC3339 encoded datetime")),
        ({"mve_selected_legs": "A"}, ("mve_selected_legs", "text where a list was expected")),
        (
            {"mve_selected_legs": [{"side": ["yes"]}]},
            ("mve_selected_legs[].side", "a list where text was expected"),
        ),
    ],
)
def test_what_is_told_of_a_misfit(msg: dict[str, object], misfit: tuple[str, str]) -> None:
    assert of_msg({"id": "x"} | msg).misfits == (misfit,)


def test_misfits_are_told_in_the_order_of_the_declaration() -> None:
    event, misfits = of_msg({"created_ts": 1, "market_ticker": 2, "contracts_fp": {}, "id": "x"})
    assert event == RfqCreated(id="x")
    assert [misfit.field for misfit in misfits] == ["market_ticker", "contracts_fp", "created_ts"]


# No event.


@pytest.mark.parametrize(
    ("text", "misfit"),
    [
        ("{}", ("msg", "missing")),
        ('{"msg":null}', ("msg", "not an object")),
        ('{"msg":[]}', ("msg", "not an object")),
        ('{"msg":"x"}', ("msg", "not an object")),
        ('{"msg":{"id":"x"},"msg":5}', ("msg", "not an object")),
        ('{"msg":{}}', ("id", "missing")),
        ('{"msg":{"id":null}}', ("id", "missing")),
        ('{"msg":{"rfq_id":"x"}}', ("id", "missing")),
        ('{"msg":{"id":5}}', ("id", "a whole number where text was expected")),
        ('{"msg":{"id":"x","id":5}}', ("id", "a whole number where text was expected")),
        ('{"msg":{"id":["x"]}}', ("id", "a list where text was expected")),
    ],
)
def test_without_its_ids_a_message_is_no_event(text: str, misfit: tuple[str, str]) -> None:
    assert reading(text) == Reading(None, (Misfit(*misfit),))


def test_each_missing_id_is_told() -> None:
    event, misfits = of_msg({"rfq_id": 7}, "quote_created")
    assert event is None
    assert {misfit.field for misfit in misfits} == {"rfq_id", "quote_id"}


# Odd, but to be read.


@pytest.mark.parametrize(
    "text",
    [
        '{"msg":{"id":"x"}}',
        '{"msg":5,"msg":{"id":"x"}}',
        '{"msg":{"id":5,"id":"x"}}',
        r'{"\u006dsg":{"\u0069d":"\u0078"}}',
        r'{"msg":{"id":"x","note":"\ud800"}}',
        r'{"msg":{"id":"x","\ud800":[{"\udfff":"\udfff"}]}}',
        r'{"note":"\ud800","msg":{"id":"x"}}',
        '{"msg":{"id":"x","note":1e99999999999999999999}}',
        f'{{"msg":{{"id":"x","note":{"9" * 5_000}}}}}',
        f'{{"msg":{{"id":"x","note":{"[" * 500}{"]" * 500}}}}}',
        f'{{"msg":{{"id":"x","note":["\\ud800",{"[" * 500}{"]" * 500}]}}}}',
        '{"msg":{"id":"x","market_ticker":null,"mve_selected_legs":null,"contracts_fp":null}}',
        '{"type":7,"sid":"x","seq":-1,"msg":{"id":"x"}}',
    ],
    ids=lambda text: text[:60],
)
def test_what_is_odd_but_well_formed_is_read_whole(text: str) -> None:
    assert reading(text) == Reading(RfqCreated(id="x"))


@pytest.mark.parametrize(
    "note",
    [
        '"1e999"',
        "1e999999",
        "1e99999999999999999999",
        "-1e-99999999999999999999",
        "9" * 5_000,
        "[" * 500 + "]" * 500,
        '{"a":' * 500 + "1" + "}" * 500,
        r'"\ud800"',
    ],
    ids=lambda note: note[:20],
)
def test_what_is_odd_elsewhere_is_no_concern_of_a_misfit(note: str) -> None:
    event, (misfit,) = reading(f'{{"msg":{{"note":{note},"id":"x","market_ticker":[]}}}}')
    assert event == RfqCreated(id="x")
    assert misfit.field == "market_ticker"


@pytest.mark.parametrize("broken", ['{"msg":{"id":', '{"msg":' + "[" * 100_000])
def test_what_is_no_json_is_no_event(broken: str) -> None:
    event, (misfit,) = reading(broken)
    assert event is None
    assert misfit.field == "msg"


@pytest.mark.parametrize(
    "deep", ["[" * 800 + "]" * 800, '{"side":' * 800 + "1" + "}" * 800], ids=["lists", "objects"]
)
def test_what_is_nested_too_deep_in_a_field_is_left_out(deep: str) -> None:
    event, misfits = reading(
        f'{{"msg":{{"id":"x","market_ticker":{deep},"mve_selected_legs":[{deep}]}}}}'
    )
    assert event == RfqCreated(id="x", mve_selected_legs=(Leg(),))
    fields_told = [misfit.field for misfit in misfits]
    assert fields_told in (
        ["market_ticker", "mve_selected_legs[]"],
        ["market_ticker", "mve_selected_legs[].side"],
    )


def test_halves_of_a_pair_are_shown() -> None:
    leg = r'{"side":"\udfff","event_ticker":"\ud83d\ude00"}'
    assert reading(rf'{{"msg":{{"id":"a\ud800b","mve_selected_legs":[{leg}]}}}}') == Reading(
        RfqCreated(
            id=r"a\ud800b", mve_selected_legs=(Leg(side=r"\udfff", event_ticker="\U0001f600"),)
        )
    )


@pytest.mark.parametrize(
    ("number", "version"),
    [
        ("0", 0),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("9" * 25, None),
        ("9" * 40, None),
        ("9" * 5_000, None),
        ("1.0", None),
        ("1e3", None),
        ('"7"', None),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("more", ["", r',"note":"\ud800"', ',"rfqs":5'])
def test_whole_numbers_are_as_wide_as_the_exchanges(
    number: str, version: int | None, more: str
) -> None:
    text = f'{{"msg":{{"rfq_batch_id":"x","version":{number}{more}}}}}'
    event, misfits = reading(text, "rfq_batch_best_quotes")
    assert event == RfqBatchBestQuotes("x", version)
    assert ("version" in {misfit.field for misfit in misfits}) == (version is None)


# Laws.


def messages(part: type[Struct]) -> st.SearchStrategy[str]:
    """Give objects with what a part declares: some as it should be, some not."""

    def member(field: FieldInfo) -> st.SearchStrategy[list[str]]:
        name = st.just(json.dumps(field.encode_name))
        values = st.sampled_from([json.dumps(sample_value(field)), *ODD]) | VALUES
        for held in held_parts(field.type):
            values |= lists(messages(held) | st.sampled_from(ODD), 3)
        return members(name, values, 1) | st.just([f'"{field.encode_name}":"x"'])

    more = members(st.sampled_from(['"more"', r'"\ud800"']), VALUES, 1)
    return objects(*map(member, fields(part)), more)


KINDS_AND_MSGS = st.sampled_from(sorted(EVENTS)).flatmap(
    lambda kind: st.tuples(st.just(kind), messages(EVENTS[kind]) | VALUES)
)


@settings(max_examples=200, deadline=None)
@given(KINDS_AND_MSGS)
def test_any_message_gives_an_event_that_can_be_kept_or_none(said: tuple[str, str]) -> None:
    kind, msg = said
    check_reading(kind, reading(f'{{"msg":{msg}}}', kind))


@settings(max_examples=100, deadline=None)
@given(KINDS_AND_MSGS)
def test_nothing_is_lost_without_a_word(said: tuple[str, str]) -> None:
    kind, text = said
    event, misfits = reading(f'{{"msg":{text}}}', kind)
    msg = json.loads(text, parse_int=str)
    if event is None or not isinstance(msg, dict):
        assert event is None
        return
    names = {field.name: field.encode_name for field in fields(event)}
    read_fields = {names[name] for name, value in asdict(event).items() if value is not None}
    told = {misfit.field.partition("[")[0] for misfit in misfits}
    sent = {name for name, value in msg.items() if value is not None and name in names.values()}
    assert read_fields | told == sent
    assert all("[" in misfit.field for misfit in misfits if misfit.field in read_fields)


@settings(max_examples=100, deadline=None)
@given(KINDS_AND_MSGS)
def test_both_ways_of_reading_agree(said: tuple[str, str]) -> None:
    """A half of a surrogate pair anywhere has the message read field by field."""
    kind, msg = said
    assert reading(f'{{"msg":{msg}}}', kind) == reading(rf'{{"msg":{msg},"note":"\ud800"}}', kind)


def test_a_name_that_no_encoding_can_write_costs_nothing_else() -> None:
    data = bytearray(rb'{"msg":{"id":"a","mve_selected_legs":[{"\ud800":1}],"creator_id":7}}')
    event, misfits = read("rfq_created", data)
    assert event is not None
    assert [misfit.field for misfit in misfits] == ["creator_id"]
