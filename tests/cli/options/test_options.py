from __future__ import annotations

import re

import pytest
from program import Exchange, clean_environment, is_quiet, rfqwatch


@pytest.mark.parametrize(
    ("shard", "words"),
    [
        ("10/10", "keys are 0 to 9"),
        ("1/1", "the only key is 0"),
        ("0/0", "1 to 100"),
        ("0/101", "1 to 100"),
        ("3", "all/4"),
        ("x/3", "all/4"),
        ("1.5/3", "all/4"),
    ],
)
def test_a_wrong_shard_is_told_which_exist(shard: str, words: str) -> None:
    done = rfqwatch("tail", "--env", "sim", "--shard", shard)
    assert done.returncode == 2
    assert words in done.stderr
    assert is_quiet(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--env prod --url wss://host/", "--url and --env exclude each other"),
        ("--env sim --url wss://host/", "--url and --env exclude each other"),
        ("--sim-rate 5", "are for --env sim"),
        ("--env demo --sim-seed 5", "are for --env sim"),
        ("--sim-fault reset", "are for --env sim"),
        ("--env sim --sim-fault resett", "--sim-fault 'resett': no fault is called so"),
        ("--env sim --sim-fault reset@x", "'reset@x': @ wants the number of a data frame"),
        ("--env sim --sim-fault ?", "half-open, overflow, channel-error"),
        ("--env sim --sim-fault ?", "options.md says what each does"),
        ("--url http://host/", "--url is not a WebSocket address"),
        ("--url ws://example.com/", "not sent over ws://"),
        ("--url wss://user:hunter2@example.com/", "--url holds a user and password"),
        ("--env sim --duration soon", "--duration"),
        ("--env sim --idle-timeout 0", "--idle-timeout"),
        ("--env sim --buffer much", "--buffer"),
        ("--env sim --count 0", "'--count' / '-n': '0' is less than 1\n"),
        ("--max-retries many", "'--max-retries': 'many' is no whole number\n"),
        ("--max-retries 1.5", "'--max-retries': '1.5' is no whole number\n"),
        ("--env sim --sim-rate fast", "'--sim-rate': 'fast' is no number\n"),
        ("--env sim --sim-rate nan", "'--sim-rate': 'nan' is no number\n"),
        ("--env moon", "--env"),
        ("--output xml", "--output"),
        ("-v -q", "--verbose and --quiet exclude each other"),
        ("--type rfq_craeted", "--type 'rfq_craeted': no type that rfqwatch knows; did you mean"),
        ("--market K* --market K[", "--market 'K[': [ without ] at position 1"),
        ("--event [b-a]", "--event '[b-a]': a range in [] runs backwards"),
        ("--collection=", "--collection is empty"),
        ("--creator=", "--creator is empty"),
        ("--legs 5..2", "--legs '5..2' runs backwards"),
        ("--min-cost 1e3", "--min-cost '1e3': no amount"),
        ("--max-cost -1", "--max-cost '-1': no amount"),
        ("--min-cost 5 --max-cost 3", "--min-cost 5 is more than --max-cost 3"),
        ("--min-contracts many", "--min-contracts 'many': no amount"),
        ("-i ab[c", "--include 'ab[c': unterminated character set at position 2"),
        ("-e a -e (", "--exclude '(': missing ), unterminated subpattern at position 0"),
    ],
)
def test_options_that_make_no_sense(exchange: Exchange, arguments: str, words: str) -> None:
    environment = {
        name: value for name, value in exchange.environment.items() if name != "RFQWATCH_URL"
    }
    done = rfqwatch("tail", *arguments.split(), environment=environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert is_quiet(done.stderr)
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_words_of_other_commands_and_of_variables() -> None:
    done = rfqwatch("table", "--fps", "99")
    assert "'--fps': '99' is more than 30\n" in done.stderr
    done = rfqwatch("tail", environment=clean_environment() | {"RFQWATCH_MINE": "maybe"})
    assert "RFQWATCH_MINE: 'maybe' is neither true nor false\n" in done.stderr


@pytest.mark.parametrize(
    ("command", "defaults"),
    [
        ("tail", ["30s", "60s", "64MiB", "jsonl"]),
        ("table", ["30s", "60s", "2h", "4.0", "auto", "newest"]),
        ("record", ["30s", "60s"]),
        ("simulate", ["0"]),
    ],
)
def test_defaults_are_shown_as_one_writes_them(command: str, defaults: list[str]) -> None:
    told = rfqwatch(command, "--help", environment=clean_environment() | {"COLUMNS": "120"}).stdout
    assert sorted(re.findall(r"\[default: (.*?)[;\]]", told)) == sorted(defaults)


def test_even_a_default_of_the_simulated_exchange_wants_it_asked_for() -> None:
    done = rfqwatch("tail", "--sim-rate", "20")
    assert done.returncode == 2
    assert "--env sim" in done.stderr


def test_a_column_that_there_is_not_is_said_with_those_that_there_are() -> None:
    arguments = ("table", "--env", "sim", "--once", "--columns", "age,sizes")
    told = rfqwatch(*arguments, environment=clean_environment())
    assert told.returncode == 2
    assert "--columns: 'sizes' is none of age, size, part, legs, what" in told.stderr
