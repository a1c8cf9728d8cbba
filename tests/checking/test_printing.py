from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from rfqwatch.checking.dependencies import Check
from rfqwatch.checking.printing import Sheet, as_json
from rfqwatch.checking.verdict import Sign, Verdict, failed, passed, unsure

if TYPE_CHECKING:
    from collections.abc import Sequence


async def never() -> Verdict:
    raise NotImplementedError


def check(title: str) -> Check:
    return Check(title.replace(" ", "_"), title, never)


def skipped(cause: str) -> Verdict:
    return Verdict(Sign.SKIPPED, f"nothing to go by without {cause}")


FOUND = [
    (check("DNS"), passed("exchange.example is 192.0.2.1, after 3 ms", {"ms": 3})),
    (check("TCP"), failed("connection refused", "Is the port right? A firewall may be in the way")),
    (check("TLS"), skipped("TCP")),
    (check("handshake"), skipped("TCP")),
    (check("REST"), unsure("HTTP 404", "rfqwatch watches without it.", {"status": 404})),
    (check("limits"), skipped("REST")),
    (check("your id"), skipped("your key")),
]


def written(found: Sequence[tuple[Check, Verdict]], *, brief: bool = False) -> list[str]:
    sheet = Sheet(brief=brief)
    text = "".join(sheet.lines(each, verdict) for each, verdict in found)
    return (text + sheet.summary([verdict for _, verdict in found])).splitlines()


@pytest.fixture(autouse=True)
def paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    on_paper("utf-8", monkeypatch)


def on_paper(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))


def test_a_pipe_gets_a_line_for_each_thing_said() -> None:
    assert written(FOUND) == [
        "✓ DNS              exchange.example is 192.0.2.1, after 3 ms",
        "✗ TCP              connection refused",
        "                   Is the port right? A firewall may be in the way",
        "- skipped          TLS, handshake: nothing to go by without TCP",
        "? REST             HTTP 404",
        "                   rfqwatch watches without it.",
        "- skipped          limits: nothing to go by without REST",
        "- skipped          your id: nothing to go by without your key",
        "1 in order, 1 failed, 1 uncertain, 4 skipped.",
    ]


def test_quiet_leaves_what_is_to_be_done() -> None:
    assert written(FOUND, brief=True) == [
        "✗ TCP              connection refused",
        "                   Is the port right? A firewall may be in the way",
        "? REST             HTTP 404",
        "                   rfqwatch watches without it.",
        "1 in order, 1 failed, 1 uncertain, 4 skipped.",
    ]


@pytest.mark.parametrize("columns", [40, 60, 72, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    long = passed("7238e686d732045ed4b5d0c3bd0ba82fedff6d2b03fe933cd0e27b613710f585 is your id")
    lines = written([*FOUND, (check("your id"), long)])
    assert max(map(len, lines)) < columns
    words = " ".join(" ".join(lines).split())
    for _, verdict in FOUND:
        assert verdict.seen in words or columns < 72


def test_narrow_paper_has_no_column_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert written(FOUND[:2])[:5] == [
        "✓ DNS: exchange.example is 192.0.2.1,",
        "  after 3 ms",
        "✗ TCP: connection refused",
        "  Is the port right? A firewall may be",
        "  in the way",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_locale_without_the_signs_gets_words(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_paper(encoding, monkeypatch)
    assert written(FOUND[:3]) == [
        "ok     DNS              exchange.example is 192.0.2.1, after 3 ms",
        "FAILED TCP              connection refused",
        "                        Is the port right? A firewall may be in the way",
        "-      skipped          TLS: nothing to go by without TCP",
        "1 in order, 1 failed, 1 skipped.",
    ]


def test_text_of_the_wire_is_made_harmless() -> None:
    hostile = unsure("\x1b[2Jgone\nmore", "\x9b31m", {})
    text = "\n".join(written([(check("REST"), hostile)]))
    assert text.count("\n") == 2
    assert "\x1b" not in text
    assert "\x9b" not in text


def test_one_object_for_other_programs() -> None:
    told = json.loads(as_json(FOUND))
    assert told["exit_code"] == 5
    assert [each["check"] for each in told["checks"]] == [each.name for each, _ in FOUND]
    assert told["checks"][:3] == [
        {
            "check": "DNS",
            "verdict": "ok",
            "seen": "exchange.example is 192.0.2.1, after 3 ms",
            "facts": {"ms": 3},
        },
        {
            "check": "TCP",
            "verdict": "failed",
            "seen": "connection refused",
            "mend": "Is the port right? A firewall may be in the way",
            "facts": {},
        },
        {
            "check": "TLS",
            "verdict": "skipped",
            "seen": "nothing to go by without TCP",
            "facts": {},
        },
    ]
    assert told["checks"][4]["meaning"] == "rfqwatch watches without it."
