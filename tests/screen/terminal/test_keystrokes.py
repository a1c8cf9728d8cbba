"""Keys: every spelling of a key has its one name, and nothing else becomes letters."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfqwatch.screen.terminal.keystrokes import LONGEST_PASTE, KeyDecoder, Keys

pieces = st.sampled_from(
    b"\x1b|[|O|]|P|M|A|q|1|;|~|\x07|\\|<| |\0|\x1b[A|\x1b[200~|\x1b[201~|"
    b"\xc3|\xa9|\xf0\x9f|\x80".split(b"|")
)
streams = st.binary(max_size=30) | st.lists(pieces, max_size=20).map(b"".join)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"q", ["q"]),
        (b" jk?/", [" ", "j", "k", "?", "/"]),
        (b"S", ["S"]),
        ("é漢🎉".encode(), ["é", "漢", "🎉"]),
        (b"\r", ["enter"]),
        (b"\n", ["enter"]),
        (b"\t", ["tab"]),
        (b"\x7f", ["backspace"]),
        (b"\x08", ["backspace"]),
        (b"\x0c\x15", ["ctrl-l", "ctrl-u"]),
        (b"\x00\x1c\x1f", []),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]),
        (b"\x1bOA\x1bOB\x1bOC\x1bOD", ["up", "down", "right", "left"]),
        (b"\x1b[H\x1b[F\x1bOH\x1bOF", ["home", "end", "home", "end"]),
        (b"\x1b[1~\x1b[4~\x1b[7~\x1b[8~", ["home", "end", "home", "end"]),
        (b"\x1b[2~\x1b[3~\x1b[5~\x1b[6~", ["insert", "delete", "pgup", "pgdn"]),
        (b"\x1b[1;5A\x1b[5;2~\x1b[1;2H\x1bO5B", ["up", "pgup", "home", "down"]),
        (b"\x1bOM", ["enter"]),
        (b"\x1b\x1b[A", ["esc", "up"]),
        (b"\x1bOP\x1b[15~\x1b[[A\x1b[24;2~q", ["q"]),  # function keys
        (b"\x1bq\x1b\xc3\xa9x", ["x"]),  # Alt with a character
        (b"\x1b[Mabcq\x1b[<0;10;20Mq\x1b[<0;1;1mq", ["q", "q", "q"]),  # a mouse
        (b"\x1b[I\x1b[Oq", ["q"]),  # focus
        (b"\x1b[?62;4c\x1b[24;80R\x1b[?2026;2$yq", ["q"]),  # reports
        (b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07q", ["q"]),
        (b"\x1b]11;rgb:1e1e\x1b\\\x1bP1$r0m\x1b\\q", ["q"]),
        (b"\x1b[97;5u\x1b[Zq", ["q"]),
        (b"\x1b[12\x1b[A", ["up"]),  # broken off by the next
        (b"\x1bO\x1b[A", ["up"]),
        (b"\xffq\xc3q\xe2\x82q\x80", ["q", "q", "q"]),
        ("\x9b\u202e\u200bq".encode(), ["q"]),
        (b"\x1b[200~qKX\x1b[A\r\n-1\x1b[201~q", ["paste:qKX[A-1", "q"]),
        (b"\x1b[200~\x1b[201~", ["paste:"]),
    ],
)
def test_names(data: bytes, keys: list[str]) -> None:
    decoder = KeyDecoder()
    assert decoder.feed(data) == keys
    assert not decoder.waiting


@given(streams)
def test_pieces_do_not_matter(data: bytes) -> None:
    whole, slow = KeyDecoder(), KeyDecoder()
    keys = [key for number in data for key in slow.feed(bytes([number]))]
    assert keys == whole.feed(data)
    assert slow.flush() == whole.flush()


@given(streams)
def test_after_a_pause_the_next_key_counts(data: bytes) -> None:
    decoder = KeyDecoder()
    decoder.feed(data)
    decoder.flush()
    assert not decoder.waiting
    assert decoder.feed(b"\x1b[201~q")[-1:] == ["q"]


@pytest.mark.parametrize(
    "data", [b"\x1b[", b"\x1bO", b"\x1b[1;5", b"\x1b]0;", b"\x1b[M!", b"\xe2\x82"]
)
def test_what_never_ends_is_dropped(data: bytes) -> None:
    decoder = KeyDecoder()
    assert decoder.feed(data) == []
    assert decoder.waiting
    assert decoder.flush() == []
    assert decoder.feed(b"q") == ["q"]


def test_esc_alone() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b") == []
    assert decoder.waiting
    assert decoder.flush() == ["esc"]
    assert decoder.flush() == []


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\x1b|[B", ["esc", "un-esc", "down"]),
        (b"\x1b|[|B", ["esc", "un-esc", "down"]),
        (b"\x1b|[|5|~q", ["esc", "un-esc", "pgup", "q"]),
        (b"\x1b|OA", ["esc", "un-esc", "up"]),
        (b"\x1b[|B", ["down"]),
        (b"\x1b[1;|5B", ["down"]),
        (b"\x1b|[200~q|q\x1b[201~", ["esc", "un-esc", "paste:qq"]),
        (b"\x1b[20|0~q\x1b[201~", ["paste:q"]),
        (b"\x1b|q", ["esc", "q"]),
        (b"\x1b|\x1b|q", ["esc", "esc", "q"]),
        (b"\x1b|\x1b[B", ["esc", "down"]),
        (b"\x1b|[|q", ["esc", "q"]),
    ],
)
def test_a_key_that_a_slow_line_splits_is_a_key(data: bytes, keys: list[str]) -> None:
    decoder = KeyDecoder()
    told = []
    for piece in data.split(b"|"):
        told += decoder.feed(piece) + decoder.flush()
    assert told == keys


def test_what_comes_much_later_is_no_rest_of_a_key() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b") + decoder.flush() == ["esc"]
    assert decoder.late
    decoder.forget()
    assert decoder.feed(b"[B") == ["[", "B"]


@pytest.mark.parametrize("start", [b"\x1b[", b"\x1b]"])
def test_an_endless_sequence_takes_no_memory_and_no_letter_gets_out(start: bytes) -> None:
    decoder = KeyDecoder()
    assert decoder.feed(start) == []
    for _ in range(100):
        assert decoder.feed(b"1" * 1000) == []
    assert len(decoder._waiting) <= 2 * LONGEST_PASTE  # noqa: SLF001 - memory is not public
    assert decoder.feed(b"~\x07q")[-1:] == ["q"]


def test_a_long_paste_is_cut_short() -> None:
    decoder = KeyDecoder()
    keys = decoder.feed(b"\x1b[200~")
    for _ in range(100):
        keys += decoder.feed(b"q" * 1000)
    keys += decoder.feed(b"\x1b[201~j")
    assert keys == ["paste:" + "q" * LONGEST_PASTE, "j"]


async def test_esc_is_told_by_waiting() -> None:
    keys: asyncio.Queue[str] = asyncio.Queue()
    reader = Keys(keys.put_nowait)
    reader.feed(b"\x1b")
    assert keys.empty()
    async with asyncio.timeout(5):
        assert await keys.get() == "esc"


async def test_an_esc_told_too_early_is_taken_back() -> None:
    keys: asyncio.Queue[str] = asyncio.Queue()
    reader = Keys(keys.put_nowait)
    reader.feed(b"\x1b")
    async with asyncio.timeout(5):
        assert await keys.get() == "esc"
    reader.feed(b"[B")
    assert [keys.get_nowait(), keys.get_nowait()] == ["un-esc", "down"]


async def test_a_sequence_in_two_pieces_is_no_esc() -> None:
    keys: asyncio.Queue[str] = asyncio.Queue()
    reader = Keys(keys.put_nowait)
    reader.feed(b"\x1b")
    reader.feed(b"[A")
    assert keys.get_nowait() == "up"
    reader.feed(b"\x1b[")
    reader.feed(b"\x1b")
    async with asyncio.timeout(5):
        assert await keys.get() == "esc"
    assert keys.empty()
