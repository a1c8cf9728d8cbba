from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from program import clean_environment, rfqwatch

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = """
[profile.default]
key-id = "0123456789abcdef"
key-command = "op read op://vault/kalshi/key"
columns = "age,what"
env = "demo"
sim-rate = 100

[profile.raw]
output = "raw"
url = "wss://host/"
market = ["KXNFL*", "KXMLB*"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "rfqwatch" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    written(tmp_path, PROFILES)
    return clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path), "RFQWATCH_COUNT": "5"}


def rows(told: str) -> dict[str, list[str]]:
    """Give the words of each row, by its first."""
    words = [line.split() for line in told.splitlines() if line.startswith("  ")]
    return {first: rest for first, *rest in words}


def test_what_is_set_for_any_command(environment: dict[str, str], tmp_path: Path) -> None:
    told = rfqwatch("config", environment=environment)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"profile default of {tmp_path}/rfqwatch/config.toml\n\n")
    found = rows(told.stdout)
    assert found["key-id"] == ["01234567…", "profile", "default"]
    assert found["key-command"] == ["op", "…", "profile", "default"]
    assert found["columns"] == ["age,what", "profile", "default"]
    assert found["sim-rate"] == ["100.0", "profile", "default"]
    assert found["count"] == ["5", "variable", "RFQWATCH_COUNT"]
    assert found["max-age"] == ["2h", "default"]
    assert found["output"] == ["jsonl", "or", "text", "default"]
    assert found["url"] == ["-", "default"]
    groups = [line for line in told.stdout.splitlines()[1:] if line and line[0] != " "]
    assert {"Connection", "Selection", "Replay", "Simulated exchange"} <= set(groups)
    assert len(groups) == len(set(groups))


def test_what_a_command_would_run_with(environment: dict[str, str]) -> None:
    told = rfqwatch("config", "record", "DIR", "--url", "wss://host/", environment=environment)
    assert (told.returncode, told.stderr) == (0, "")
    found = rows(told.stdout)
    assert found["url"] == ["wss://host/", "flag"]
    passed_over = ["default;", "passed", "over,", "as", "it", "does", "not", "fit:"]
    assert found["env"] == ["-", *passed_over, "profile", "default"]
    assert found["sim-rate"] == ["-", *passed_over, "profile", "default"]
    assert "columns" not in found


@pytest.mark.parametrize("order", ["--profile raw -o json tail", "-o json tail --profile raw"])
def test_as_json(order: str, environment: dict[str, str], tmp_path: Path) -> None:
    more = {"KALSHI_PRIVATE_KEY": "the PEM", "KALSHI_API_KEY_ID": "-----BEGIN"}
    told = rfqwatch("config", *order.split(), environment=environment | more)
    assert "the PEM" not in told.stdout
    config = json.loads(told.stdout)
    file = f"{tmp_path}/rfqwatch/config.toml"
    assert (config["file"], config["profile"]) == (file, "raw")
    settings = config["settings"]
    assert settings["market"] == {
        "group": "Selection",
        "value": ["KXNFL*", "KXMLB*"],
        "source": f"profile raw of {file}",
    }
    assert settings["output"]["value"] == "raw"
    assert settings["url"]["value"] == "wss://host/"
    assert settings["mine"] == {"group": "Selection", "value": False, "source": "default"}
    assert settings["max-retries"]["value"] is None
    assert settings["key-file"]["value"] == settings["key-id"]["value"] == "(not shown)"
    assert settings["key-file"]["source"] == "variable KALSHI_PRIVATE_KEY"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tial", "no command 'tial' has options; did you mean tail?"),
        ("schema", "no command 'schema' has options"),
        ("tail --shard 3/3", "--shard '3/3': there is no shard 3"),
        ("tail -v -q", "--verbose and --quiet exclude each other"),
        ("tail --no-such", "No such option: --no-such"),
        ("--profile no tail", "--profile names the profile no, which is not in"),
    ],
)
def test_what_can_t_be_told(arguments: str, words: str, environment: dict[str, str]) -> None:
    told = rfqwatch("config", *arguments.split(), environment=environment)
    assert (told.returncode, told.stdout) == (2, "")
    assert words in told.stderr


@pytest.mark.parametrize("command", ["config", "config tail", "config table", "config record DIR"])
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("legs = '5..2'", "legs in {}: '5..2' runs backwards"),
        ("min-cost = 5\nmax-cost = 3", "min-cost in {}: 5 is more than"),
        ("url = 'wss://user:hunter2@host/'", "url in {} holds a user and password"),
    ],
)
def test_what_every_command_refuses_is_refused(
    command: str, line: str, words: str, tmp_path: Path
) -> None:
    file = written(tmp_path, f"[profile.default]\n{line}\n")
    environment = clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    told = rfqwatch(*command.split(), environment=environment)
    assert (told.returncode, told.stdout) == (2, "")
    assert words.replace("{}", f"profile default of {file}") in told.stderr
    assert "hunter2" not in told.stderr


def test_what_one_command_refuses_is_refused_for_that_and_for_any(tmp_path: Path) -> None:
    written(tmp_path, "[profile.default]\ncolumns = 'cost'\n")
    environment = clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    for command, code in {"config": 2, "config table": 2, "config tail": 0}.items():
        assert rfqwatch(*command.split(), environment=environment).returncode == code


def test_the_help_that_is_named_has_the_option(tmp_path: Path) -> None:
    written(tmp_path, "[profile.default]\ncount = 0\nmarkt = 'K'\n")
    environment = clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    told = rfqwatch("config", environment=environment)
    assert told.stderr.splitlines()[1].endswith("as rfqwatch COMMAND --help tells them.")
    # As it reads no settings, it is there although they are refused.
    assert rfqwatch("tail", "--help", environment=environment).returncode == 0
    written(tmp_path, "[profile.default]\ncount = 0\n")
    for command, named in {"config": "COMMAND", "config tail": "tail"}.items():
        told = rfqwatch(*command.split(), environment=environment)
        assert told.stderr.splitlines()[1].endswith(f" rfqwatch {named} --help")
