"""The real program against an exchange that is not ours and that says what no one documented."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from other_exchange import running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripted_connection import Connection

DELETED = b'{"type":"rfq_deleted","sid":%d,"seq":%d,"msg":{"id":"a"}}'


def tail(environment: dict[str, str], *arguments: str) -> tuple[int, list[bytes], str]:
    done = subprocess.run(
        [sys.executable, "-m", "rfqwatch", "tail", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.decode()


def own(lines: Sequence[bytes], kind: str) -> list[dict[str, Any]]:
    parsed = [json.loads(line) for line in lines]
    return [line["msg"] for line in parsed if line["type"] == f"rfqwatch.{kind}"]


def sent(line: bytes) -> bytes:
    """Give the bytes that a line was made of."""
    parsed = json.loads(line)
    if parsed.get("type") == "rfqwatch.malformed":
        msg = parsed["msg"]
        return msg["text"].encode() if "text" in msg else base64.b64decode(msg["base64"])
    return line[: line.rindex(b',"received_ts_ms"')] + b"}"


ODD = {
    "renamed and retyped fields": [
        b'{"type":"rfq_created","sid":1,"seq":1,"msg":{"rfq_id":"a"}}',
        b'{"type":"rfq_created","sid":1,"seq":2,"msg":{"id":"a","target_cost_dollars":{"v":1}}}',
        b'{"type":"rfq_created","sid":1,"seq":3}',
        b'{"type":"quote_executed","sid":1,"seq":4,"msg":{"quote_id":"q"}}',
        b'{"type":"rfq_deleted","sid":1,"seq":5,"msg":{"id":"a","deleted_ts":5}}',
        b'{"type":"quote_created","sid":1,"seq":6,"msg":{"id":"a","subaccount":"3"}}',
    ],
    "no JSON": [
        b"Service Unavailable",
        b'["type"]',
        b'{"type":"rfq_created","sid":1,"seq":1,"msg":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"type":"rfq_created","msg":{"id":"tru',
        b'{"type":"rfqwatch.gap","msg":{"missed":0}}',
        b"\xff\xfe",
    ],
}


@pytest.mark.parametrize("name", ODD)
def test_whatever_arrives_is_a_line_with_its_own_bytes(name: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.subscribed()
        for payload in ODD[name]:
            await connection.send(payload)

    with running(script) as other:
        code, lines, _ = tail(other.environment, "-n", str(len(ODD[name])), "--fail-on-gap")
    assert code == 0
    assert [sent(line) for line in lines[1:-1]] == ODD[name]
    assert own(lines, "gap") == []
    assert own(lines, "ended")[0]["reason"] == "count"


def test_numbers_that_can_t_be_read_leave_completeness_open() -> None:
    odd = [
        b'{"type":"rfq_deleted","sid":1,"seq":%s,"msg":{"id":"a"}}' % seq
        for seq in (b'"1"', b"3.0", b"-1")
    ]

    async def script(connection: Connection) -> None:
        await connection.subscribed()
        for payload in odd:
            await connection.send(payload)

    with running(script) as other:
        code, lines, said = tail(other.environment, "-n", "3", "--fail-on-gap")
    assert code == 7
    assert [sent(line) for line in lines[1:-1]] == odd
    assert "completeness can't be checked" in said


@pytest.mark.parametrize(
    "error",
    [
        b'{"type":"error","sid":1,"msg":{"code":"channel_error"}}',
        b'{"type":"error","sid":1,"msg":"text"}',
        b'{"type":"error","msg":{"code":99}}',
        b'{"type":"unsubscribed","sid":1}',
        b"",
    ],
)
def test_no_subscription_ends_unheard(error: bytes) -> None:
    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await connection.send(DELETED % (1, 1))
        connection.subscriptions.clear()
        if error:
            await connection.send(error)
        await connection.heard("list_subscriptions")
        await connection.subscribed()
        await connection.send(DELETED % (2, 1))

    with running(script) as other:
        code, lines, _ = tail(other.environment, "-n", "2", "--quiet-timeout", "500ms")
    assert code == 0
    assert [gap["reason"] for gap in own(lines, "gap")] == ["deaf"]
    assert len(other.connections) == 1


def test_an_exchange_that_lists_nothing_keeps_a_healthy_stream() -> None:
    async def script(connection: Connection) -> None:
        await connection.subscribed()
        connection.answering = False
        await connection.send(DELETED % (1, 1))
        question = await connection.heard("list_subscriptions")
        refusal = {"id": question["id"], "type": "error", "msg": {"code": 5}}
        await connection.send(json.dumps(refusal))
        await connection.send(DELETED % (1, 2))

    with running(script) as other:
        code, lines, said = tail(other.environment, "-n", "2", "--quiet-timeout", "300ms")
    assert (code, own(lines, "gap")) == (0, [])
    assert said.count("when asked for our subscriptions") == 1
