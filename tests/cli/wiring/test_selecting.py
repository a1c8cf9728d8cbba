"""Selections through the whole program, against the plain definition of what they ask for."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from itertools import compress
from typing import TYPE_CHECKING, Any

import pytest
from plain_selection import wanted
from program import Exchange, is_quiet, rfqwatch

from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.wiring.selecting import selecting
from rfqwatch.selection.conditions import CONDITIONS
from rfqwatch.simulator.serving import running
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


COUNT = 100
SIMULATED = ("--env", "sim", "--sim-rate", "0", "--sim-seed", "5")


@pytest.fixture(scope="module")
def recorded(folder: Path) -> Iterator[Exchange]:
    """Busy with RFQs that come and go, alone and in batches; it keeps what it sent."""
    with running(rate=0, standing=300, seed=5, batches=True, keep_frames=True) as simulated:
        yield Exchange(simulated, folder)


def asked_for(exchange: Exchange, options: Mapping[str, Any]) -> list[bytes]:
    """Give what should be selected of all that the exchange sent last."""
    frames = exchange.accounts()[-1].frames
    return [*compress(frames, wanted(frames, SelectionOptions(**options)))]


SELECTIONS: list[Mapping[str, Any]] = [
    {"type": ["quote_*", "rfq_deleted"]},
    {"market": ["kxnfl*", "KXMLBGAME-*"], "known": True},
    {"event": ["KXNFLGAME-*"], "legs": ["2..4", "9.."]},
    {"collection": ["*SHARD1*"], "combo": True, "min_cost": "250", "max_cost": "500"},
    {"combo": False, "min_contracts": "100"},
    {"creator": ["e3b0", "7"], "exclude": ["KXNFL"]},
    {"include": ["KXNFL", "quote_"], "type": ["rfq_deleted", "quote_created"]},
]


def words(options: Mapping[str, Any]) -> list[str]:
    """Write options as one does, and as the selection says itself."""
    chosen, _ = selecting(SelectionOptions(**options), Drift())
    assert chosen is not None
    return chosen.text.split(" ")


@pytest.mark.parametrize("options", SELECTIONS, ids=" ".join)
def test_tail_prints_what_is_selected(recorded: Exchange, options: Mapping[str, Any]) -> None:
    arguments = ("-n", str(COUNT), "-o", "raw", "--fail-on-gap", *words(options))
    done = rfqwatch("tail", *arguments, environment=recorded.environment)
    assert done.returncode == 0
    printed = done.stdout.encode().splitlines()
    assert len(printed) == COUNT
    assert printed == asked_for(recorded, options)[:COUNT]
    assert f"{COUNT} events printed" in done.stderr
    assert is_quiet(done.stderr)


def test_the_table_holds_what_is_selected_and_says_what_that_is(recorded: Exchange) -> None:
    options = {"market": ["KXNFL*"], "type": ["rfq_created", "rfq_deleted"], "known": True}
    arguments = ("--once", "--duration", "1m", "-n", "4000", *words(options))
    done = rfqwatch("table", *arguments, environment=recorded.environment | {"COLUMNS": "120"})
    assert done.returncode == 0
    taken = [json.loads(line) for line in asked_for(recorded, options)[:4_000]]
    opened: set[str] = set()
    for message in taken:
        change = opened.add if message["type"] == "rfq_created" else opened.discard
        change(message["msg"]["id"])
    assert len(opened) < sum(message["type"] == "rfq_created" for message in taken)
    head = done.stdout.partition("  age  ")[0]
    assert "selected: --type rfq_created --type rfq_deleted --market KXNFL* --known" in head
    assert re.findall(r"\bopen ([\d,]+)", head) == [f"{len(opened):,}"]
    assert "4,000 events watched" in done.stderr


def test_every_option_has_its_meaning() -> None:
    others = {"type", "include", "exclude", "known"}
    assert {field.name for field in fields(SelectionOptions)} == others | CONDITIONS.keys()


def test_what_is_missing_is_told_whatever_is_selected() -> None:
    faults = ("--sim-fault", "seq-hole@40,malformed@60")
    arguments = (*SIMULATED, *faults, "--type", "rfq_deleted", "-n", "10", "--fail-on-gap")
    done = rfqwatch("tail", *arguments)
    assert done.returncode == 7
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    types = [line["type"] for line in lines]
    own = ["rfqwatch.subscribed", "rfqwatch.gap", "rfqwatch.malformed"]
    assert types == [*own, *["rfq_deleted"] * 9, "rfqwatch.ended"]
    missed = lines[1]["msg"]["missed"]
    assert missed == lines[1]["msg"]["next_seq"] - lines[1]["msg"]["last_seq"] - 1
    ended = {"reason": "count", "events": 10, "gaps": 1, "missed": missed, "malformed": 1}
    assert lines[-1]["msg"] == ended


def test_a_field_that_is_not_as_known_is_counted_once() -> None:
    arguments = ("--sim-fault", "drift@5", "-o", "text", "-n", "50", "--known")
    done = rfqwatch("tail", *SIMULATED, *arguments)
    counted = re.findall(r"(\d+) \S+ not as known", done.stderr)
    assert counted
    assert set(counted) == {"1"}
