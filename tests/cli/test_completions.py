from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMPLETIONS = Path(__file__).parents[2] / "completions"
FILES = {"bash": "rfqwatch.bash", "zsh": "_rfqwatch", "fish": "rfqwatch.fish"}


def run(**variables: str) -> str:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [Path(sys.executable).parent / "rfqwatch"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("shell", FILES)
def test_the_scripts_are_what_the_program_writes(shell: str) -> None:
    written = (COMPLETIONS / FILES[shell]).read_text()
    assert written.strip() == run(_RFQWATCH_COMPLETE=f"source_{shell}").strip()


def test_zsh_finds_its_mark_on_the_first_line() -> None:
    assert (COMPLETIONS / "_rfqwatch").read_text().startswith("#compdef rfqwatch\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("rfqwatch ta", {"tail", "table"}),
        ("rfqwatch tail --sha", {"--shard"}),
        ("rfqwatch tail --output ", {"jsonl", "raw", "text"}),
        ("rfqwatch table --env ", {"prod", "demo", "sim"}),
        ("rfqwatch tail --type rfq_", {"rfq_created", "rfq_deleted", "rfq_batch_created"}),
        ("rfqwatch table --type quote_ex", {"quote_executed"}),
        ("rfqwatch table --sort ", {"newest", "quotes", "deadline"}),
        ("rfqwatch table --group c", {"creator"}),
        ("rfqwatch table --columns age,s", {"age,size", "age,spread", "age,state"}),
    ],
)
def test_bash_completes(words: str, expected: set[str]) -> None:
    place = str(len(words.split(" ")) - 1)
    told = run(_RFQWATCH_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=place)
    assert expected <= set(told.split())
