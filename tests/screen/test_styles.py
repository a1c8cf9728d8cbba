"""Paint: the colours the environment allows, and nothing but colours."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style

from rfqwatch.screen.picture.styles import paint, terminal


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLORTERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("environment", "painted"),
    [
        ({"COLORTERM": "truecolor"}, "ask \x1b[1;38;2;255;135;0;40m0.35\x1b[0m"),
        ({}, "ask \x1b[1;38;5;208;40m0.35\x1b[0m"),
        ({"TERM": "xterm"}, "ask \x1b[1;91;40m0.35\x1b[0m"),
        ({"NO_COLOR": "1"}, "ask \x1b[1m0.35\x1b[0m"),
        ({"TERM": "dumb"}, "ask 0.35"),
    ],
)
def test_the_environment_decides(
    environment: dict[str, str], painted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # A style remembers what it was painted as first, so this terminal needs one of its own.
    style = Style(color="#ff8700", bgcolor="black", bold=True)
    assert paint([Segment("ask "), Segment("0.35", style)], terminal()) == painted


def test_nothing_but_colours_gets_through() -> None:
    line = [
        Segment("\x1b[2J", Style(dim=True)),
        Segment("\x07[/oops]"),
        Segment("a\nb\u202e"),
    ]
    assert paint(line, terminal()) == "\x1b[2m\\x1b[2J\x1b[0m\\x07[/oops]a\\nb\\u202e"
