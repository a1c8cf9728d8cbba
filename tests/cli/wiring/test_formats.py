from __future__ import annotations

import os
from typing import TYPE_CHECKING, get_args

import pytest

from rfqwatch.cli.options.output import Format
from rfqwatch.cli.wiring.formats import line_output
from rfqwatch.lines.stdout import Stdout
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def place() -> Iterator[Stdout]:
    fd = os.open(os.devnull, os.O_WRONLY)
    yield Stdout(fd, 1_000)
    os.close(fd)


def test_every_format_leads_to_lines_of_its_own(place: Stdout) -> None:
    formats: tuple[Format, ...] = get_args(Format)
    outputs = [line_output(name, place, Drift().read) for name in formats]
    assert len({type(output) for output in outputs}) == len(formats)
    assert all(output.place is place for output in outputs)
