"""The pages that are written by hand, and the blocks of code in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[1]
PAGES = ("README.md", ".github/details.md", ".github/recipes.md")


class Block(NamedTuple):
    """A fenced or indented block: after its fence stand a language, and maybe a mark."""

    page: str
    line: int
    language: str
    mark: str
    text: str


def read(page: str) -> str:
    return (TOP / page).read_text(encoding="utf-8")


def blocks() -> list[Block]:
    return [block for page in PAGES for block in _blocks(page)]


def texts(language: str, mark: str = "") -> list[str]:
    """Give the blocks of a language that have a mark, or none."""
    return [each.text for each in blocks() if (each.language, each.mark) == (language, mark)]


def _blocks(page: str) -> Iterator[Block]:
    for token in MarkdownIt().parse(read(page)):
        if token.type in {"fence", "code_block"}:
            language, _, mark = token.info.partition(" ")
            yield Block(page, (token.map or [0])[0] + 1, language, mark, token.content)
