"""One picture of the real program, into a pipe and into a file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import narrow_locales
import pytest
from program import Exchange, rfqwatch
from rich.segment import Segment

from rfqwatch.screen.picture.styles import BAD, FAINT
from rfqwatch.screen.snapshot import plain, require_savable, svg
from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from pathlib import Path

ONCE = [sys.executable, "-m", "rfqwatch", "table", "--env", "sim", "--once", "--duration", "1s"]


HOSTILE = "@font-face { Fira Code, monospace }"
PICTURE = [
    [Segment("gaps 2 ", BAD), Segment("<b>[/oops]"), Segment("   ")],
    [Segment(HOSTILE, FAINT)],
]


def test_plain_is_plain() -> None:
    assert plain(PICTURE) == f"gaps 2 <b>[/oops]\n{HOSTILE}\n"
    assert plain([[Segment("\x1b[2J")]]) == "\\x1b[2J\n"


def test_an_svg_says_and_colours_the_same() -> None:
    drawn = svg(PICTURE, 40)
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    text = "".join(root.itertext()).replace("\xa0", " ")
    assert "gaps 2 <b>[/oops]" in text
    assert HOSTILE in text
    assert drawn.count("font-family: ui-monospace") == 1
    assert "font-weight: bold" in drawn


@pytest.mark.parametrize(("terminal", "light"), [("", False), ("15;0", False), ("0;15", True)])
def test_an_svg_is_as_light_as_the_terminal(
    terminal: str, *, light: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", terminal)
    assert ('fill="#ffffff"' in svg(PICTURE, 40)) is light


def test_ages_are_right_though_this_computer_s_clock_is_not(tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    with running(rate=100, seed=5, standing=20, ahead=3_600) as simulated:
        wide = {**Exchange(simulated, tmp_path).environment, "COLUMNS": "160"}
        live = rfqwatch(
            *("table", "--once", "--duration", "2s", "--record", kept), environment=wide
        )
    replayed = rfqwatch("table", "--once", "--from", kept, environment=wide)
    for done in (live, replayed):
        assert "this computer's clock is 60m behind: lag unknown" in done.stdout
        assert re.search(r"opened [1-9]\d* closed \d+ in \ds", done.stdout)
        (life,) = re.findall(r"median life (\S+)", done.stdout)
        ages = re.findall(r"^[> ?~x]  ?(\d+\S)  ", done.stdout, re.MULTILINE)
        assert len(ages) > 10
        assert all(span.endswith("s") for span in (life, *ages))
    told = rfqwatch("report", kept).stderr
    assert re.search(r"recorded by a clock that was 3,(600|599) s behind the exchange's", told)


def test_a_replay_says_that_its_recording_breaks_off(tmp_path: Path) -> None:
    lines = rfqwatch("tail", "--env", "sim", "--sim-rate", "0", "-n", "50").stdout.splitlines()
    file = tmp_path / "1.jsonl"
    file.write_text("\n".join(lines[:-1]) + "\n")
    assert "it breaks off there" in rfqwatch("table", "--once", "--from", str(file)).stdout
    done = rfqwatch("tail", "--fail-on-gap", "--from", str(file))
    assert done.returncode == 7
    assert "no gaps up to where it breaks off" in done.stderr


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ONCE, *arguments],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_once_prints_one_plain_picture() -> None:
    ended = run(COLUMNS="100", LINES="30")
    assert ended.returncode == 0
    lines = ended.stdout.splitlines()
    assert len(lines) == 30
    assert lines[0].startswith("rfqwatch sim  watching for ")
    assert "RFQs" in lines[-1]
    assert sum(line[4:5] == "s" for line in lines) > 20
    assert all(len(line) <= 100 and line.isprintable() for line in lines)
    assert all(line.startswith("rfqwatch: ") for line in ended.stderr.splitlines())


@pytest.mark.parametrize("locale", narrow_locales.NAMES)
def test_a_locale_that_lacks_characters_costs_no_more_than_those(
    locale: str, tmp_path: Path
) -> None:
    asked_for = narrow_locales.environment(locale, tmp_path)
    ended = subprocess.run(
        ONCE,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **asked_for, "COLUMNS": "100", "LINES": "30"},
    )
    assert ended.returncode == 0
    lines = ended.stdout.decode(narrow_locales.NAMES[locale]).splitlines()
    assert len(lines) == 30
    # The bar of the largest at least, beside which all others may have none.
    assert any("?" in line and line[4:5] == "s" for line in lines)
    assert b"events watched" in ended.stderr


def test_a_reader_that_leaves_gets_no_traceback() -> None:
    process = subprocess.Popen(ONCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process.stderr as errors:
        assert "Traceback" not in errors.read()
    assert process.wait() == 141


def test_a_closed_standard_output_is_said() -> None:
    ended = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *ONCE], stderr=subprocess.PIPE, check=False, text=True
    )
    assert ended.returncode == 2
    assert "standard output is closed" in ended.stderr


def test_the_last_picture_is_saved_as_svg_that_fetches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "table.svg"
    ended = run("--svg", str(file), COLUMNS="120", LINES="30")
    assert ended.returncode == 0
    svg = file.read_text(encoding="utf-8")
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = "".join(root.itertext()).replace("\xa0", " ")
    assert "rfqwatch sim" in text
    assert "watching for" in text
    for fetched in ("@font-face", "url(http", "href", "@import", "<image", "<script"):
        assert fetched not in svg


@pytest.mark.parametrize("name", ["missing/table.svg", ".", "file/table.svg", "x" * 300])
def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    ended = run("--svg", str(tmp_path / name), "--duration", "1h")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("rfqwatch: error: --svg: the picture can't be saved to ")
    assert len(ended.stderr.splitlines()) == 2


def test_asking_whether_a_file_can_be_written_leaves_none(tmp_path: Path) -> None:
    require_savable(tmp_path / "table.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_pointed_to_tail() -> None:
    ended = subprocess.run(ONCE[:-3], capture_output=True, check=False, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "rfqwatch tail" in ended.stderr
