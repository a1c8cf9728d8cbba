from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from other_exchange import running
from program import clean_environment, events, rest, started
from surroundings import stepped

from rfqwatch.stream.clockjumps import INTERVAL_S, Clocks, Jump, between

if TYPE_CHECKING:
    import subprocess

    from scripted_connection import Connection

# What is a jump


def jump(*, wall_s: float, boot_s: float = INTERVAL_S, awake_s: float = INTERVAL_S) -> Jump | None:
    """Tell of clocks that go on by so much between two looks at them."""
    before = Clocks(1_790_000_000, 5_000, 4_000)
    return between(before, Clocks(*map(sum, zip(before, (wall_s, boot_s, awake_s), strict=True))))


@pytest.mark.parametrize("wall_s", [0.51, 1, 1.2, 1.49])
def test_a_clock_that_is_steered_does_not_jump(wall_s: float) -> None:
    assert jump(wall_s=wall_s) is None


@pytest.mark.parametrize("late_s", [0.1, 1, 4.9])
def test_a_busy_computer_is_no_jump(late_s: float) -> None:
    lasted_s = INTERVAL_S + late_s
    assert jump(wall_s=lasted_s, boot_s=lasted_s, awake_s=lasted_s) is None


@pytest.mark.parametrize(
    ("set_s", "told"),
    [
        (5, "forward by 5.0 s"),
        (0.6, "forward by 0.6 s"),
        (-0.6, "back by 0.6 s"),
        (-60, "back by 60.0 s"),
        (-86_400, "back by 86400.0 s"),
        (1e9, "forward by 1000000000.0 s"),
    ],
)
def test_a_clock_is_set(set_s: float, told: str) -> None:
    found = jump(wall_s=INTERVAL_S + set_s)
    assert found is not None
    assert (found.text, found.absent) == (f"this computer's clock was set {told}", False)
    assert found.set_s == pytest.approx(set_s)


@pytest.mark.parametrize("set_s", [0, 3, -3])
def test_sleep_is_told_whatever_the_clock_says_then(set_s: float) -> None:
    found = jump(wall_s=3_601 + set_s, boot_s=3_601)
    assert found == Jump("this computer slept for 3600 s", absent=True, set_s=set_s)


def test_the_program_stood_still() -> None:
    found = jump(wall_s=8, boot_s=8, awake_s=8)
    assert found == Jump("rfqwatch stood still for 7 s", absent=True, set_s=0)


# A clock that is set


async def answer(connection: Connection, number: int = 0, seq: int = 1) -> None:
    """Send messages of the latest subscription, sent now."""
    for each in range(seq, seq + number):
        frame = {"type": "rfq_deleted", "sid": connection.sid, "seq": each, "msg": {"id": "a"}}
        sent = {"sending_ts_ms": time.time_ns() // 1_000_000}
        await connection.send(json.dumps(frame | sent))


def until(process: subprocess.Popen[bytes], text: str) -> str:
    """Read what is said until it holds a text."""
    assert process.stderr is not None
    said = ""
    while text not in said:
        line = process.stderr.readline().decode()
        assert line, said
        said += line
    return said


@pytest.mark.parametrize("step_s", [-60, 60])
def test_what_is_waited_for_does_not_wait_for_the_clock(step_s: float) -> None:
    async def overflow(connection: Connection) -> None:
        await connection.subscribed()
        await answer(connection, 3)
        over = {"type": "error", "sid": 1, "msg": {"code": 25, "msg": "Subscription buffer full"}}
        await connection.send(json.dumps(over))
        await connection.subscribed()
        await answer(connection, 160)

    with running(overflow) as other:
        environment = stepped(clean_environment() | other.environment, step_s=step_s, delay_s=0.5)
        with started("tail", "-n", "163", environment=environment) as process:
            until(process, "trying again in 0.5 s")
            os.kill(process.pid, signal.SIGUSR1)
            start = time.monotonic()
            out, err = rest(process)
        assert time.monotonic() - start < 10
    assert process.returncode == 0, err
    assert len(events(out)) == 163
    assert len(other.connections) == 1


def test_a_clock_that_is_set_is_no_lag() -> None:
    async def stream(connection: Connection) -> None:
        await connection.subscribed()
        seq = 1
        while not connection.gone.is_set():
            await answer(connection, 1, seq)
            seq += 1
            await asyncio.sleep(0.05)

    with running(stream) as other:
        environment = stepped(clean_environment() | other.environment, step_s=5)
        tail = ("tail", "--shard", "all/3", "--duration", "7s")
        with started(*tail, environment=environment) as process:
            assert process.stdout is not None
            on_time: set[str] = set()
            while len(on_time) < 3:
                on_time |= {each["shard"] for each in events(process.stdout.readline().decode())}
            os.kill(process.pid, signal.SIGUSR1)
            out, err = rest(process)
    assert process.returncode == 0, err
    told = "this computer's clock was set forward by 5.0 s; lag is measured anew"
    assert err.count(told) == 1
    assert "one connection is not enough" not in err
    # They came, and lag was theirs, for longer than it takes to be advised.
    lags = [each["received_ts_ms"] - each["sending_ts_ms"] for each in events(out)]
    assert sum(lag > 4_900 for lag in lags) > 100


# A program that stands still


def paused(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Stop a program for a while, and let it go on."""
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGCONT)


def test_what_came_while_we_stood_still_is_read_first() -> None:
    patience = ("--idle-timeout", "2s", "--quiet-timeout", "2s")

    async def stream(connection: Connection) -> None:
        await connection.subscribed()
        for seq in range(1, 1_201):
            await answer(connection, 1, seq)
            await asyncio.sleep(0.002)

    with running(stream) as other:
        environment = clean_environment() | other.environment
        with started("tail", "-v", "-n", "1200", *patience, environment=environment) as process:
            assert process.stdout is not None
            before = [process.stdout.readline().decode() for _ in range(100)]
            paused(process, 2.6)
            out, err = rest(process)
            out = "".join(before) + out
    assert process.returncode == 0, err
    assert len(events(out)) == 1_200
    assert "rfqwatch.gap" not in out
    assert "nothing heard" not in err
    assert "asking whether our subscription lives" not in err
    assert len(other.connections) == 1
