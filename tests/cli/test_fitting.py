from __future__ import annotations

import pytest

from rfqwatch.cli.fitting import is_replay
from rfqwatch.cli.options.connection import ConnectionOptions, SubscriptionOptions
from rfqwatch.cli.options.quantities import Moment, Seconds
from rfqwatch.cli.options.replay import ReplayOptions
from rfqwatch.cli.options.simulation import SimulationOptions
from rfqwatch.errors import UsageError
from rfqwatch.exchange.shards import Shard


def test_a_replay_is_told_from_a_watch() -> None:
    others = ConnectionOptions(), SubscriptionOptions(), SimulationOptions()
    assert is_replay(ReplayOptions(source=["-"], speed=2), *others)
    assert not is_replay(ReplayOptions(), ConnectionOptions(url="wss://x"))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (ConnectionOptions(url="ws://x"), "--url"),
        (ConnectionOptions(env="sim"), "--env"),
        (ConnectionOptions(idle_timeout=Seconds("1s")), "--idle-timeout"),
        (SubscriptionOptions(shard=[Shard(0, 2)]), "--shard"),
        (SubscriptionOptions(mine=True), "--mine"),
        (SimulationOptions(sim_rate=0), "--sim-rate"),
    ],
)
def test_options_of_a_watch_are_refused_in_a_replay(
    options: ConnectionOptions | SubscriptionOptions | SimulationOptions, name: str
) -> None:
    with pytest.raises(UsageError, match=f"and {name} is for watching"):
        is_replay(ReplayOptions(source=["a"]), options)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (ReplayOptions(speed=0), "--speed"),
        (ReplayOptions(since=Moment("-2h")), "--since"),
        (ReplayOptions(until=Moment("2026-11-24")), "--until"),
        (ReplayOptions(lenient=True), "--lenient"),
    ],
)
def test_options_of_a_replay_are_refused_without_one(options: ReplayOptions, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is for a replay"):
        is_replay(options)
