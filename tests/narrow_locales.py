"""Locales that lack most characters, as environments of a program."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
NAMES = {"ascii": "ascii", "latin-1": "latin-1", "asked for": "latin-1"}
"""Of locales, with the encoding of each."""


def environment(name: str, folder: Path) -> dict[str, str]:
    """Give the variables of a locale, which is made in a folder if need be."""
    if name == "ascii":
        return ASCII
    if name == "asked for":
        return {"PYTHONIOENCODING": "latin-1"}
    made = folder / "en_US.ISO-8859-1"
    if not shutil.which("localedef"):
        pytest.skip("there is no localedef to make a Latin-1 locale")
    command = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(made)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("localedef can't make a Latin-1 locale here")
    return {"LOCPATH": str(folder), "LC_ALL": made.name, "PYTHONUTF8": "0"}
