from __future__ import annotations

import pytest

from rfqwatch.reference.commandline import ROOM, Command, Option, declared, summary

ROOM_OF_WORDS = 66
"""Characters of a line of 80 for a value and what it means, as fish lists it behind `--opt=`."""
PROGRAM = declared()
COMMANDS = {command.name: command for command in PROGRAM.commands}
OPTIONS = [
    pytest.param(option, id=f"{command.name} {option.names[-1]}")
    for command in (PROGRAM, *PROGRAM.commands)
    for option in command.options
]


def option(command: str, name: str) -> Option:
    [found] = [option for option in COMMANDS[command].options if name in option.names]
    return found


def test_what_is_declared_is_there() -> None:
    assert PROGRAM.name == "rfqwatch"
    assert {"tail", "table", "record", "report", "schema", "simulate"} <= COMMANDS.keys()
    for command in (PROGRAM, *COMMANDS.values()):
        assert command.options[-1].names == ("-h", "--help")
    count = option("tail", "--count")
    assert count.names == ("-n", "--count")
    assert count.value is not None
    assert (count.value.metavar, count.value.kind, count.repeatable) == ("N", "nothing", False)
    assert option("table", "--combo").negations == ("--no-combo",)
    assert option("table", "--combo").value is None
    assert option("tail", "--type").repeatable
    assert option("tail", "--buffer").default == "64MiB"
    assert option("tail", "--count").default == ""
    assert option("tail", "--shard").panel == "Selection"
    [recordings] = COMMANDS["report"].arguments
    assert (recordings.required, recordings.repeatable) == (True, True)


@pytest.mark.parametrize(
    ("command", "name", "kind", "words", "listed"),
    [
        ("tail", "--env", "words", {"prod", "demo", "sim"}, False),
        ("tail", "--type", "words", {"rfq_created", "quote_executed"}, False),
        ("table", "--columns", "words", {"age", "yes-bid"}, True),
        ("simulate", "--sim-fault", "words", {"reset", "busy-27"}, True),
        ("record", "--shard", "words", {"0/2", "all/4"}, False),
        ("report", "--since", "words", {"-1h"}, False),
        ("tail", "--key-file", "files", set(), False),
        ("tail", "--from", "files", set(), False),
        ("tail", "--record", "directories", set(), False),
        ("tail", "--market", "nothing", set(), False),
    ],
)
def test_what_a_shell_can_know_of_a_value(
    command: str, name: str, kind: str, words: set[str], *, listed: bool
) -> None:
    value = option(command, name).value
    assert value is not None
    assert value.kind == kind
    assert words <= dict(value.words).keys()
    assert bool(words) == bool(value.words)
    assert value.listed == listed


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("The first order; s changes it.", "The first order"),
        ("End after so long: 30s, 5m, 1h.", "End after so long"),
        ("Give up (exit 5) after so many. Default: never.", "Give up after so many"),
        ("RFQs of 2..5 legs.\n\nMore.", "RFQs of 2..5 legs"),
        ("Short, and whole.", "Short, and whole"),
        (f"As far as the last, {'x' * ROOM}", "As far as the last"),
    ],
)
def test_summaries(text: str, short: str) -> None:
    assert summary(text) == short


@pytest.mark.parametrize("declared", OPTIONS)
def test_what_an_option_means_fits_beside_its_name(declared: Option) -> None:
    assert 0 < len(declared.summary) <= ROOM, "the first words of a help text stand alone in lists"
    for word, meaning in declared.value.words if declared.value else ():
        assert len(word) + len(meaning) <= ROOM_OF_WORDS


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_so_does_what_a_command_does(command: Command) -> None:
    assert 0 < len(command.summary) <= ROOM


def test_a_name_takes_a_value_in_every_command_or_in_none() -> None:
    taking: dict[str, bool] = {}
    for command in COMMANDS.values():
        for each in command.options:
            for name in (*each.names, *each.negations):
                assert taking.setdefault(name, each.value is not None) == (each.value is not None)


def test_config_offers_the_commands_that_have_settings() -> None:
    asked = COMMANDS["config"].arguments[0].value
    assert [name for name, _ in asked.words] == [
        command.name
        for command in COMMANDS.values()
        if command.name != "config" and any("--profile" in each.names for each in command.options)
    ]
