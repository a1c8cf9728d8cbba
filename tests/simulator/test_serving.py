from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from plain_client import client

from rfqwatch.errors import RfqwatchError
from rfqwatch.simulator.faults.kinds import parse_faults
from rfqwatch.simulator.serving import running, serve


async def test_another_process_serves_and_accounts() -> None:
    faults = parse_faults("seq-hole@20")
    with running(
        rate=2_000, seed=3, standing=10, faults=faults, keep_ids=True, keep_frames=True
    ) as simulator:
        async with client(simulator) as watcher:
            await watcher.subscribe()
            frames = await watcher.take(60)
            (account,) = simulator.accounts()
            await watcher.take(100)
            (later,) = simulator.accounts()
        assert account.sent + account.dropped == account.last_seq
        assert account.sent >= len(frames)
        assert 1 <= account.dropped <= 5
        got = [frame["seq"] for frame in frames]
        assert [seq for seq, _, _ in account.sent_ids[:60]] == got
        assert [msgspec.json.decode(body) for body in account.frames[:60]] == frames
        # A frame is told of once.
        assert len(account.frames) == account.sent
        assert len(later.frames) == later.sent - account.sent


PARENT = """
import sys, time
from rfqwatch.simulator.serving import running
with running() as simulator:
    print(simulator.pid, flush=True)
    time.sleep(600)
"""


def test_the_process_dies_with_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        handle = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
        assert os.getsid(child) != os.getsid(parent.pid)
        parent.kill()
    if handle is not None:
        assert select.select([handle], [], [], 10)[0], "the simulated exchange is an orphan"
        os.close(handle)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def test_a_simulator_that_dies_is_said() -> None:
    with running() as simulator:
        os.kill(simulator.pid, signal.SIGKILL)
        with pytest.raises(RfqwatchError, match="ended by itself"):
            simulator.accounts()


def read_private(path: str) -> bytes:
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    return Path(path).read_bytes()


class Told(NamedTuple):
    url: str
    key_id: str
    private_key_pem: bytes


async def test_serve_announces_what_a_shell_needs() -> None:
    lines: list[str] = []
    announced = asyncio.Event()

    def announce(line: str) -> None:
        lines.append(line)
        if line.startswith("#"):
            announced.set()

    serving = asyncio.create_task(serve(announce=announce, rate=100, standing=1))
    await announced.wait()
    values = dict(line.removeprefix("export ").split("=", 1) for line in lines[:-1])
    key_file = values["KALSHI_PRIVATE_KEY_PATH"]
    told = Told(values["RFQWATCH_URL"], values["KALSHI_API_KEY_ID"], read_private(key_file))
    async with client(told) as watcher:
        await watcher.subscribe()
        await watcher.take(1)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert not os.access(key_file, os.F_OK)


async def test_a_taken_port_is_said() -> None:
    taken = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    async with taken:
        with pytest.raises(RfqwatchError, match="address already in use"):
            await serve(announce=print, port=taken.sockets[0].getsockname()[1])
