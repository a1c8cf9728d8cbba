"""Paint: the colours the environment allows, and nothing but colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.segment import Segment
from rich.style import Style

from rfqwatch.screen.picture import styles
from rfqwatch.screen.picture.styles import paint, terminal

if TYPE_CHECKING:
    from rich.color import Color

    from rfqwatch.screen.picture.styles import Colors


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
        ({"TERM": "xterm"}, "ask \x1b[1m0.35\x1b[0m"),
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


@pytest.mark.parametrize(
    ("colors", "no_color", "coloured"),
    [("auto", "", True), ("auto", "1", False), ("always", "1", True), ("never", "", False)],
)
def test_an_option_decides_about_colours(
    colors: Colors, no_color: str, *, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    painted = paint([Segment("gaps 2", styles.BAD)], terminal(colors))
    assert ("38;5" in painted) is coloured
    assert painted.startswith("\x1b[1;7")


# Ink and paper of themes that people have, and the sixteen colours: xterm's, Windows Terminal's
# (Campbell), Solarized's.
XTERM = "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00"
XTERM += " 5c5cff ff00ff 00ffff ffffff"
CAMPBELL = "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc 767676 e74856 16c60c f9f1a5"
CAMPBELL += " 3b78ff b4009e 61d6d6 f2f2f2"
SOLARIZED = "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 002b36 cb4b16 586e75 657b83"
SOLARIZED += " 839496 6c71c4 93a1a1 fdf6e3"
THEMES = {
    "xterm": ("000000", "ffffff", XTERM),
    "xterm reversed": ("ffffff", "000000", XTERM),
    "Windows Terminal": ("cccccc", "0c0c0c", CAMPBELL),
    "Solarized light": ("657b83", "fdf6e3", SOLARIZED),
    "Solarized dark": ("839496", "002b36", SOLARIZED),
}
STYLES = {name: style for name, style in vars(styles).items() if isinstance(style, Style)}
WANTED = 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", STYLES)
def test_every_style_can_be_read_on_every_theme(name: str, theme: str) -> None:
    ink, paper, sixteen = THEMES[theme]
    style = STYLES[name]
    colours = [
        _luminance(_hex(color, sixteen.split(), default))
        for color, default in ((style.color, ink), (style.bgcolor, paper))
    ]
    # Solarized's own ink on its light paper is fainter than that.
    wanted = min(WANTED, _contrast(_luminance(ink), _luminance(paper)))
    assert _contrast(*colours) >= wanted


def _hex(color: Color | None, sixteen: list[str], default: str) -> str:
    if color is None or color.is_default:
        return default
    if color.number is not None and color.number < len(sixteen):
        return sixteen[color.number]
    return color.get_truecolor().hex.removeprefix("#")


def _luminance(color: str) -> float:
    """Give the relative luminance (WCAG 2)."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: float, other: float) -> float:
    darker, lighter = sorted((one, other))
    return (lighter + 0.05) / (darker + 0.05)


def test_nothing_but_colours_gets_through() -> None:
    line = [
        Segment("\x1b[2J", Style(dim=True)),
        Segment("\x07[/oops]"),
        Segment("a\nb\u202e"),
    ]
    assert paint(line, terminal()) == "\x1b[2m\\x1b[2J\x1b[0m\\x07[/oops]a\\nb\\u202e"
