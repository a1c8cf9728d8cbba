from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from api_key import PATH, ApiKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from other_exchange import running
from program import PATIENCE_S, RFQWATCH, clean_environment
from surroundings import with_deaf_server, with_names

from rfqwatch.sources import dns
from rfqwatch.sources.dns import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripted_connection import Connection

NAME = "exchange.example"


@pytest.fixture
def environment() -> dict[str, str]:
    return clean_environment() | ApiKey(Ed25519PrivateKey.generate()).environment


@pytest.fixture
def loop(caplog: pytest.LogCaptureFixture) -> Iterator[Loop]:
    with asyncio.Runner(loop_factory=Loop) as runner:
        made = runner.get_loop()
        assert isinstance(made, Loop)
        yield made
    assert caplog.records == []


# Names that are known, or are not


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1"])
def test_a_name_is_looked_up(loop: Loop, host: str) -> None:
    found = loop.run_until_complete(loop.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
    assert ("127.0.0.1", 443) in [address for *_, address in found]


@pytest.mark.parametrize("host", ["exchange.invalid", "a" * 64, "256.256.256.256"])
def test_a_name_that_is_not_there_is_an_error_of_the_look_up(loop: Loop, host: str) -> None:
    with pytest.raises((socket.gaierror, UnicodeError)):
        loop.run_until_complete(loop.getaddrinfo(host, 443))


def test_no_answer_in_time_is_an_error_of_the_look_up(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns, "LOOKUP_TIMEOUT_S", 0)
    with pytest.raises(socket.gaierror, match="no answer in 0 s"):
        loop.run_until_complete(loop.getaddrinfo("localhost", 443))


def test_an_answer_that_comes_too_late_is_that_of_the_next_look_up(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_answer = [], threading.Event()

    def slow(host: str, *_: object) -> list[str]:
        asked.append(host)
        assert may_answer.wait(PATIENCE_S)
        return [f"the address of {host}"]

    async def look_up(host: str) -> list[str]:
        return await loop.getaddrinfo(host, 443)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(dns, "LOOKUP_TIMEOUT_S", 0.01)
    for _ in range(3):
        with pytest.raises(socket.gaierror):
            loop.run_until_complete(look_up(NAME))
    may_answer.set()
    monkeypatch.setattr(dns, "LOOKUP_TIMEOUT_S", PATIENCE_S)
    assert loop.run_until_complete(look_up(NAME)) == [f"the address of {NAME}"]
    assert asked == [NAME]
    # Nor is an answer believed for longer.
    assert loop.run_until_complete(look_up(NAME)) == [f"the address of {NAME}"]
    assert asked == [NAME, NAME]


def test_those_who_ask_the_same_share_one_answer(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(host: str, *_: object) -> list[str]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def look_up_all() -> list[BaseException | list[Any]]:
        looking = [loop.getaddrinfo(name, 443) for name in [NAME] * 20 + ["another.example"]]
        return await asyncio.gather(*looking, return_exceptions=True)

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    errors = loop.run_until_complete(look_up_all())
    assert [type(error) for error in errors] == [socket.gaierror] * 21
    assert sorted(asked) == ["another.example", NAME]


# A name server that never answers


def test_a_signal_ends_a_look_up(environment: dict[str, str], tmp_path: Path) -> None:
    tail = [*RFQWATCH, "tail", "--url", f"wss://{NAME}{PATH}"]
    with subprocess.Popen(
        with_deaf_server(tmp_path, tail), env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            assert f"connecting to {NAME}:443" in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
            said = process.stderr.read()
            assert "nothing was watched" in said
            assert "no answer in" not in said
        finally:
            process.kill()


def test_a_look_up_does_not_outlast_the_duration(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ending = ["--duration", "0.5s", "--fail-on-gap"]
    tail = [*RFQWATCH, "tail", "--url", f"wss://{NAME}{PATH}", *ending]
    done = subprocess.run(
        with_deaf_server(tmp_path, tail),
        env=environment,
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 7, done.stderr
    assert b"no answer in" not in done.stderr
    assert b'"reason":"unacknowledged"' in done.stdout


# Several addresses


def test_an_address_that_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    async def greet(connection: Connection) -> None:
        await connection.subscribed()
        await connection.send('{"type":"rfq_deleted","sid":1,"seq":1,"msg":{"id":"a"}}')

    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with running(greet) as other:
        url = other.environment["RFQWATCH_URL"].replace("127.0.0.1", "localhost")
        port = int(url.partition("localhost:")[2].partition("/")[0])
        tail = [*RFQWATCH, "tail", "-v", "-n", "1", "--url", url]
        with (
            socket.create_server(("::1", port), family=socket.AF_INET6, backlog=0) as full,
            # Whoever else knocks is not answered.
            socket.create_connection(full.getsockname()[:2]),
        ):
            done = subprocess.run(
                with_names("::1 localhost\n127.0.0.1 localhost\n", tmp_path, tail),
                env=clean_environment() | other.environment,
                capture_output=True,
                check=False,
                text=True,
                timeout=PATIENCE_S,
            )
    assert done.returncode == 0, done.stderr
    assert "connected to 127.0.0.1" in done.stderr
    assert "took more than" not in done.stderr


def test_nobody_at_any_address(tmp_path: Path, environment: dict[str, str]) -> None:
    tail = [*RFQWATCH, "tail", "--url", "ws://localhost:1/", "--no-reconnect"]
    done = subprocess.run(
        with_names("::1 localhost\n127.0.0.1 localhost\n", tmp_path, tail),
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 5
    error = "error: localhost:1: connection refused\nrfqwatch: Nothing listens there: check"
    assert error in done.stderr
