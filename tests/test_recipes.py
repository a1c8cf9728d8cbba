"""The recipes, as they stand there."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from pages import texts
from program import bash, clean_environment, rfqwatch

from rfqwatch.recording.compression import BEST

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 15_000


def recipes(language: str) -> list[str]:
    return texts(language, "recipe")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with recordings, and what another program would have captured of them."""
    folder = tmp_path_factory.mktemp("recipes")
    simulated = ["--env", "sim", "--sim-rate", "0", "--sim-seed", "4", "-n", str(COUNT)]
    done = rfqwatch("tail", *simulated, "--record", str(folder / "recordings"))
    assert done.returncode == 0, done.stderr
    captured = [
        {
            "raw": line[: line.rindex(',"received_ts_ms"')] + "}",
            "recv_ns": 1_790_000_000_123_456_789,
        }
        for line in done.stdout.splitlines()
        if '"rfqwatch.' not in line
    ]
    (folder / "capture.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in captured))
    return folder


def in_shell(folder: Path, recipe: str) -> str:
    done = bash(f"set -e; cd {shlex.quote(str(folder))}; {recipe}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    done = rfqwatch("report", str(folder / "recordings"), "--output", "json")
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_jq(folder: Path) -> None:
    counted = in_shell(folder, recipes("sh")[0])
    assert 0 < len(counted.splitlines()) <= 10


def test_a_capture_of_another_program(folder: Path) -> None:
    recipe = recipes("sh")[1]
    printed = in_shell(folder, recipe).splitlines()
    assert len(printed) >= COUNT
    lines = in_shell(folder, recipe.replace(" --output text", "")).splitlines()
    messages = [json.loads(line) for line in lines if '"rfqwatch.' not in line]
    assert len(messages) == COUNT
    assert {line["received_ts_ms"] for line in messages} == {1_790_000_000_123}


def in_duckdb() -> list[list[Any]]:
    """Give what the recipe finds in the working directory, question by question."""
    (recipe,) = recipes("sql")
    with duckdb.connect() as connection:
        found = [
            connection.execute(statement.query).fetchall()
            for statement in connection.extract_statements(recipe)
        ]
    return found[2:]


def test_duckdb_finds_what_the_report_does(
    folder: Path, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    hours, lives, creators, combos, pairs = in_duckdb()
    told = report["rfqs_by_hour"]
    assert sum(hour[1] for hour in hours) == told["facts"]["rfqs"]
    assert sum(hour[2] for hour in hours) == Decimal(told["facts"]["dollars"])
    (lived,) = report["life_times"]["rows"]
    assert lives[0][0][1] * 1_000 == pytest.approx(lived["p50_ms"], rel=0.05, abs=5)
    named = {row["creator"]: row["rfqs"] for row in report["creators"]["rows"]}
    assert {row[0]: row[1] for row in creators}.items() >= dict([*named.items()][:9]).items()
    assert [row[1] for row in combos] == [
        row["rfqs"] for row in report["combos_asked_again"]["rows"]
    ]
    assert pairs


def test_duckdb_where_no_line_has_some_of_the_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recordings").mkdir()
    line = b'{"type":"rfq_created","msg":{"id":"r"},"received_ts_ms":1}\n'
    (tmp_path / "recordings" / "1.jsonl.zst").write_bytes(BEST.frame(line))
    monkeypatch.chdir(tmp_path)
    hours, lives, *_ = in_duckdb()
    assert [(count, dollars) for _, count, dollars in hours] == [(1, None)]
    assert lives == [(None,)]


@pytest.mark.skipif(find_spec("polars") is None, reason="polars is not installed (200 MB)")
def test_polars(folder: Path) -> None:
    (recipe,) = recipes("python")
    done = subprocess.run(
        [sys.executable, "-c", recipe],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "creator_id" in done.stdout
