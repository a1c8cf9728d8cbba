r"""Bytes of a terminal to names of keys, in any pieces; what is no key never shows up as letters.

A key is named by its character (``"q"``, ``" "``, ``"é"``) or by a word: ``up``, ``down``,
``left``, ``right``, ``home``, ``end``, ``pgup``, ``pgdn``, ``insert``, ``delete``, ``enter``,
``tab``, ``backspace``, ``esc``, ``un-esc``, ``ctrl-a`` to ``ctrl-z``. Modifiers of a word change
nothing; Alt with a character is no key. Pasted text is one name, ``paste:`` and its printable
characters, so that no paste presses keys.

Sequences: xterm's ctlseqs (CSI and SS3 forms, bracketed paste, mouse reports), the ``ESC [1~``
forms of VT220 and rxvt, and the ``ESC [[A`` of the Linux console.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ESC_DELAY_S = 0.05
"""How long an Esc waits for the rest of a sequence; the bytes of one sequence come together."""

REGRET_S = 2.0
"""How long an Esc may turn out to have begun a sequence, whose rest a slow line brought late."""

UNESC = "un-esc"
"""Says that the ``esc`` before was none, and precedes the key that it began."""

PASTE = "paste:"
"""What the name of pasted text starts with."""

LONGEST_PASTE = 4096
"""Bytes of a paste that are kept; nobody narrows a table by more."""

_LONGEST_SEQUENCE = 4096
_PASTE_BEGIN, _PASTE_END = b"200", b"\x1b[201~"

_CHARS = {b"\x08": "backspace", b"\x09": "tab", b"\x0a": "enter", b"\x0d": "enter"}
_CHARS |= {b"\x7f": "backspace"}
_FINALS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left", b"F": "end", b"H": "home"}
_KEYPAD = _FINALS | {b"M": "enter"}
_NUMBERS = {b"1": "home", b"2": "insert", b"3": "delete", b"4": "end", b"5": "pgup", b"6": "pgdn"}
_NUMBERS |= {b"7": "home", b"8": "end"}

_TOKEN = re.compile(
    rb"""
      (?P<esc> \x1b(?=\x1b) )
    | \x1b\[\[ (?: [\x20-\x7e] | (?=[^\x20-\x7e]) )                 # the Linux console's F1 to F5
    | \x1b\[M .{3}                                                  # a mouse
    | \x1b\[ (?!M) (?P<values>[\x20-\x3f]*) (?P<csi>[\x40-\x7e])
    | \x1b\[ [\x20-\x3f]* (?=[^\x20-\x7e])                          # broken off
    | \x1bO [0-9;]* (?P<ss3>(?![0-9;])[\x20-\x7e])
    | \x1bO [0-9;]* (?=[^\x20-\x7e])
    | \x1b[PX\]^_] .*? (?: \x07 | \x1b\\ )                          # a report of the terminal
    | (?P<alt> \x1b(?![\x1b\[OPX\]^_]) )?
      (?P<char>
          [\x00-\x1a\x1c-\x7f]
        | [\xc2-\xdf][\x80-\xbf]
        | [\xe0-\xef][\x80-\xbf]{2}
        | [\xf0-\xf4][\x80-\xbf]{3}
        | [\x80-\xc1\xf5-\xff]                                      # no UTF-8, nor are these
        | [\xc2-\xf4][\x80-\xbf]{0,2}(?=[^\x80-\xbf])
      )
    """,
    re.DOTALL | re.VERBOSE,
)
"""One key, or one thing that is none. Bytes that match nothing yet are the start of something."""

_BEGUN = re.compile(rb"\x1b (?: \[[0-9;]{0,16} | O[0-9;]{0,16} )?", re.VERBOSE)
"""What can be the beginning of a key or of a paste."""


class KeyDecoder:
    """Decodes the bytes of a terminal, fed in any pieces; knows no clock and no terminal."""

    def __init__(self) -> None:
        self._waiting = b""
        self._paste: bytes | None = None
        # What was taken for what it is, though more of it may come; whether as an Esc.
        self._late = b""
        self._told_esc = False

    @property
    def waiting(self) -> bool:
        """Whether `flush` is due unless more bytes come soon."""
        return bool(self._waiting) and self._paste is None

    def feed(self, data: bytes) -> list[str]:
        """Name the keys that these bytes complete."""
        data, keys = self._with_late(data)
        self._waiting += data
        while True:
            if self._paste is not None:
                key = self._pasted(self._paste)
                if self._paste is not None:
                    break
            elif match := _TOKEN.match(self._waiting):
                self._waiting = self._waiting[match.end() :]
                key = _named(match)
                if key == PASTE:
                    self._paste, key = b"", None
            else:
                if len(self._waiting) > _LONGEST_SEQUENCE:
                    self._waiting = self._waiting[:2] + self._waiting[-1:]
                break
            if key:
                keys.append(key)
        return keys

    def flush(self) -> list[str]:
        """Take what waits for what it is, because nothing followed: Esc, or a broken sequence."""
        if not self.waiting:
            return []
        waiting, self._waiting = self._waiting, b""
        self._late = waiting if _BEGUN.fullmatch(waiting) else b""
        self._told_esc = waiting == b"\x1b"
        return ["esc"] if self._told_esc else []

    @property
    def late(self) -> bool:
        """Whether what was flushed may still be continued; `forget` is due after a while."""
        return bool(self._late)

    def forget(self) -> None:
        """Leave it at what was flushed."""
        self._late = b""

    def _with_late(self, data: bytes) -> tuple[bytes, list[str]]:
        """Put what was flushed before these bytes if they are the rest of its key."""
        if not self._late:
            return data, []
        late, self._late = self._late + data, b""
        if _BEGUN.fullmatch(late):
            self._late = late
            return b"", []
        match = _TOKEN.match(late)
        if match and not match["esc"] and _named(match):
            return late, [UNESC] * self._told_esc
        return data, []

    def _pasted(self, before: bytes) -> str | None:
        text, end, rest = self._waiting.partition(_PASTE_END)
        if not end:
            kept = len(_PASTE_END) - 1
            text, rest = self._waiting[:-kept], self._waiting[-kept:]
        text = (before + text)[:LONGEST_PASTE]
        self._waiting = rest
        self._paste = None if end else text
        if not end:
            return None
        return PASTE + "".join(filter(str.isprintable, text.decode(errors="ignore")))


class Keys:
    """Calls ``on_key`` with each key's name, on the running loop; tells a lone Esc by waiting."""

    def __init__(self, on_key: Callable[[str], object]) -> None:
        self._decoder = KeyDecoder()
        self._on_key = on_key
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes as the terminal sent them."""
        self._tell(self._decoder.feed(data))

    def _tell(self, keys: list[str]) -> None:
        for key in keys:
            self._on_key(key)
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        if self._decoder.waiting:
            self._timer = loop.call_later(ESC_DELAY_S, self._flush)
        elif self._decoder.late:
            self._timer = loop.call_later(REGRET_S, self._decoder.forget)

    def _flush(self) -> None:
        self._tell(self._decoder.flush())


def _named(match: re.Match[bytes]) -> str | None:
    """Name what was matched; `PASTE` alone begins one."""
    if match["esc"]:
        return "esc"
    if match["csi"]:
        number = match["values"].partition(b";")[0]
        if match["csi"] != b"~":
            return _FINALS.get(match["csi"])
        return PASTE if number == _PASTE_BEGIN else _NUMBERS.get(number)
    if match["ss3"]:
        return _KEYPAD.get(match["ss3"])
    if match["char"] and not match["alt"]:
        return _character(match["char"])
    return None


def _character(char: bytes) -> str | None:
    if char in _CHARS:
        return _CHARS[char]
    if b"\x01" <= char <= b"\x1a":
        return f"ctrl-{chr(char[0] + 0x60)}"
    text = char.decode(errors="ignore")
    return text if text.isprintable() and text else None
