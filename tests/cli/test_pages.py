"""What is written by hand: each command runs, or says why not; each link leads somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from pages import PAGES, TOP, Block, blocks, read, texts
from program import bash
from shell_lines import record_some, run

from rfqwatch.cli.help.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange

RUN_ELSEWHERE = {
    ("sh", "run"): ".ci/run",
    ("sh", "test"): ".ci/run",
    **dict.fromkeys((("sh", "recipe"), ("sql", "recipe"), ("python", "recipe")), "test_recipes.py"),
    **dict.fromkeys((("bash", ""), ("zsh", ""), ("fish", "")), "reference/test_shells.py"),
    ("toml", ""): "cli/settings/test_command.py",
}
NOT_RUN = "not run: "

EXAMPLE_LINES = {example.line for examples in EXAMPLES.values() for example in examples}
LINES = {
    line: None
    for text in (*texts("sh"), *texts("sh", "account"))
    for line in re.split(r"\n(?! )", text.strip())  # what is indented goes on
    if not line.startswith("export ") and line not in EXAMPLE_LINES  # test_examples.py runs these
}

LINKED = (*PAGES, *(f".github/{name}.md" for name in ("lines", "options", "CHANGELOG", "SECURITY")))


def named(block: Block) -> str:
    return f"{block.page}:{block.line}"


@pytest.fixture(scope="module")
def home(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_some(exchange, tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("line", LINES)
def test_a_command_does_something(line: str, exchange: Exchange, home: Path) -> None:
    run(line, exchange, home)


@pytest.mark.parametrize("block", blocks(), ids=named)
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    if block.mark.startswith(NOT_RUN):
        pytest.skip(f"{named(block)}: {block.text.strip()}: {block.mark.removeprefix(NOT_RUN)}")
    if block.language == "text":  # What was printed.
        assert not re.search(r"^(\$ *)?rfqwatch ", block.text, re.MULTILINE)
    else:
        kind = (block.language, block.mark)
        assert kind in {("sh", ""), ("sh", "account")} or kind in RUN_ELSEWHERE


@pytest.mark.parametrize("mark", ["run", "test"])
def test_there_is_one_command_for_ci_to_run(mark: str) -> None:
    assert len(texts("sh", mark)) == 1


def test_what_is_said_of_credentials(exchange: Exchange, tmp_path: Path) -> None:
    (text,) = texts("sh", "account")
    *exports, _ = text.replace("…", exchange.key_id).splitlines()
    (tmp_path / ".kalshi").mkdir()
    key = tmp_path / ".kalshi" / "key.pem"
    key.symlink_to(exchange.environment["KALSHI_PRIVATE_KEY_PATH"])
    nobody = {k: v for k, v in exchange.environment.items() if not k.startswith("KALSHI_")}
    script = "\n".join((*exports, "rfqwatch tail -n 1 | jq -r .type"))
    done = bash(script, nobody | {"HOME": str(tmp_path)})
    assert done.stdout.splitlines()[0] == "rfqwatch.subscribed", done.stderr


@pytest.mark.parametrize("page", LINKED)
def test_links_lead_somewhere(page: str) -> None:
    for target in links(page):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            file = ((TOP / page).parent / path) if path else TOP / page
            assert file.exists(), target
            assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


def links(page: str) -> list[str]:
    inline = [token for token in MarkdownIt().enable("table").parse(read(page)) if token.children]
    hrefs = [child.attrGet("href") for token in inline for child in token.children or ()]
    pictures = re.findall(r'src(?:set)?="(.*?)"', read(page))
    return [str(href) for href in hrefs if href] + pictures


def anchors(text: str) -> set[str]:
    """Give what GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings}
