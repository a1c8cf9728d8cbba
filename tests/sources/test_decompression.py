from __future__ import annotations

import gzip
import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from rfqwatch.errors import RecordingError
from rfqwatch.sources.decompression import BLOCK, Opened

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = b"".join(b'{"line":%d}\n' % number for number in range(60_000))
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    # As a recorder writes them, a piece each second.
    "gzip in steps": lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:]),
    "zstd in steps": lambda data: b"".join(
        zstd.compress(data[place : place + 9_999]) for place in range(0, len(data), 9_999)
    ),
}


def read_all(opened: Opened) -> bytes:
    with opened:
        return b"".join(iter(opened.read, None))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("data", [b"", b"{}", TEXT], ids=["nothing", "little", "much"])
def test_the_first_bytes_tell_what_it_is(form: str, data: bytes, tmp_path: Path) -> None:
    assert len(TEXT) > 2 * BLOCK
    file = tmp_path / "a.jsonl"
    file.write_bytes(FORMS[form](data))
    opened = Opened(str(file))
    assert read_all(opened) == data
    assert not opened.torn
    assert opened.taken == file.stat().st_size


@pytest.mark.parametrize("form", FORMS)
def test_a_pipe_may_give_one_byte_after_another(form: str) -> None:
    data = FORMS[form](TEXT[:100])
    read_end, write_end = os.pipe()

    def write() -> None:
        for byte in data:
            os.write(write_end, bytes([byte]))
        os.close(write_end)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_all(Opened(f"/dev/fd/{read_end}")) == TEXT[:100]
    writer.join()
    os.close(read_end)


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_what_ends_in_the_middle_gives_what_it_has(form: str, tmp_path: Path) -> None:
    file = tmp_path / "torn"
    whole, half = FORMS[form](TEXT[:5_000]), FORMS[form](os.urandom(300_000))
    file.write_bytes(whole + half[:290_000])
    opened = Opened(str(file))
    assert read_all(opened).startswith(TEXT[:5_000])
    assert opened.torn


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_damage_is_said(form: str, tmp_path: Path) -> None:
    file = tmp_path / "damaged"
    data = FORMS[form](TEXT)
    file.write_bytes(data[:10] + b"\xff" * 500 + data[510:])
    with pytest.raises(RecordingError, match="damaged is damaged: "):
        read_all(Opened(str(file)))


@pytest.mark.parametrize("name", ["absent", "."])
def test_what_is_no_file_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="can't be read: "):
        read_all(Opened(str(tmp_path / name)))


def test_a_python_without_zstd_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    file = tmp_path / "a.zst"
    file.write_bytes(zstd.compress(TEXT))
    with pytest.raises(RecordingError) as raised:
        read_all(Opened(str(file)))
    assert raised.value.exit_code == 8
    assert ("backports.zstd" in raised.value.advice) == (sys.version_info < (3, 14))
    assert "zstd -dc" in raised.value.advice
