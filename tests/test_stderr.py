from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import narrow_locales
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfqwatch.stderr import LONGEST, Verbosity, Voice, say, say_when

if TYPE_CHECKING:
    from pathlib import Path

SAY = "from rfqwatch.stderr import say\nsay('one')\nsay('two')\nraise SystemExit(3)\n"


def test_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    say("watching")
    assert capfd.readouterr() == ("", "rfqwatch: watching\n")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text(st.sampled_from("\x1b\x9b\r\n\t\x00\u202e\ud800x"), max_size=600))
def test_any_text_is_one_safe_line(capfd: pytest.CaptureFixture[str], text: str) -> None:
    say(text)
    line = capfd.readouterr().err
    assert line.startswith("rfqwatch: ")
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert len(line) <= LONGEST + 20


def said(stderr: int) -> int:
    """Say two lines in a process of its own; give its exit code."""
    return subprocess.run([sys.executable, "-c", SAY], stderr=stderr, check=False).returncode


def test_a_closed_standard_error_is_no_reason_to_end() -> None:
    shell = ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, SAY]
    assert subprocess.run(shell, check=False).returncode == 3


def test_nor_is_one_whose_reader_has_gone() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    assert said(write_end) == 3
    os.close(write_end)


def test_nor_is_a_full_disk() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    assert said(full) == 3
    os.close(full)


def test_one_that_nobody_reads_is_not_waited_for() -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(write_end, b"x" * 4_096):
            pass
    os.set_blocking(write_end, True)
    assert said(write_end) == 3
    os.close(write_end)
    os.close(read_end)


def test_a_file_takes_it(tmp_path: Path) -> None:
    with (tmp_path / "status").open("w+b") as file:
        assert said(file.fileno()) == 3
        file.seek(0)
        assert file.read() == b"rfqwatch: one\nrfqwatch: two\n"


def test_characters_that_the_locale_lacks_are_replaced() -> None:
    program = "from rfqwatch.stderr import say\nsay('said \\u201cno\\u201d')\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | narrow_locales.ASCII,
        stderr=subprocess.PIPE,
        check=True,
    )
    assert done.stderr == b"rfqwatch: said \\u201cno\\u201d\n"


def test_a_replaced_standard_error_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    say("watching")
    assert capsys.readouterr().err == "rfqwatch: watching\n"


def test_only_in_a_file_does_a_line_begin_with_the_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_when("watching")
    assert capsys.readouterr().err == "rfqwatch: watching\n"
    log = tmp_path / "log"
    with log.open("w") as file:
        monkeypatch.setattr("sys.stderr", file)
        say_when("watching")
        monkeypatch.undo()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} "
    assert re.fullmatch(f"{stamp}rfqwatch: watching\n", log.read_text())


@pytest.mark.parametrize(
    ("verbosity", "heard"),
    [
        (Verbosity.QUIET, ["error: trouble"]),
        (Verbosity.NORMAL, ["error: trouble", "change"]),
        (Verbosity.VERBOSE, ["error: trouble", "change", "step"]),
    ],
)
def test_a_voice_says_as_much_as_is_wanted(verbosity: Verbosity, heard: list[str]) -> None:
    said: list[str] = []
    voice = Voice(verbosity, said.append)
    voice.complain("trouble")
    voice.say("change")
    voice.detail("step")
    assert said == heard
