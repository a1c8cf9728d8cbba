from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from program import bash, clean_environment, events, is_quiet, rfqwatch

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange

COUNT = 600


@pytest.fixture(scope="module")
def kept(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a kept with a recording in several files, and what tail printed beside it."""
    kept = tmp_path_factory.mktemp("reported")
    record = ["--record", str(kept / "files"), "--rotate", "20kB"]
    done = rfqwatch("tail", "-n", str(COUNT), *record, environment=exchange.environment)
    (kept / "printed.jsonl").write_text(done.stdout)
    return kept


def reported(*arguments: str) -> dict[str, Any]:
    done = rfqwatch("report", "--output", "json", *arguments)
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def messages(kept: Path, kind: str) -> list[dict[str, Any]]:
    printed = (kept / "printed.jsonl").read_text()
    return [line for line in events(printed) if line["type"] == kind]


def test_it_counts_what_was_recorded(kept: Path) -> None:
    answers = reported(str(kept / "files"))
    created = messages(kept, "rfq_created")
    assert answers["rfqs_by_hour"]["facts"]["rfqs"] == len({line["msg"]["id"] for line in created})
    whole = answers["completeness"]["facts"]
    assert (whole["messages"], whole["gaps"], whole["covered_share"]) == (COUNT, 0, 1)
    assert reported(str(kept / "printed.jsonl")) == answers


def test_the_tables_show_what_is_in_the_object(kept: Path) -> None:
    wide = clean_environment() | {"COLUMNS": "990"}
    done = rfqwatch("report", str(kept / "files"), "--top", "3", environment=wide)
    assert done.returncode == 0
    assert is_quiet(done.stderr)
    shown = " ".join(done.stdout.split())
    for name, answer in reported(str(kept / "files"), "--top", "3").items():
        for told in (answer["facts"], *answer["rows"]):
            for title, value in told.items():
                match value:
                    case float() if title.endswith("_share"):
                        expected = f"{100 * value:.4f}".rstrip("0").rstrip(".") + " %"
                    case None | {}:
                        continue
                    case dict():
                        expected = f"{next(iter(value))} ("
                    case int() | float():
                        expected = f"{value:,}"
                    case str() if value.endswith("0000"):
                        expected = f"{float(value):,.2f}"
                    case _:
                        expected = value
                assert expected in shown, name
    assert "\N{FULL BLOCK}" in shown
    assert "\x1b" not in done.stdout


def test_a_selection_and_a_stretch(kept: Path) -> None:
    created = messages(kept, "rfq_created")
    plain = [line for line in created if "mve_selected_legs" not in line["msg"]]
    selected = reported(str(kept / "files"), "--no-combo")
    assert selected["rfqs_by_hour"]["facts"]["rfqs"] == len(plain) > 0
    everything = messages(kept, "rfq_created") + messages(kept, "rfq_deleted")
    middle = sorted(line["received_ts_ms"] for line in everything)[len(everything) // 2]
    at = bash(f"date -u -d @{middle / 1000:.3f} +%Y-%m-%dT%H:%M:%S.%3NZ").stdout.strip()
    early = reported(str(kept / "printed.jsonl"), "--until", at)
    late = reported(str(kept / "printed.jsonl"), "--since", at)
    counts = [part["completeness"]["facts"]["messages"] for part in (early, late)]
    assert sum(counts) == COUNT
    assert min(counts) > 0


def test_by_which_clock_it_was_made_is_said_of_a_stretch_too(tmp_path: Path) -> None:
    told = {"channel": "communications", "sid": 1, "exchange_ahead_ms": 3_600_000}
    live = {
        "type": "rfqwatch.subscribed",
        "sid": 1,
        "msg": told,
        "received_ts_ms": 1_790_000_000_000,
    }
    gone = {"type": "rfq_deleted", "sid": 1, "seq": 1, "msg": {"id": "r"}}
    gone["received_ts_ms"] = 1_790_000_060_000
    file = tmp_path / "1.jsonl"
    file.write_text(f"{json.dumps(live)}\n{json.dumps(gone)}\n")
    done = rfqwatch("report", "--since", "2026-09-21T14:13:30Z", "-o", "json", str(file))
    assert json.loads(done.stdout)["completeness"]["facts"]["messages"] == 1
    assert done.stderr.count("recorded by a clock that was 3,600 s behind the exchange's") == 1


def test_line_by_line_it_is_the_same(kept: Path) -> None:
    # A selection of all reads each line by itself.
    answers = reported(str(kept / "printed.jsonl"))

    assert reported(str(kept / "printed.jsonl"), "--type", "*") == answers


@pytest.mark.parametrize("source", ["absent", "bad.jsonl"])
def test_what_cannot_be_read_exits_8(source: str, kept: Path) -> None:
    lines = (kept / "printed.jsonl").read_text().splitlines(keepends=True)
    (kept / "bad.jsonl").write_text("".join([*lines[:9], "oops\n", *lines[9:]]))
    done = rfqwatch("report", str(kept / source))
    assert (done.returncode, done.stdout) == (8, "")
    assert "no recording there" in done.stderr or "line 10: not JSON" in done.stderr


def test_lenient(kept: Path) -> None:
    lines = (kept / "printed.jsonl").read_text().splitlines(keepends=True)
    (kept / "worse.jsonl").write_text("".join([*lines[:9], "oops\n", *lines[9:]]))
    done = rfqwatch("report", "-o", "json", "--lenient", str(kept / "worse.jsonl"))
    assert done.returncode == 0
    assert "1 line skipped" in done.stderr
    told = json.loads(done.stdout)["completeness"]
    assert told["facts"]["messages"] == COUNT
    assert [row["reason"] for row in told["rows"]] == ["unrecorded"]


def test_fields_that_do_not_fit_cost_no_rfq(kept: Path) -> None:
    first, *lines = (kept / "printed.jsonl").read_text().splitlines(keepends=True)
    created = next(line for line in lines if '"rfq_created"' in line)
    lines.insert(lines.index(created) + 1, created.replace("created", "deleted"))
    (kept / "even.jsonl").write_text("".join([first, *lines]))
    odd = [line.replace('"created_ts":"', '"created_ts":7,"x":"') for line in lines]
    (kept / "odd.jsonl").write_text("".join([first, *odd]))
    done = rfqwatch("report", "-o", "json", str(kept / "odd.jsonl"))
    assert "rfq_created.created_ts" in done.stderr
    told, expected = json.loads(done.stdout), reported(str(kept / "even.jsonl"))
    assert told["rfqs_by_leg"] == expected["rfqs_by_leg"]
    by_receipt = [
        answers["life_times"]["facts"]["measured_by_receipt"] for answers in (expected, told)
    ]
    assert by_receipt[0] < by_receipt[1] <= expected["life_times"]["rows"][0]["count"]


def test_nothing_recorded_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    done = rfqwatch("report", str(tmp_path / "empty.jsonl"))
    assert done.returncode == 0
    assert "no message was recorded there" in done.stderr


def test_standard_input_and_a_reader_that_leaves(kept: Path) -> None:
    file = shlex.quote(str(kept / "printed.jsonl"))
    done = bash(f"rfqwatch report - -o json < {file} | jq .completeness.facts.messages")
    assert done.stdout == f"{COUNT}\n"
    gone = bash(f"rfqwatch report {file} --top 1000 | true; echo ${{PIPESTATUS[0]}}")
    assert gone.stdout in {"141\n", "0\n"}
    assert gone.stderr == ""


def test_hostile_text_is_harmless(tmp_path: Path) -> None:
    msg = {"id": "r", "creator_id": "\x1b[2J[bold]", "market_ticker": "M\x1b]0;x\x07"}
    stamp = {"received_ts_ms": 1_795_543_200_000}
    (tmp_path / "hostile.jsonl").write_text(json.dumps({"type": "rfq_created", "msg": msg} | stamp))
    done = rfqwatch("report", str(tmp_path / "hostile.jsonl"))
    assert "\\x1b[2J[bold]" in done.stdout
    assert "\x1b" not in done.stdout
