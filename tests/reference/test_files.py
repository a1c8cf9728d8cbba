from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rfqwatch.reference.files import files

TOP = Path(__file__).parents[2]
FILES = files()


@pytest.mark.parametrize("name", FILES)
def test_files_say_what_is_declared(name: str) -> None:
    written = (TOP / name).read_text(encoding="utf-8")
    assert written == FILES[name], "write it anew: python -m rfqwatch.reference"


def test_they_are_written_where_one_is(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    command = [sys.executable, "-m", "rfqwatch.reference"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    written = {path: path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {tmp_path / name: text for name, text in FILES.items()}


def test_zsh_finds_its_mark_on_the_first_line() -> None:
    assert FILES["completions/_rfqwatch"].startswith("#compdef rfqwatch\n")
