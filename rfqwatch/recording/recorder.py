"""The way of lines into files, which never holds up the reader of the exchange.

A thread wakes often enough that no more than the last second is lost with the program, and writes
what came meanwhile as one frame. What can't be written waits in a buffer for the next attempt.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from rfqwatch.clock import now
from rfqwatch.lines.buffer import Batch, Buffer
from rfqwatch.lines.jsonlines import JsonLines, continued_line, recording_line
from rfqwatch.recording.file import File

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rfqwatch.lines.buffer import Mark, Shed
    from rfqwatch.recording.compression import Compression
    from rfqwatch.recording.folder import Folder
    from rfqwatch.recording.rotation import Retention, Rotation
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.health import Health

PAUSE_S = 0.75
"""How long lines wait for others to be compressed with: less than a second, with the writing."""
RETRY_S = 2.0
"""How long to wait after a failure."""
PIECE = 4 * 2**20
"""Bytes in memory that are worth a frame of their own before that."""
LIMIT = 64 * 2**20
"""Bytes in memory that may wait for a disk that takes none; past it the oldest RFQs are shed."""


class Recorder:
    """The files of one recording, for its `lines`.

    ``told`` is what the first line of each file says of the stream.
    ``health`` is told why nothing can be written at present, ``voice`` speaks from the thread.
    `messages` counts those that were written.
    """

    def __init__(
        self,
        folder: Folder,
        told: Mapping[str, object],
        compression: Compression,
        *,
        rotation: Rotation,
        retention: Retention,
        health: Health,
        voice: Voice,
        limit: int = LIMIT,
    ) -> None:
        self.describe_shed: Callable[[Shed], bytes]
        self.lines = JsonLines(self)
        self.folder = folder
        self.messages = 0
        self._told = told
        self._compression = compression
        self._rotation = rotation
        self._retention = retention
        self._health = health
        self._voice = voice
        self._condition = threading.Condition()
        self._buffer = Buffer(limit)
        self._in_hand: list[Batch | Mark] = []
        self._closing = False
        self._file: File | None = None
        self._finished = 0
        self._finished_size = 0
        self._previous: str | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Hand over lines; the oldest are shed when too many wait."""
        with self._condition:
            self._buffer.put(batch)
            if self._urgent():
                self._condition.notify()

    def close(self) -> None:
        """Write what waits, if it can be written, and finish the last file."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()

    @property
    def shed(self) -> int:
        """How many messages were dropped because they could not be written."""
        return self._buffer.shed

    @property
    def undelivered(self) -> int:
        """How many messages still wait to be written."""
        with self._condition:
            in_hand = sum(entry.messages for entry in self._in_hand if isinstance(entry, Batch))
            return in_hand + self._buffer.messages

    @property
    def size(self) -> int:
        """How many bytes all files of this recording had when written."""
        file = self._file
        return self._finished_size + (file.size if file else 0)

    @property
    def files(self) -> int:
        """How many files it has, the one that is not whole yet too."""
        return self._finished + (self._file is not None)

    def _run(self) -> None:
        while True:
            with self._condition:
                wait_s = RETRY_S if self._health.unrecorded else PAUSE_S
                self._condition.wait_for(self._urgent, wait_s)
                closing = self._closing
            try:
                while self._take():
                    self._write()
                if closing:
                    self._finish()
            except OSError as error:
                self._fail(error)
            if closing:
                return

    def _urgent(self) -> bool:
        return self._closing or (not self._health.unrecorded and self._buffer.size >= PIECE)

    def _take(self) -> bool:
        """Take in hand what makes a frame, or keep what could not be written; tell if any is."""
        with self._condition:
            if not self._in_hand:
                size = 0
                while size < PIECE and (entry := self._buffer.take()):
                    self._in_hand.append(entry)
                    size += entry.size if isinstance(entry, Batch) else 0
            return bool(self._in_hand)

    def _write(self) -> None:
        """Write what is in hand, into another file when it is time for one."""
        batches = [entry for entry in self._in_hand if isinstance(entry, Batch)]
        at_ms = batches[0].received_ms if batches else now().ms
        file = self._file
        if file and self._rotation.full(file.size, file.begun_ms, at_ms):
            file.write(continued_line(file.messages, at_ms), 0)
            self._finish()
            file = None
        lines = [
            entry.written()
            if isinstance(entry, Batch)
            else b"".join(map(self.describe_shed, entry.sheds.values()))
            for entry in self._in_hand
        ]
        messages = sum(batch.messages for batch in batches)
        if file is None:
            self._file = file = File(self.folder, at_ms, self._compression)
            lines.insert(0, recording_line({**self._told, "previous": self._previous}, at_ms))
        file.write(b"".join(lines), messages)
        with self._condition:
            self._in_hand = []
        self.messages += messages
        if self._health.unrecorded:
            self._health.unrecorded = ""
            self._voice.say(f"recording again, into {file.name}")

    def _finish(self) -> None:
        """Give the file its name, and remove those that are not to be kept any longer."""
        file, self._file = self._file, None
        if file is None:
            return
        file.finish()
        if file.size:
            self._previous = file.name
            self._finished += 1
            self._finished_size += file.size
        try:
            for name in self._retention.surplus(self.folder.files(), now().ms / 1000):
                self.folder.remove(name)
        except OSError as error:
            self._voice.complain(f"{self.folder.path} can't be kept small: {error.strerror}")

    def _fail(self, error: OSError) -> None:
        """Leave a file that can't be written, whole as far as it goes, for another later."""
        with contextlib.suppress(OSError):
            self._finish()
        if not self._health.unrecorded:
            self._voice.complain(
                f"recording into {self.folder.path} stopped: {error.strerror}; trying again every "
                f"{RETRY_S:.0f} s, while what comes waits in memory"
            )
        self._health.unrecorded = error.strerror or str(error)
