from __future__ import annotations

import gzip
import random
from typing import TYPE_CHECKING

import pytest
from full_disk import files_end_at

from rfqwatch.recording.compression import GZIP
from rfqwatch.recording.file import File
from rfqwatch.recording.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_MS = 1_795_543_200_000


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    opened = Folder(tmp_path)
    yield opened
    opened.close()


def test_what_is_written_is_there_at_once(folder: Folder) -> None:
    file = File(folder, AT_MS, GZIP)
    file.write(b"one\n", 1)
    part = folder.path / f"{file.name}.part"
    assert gzip.decompress(part.read_bytes()) == b"one\n"
    file.write(b"two\nown\n", 1)
    assert gzip.decompress(part.read_bytes()) == b"one\ntwo\nown\n"
    assert (file.size, file.messages) == (part.stat().st_size, 2)
    file.finish()
    assert gzip.decompress((folder.path / file.name).read_bytes()) == b"one\ntwo\nown\n"


def test_a_frame_that_does_not_fit_leaves_no_trace(folder: Folder) -> None:
    file = File(folder, AT_MS, GZIP)
    file.write(b"one\n", 1)
    size = file.size
    with files_end_at(size + 500), pytest.raises(OSError, match="too large"):
        file.write(random.Random(1).randbytes(2_000), 7)
    assert (file.size, file.messages) == (size, 1)
    file.write(b"two\n", 1)
    file.finish()
    assert gzip.decompress((folder.path / file.name).read_bytes()) == b"one\ntwo\n"
