from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from interactive_shells import Shell

from rfqwatch.reference.bash import bash
from rfqwatch.reference.commandline import Command, Option, Value
from rfqwatch.reference.files import files
from rfqwatch.reference.fish import fish
from rfqwatch.reference.zsh import zsh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHELLS = ["bash", "zsh", "fish"]
WRITERS = {
    "completions/rfqwatch.bash": bash,
    "completions/_rfqwatch": zsh,
    "completions/rfqwatch.fish": fish,
}

COMPLETED = [
    ("rfqwatch tai", "rfqwatch tail"),
    ("rfqwatch --ver", "rfqwatch --version"),
    ("rfqwatch tail --sha", "rfqwatch tail --shard"),
    ("rfqwatch tail --combo --kno", "rfqwatch tail --combo --known"),
    # Called by a path that is not on PATH.
    (".venv/bin/rfqwatch tai", ".venv/bin/rfqwatch tail"),
    ("../installed/bin/rfqwatch tail --env=s", "../installed/bin/rfqwatch tail --env=sim"),
    # Values, apart and behind "=".
    ("rfqwatch tail --env s", "rfqwatch tail --env sim"),
    ("rfqwatch table --env=s", "rfqwatch table --env=sim"),
    ("rfqwatch tail --type rfq_c", "rfqwatch tail --type rfq_created"),
    ("rfqwatch report --type=quote_e", "rfqwatch report --type=quote_executed"),
    ("rfqwatch tail --type quote_accepted --typ", "rfqwatch tail --type quote_accepted --type"),
    ("rfqwatch table --sort de", "rfqwatch table --sort deadline"),
    ("rfqwatch table --group=cr", "rfqwatch table --group=creator"),
    ("rfqwatch tail --shard 3", "rfqwatch tail --shard 3/4"),
    ("rfqwatch record --shard=all/4", "rfqwatch record --shard=all/4"),
    ("rfqwatch tail --duration 5", "rfqwatch tail --duration 5m"),
    ("rfqwatch tail --duration=30", "rfqwatch tail --duration=30s"),
    ("rfqwatch tail --since -10", "rfqwatch tail --since -10m"),
    ("rfqwatch tail --since=-10", "rfqwatch tail --since=-10m"),
    ("rfqwatch tail -o js", "rfqwatch tail -o jsonl"),
    ("rfqwatch tail -vo js", "rfqwatch tail -vo jsonl"),
    ("rfqwatch report -o js", "rfqwatch report -o json"),
    ("rfqwatch tail --market 'a b' --env s", "rfqwatch tail --market 'a b' --env sim"),
    ("rfqwatch config sim", "rfqwatch config simulate"),
    # Lists.
    ("rfqwatch table --columns age,wha", "rfqwatch table --columns age,what"),
    ("rfqwatch table --columns=age,wha", "rfqwatch table --columns=age,what"),
    ("rfqwatch simulate --sim-fault half", "rfqwatch simulate --sim-fault half-open"),
    ("rfqwatch tail --sim-fault reset@3,ov", "rfqwatch tail --sim-fault reset@3,overflow"),
    ("rfqwatch tail --sim-fault=reset@3,ov", "rfqwatch tail --sim-fault=reset@3,overflow"),
    # Files and directories.
    ("rfqwatch tail --key-file f", "rfqwatch tail --key-file file.pem"),
    ("rfqwatch tail --key-file=f", "rfqwatch tail --key-file=file.pem"),
    ("rfqwatch table --svg f", "rfqwatch table --svg file.pem"),
    ("rfqwatch tail --from=f", "rfqwatch tail --from=file.pem"),
    ("rfqwatch report f", "rfqwatch report file.pem"),
    ("rfqwatch report file.pem --top 5 d", "rfqwatch report file.pem --top 5 directory/"),
    ("rfqwatch record d", "rfqwatch record directory/"),
    ("rfqwatch tail --record d", "rfqwatch tail --record directory/"),
    ("rfqwatch tail --record=d", "rfqwatch tail --record=directory/"),
]
NOT_COMPLETED = [
    # Nothing is meant, or no file.
    "rfqwatch f",
    "rfqwatch tail f",
    "rfqwatch schema f",
    "rfqwatch tail --market f",
    "rfqwatch tail --market=f",
    "rfqwatch tail --shard f",
    "rfqwatch tail --shard=f",
    "rfqwatch tail --env=f",
    "rfqwatch tail --sim-fault file",
    "rfqwatch tail --sim-fault=reset,file",
    "rfqwatch tail --record f",
    "rfqwatch tail --record=f",
    "rfqwatch record f",
    "rfqwatch record directory d",
    # It is given already.
    "rfqwatch tail --env sim --en",
    "rfqwatch tail -n 5 --coun",
    "rfqwatch tail -vn 5 --coun",
    "rfqwatch tail --count=5 --coun",
    "rfqwatch tail --combo --no-com",
    "rfqwatch tail --sim-fault=reset,res",
    # It is no option here.
    "rfqwatch --env",
    "rfqwatch moon --env",
    "rfqwatch schema --env",
    "rfqwatch tail -- --env",
    "rfqwatch tail --until --env",
]
LISTED = {
    "rfqwatch ": ["Print the exchange's RFQ stream as JSON lines", "simulate"],
    "rfqwatch tail --m": ["RFQs whose market, or a leg's, fits", "--max-cost"],
    "rfqwatch tail --e": ["Where to connect", "--exclude"],
    "rfqwatch tail --sim-fault=": [
        "channel-error",
        "error 10 ends the subscription, not the connection",
    ],
    "rfqwatch tail --shard ": ["0/2", "1/2", "all/2", "the third quarter", "all/4"],
    "rfqwatch tail --duration=": ["10s", "30s", "5m", "1h"],
}
CONFIG = """
shard = "0/2"
[profile.first]
env = "demo"
[ profile."second" ]
[profile.third_3] # never
# [profile.never]
[profile.first.never]
[other.never]
"""
ODD = """it's [all] of $HOME, "`id`" \\t 100%d {x} é"""


@pytest.fixture(scope="module", params=SHELLS)
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    with Shell(request.param, tmp_path_factory.mktemp(request.param), files()) as shell:
        yield shell


@pytest.mark.parametrize(("line", "becomes"), COMPLETED)
def test_what_is_meant_is_completed(shell: Shell, line: str, becomes: str) -> None:
    assert shell.completed(line) == becomes


@pytest.mark.parametrize("line", NOT_COMPLETED)
def test_nothing_else_is(shell: Shell, line: str) -> None:
    assert shell.completed(line) == line


def test_what_it_means_is_listed(shell: Shell) -> None:
    for line, wanted in LISTED.items():
        shell.list(line, *wanted)


@pytest.mark.parametrize("name", SHELLS)
def test_texts_are_kept_and_profiles_are_read(name: str, tmp_path: Path) -> None:
    words = ("one:1", f"{ODD} 1: (a|b)"), ("one:2", "")
    options = (
        Option(
            ("--odd",), (), Value("WORD:", "words", words), f"{ODD} 2", "", "", repeatable=False
        ),
        Option(("--other",), (), None, "", "", "", repeatable=False),
        Option(("--profile",), (), Value("NAME", "profiles"), "", "", "", repeatable=False),
    )
    command = Command("tail", f"{ODD} 3", "", options, (), ())
    program = Command("rfqwatch", "", "", (), (), (command, replace(command, name="table")))
    written = {name: write(program) for name, write in WRITERS.items()}
    with Shell(name, tmp_path, written) as shell:
        config = tmp_path / "home" / ".config" / "rfqwatch" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG)
        assert shell.completed("rfqwatch tail --profile f") == "rfqwatch tail --profile first"
        assert shell.completed("rfqwatch tail --profile=s") == "rfqwatch tail --profile=second"
        shell.list("rfqwatch tail --profile ", "first", "second", "third_3")
        shell.list("rfqwatch ta", f"{ODD} 3")
        shell.list("rfqwatch tail --o", "--other", f"{ODD} 2")
        shell.list("rfqwatch tail --odd one:", f"{ODD} 1: (a|b)")
        assert shell.completed("rfqwatch tail --odd=one:2") == "rfqwatch tail --odd=one:2"
        assert "never" not in shell.text
