from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from of_commands import written

from rfqwatch.cli.settings.profile import Profile, config_file, read_profile
from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("key-file", "key-command", "shard", "no-reconnect", "columns")
OPPOSITES = {"reconnect": "no-reconnect"}


def read(folder: Path, named: str | None = None) -> Profile:
    return read_profile(named, "--profile", KEYS, OPPOSITES, {"XDG_CONFIG_HOME": str(folder)})


def refusal(folder: Path, named: str | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        read(folder, named)
    assert refused.value.exit_code == 2
    assert refused.value.advice
    return refused.value.message


@pytest.mark.parametrize("folder", [None, "", "relative/directory"])
def test_without_a_directory_of_its_own_it_is_under_home(
    folder: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {} if folder is None else {"XDG_CONFIG_HOME": folder}
    assert config_file(environ) == tmp_path / ".config" / "rfqwatch" / "config.toml"


def test_a_profile_is_read_as_it_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, "[profile.default]\nshard='0/2'\n[profile.'my own']\nshard='1/2'\n")
    assert read(tmp_path) == (file, "default", {"shard": "0/2"}, [])
    assert read(tmp_path, "my own") == (file, "my own", {"shard": "1/2"}, [])


@pytest.mark.parametrize("text", ["", "# nothing", "[profile]", "[profile.work]\nshard='0/2'"])
def test_no_default_profile_is_no_error(tmp_path: Path, text: str) -> None:
    assert read(tmp_path)[1:] == ("", {}, [])
    file = written(tmp_path, text)
    assert read(tmp_path) == (file, "", {}, [])


def test_a_file_that_is_not_there_has_no_profile(tmp_path: Path) -> None:
    file = tmp_path / "rfqwatch" / "config.toml"
    assert refusal(tmp_path, "work") == f"--profile names the profile work, but there is no {file}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[profile.work]\nkey-flie = 'x'", "profile work: no option is called key-flie; did you m"),
        ("[profile.work]\nkey_file = 'x'", "no option is called key_file; did you mean key-file?"),
        ("[profile.work]\nreconnect = 0", "called reconnect; did you mean no-reconnect = false?"),
        ("[profile.work]\ndir = 'x'", "profile work: no option is called dir"),
        ("[profile.work]\nprofile = 'x'", "profile work: no option is called profile"),
        ("[profile.work.more]\nshard = '0/2'", "no option is called more"),
        ("[profile.works]", "names the profile work, which is not in {}; did you mean works?"),
        ("", "names the profile work, which is not in {}"),
        ("shard = '0/2'\n[profile.work]", "{}: shard is outside of a profile"),
        ("[work]\nshard = '0/2'", "{}: work is outside of a profile"),
        ("[profile]\nshard = '0/2'", "{}: profile.shard is no table"),
        ("profile = 3", "{}: profile is no table"),
        ("[profile.work]\nshard = 0/2", "{} is not TOML: "),
        ("[profile.work]\nshard = 0/2", "(at line 2, column 10)"),
        ("[profile.work]\nshard = " + "1" * 5_000, "{} is not TOML: "),
        ("[profile.work]\nshard = " + "[" * 50_000, "{} is not TOML: "),
        (b"[profile.work]\nshard = '\xff'", "{} is not UTF-8 text (at line 2)"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(
    tmp_path: Path, text: str | bytes, words: str
) -> None:
    file = written(tmp_path, text)
    assert words.replace("{}", str(file)) in refusal(tmp_path, "work")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "")
    file.unlink()
    os.mkfifo(file)
    assert refusal(tmp_path) == f"{file} is not a regular file"
    file.unlink()
    file.mkdir()
    assert refusal(tmp_path) == f"{file} is not a regular file"


PEM = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (0o600, "holds a private key: put"),
        (0o640, "holds a private key, and can be read by other users: put"),
        (0o604, "holds a private key, and can be read by other users: put"),
    ],
)
def test_a_key_in_the_file_is_warned_of(tmp_path: Path, mode: int, words: str) -> None:
    file = written(tmp_path, f"[profile.default]\nkey-file = '''\n{PEM}'''")
    file.chmod(mode)
    (warning,) = read(tmp_path).warnings
    assert words in warning
    assert "c2VjcmV0" not in warning


def test_a_path_to_a_key_is_for_everyone_to_read(tmp_path: Path) -> None:
    file = written(tmp_path, "[profile.default]\nkey-file = '/key.pem'")
    file.chmod(0o644)
    assert read(tmp_path).warnings == []


@pytest.mark.parametrize("text", [PEM, f"[profile.work]\nkey-file = {PEM}", f"x = '''{PEM}'''"])
def test_no_refusal_shows_a_key(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    assert "c2VjcmV0" not in refusal(tmp_path, "work")
