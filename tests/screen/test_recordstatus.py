from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING

import pytest
from pseudo_terminal import PseudoTerminal

from rfqwatch.clock import now
from rfqwatch.recording.compression import GZIP
from rfqwatch.recording.folder import Folder
from rfqwatch.recording.recorder import Recorder
from rfqwatch.recording.rotation import Retention, Rotation
from rfqwatch.screen import recordstatus as status_module
from rfqwatch.screen.recordstatus import StatusLine, status
from rfqwatch.stderr import Voice
from rfqwatch.stream.health import Connection, Health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    folder = Folder(tmp_path)
    made = Recorder(
        folder,
        {},
        GZIP,
        rotation=Rotation(),
        retention=Retention(),
        health=Health("sim"),
        voice=Voice(),
    )
    yield made
    made.close()
    folder.close()


def test_it_says_what_is_recorded_and_what_is_not(recorder: Recorder) -> None:
    health = Health("sim")
    card = health.shard("0/2")
    assert status(health, recorder).startswith("0 of 1 connections watching, 0/s, 0 events, ")
    card.become(Connection.WATCHING, now())
    card.frames.add(1_500, now().s)
    card.gapped(3)
    told = status(health, recorder)
    assert re.fullmatch(
        r"1,500/s, 0 events, 0\.0 KiB in 0 files, [\d.,]+ [KMGT]iB left on the disk, gaps 1", told
    )
    health.unrecorded = "No space left on device"
    assert status(health, recorder) == f"NOT RECORDED: No space left on device, {told}"


def test_a_disk_that_does_not_answer_is_no_end(recorder: Recorder, tmp_path: Path) -> None:
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    assert "? left on the disk" in status(Health("sim"), recorder)


async def test_where_there_is_no_terminal_it_is_a_line_now_and_then(
    recorder: Recorder, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_module, "SAID_EACH_S", 0.01)
    line = StatusLine(quiet=False)
    line.say("hello")
    running = asyncio.create_task(line.run(Health("sim"), recorder))
    said = ""
    while said.count("left on the disk") < 2:
        await asyncio.sleep(0)
        said += capfd.readouterr().err
    running.cancel()
    assert said.splitlines()[0].endswith("rfqwatch: hello")


@pytest.mark.parametrize("columns", [100, 40])
def test_on_a_terminal_it_is_the_last_line(tmp_path: Path, columns: int) -> None:
    simulated = ("--env", "sim", "--sim-rate", "300", "--sim-fault", "reset@200")
    command = [sys.executable, "-m", "rfqwatch", "record", str(tmp_path), *simulated]
    with PseudoTerminal(command, columns=columns, on_stdin=True) as terminal:
        terminal.see(
            lambda seen: (
                "trying again" in seen.text
                and re.search(r"watching.*\n[\d,]+/s, [\d,]+ events, [^\n]*\n\s*$", seen.text)
                is not None
            )
        )
        terminal.press("\x03")
        assert terminal.end() == 130
        # What was live is gone, what was said is not.
        assert "left on" not in terminal.text
        assert "/s, " not in terminal.text
        assert "events recorded" in terminal.text


def test_quiet_is_quiet(tmp_path: Path) -> None:
    simulated = ("--env", "sim", "--sim-rate", "300", "-n", "500", "-q")
    command = [sys.executable, "-m", "rfqwatch", "record", str(tmp_path), *simulated]
    with PseudoTerminal(command, on_stdin=True) as terminal:
        assert terminal.end() == 0
        assert not terminal.text.strip()
