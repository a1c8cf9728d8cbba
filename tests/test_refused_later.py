"""Refusals that a stream meets: what is believed at once, and what only when it is repeated."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from api_key import ApiKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from other_exchange import Refusal, running
from program import (
    PATIENCE_S,
    RFQWATCH,
    clean_environment,
    events,
    is_quiet,
    rest,
    rfqwatch,
    started,
)
from raw_server import Peer, answer, raw_server
from surroundings import stepped

from rfqwatch.simulator.faults.kinds import parse_faults
from rfqwatch.simulator.serving import start

if TYPE_CHECKING:
    from pathlib import Path

    from other_exchange import Exchange, Script
    from scripted_connection import Connection

ABROAD = Refusal(
    403,
    b"<!DOCTYPE html><HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD>"
    b"<BODY><H1>403 ERROR</H1>The Amazon CloudFront distribution is configured to block access "
    b"from your country.</BODY></HTML>",
    {"Server": "CloudFront", "Content-Type": "text/html"},
)
PORTAL = Refusal(
    302, b"", {"Server": "hotel", "Location": "http://portal.example/sign-in?mac=0a-1b&key=s3cret"}
)
UNKNOWN_KEY = Refusal(401, b'{"error":{"code":"authentication_error","details":"NOT_FOUND"}}')
BUSY = Refusal(503, b"<html><body>Be right back</body></html>")


async def brief(connection: Connection) -> None:
    """Let in, send a message, and close."""
    await connection.subscribed()
    await connection.send('{"type":"rfq_deleted","sid":1,"seq":1,"msg":{"id":"a"}}')
    await connection.close(1001)


async def no_such_shard(connection: Connection) -> None:
    connection.answering = False
    command = await connection.heard("subscribe")
    fault = {"code": 21, "msg": "Invalid shard_key"}
    await connection.send(json.dumps({"type": "error", "id": command["id"], "msg": fault}))


async def let_in_and_refused(connection: Connection) -> None:
    await connection.subscribed()
    connection.answering = False
    over = {"code": 25, "msg": "Subscription buffer full"}
    await connection.send(json.dumps({"type": "error", "sid": connection.sid, "msg": over}))
    command = await connection.heard("subscribe")
    fault = {"code": 9, "msg": "Authentication required"}
    await connection.send(json.dumps({"type": "error", "id": command["id"], "msg": fault}))


def hurried(other: Exchange) -> dict[str, str]:
    return stepped(clean_environment() | other.environment, delay_s=0.01)


# Once live


def test_one_refusal_is_told_and_tried_again() -> None:
    told: list[tuple[Script | Refusal, str]] = [
        (ABROAD, "403 ERROR The Amazon CloudFront distribution is configured to block access from"),
        (ABROAD, "from your country.”, Server: CloudFront)"),
        (PORTAL, "HTTP 302 (Server: hotel, Location: http://portal.example/sign-in)"),
        (UNKNOWN_KEY, "HTTP 401 (authentication_error, NOT_FOUND, Server: Python"),
        (Refusal(200, b"<html>Welcome to the hotel</html>"), "HTTP 200 (“Welcome to the hotel”"),
        (Refusal(407), "HTTP 407"),
        (Refusal(426), "HTTP 426"),
        (Refusal(511, b"Sign in to the network"), "HTTP 511 (“Sign in to the network”"),
        (no_such_shard, "error 21 (Invalid shard_key)"),
    ]
    fates = [fate for refusal, _ in told for fate in (brief, refusal)]
    with running(*fates, brief) as other:
        done = rfqwatch("tail", "-n", str(len(told) + 1), environment=hurried(other))
    assert done.returncode == 0, done.stderr
    assert len(events(done.stdout)) == len(told) + 1
    for _, text in told:
        lines = [line for line in done.stderr.splitlines() if text in line]
        assert lines
        assert all(line.endswith("trying again at once") for line in lines)
    assert "s3cret" not in done.stderr
    assert is_quiet(done.stderr)


def test_nine_in_a_row_are_not_believed_whatever_comes_between() -> None:
    fates: list[Script | Refusal] = [
        brief,
        *[ABROAD] * 9,
        BUSY,
        *[UNKNOWN_KEY] * 9,
        PORTAL,
        *[ABROAD] * 9,
        brief,
    ]
    with running(*fates, *[ABROAD] * 9, brief) as other:
        done = rfqwatch("tail", "-n", "3", environment=hurried(other))
        assert len(other.handshakes) == len(fates) + 10
    assert done.returncode == 0, done.stderr


def test_what_was_live_in_between_is_not_in_a_row() -> None:
    with running(brief, *[UNKNOWN_KEY] * 9, let_in_and_refused, brief) as other:
        done = rfqwatch("tail", "-n", "2", environment=hurried(other))
    assert done.returncode == 0, done.stderr
    assert "error 9 (Authentication required); trying again" in done.stderr


@pytest.mark.parametrize(
    ("refusal", "code", "advice"),
    [
        (ABROAD, 4, "try another network"),
        (PORTAL, 5, "sign-in page"),
        (no_such_shard, 6, "--shard"),
    ],
    ids=["403", "302", "error 21"],
)
def test_ten_in_a_row_are_believed(refusal: Refusal, code: int, advice: str) -> None:
    with running(brief, refusal) as other:
        done = rfqwatch("tail", environment=hurried(other))
        assert len(other.handshakes) == 11
    assert done.returncode == code, done.stderr
    *_, error, what_to_do = done.stderr.splitlines()
    assert error.startswith("rfqwatch: error: ")
    assert advice in what_to_do
    assert json.loads(done.stdout.splitlines()[-2])["msg"]["reason"] == "disconnected"


def test_a_refusal_that_uses_up_the_attempts_is_the_end_s_reason() -> None:
    with running(brief, UNKNOWN_KEY) as other:
        done = rfqwatch("tail", "--max-retries", "3", environment=hurried(other))
        assert len(other.handshakes) == 4
    assert done.returncode == 4
    assert "NOT_FOUND" in done.stderr.splitlines()[-2]


async def test_one_certificate_of_another_is_told_and_tried_again(tmp_path: Path) -> None:
    authority = trustme.CA()
    ours, portal = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    trustme.CA().issue_cert("portal.example").configure_cert(portal)
    greeted = 0

    def greet(link: ssl.SSLSocket | ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        nonlocal greeted
        greeted += 1
        if greeted == 2:
            link.context = portal

    ours.sni_callback = greet
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with start(ssl=ours, rate=500, standing=0, faults=parse_faults("drop@5")) as started:
        environment = clean_environment() | {
            "KALSHI_API_KEY_ID": started.key_id,
            "KALSHI_PRIVATE_KEY": started.private_key_pem.decode(),
            "RFQWATCH_URL": started.exchange.url,
            "SSL_CERT_FILE": str(file),
        }
        process = await asyncio.create_subprocess_exec(
            *RFQWATCH,
            *("tail", "-n", "20"),
            env=stepped(environment, delay_s=0.01),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0, err
    assert len(events(out.decode())) == 20
    assert b"can't be trusted" in err
    assert greeted == 3


# At the start


@pytest.mark.parametrize(
    ("refusal", "code"), [(ABROAD, 4), (no_such_shard, 6)], ids=["403", "error 21"]
)
def test_a_refusal_at_the_start_ends_it(refusal: Refusal, code: int) -> None:
    with running(refusal) as other:
        done = rfqwatch("tail", environment=hurried(other))
        assert len(other.handshakes) == 1
    assert done.returncode == code, done.stderr


async def test_no_answer_is_control_to_a_terminal() -> None:
    body = b"\x1b]0;owned\x07\x1b[2J\x9b31m\xe2\x80\xae&#27;[31m&#x9b;31m"
    headers = {"Server": "\x9b31mhotel", "Location": "\x9b31m/in"}

    async def refuse(peer: Peer) -> None:
        peer.writer.write(answer(403, body, **headers))
        await peer.writer.drain()

    async with raw_server(refuse) as server:
        environment = clean_environment() | ApiKey(Ed25519PrivateKey.generate()).environment
        done = await asyncio.to_thread(
            rfqwatch, "tail", "--url", server.url, environment=environment
        )
    assert done.returncode == 4
    assert "hotel" in done.stderr
    assert all(char.isprintable() for char in done.stderr.replace("\n", ""))


# Its pace


def test_who_asks_to_be_left_alone_is() -> None:
    refusal = Refusal(429, headers={"Retry-After": "60"})
    with running(brief, refusal) as other:
        with started("tail", environment=hurried(other)) as process:
            assert process.stderr is not None
            said = b""
            while b"HTTP" not in said:
                said = process.stderr.readline()
            assert said.rstrip().endswith(b"trying again in 60.0 s")
            process.terminate()
            rest(process)
        assert len(other.handshakes) == 2
