"""Text from the wire: nothing in it acts on a terminal, hides, or breaks the grid."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from rfqwatch import escaping
from rfqwatch.escaping import cells, fit, safe, safe_json_line

AWKWARD = "\x1b\x9b\x07\r\n\t\x7f\u00ad\u0301\u0430\u200d\u202e\u2028\ufe0f\ufeff\ud800\ue000"
AWKWARD += '\u1160\u3164漢한❤👩🏽🇩e\u20e3\U000e0041\U000e0100\U0010ffff"\\ ·…'

anything = st.text(st.characters(codec=None)) | st.text(AWKWARD)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text(AWKWARD.replace("\ud800", "")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("KXMVE-26JAN_A.b [/oops]", "KXMVE-26JAN_A.b [/oops]"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("a\tb\r\nc\0", "a\\tb\\r\\nc\\x00"),
        ("\x7f", "\\x7f"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("zero\u200bwidth\u2060", "zero\\u200bwidth\\u2060"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ud800", "\\ud800"),
        ("\ue000", "\\ue000"),
        ("\U000e0001", "\\U000e0001"),
        ("\u3164", "\\u3164"),
        ("👩\u200d💻", "👩\\u200d💻"),
        ("❤\ufe0f", "❤\\ufe0f"),
        ("é漢한", "é漢한"),
        ("e\u0301", "e\u0301"),
        ("e\u0323\u0301\u0301", "e\u0323\u0301\\u0301"),
        ("\u0301e", "\\u0301e"),
        (" \u0301", " \\u0301"),
        ("a\u202e\u0301", "a\\u202e\\u0301"),
    ],
)
def test_what_could_act_or_hide_is_shown(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(anything)
def test_safe_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = safe(text)
    assert shown.isprintable()
    assert safe(shown) == shown
    assert cells(shown) == cell_len(shown)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_untouched(text: str) -> None:
    assert safe(text) is text


@given(anything, st.integers(0, 200), st.booleans())
def test_fitted_text_has_exactly_its_width(text: str, width: int, right: bool) -> None:  # noqa: FBT001
    fitted = fit(text, width, right=right)
    assert cell_len(fitted) == width
    assert fitted.isprintable()


@given(anything, anything, st.integers(0, 20), st.integers(0, 20))
def test_fitted_neighbours_keep_their_widths(a: str, b: str, first: int, second: int) -> None:
    assert cell_len(fit(a, first) + fit(b, second)) == first + second


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("abcd", 1, "…"),
        ("abcd", 0, ""),
        ("漢字", 4, "漢字"),
        ("漢字", 3, "漢…"),
        ("漢字", 2, "… "),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("\x1b[2J", 5, "\\x1b…"),
    ],
)
def test_cut_and_padding(text: str, width: int, fitted: str) -> None:
    assert fit(text, width) == fitted


def test_numbers_go_to_the_right() -> None:
    assert fit("0.35", 6, right=True) == "  0.35"


@given(values, st.booleans(), st.none() | st.integers(0, 3))
def test_json_keeps_its_value(value: object, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001
    line = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode() + b"\n"
    shown = safe_json_line(line)
    assert json.loads(shown) == value
    assert shown.endswith(b"\n")
    assert shown[:-1].decode().isprintable()


@given(st.binary() | st.text(AWKWARD).map(lambda text: text.encode(errors="surrogatepass")))
def test_any_payload_becomes_one_harmless_line(payload: bytes) -> None:
    shown = safe_json_line(payload + b"\n")
    assert shown.endswith(b"\n")
    assert safe(shown[:-1].decode()) == shown[:-1].decode()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b'{"a":"\\u001b[2J"}\n', b'{"a":"\\u001b[2J"}\n'),
        (b'{"a":"\x1b[2J"}\n', b'{"a":"\\u001b[2J"}\n'),
        ('{"a":"\x9b\u202e"}\n'.encode(), b'{"a":"\\u009b\\u202e"}\n'),
        ('{"a":"\U000e0001"}\n'.encode(), b'{"a":"\\udb40\\udc01"}\n'),
        ('{"a":"漢é"}\n'.encode(), '{"a":"漢é"}\n'.encode()),
        (b'{"a":\t"x\ty"}\r\n', b'{"a": "x\\ty"} \n'),
        (b"\x9b\xff", b"\\x9b\\xff"),
        (b"", b""),
        (b"\n", b"\n"),
    ],
)
def test_json_lines_are_shown_with_jsons_own_escapes(line: bytes, shown: bytes) -> None:
    assert safe_json_line(line) == shown


def test_an_ordinary_line_is_not_even_copied() -> None:
    line = b'{"type":"rfq_created"}\n'
    assert safe_json_line(line) is line


def test_the_characters_waved_through_are_harmless() -> None:
    for char in escaping._PLAIN:  # noqa: SLF001 - the shortcut must agree with the rule
        assert char.isprintable()
        assert get_character_cell_size(char) == 1
        assert not unicodedata.combining(char)


def test_every_code_point_is_shown_or_escaped_in_sight() -> None:
    for number in range(sys.maxunicode + 1):
        shown = safe(chr(number))
        assert shown.isprintable()
        assert cells(shown)
