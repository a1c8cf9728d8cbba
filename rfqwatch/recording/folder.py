"""The directory of a recording, which one program at a time writes into."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from typing import TYPE_CHECKING

from rfqwatch.errors import UsageError
from rfqwatch.recording.names import PART, is_ours, next_name
from rfqwatch.recording.rotation import Kept

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "rfqwatch.lock"
"""The file that a writer holds a lock on; the system lets go of it when the writer dies."""


class Folder:
    """A directory, made where there is none, for this program alone to record into.

    What a program that died has left there, is given its name as it is. Raises `UsageError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        advice = "Give a directory that you may write into."
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in sorted(path.glob(f"*{PART}")):
                if is_ours(left.name.removesuffix(PART)):
                    self.finish(left.name.removesuffix(PART))
            files = self.files()
            self._last = files[-1].name if files else ""
        except BlockingIOError:
            problem = "another rfqwatch records into it"
            advice = "Give each a directory of its own."
        except OSError as error:
            problem = f"it can't be written: {error.strerror}"
        else:
            return
        raise UsageError(f"no recording into {path}: {problem}", advice)

    def create(self, at_ms: int, suffix: str) -> tuple[str, int]:
        """Begin a file under a temporary name; give the name it is to have, and its descriptor.

        Raises OSError.
        """
        name = next_name(self._last, at_ms, suffix)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self.path / f"{name}{PART}", flags, 0o666)
        self._last = name
        self._sync()
        return name, descriptor

    def finish(self, name: str) -> None:
        """Give a file its name, or remove it if nothing is in it. Raises OSError."""
        part = self.path / f"{name}{PART}"
        if part.stat().st_size:
            part.rename(self.path / name)
        else:
            part.unlink()
        self._sync()

    def files(self) -> list[Kept]:
        """List the whole files of recordings, oldest first. Raises OSError."""
        with os.scandir(self.path) as entries:
            return sorted(
                Kept(entry.name, (stat := entry.stat()).st_size, stat.st_mtime)
                for entry in entries
                if is_ours(entry.name) and entry.is_file(follow_symlinks=False)
            )

    def remove(self, name: str) -> None:
        """Remove a file, if it is still there. Raises OSError."""
        (self.path / name).unlink(missing_ok=True)

    @property
    def free(self) -> int:
        """How many bytes are left for it. Raises OSError."""
        return shutil.disk_usage(self.path).free

    def close(self) -> None:
        """Let others record into it."""
        os.close(self._lock)

    def _sync(self) -> None:
        """Have the system write the names down, as far as it can."""
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with contextlib.suppress(OSError):
                os.fsync(directory)
        finally:
            os.close(directory)
