from __future__ import annotations

from typing import get_args

from rfqwatch.cli.formats import FORMATS
from rfqwatch.cli.options import Format


def test_every_format_leads_to_its_lines() -> None:
    assert FORMATS.keys() == set(get_args(Format))
