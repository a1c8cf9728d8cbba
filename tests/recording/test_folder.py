from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rfqwatch.errors import UsageError
from rfqwatch.recording.folder import LOCK, Folder
from rfqwatch.recording.names import PART

if TYPE_CHECKING:
    from pathlib import Path

AT_MS = 1_795_543_200_000
NAME = "rfqwatch-20261124T180000Z-0001.jsonl.zst"


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir() if each.name != LOCK)


def test_it_is_made_where_there_is_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert folder.files() == []
    assert folder.free > 0
    folder.close()


def test_a_file_has_its_name_when_it_is_finished(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name, descriptor = folder.create(AT_MS, "zst")
    assert name == NAME
    assert names(tmp_path) == [NAME + PART]
    assert folder.files() == []
    os.write(descriptor, b"12345")
    os.close(descriptor)
    folder.finish(name)
    assert names(tmp_path) == [NAME]
    assert [(file.name, file.size) for file in folder.files()] == [(NAME, 5)]
    folder.close()


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name, descriptor = folder.create(AT_MS, "zst")
    os.close(descriptor)
    folder.finish(name)
    assert names(tmp_path) == []
    folder.close()


def test_files_follow_those_of_before(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"x")
    folder = Folder(tmp_path)
    name, descriptor = folder.create(AT_MS - 10**7, "gz")
    os.close(descriptor)
    assert name == NAME.replace("0001.jsonl.zst", "0002.jsonl.gz")
    folder.close()


def test_two_do_not_write_into_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(UsageError, match="another rfqwatch records into it"):
        Folder(tmp_path)
    folder.close()
    Folder(tmp_path).close()


def test_one_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    program = f"""
import pathlib, sys, time
from rfqwatch.recording.folder import Folder
folder = Folder(pathlib.Path({str(tmp_path)!r}))
folder.create({AT_MS}, "gz")
name, descriptor = folder.create({AT_MS}, "zst")
import os
os.write(descriptor, b"left")
print("ready", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(UsageError):
            Folder(tmp_path)
        process.kill()
    folder = Folder(tmp_path)
    # What it has written has a name; what it has not, has none.
    second = NAME.replace("0001", "0002")
    assert names(tmp_path) == [second]
    assert (tmp_path / second).read_bytes() == b"left"
    folder.close()


@pytest.mark.parametrize("name", ["notes.txt", "notes.part", NAME[:-4] + PART, "x" + NAME + PART])
def test_what_is_not_ours_is_not_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    folder = Folder(tmp_path)
    assert folder.files() == []
    assert (tmp_path / name).read_bytes() == b"mine"
    folder.close()


def test_neither_are_links_and_folders_of_such_a_name(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"mine")
    (tmp_path / NAME).symlink_to(tmp_path / "other")
    (tmp_path / NAME.replace("zst", "gz")).mkdir()
    folder = Folder(tmp_path)
    assert folder.files() == []
    folder.close()


@pytest.mark.parametrize("path", ["file", "file/below", "x" * 300])
def test_one_that_cannot_be_written_is_refused_at_once(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="it can't be written: "):
        Folder(tmp_path / path)


def test_what_is_gone_need_not_be_removed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / NAME).write_bytes(b"x")
    folder.remove(NAME)
    folder.remove(NAME)
    assert names(tmp_path) == []
    folder.close()
