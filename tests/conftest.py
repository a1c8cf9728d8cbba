from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from program import Exchange

from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure() -> None:
    """Let no program that a test starts inherit what `nohup`, or a shell behind, ignores."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a configuration file of one's own, where no variable sets anything."""
    for name in os.environ:
        if name.startswith(("KALSHI_", "RFQWATCH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture(scope="package")
def exchange(folder: Path) -> Iterator[Exchange]:
    """Busy: 500 messages a second, after a burst of 300."""
    with running(rate=500, standing=300, seed=5, keep_ids=True) as simulated:
        yield Exchange(simulated, folder)


@pytest.fixture(scope="package")
def quiet_exchange(folder: Path) -> Iterator[Exchange]:
    """One message comes, then nothing more."""
    with running(rate=1e-6, standing=0, seed=5) as simulated:
        yield Exchange(simulated, folder)
