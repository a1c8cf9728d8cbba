"""One file of a recording, which holds whole frames whatever happens while it is written."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfqwatch.recording.compression import Compression
    from rfqwatch.recording.folder import Folder


class File:
    """A file under its temporary name, until it is finished. Raises OSError.

    ``size`` is its bytes, ``messages`` how many of its lines are not rfqwatch's own.
    """

    def __init__(self, folder: Folder, begun_ms: int, compression: Compression) -> None:
        self.begun_ms = begun_ms
        self.size = 0
        self.messages = 0
        self._folder = folder
        self._frame = compression.frame
        self.name, self._fd = folder.create(begun_ms, compression.suffix)

    def write(self, lines: bytes, messages: int) -> None:
        """Write lines down so that no power failure takes them back, or nothing of them.

        Raises OSError.
        """
        data = memoryview(self._frame(lines))
        try:
            done = 0
            while done < len(data):
                done += os.write(self._fd, data[done:])
            os.fsync(self._fd)
        except OSError:
            # The next attempt, and whoever reads, must not meet half a frame.
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self.size)
                os.lseek(self._fd, self.size, os.SEEK_SET)
            raise
        self.size += len(data)
        self.messages += messages

    def finish(self) -> None:
        """Give it its name. Raises OSError."""
        os.close(self._fd)
        self._folder.finish(self.name)
