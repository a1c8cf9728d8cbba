"""Compresses lines so that each piece can be read without those behind it."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
except ImportError:
    _ZSTD = False
else:
    _ZSTD = True

GZIP_LEVEL = 3
"""Half the time of gzip's own default, for a fifth more bytes."""
_GZIP_WINDOW = 31
"""What tells zlib to write a gzip member (zlib.net, ``deflateInit2``)."""


class Compression(NamedTuple):
    """A way to compress: the ending of its files, and what makes a whole frame of some bytes.

    Frames that follow each other are a file that ``zstd -dc``, or ``gzip -dc``, reads as one.
    """

    suffix: str
    frame: Callable[[bytes], bytes]


def _zstd_frame(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def _gzip_member(data: bytes) -> bytes:
    return zlib.compress(data, GZIP_LEVEL, _GZIP_WINDOW)


GZIP = Compression("gz", _gzip_member)
BEST = Compression("zst", _zstd_frame) if _ZSTD else GZIP
"""Zstandard, which is smaller and takes less time, where Python has it."""
