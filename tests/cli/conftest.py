from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program import Exchange

from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


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
