from __future__ import annotations

import asyncio

from rfqwatch.replay.playback import Playback

T = 1_790_000_000_000


async def test_at_once_everything_is_due() -> None:
    playback = Playback(0)
    assert playback.is_due(T)
    assert playback.is_due(T + 3_600_000)
    assert playback.now() == (T + 3_600_000, (T + 3_600_000) / 1_000)


async def test_time_passes_as_recorded_and_as_many_times_as_fast() -> None:
    loop = asyncio.get_running_loop()
    playback = Playback(1_000)
    start_s = loop.time()
    assert playback.is_due(T)
    assert not playback.is_due(T + 50_000)
    await playback.due(T + 50_000)
    assert loop.time() - start_s >= 0.05
    # The clock never runs ahead of what comes next.
    await asyncio.sleep(0.01)
    assert playback.now().ms == T + 50_000


async def test_a_pause_lets_time_stand_still_but_for_steps() -> None:
    playback = Playback(0)
    assert playback.is_due(T)
    playback.pause(paused=True)
    assert str(playback) == "paused"
    assert not playback.is_due(T + 1_500)
    assert playback.now().ms == T
    playback.step()
    assert not playback.is_due(T + 1_500)
    assert playback.now().ms == T + 1_000
    waiting = asyncio.create_task(playback.due(T + 1_500))
    await asyncio.sleep(0)
    assert not waiting.done()
    playback.step()
    await waiting
    assert not playback.is_due(T + 9_000)
    waiting = asyncio.create_task(playback.due(T + 9_000))
    await asyncio.sleep(0)
    playback.pause(paused=False)
    await waiting
    assert playback.now().ms == T + 9_000


async def test_a_pause_costs_no_time_afterwards() -> None:
    playback = Playback(1)
    assert playback.is_due(T)
    assert not playback.is_due(T + 60_000)
    playback.pause(paused=True)
    await asyncio.sleep(0.02)
    before = playback.now().ms
    playback.pause(paused=False)
    assert playback.now().ms - before < 20


async def test_a_clock_that_was_set_back_is_followed() -> None:
    playback = Playback(1)
    assert playback.is_due(T)
    assert playback.is_due(T - 3_600_000)
    assert not playback.is_due(T - 3_600_000 + 60_000)


async def test_it_says_how_it_goes() -> None:
    playback = Playback(2.5)
    assert str(playback) == "2.5 times as fast"
    playback.over = True
    assert str(playback) == "at its end"
    assert str(Playback(0)) == "at once"
