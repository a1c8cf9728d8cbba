from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from rfqwatch.cli.keys import keycommand
from rfqwatch.cli.keys.keycommand import key_from_command
from rfqwatch.errors import CredentialsError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "c2VjcmV0" * 8


def python(script: str) -> str:
    return shlex.join([sys.executable, "-c", script])


def refusal(command: str) -> CredentialsError:
    with pytest.raises(CredentialsError) as refused:
        key_from_command(command, "--key-command")
    error = refused.value
    assert error.__context__ is None
    assert SECRET not in f"{error.message}{error.advice}"
    return error


def test_what_it_prints_is_the_key(tmp_path: Path) -> None:
    file = tmp_path / "a key"
    file.write_bytes(b"the\0key\n")
    pem, source = key_from_command(f"cat '{file}'", "RFQWATCH_KEY_COMMAND")
    assert pem == b"the\0key\n"
    assert source == "what cat (RFQWATCH_KEY_COMMAND) printed"


def test_no_shell_reads_it(tmp_path: Path) -> None:
    sent = f"echo $HOME; echo *|cat > {tmp_path}/file"
    assert key_from_command(sent, "--key-command")[0].decode() == f"{sent.removeprefix('echo ')}\n"
    assert list(tmp_path.iterdir()) == []


def test_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "key"
    script.write_text('#!/bin/sh\necho "$@"\n')
    script.chmod(0o700)
    assert key_from_command("~/key ~/x a~", "")[0].decode() == f"{tmp_path}/x a~\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "--key-command is empty"),
        ("''", "--key-command is empty"),
        ("op 'read", "--key-command can't be taken apart: No closing quotation"),
        ("no-such-command read secret", "no-such-command (--key-command) is not there"),
        ("/dev/null", "null (--key-command) can't be run: Permission denied"),
        ("a\0b", "--key-command) can't be run"),
        ("true", "true (--key-command) printed nothing"),
        ("false", "false (--key-command) failed with exit code 1"),
        ("sh -c 'kill $$'", "sh (--key-command) failed with signal SIGTERM"),
        ("sh -c 'echo not signed in >&2; exit 6'", "failed with exit code 6: not signed in"),
        ("sh -c 'printf \"a\\n\\n b\\n\" >&2; exit 1'", "failed with exit code 1: a / b"),
        (r"sh -c 'printf \\033[2J >&2; exit 1'", r"exit code 1: \x1b[2J"),
        (f"sh -c 'echo got {SECRET} >&2; exit 1'", "exit code 1: got …"),
        ("sh -c 'echo BEGIN PRIVATE KEY >&2; exit 1'", "may hold a key, and is not shown"),
        (f"'-----BEGIN PRIVATE KEY-----{SECRET}'", "takes a command; it seems to hold the key"),
        (SECRET, "takes a command; it seems to hold the key"),
    ],
)
def test_what_fails_is_told_why(command: str, words: str) -> None:
    assert words in refusal(command).message


def test_a_program_that_prints_without_end_is_ended() -> None:
    assert "printed more than 64 KiB" in refusal("yes").message


def test_what_it_complains_of_without_end_is_read_all_the_same() -> None:
    script = "import sys; sys.stderr.write('x ' * 10**6); print('key')"
    assert key_from_command(python(script), "")[0] == b"key\n"


def test_it_does_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keycommand, "PATIENCE_S", 0.3)
    error = refusal("sh -c 'echo locked >&2; exec sleep 60'")
    assert "gave no whole key within 0.3 s: locked" in error.message
    error = refusal("sh -c 'exec >&- 2>&-; exec sleep 60'")
    assert "gave no whole key within 0.3 s" in error.message


def test_a_child_that_it_leaves_behind_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keycommand, "PATIENCE_S", 5)
    assert key_from_command("sh -c 'sleep 10 & echo key'", "")[0] == b"key\n"


def test_it_does_not_read_what_is_for_the_program() -> None:
    assert key_from_command("sh -c 'cat; echo key'", "")[0] == b"key\n"
