from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rfqwatch.signals import SignalledError, first_of, signals

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Whatever happens, the handlers of the test run stay."""
    former = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    assert {each: signal.getsignal(each) for each in SIGNALS} == former


@pytest.mark.parametrize("signum", SIGNALS)
async def test_a_signal_ends_the_wait_with_its_exit_code(signum: signal.Signals) -> None:
    with signals() as signalled:
        os.kill(os.getpid(), signum)
        with pytest.raises(SignalledError) as raised:
            await asyncio.wait_for(signalled, 5)
    assert raised.value.exit_code == 128 + signum


async def test_an_ignored_signal_stays_ignored() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals() as signalled:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(SignalledError) as raised:
                await asyncio.wait_for(signalled, 5)
        assert raised.value.exit_code == 143
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)


async def test_a_signal_that_nobody_waits_for_is_forgotten() -> None:
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    with signals() as signalled:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait([signalled], timeout=5)
    del signalled
    assert errors == []


STUBBORN = """
import asyncio
from rfqwatch.signals import SignalledError, signals

async def main():
    with signals() as signalled:
        print("ready", flush=True)
        try:
            await signalled
        except SignalledError:
            print("first", flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("second", SIGNALS)
def test_a_second_signal_kills(second: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"first\n"
        process.send_signal(second)
        assert process.wait(10) == -second


async def test_the_first_future_ends_the_wait() -> None:
    loop = asyncio.get_running_loop()
    done, pending = loop.create_future(), loop.create_future()
    done.set_result("anything")
    await first_of(pending, None, done)
    assert not pending.done()


async def test_a_failure_is_raised_in_the_order_given() -> None:
    loop = asyncio.get_running_loop()
    work, signalled = loop.create_future(), loop.create_future()
    signalled.set_exception(SignalledError(2))
    work.set_exception(KeyError("work"))
    with pytest.raises(KeyError):
        await first_of(work, signalled)
    with pytest.raises(SignalledError):
        await first_of(signalled, work)


async def test_time_ends_the_wait_and_cancels_nothing() -> None:
    pending = asyncio.get_running_loop().create_future()
    await first_of(pending, timeout_s=0)
    assert not pending.cancelled()
