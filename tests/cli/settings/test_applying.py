from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer
from of_commands import COMMANDS, Value, parsed, with_profiles, written
from pages import texts

from rfqwatch.cli.settings.applying import PROFILE
from rfqwatch.cli.settings.origin import Kind, key_of
from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.core import TyperOption

pytestmark = pytest.mark.usefixtures("config_home")

ARGUMENTS = {"record": ["DIR"], "report": ["FILE"]}
"""What commands can't do without."""

SAMPLES: dict[str, Value] = {
    "env": "demo",
    "url": "wss://host/",
    "key-id": "an-id",
    "key-file": "/key.pem",
    "key-command": "op read 'a key'",
    "max-retries": 3,
    "no-reconnect": True,
    "idle-timeout": "5s",
    "quiet-timeout": 7,
    "shard": "0,2/10",
    "mine": True,
    "type": ["rfq_*", "quote_*"],
    "market": ["KXNFL*", "KXMLB*"],
    "event": ["KX?"],
    "collection": ["C*"],
    "combo": True,
    "legs": ["2..5", "7"],
    "min-cost": "1.50",
    "max-cost": 100,
    "min-contracts": "3",
    "creator": ["ab"],
    "include": [r'"a b"', r"\d+"],
    "exclude": ["'x'"],
    "known": True,
    "since": "2026-11-24T18:00Z",
    "until": "2026-11-24",
    "lenient": True,
    "from": ["one file.jsonl", "two"],
    "speed": 2.5,
    "rotate": ["1h", "1MiB"],
    "keep": ["7d"],
    "record": "dir",
    "count": 5,
    "duration": "30s",
    "fail-on-gap": True,
    "buffer": "1MiB",
    "output": "text",
    "json": True,
    "verbose": True,
    "quiet": True,
    "sort": "oldest",
    "group": "leg",
    "columns": "age,what",
    "max-age": "1h",
    "fps": 2,
    "bell": True,
    "once": True,
    "svg": "picture.svg",
    "color": "never",
    "sim-rate": 5,
    "sim-seed": 7,
    "sim-fault": "reset,seq-hole@5",
    "port": 8000,
    "top": 5,
}
NEEDS: dict[str, dict[str, Value]] = {
    **{key: {"from": ["a"]} for key in ("since", "until", "lenient", "speed")},
    **{key: {"env": "sim"} for key in ("sim-rate", "sim-seed", "sim-fault")},
    **{key: {"record": "dir"} for key in ("rotate", "keep")},
}
"""What else has to be given, where a command has it."""

OPTIONS = [
    pytest.param(name, option, id=f"{name}-{key_of(option)}")
    for name, command in COMMANDS.items()
    for option in command.settable.values()
    if option.name != PROFILE
]


def flags(key: str, value: Value) -> list[str]:
    if value is True:
        return [f"--{key}"]
    return [f"--{key}={each}" for each in (value if isinstance(value, list) else [value])]


def in_variable(value: Value) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return str(value)


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_is_the_same_however_it_is_set(
    command: str, option: TyperOption, config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {key_of(each) for each in COMMANDS[command].settable.values()}
    key = key_of(option)
    settings = {key: SAMPLES[key]} | {
        needed: value for needed, value in NEEDS.get(key, {}).items() if needed in keys
    }
    given = [flag for each in settings.items() for flag in flags(*each)]
    by_flag = parsed(command, *given, *ARGUMENTS.get(command, []))
    expected = by_flag.params[option.name]
    assert by_flag.origins[option.name].source == "flag"
    assert expected != parsed(command, *ARGUMENTS.get(command, [])).params[option.name] or (
        command != "tail" and key == "output"
    )

    file = with_profiles(config_home, default=settings)
    by_profile = parsed(command, *ARGUMENTS.get(command, []))
    assert by_profile.params[option.name] == expected
    assert by_profile.origins[option.name].source == f"profile default of {file}"

    file.unlink()
    for name, value in settings.items():
        variable = f"RFQWATCH_{name.replace('-', '_').upper()}"
        monkeypatch.setenv(variable, in_variable(value))
    by_variable = parsed(command, *ARGUMENTS.get(command, []))
    assert by_variable.params[option.name] == expected
    variable = f"variable RFQWATCH_{key.replace('-', '_').upper()}"
    assert by_variable.origins[option.name].source == variable


def test_flags_win_over_variables_and_those_over_a_profile(
    config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_profiles(config_home, default={"count": 1, "shard": "0/2", "duration": "3s"})
    monkeypatch.setenv("RFQWATCH_COUNT", "2")
    monkeypatch.setenv("RFQWATCH_SHARD", "1/2")
    context = parsed("tail", "--count", "3")
    told = {name: context.origins[name].kind for name in ("count", "shard", "duration", "mine")}
    assert told == {
        "count": Kind.FLAG,
        "shard": Kind.VARIABLE,
        "duration": Kind.PROFILE,
        "mine": Kind.DEFAULT,
    }
    assert (context.params["count"], str(context.params["duration"])) == (3, "3s")
    assert [str(shard) for shard in context.params["shard"]] == ["1/2"]


def test_a_profile_is_named_by_a_flag_or_else_a_variable(
    config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_profiles(config_home, default={"count": 1}, one={"count": 2}, other={"count": 3})
    assert parsed("tail").params["count"] == 1
    monkeypatch.setenv("RFQWATCH_PROFILE", " 'one' ")
    assert parsed("tail").params["count"] == 2
    assert parsed("tail", "--profile", "other").params["count"] == 3
    monkeypatch.setenv("RFQWATCH_PROFILE", "another")
    with pytest.raises(UsageError, match=r"^RFQWATCH_PROFILE names the profile another, which is"):
        parsed("tail")


def test_a_profile_may_be_named_behind_what_it_sets(config_home: Path) -> None:
    with_profiles(config_home, work={"count": 2, "market": ["KX*"]})
    context = parsed("tail", "-n", "7", "--profile", "work")
    assert (context.params["count"], context.params["market"]) == (7, ["KX*"])


def test_kalshi_s_variables_win_over_a_profile_and_say_so(
    config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = with_profiles(config_home, default={"key-id": "mine", "key-command": "op read key"})
    monkeypatch.setenv("KALSHI_KEY_ID", "theirs")
    monkeypatch.setenv("KALSHI_PRIVATE_KEY_FILE", '"/their.pem"')
    context = parsed("tail")
    assert [context.params[name] for name in ("key_id", "key_file", "key_command")] == [
        "theirs",
        "/their.pem",
        None,
    ]
    assert context.origins["key_id"].over == f"key-id in profile default of {file}"
    assert context.origins["key_file"].over == f"key-command in profile default of {file}"
    assert context.passed_over.keys() == {"key_command"}
    monkeypatch.setenv("RFQWATCH_KEY_COMMAND", "pass key")
    context = parsed("tail")
    assert (context.params["key_file"], context.params["key_command"]) == (None, "pass key")


@pytest.mark.parametrize("name", ["key-file", "key-command"])
def test_the_key_itself_in_a_variable_wins_over_a_profile_not_over_a_flag(
    name: str, config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_profiles(config_home, default={name: "x"})
    monkeypatch.setenv("KALSHI_PRIVATE_KEY", "the PEM")
    context = parsed("tail")
    assert context.origins["key_file"].source == "variable KALSHI_PRIVATE_KEY"
    assert (context.params["key_file"], context.params["key_command"]) == (None, None)
    context = parsed("tail", f"--{name}", "y")
    assert context.params[name.replace("-", "_")] == "y"


def test_what_is_on_can_be_put_off_by_a_variable(
    config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_profiles(config_home, default={"mine": True, "known": True, "combo": True})
    for name in ("MINE", "KNOWN", "COMBO"):
        monkeypatch.setenv(f"RFQWATCH_{name}", "off")
    params = parsed("tail").params
    assert (params["mine"], params["known"], params["combo"]) == (False, None, False)
    assert parsed("tail", "--combo").params["combo"] is True


def test_a_setting_that_another_command_understands_is_passed_over(config_home: Path) -> None:
    with_profiles(config_home, default={"output": "raw", "columns": "age", "top": 3})
    assert parsed("tail").params["output"] == "raw"
    context = parsed("report", "FILE")
    assert (context.params["output"], context.params["top"]) == ("text", 3)
    assert context.passed_over.keys() == {"output"}


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (
            "output = 'xml'",
            "output in {}: Value error, 'xml' is not one of 'jsonl', 'raw', 'text'.",
        ),
        ("count = 0", "count in {}: Input should be greater than or equal to 1"),
        ("count = 'many'", "count in {}: Input should be a valid integer"),
        ("duration = 'soon'", "duration in {}: Value error, 'soon' is not understood"),
        ("shard = '3/3'", "shard in {}: '3/3': there is no shard 3"),
        ("shard = ['0/3']", "shard in {} takes one value, not a list"),
        ("mine = 'yes'", "mine in {} is true or false"),
        ("count = true", "count in {} is no text, number or time"),
        ("market = [['a']]", "market in {} is no text, number or time"),
        ("url = {a = 1}", "url in {} is no text, number or time"),
        ("env = 'demo'\nurl = 'wss://x'", "url in {} and env in {} exclude each other"),
    ],
)
def test_a_wrong_value_is_told_with_its_file_profile_and_key(
    line: str, refusal: str, config_home: Path
) -> None:
    file = written(config_home, f"[profile.work]\n{line}\n")
    with pytest.raises((UsageError, typer.BadParameter)) as refused:
        parsed("tail", "--profile", "work")
    error = refused.value
    message = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
    assert message.removeprefix("Invalid value for ").startswith(
        refusal.replace("{}", f"profile work of {file}")
    )


def test_a_wrong_value_in_a_variable_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFQWATCH_ENV", "moon")
    with pytest.raises(typer.BadParameter) as refused:
        parsed("tail")
    assert refused.value.format_message().startswith("Invalid value for RFQWATCH_ENV: Value")


@pytest.mark.parametrize("key", ["key-file", "record", "svg", "from"])
def test_home_is_found_in_paths(
    key: str, config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config_home / "home").mkdir()
    in_list: Callable[[str], Any] = (lambda path: [path]) if key == "from" else str
    with_profiles(config_home, default={key: in_list("~/x")})
    name = "source" if key == "from" else key.replace("-", "_")
    for path in ("x", "y"):
        told = parsed("table").params[name]
        assert (str(told[0]) if key == "from" else str(told)) == f"{config_home}/home/{path}"
        monkeypatch.setenv(f"RFQWATCH_{key.replace('-', '_').upper()}", "~/y")


def test_variables_that_are_no_option_s_are_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SHRAD", "NO_COMBO", "DIR"):
        monkeypatch.setenv(f"RFQWATCH_{name}", "0/2")
    parsed("tail")
    warning = "rfqwatch: warning: RFQWATCH_{} is no option's variable"
    assert capsys.readouterr().err.splitlines() == [
        warning.format("DIR"),
        warning.format("NO_COMBO") + "; did you mean RFQWATCH_COMBO=false?",
        warning.format("SHRAD") + "; did you mean RFQWATCH_SHARD?",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NO_COMBO", "; did you mean RFQWATCH_COMBO=false?"),
        ("RECONNECT", "; did you mean RFQWATCH_NO_RECONNECT=false?"),
        ("NO_COLOR", "; did you mean RFQWATCH_COLOR?"),
        ("DIR", ""),
        ("KEYFILE", "; did you mean RFQWATCH_KEY_FILE?"),
        ("MARKETS", "; did you mean RFQWATCH_MARKET?"),
    ],
)
def test_what_is_meant_is_guessed_only_where_it_is_near(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"RFQWATCH_{name}", "1")
    assert parsed("tail").params["combo"] is None
    said = capsys.readouterr().err
    assert said == f"rfqwatch: warning: RFQWATCH_{name} is no option's variable{words}\n"


def test_the_profiles_of_the_readme_are_some(config_home: Path) -> None:
    (profiles,) = texts("toml")
    written(config_home, profiles)
    assert parsed("tail").params["key_file"] == f"{config_home}/home/.kalshi/key.pem"
    params = parsed("table", "--profile", "football").params
    assert [str(shard) for shard in params["shard"]] == ["3/10"]
    assert (params["no_reconnect"], params["market"]) == (True, ["KXNFL*", "KXNCAAF*"])


def test_completion_and_help_read_no_profile(config_home: Path) -> None:
    written(config_home, "broken")
    root = COMMANDS["tail"]
    with pytest.raises(typer.Exit):
        parsed("tail", "--help")
    assert root.make_context("tail", [], resilient_parsing=True).params["count"] is None
