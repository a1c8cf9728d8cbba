"""A file's bytes, block by block, whether it is plain, gzip or zstd.

Which it is, its first bytes tell: a name may be wrong, and a pipe has none.
"""

from __future__ import annotations

import os
import sys
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rfqwatch.errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

STDIN = "-"

BLOCK = 2**18
"""Bytes read at once: enough to cost nothing, few enough to look about between two of them."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_HAS_ZSTD = sys.version_info >= (3, 14)
_GZIP_WINDOW = 31
"""How zlib is told to expect gzip's header."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Compression(NamedTuple):
    """How to begin to decompress, and what damage raises."""

    begin: Callable[[], _Decompressor]
    damage: type[Exception]


class Opened:
    """One file, or standard input for ``-``. Raises `RecordingError` where it can't be read.

    ``taken`` is how many of the file's own bytes were read so far. ``torn`` says, at its end, that
    it ends in the middle of what was compressed, as when whoever wrote it was killed.
    """

    def __init__(self, name: str) -> None:
        self.name = "standard input" if name == STDIN else name
        self.taken = 0
        self.torn = False
        self._start: bytes | None = b""
        self._compression: _Compression | None = None
        self._decompressor: _Decompressor | None = None
        self._ours = name != STDIN
        if sys.stdin is None and not self._ours:
            raise RecordingError("standard input is closed", "Send it something: < FILE.")
        try:
            self.fd = os.open(name, os.O_RDONLY) if self._ours else sys.stdin.fileno()
        except OSError as error:
            raise self._unreadable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            os.close(self.fd)

    def read(self) -> bytes | None:
        """Read once, and give what that brings, which may be nothing; None at the end."""
        try:
            data = os.read(self.fd, BLOCK)
        except OSError as error:
            raise self._unreadable(error) from None
        self.taken += len(data)
        at_end = not data
        if self._start is not None:
            self._start += data
            if len(self._start) < len(_ZSTD) and not at_end:
                # A pipe may give less than it takes to tell.
                return b""
            data, self._start = self._start, None
            self._compression = _compression(data)
        if self._compression is not None:
            data = self._decompressed(data, self._compression)
        self.torn = at_end and self._decompressor is not None
        return None if at_end and not data else data

    def _decompressed(self, data: bytes, compression: _Compression) -> bytes:
        parts = []
        while data:
            if self._decompressor is None:
                self._decompressor = compression.begin()
            try:
                parts.append(self._decompressor.decompress(data))
            except compression.damage as error:
                raise RecordingError(f"{self.name} is damaged: {error}") from None
            data = b""
            if self._decompressor.eof:
                # What is written in steps is one compressed piece after another.
                data = self._decompressor.unused_data
                self._decompressor = None
        return b"".join(parts)

    def _unreadable(self, error: OSError) -> RecordingError:
        return RecordingError(f"{self.name} can't be read: {error.strerror}", "Name another file.")


def _compression(start: bytes) -> _Compression | None:
    """Tell how a file that starts so is compressed; None where it is not."""
    if start.startswith(_GZIP):
        return _Compression(lambda: zlib.decompressobj(_GZIP_WINDOW), zlib.error)
    if start.startswith(_ZSTD):
        return _zstd()
    return None


def _zstd() -> _Compression:
    try:
        zstd = import_module("compression.zstd" if _HAS_ZSTD else "backports.zstd")
    except ModuleNotFoundError:
        # Python 3.14 comes with zstd, or was built without it, and no package stands in then.
        advice = "Use" if _HAS_ZSTD else "Install backports.zstd beside rfqwatch, or use"
        raise RecordingError(
            "zstd can't be read by this Python", f"{advice} zstd -dc FILE |."
        ) from None
    return _Compression(zstd.ZstdDecompressor, zstd.ZstdError)
