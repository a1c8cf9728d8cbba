"""The table as its user has it: the real program on a real terminal, watching an exchange."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from program import FULL
from pseudo_terminal import PseudoTerminal, job_control
from tmux import MODES, PICTURE, Tmux
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from rfqwatch.simulator.faults.kinds import parse_faults
from rfqwatch.simulator.serving import running, throwaway_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.server import ServerConnection

TABLE = [sys.executable, "-m", "rfqwatch", "table"]
SIM = [*TABLE, "--env", "sim", "--sim-seed", "7"]
SGR = re.compile(rb"\x1b\[([\d;]*)m")


def rows(terminal: PseudoTerminal) -> list[str]:
    """Give the lines between the titles and the footer."""
    lines = terminal.display
    titled = [number for number, line in enumerate(lines) if "  age " in line]
    if not titled:
        return []
    return [line for line in lines[titled[0] + 1 : -1] if line.strip()]


def header(terminal: PseudoTerminal) -> str:
    lines = terminal.display
    titled = [number for number, line in enumerate(lines) if "  age " in line]
    return " ".join(lines[: titled[0] if titled else 2])


def footer(terminal: PseudoTerminal) -> str:
    return terminal.display[-1]


def cursor(terminal: PseudoTerminal) -> int:
    """Tell which row the cursor is on."""
    return next(
        (number for number, row in enumerate(rows(terminal)) if row.startswith(">")),
        -1,
    )


def assert_as_before(terminal: PseudoTerminal) -> None:
    terminal.see(lambda terminal: terminal.given_back)
    assert terminal.attributes == terminal.attributes_before


def key_file(folder: Path, pem: bytes) -> str:
    file = folder / "key.pem"
    file.write_bytes(pem)
    file.chmod(0o600)
    return str(file)


def number_in(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1].replace(",", "")) if found else -1


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 10), (160, 60)])
def test_rows_come_and_go_and_a_new_size_is_a_new_picture(columns: int, lines: int) -> None:
    with PseudoTerminal([*SIM, "--sim-rate", "240"], columns, lines) as terminal:
        terminal.see("watching for")
        terminal.see(lambda terminal: len(rows(terminal)) >= lines - 6)
        assert not terminal.given_back
        assert "RFQs" in footer(terminal)
        terminal.see(r" newer: home")
        before = {row[5:] for row in rows(terminal)}

        def others(terminal: PseudoTerminal) -> bool:
            terminal.press("\x1b[H")
            return not before & {row[5:] for row in rows(terminal)}

        terminal.see(others)
        terminal.see(lambda terminal: any(row.startswith("x") for row in rows(terminal)))
        for size in ((40, 10), (100, 30), (columns, lines)):
            terminal.resize(*size)
            terminal.see(lambda terminal: "q quit" in footer(terminal) and len(rows(terminal)) > 3)
            assert all(len(line) == size[0] for line in terminal.display)
            wider = {"part", "no bid"}
            assert any(f" {title}" in terminal.text for title in wider) is (size[0] > 60)
            assert ("event" in terminal.text) is (size[0] > 240)
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)
        assert terminal.errors().count("watching") == 1


def test_an_acceptance_rings_the_bell_if_asked_to() -> None:
    command = [*SIM, "--sim-rate", "600", "--mine"]
    with PseudoTerminal([*command, "--bell"], 120) as terminal:
        terminal.see(" confirm ")
        terminal.see(lambda terminal: b"\a" in terminal.raw)
        terminal.press("q")
        assert terminal.end() == 0
    with PseudoTerminal(command, 120) as terminal:
        terminal.see(" confirm ")
        assert b"\a" not in terminal.raw


def test_what_is_told_again_at_the_start_is_not_new_demand() -> None:
    with PseudoTerminal([*SIM, "--sim-rate", "20"], 100) as terminal:
        most = 0

        def looked(terminal: PseudoTerminal) -> bool:
            nonlocal most
            most = max(most, number_in(r"created/s [ ▁-█]*([\d,]+)", header(terminal)))
            return "watching for 2s" in terminal.text

        terminal.see(looked)
        assert number_in(r"open ([\d,]+)", header(terminal)) > 100
        assert 0 <= most < 60


def test_an_id_is_copied_and_everything_drawn_again_on_request() -> None:
    with PseudoTerminal([*SIM, "--sim-rate", "50"], 100, 30) as terminal:
        terminal.see(lambda terminal: len(rows(terminal)) > 20)
        terminal.press("\r")
        terminal.see("rfq ")
        shown = re.search(r"rfq ([0-9a-f-]{36})", terminal.text)
        assert shown
        terminal.press("y")
        terminal.see(f"to the clipboard, if the terminal allows: {shown[1]}")
        assert b"\x1b]52;c;%b\x07" % base64.b64encode(shown[1].encode()) in terminal.raw
        before = len(terminal.raw)
        terminal.press("\x0c")
        terminal.see(lambda terminal: b"\x1b[2J" in terminal.raw[before:])
        terminal.see(lambda terminal: "clipboard" not in footer(terminal))


def test_keys_sort_pause_move_and_help() -> None:
    with PseudoTerminal([*SIM, "--sim-rate", "50"], 100, 30) as terminal:
        terminal.see(lambda terminal: len(rows(terminal)) > 20)
        orders = ["oldest", "largest", "most quotes", "nearest deadline", "newest"]
        for order in orders:
            terminal.press("s")
            terminal.see(f"{order} first")
        for order in [*reversed(orders[:-1]), "newest"]:
            terminal.press("S")
            terminal.see(f"{order} first")

        # From here on the rows stand still.
        terminal.press("  ")
        terminal.press(" ")
        terminal.see(lambda terminal: number_in(r"paused, ([\d,]+) behind", terminal.text) > 20)
        still = rows(terminal)
        terminal.see(lambda terminal: number_in(r"paused, ([\d,]+) behind", terminal.text) > 40)
        assert [row[1:] for row in rows(terminal)] == [row[1:] for row in still]
        terminal.press("\x1b[H")
        terminal.see(lambda terminal: cursor(terminal) == 0)
        for keys, place in (("j", 1), ("\x1b[B", 2), ("jjj", 5), ("k", 4), ("\x1bOA", 3)):
            terminal.press(keys)
            terminal.see(lambda terminal, place=place: cursor(terminal) == place)  # type: ignore[misc]
        page = [row[1:] for row in rows(terminal)]
        terminal.press("\x1b[6~")
        terminal.see(lambda terminal: [row[1:] for row in rows(terminal)] != page)
        terminal.press("\x1b[5~")
        terminal.see(lambda terminal: cursor(terminal) in range(4))
        terminal.press("\x1b[F")
        terminal.see(lambda terminal: cursor(terminal) == len(rows(terminal)) - 1)
        terminal.press("\x1b[H")
        terminal.see(lambda terminal: cursor(terminal) == 0)

        terminal.press("?")
        terminal.see("pause the picture")
        terminal.press("x")
        terminal.see("  age  ")


def test_keys_narrow_and_group() -> None:
    with PseudoTerminal([*SIM, "--sim-rate", "50"], 120, 30) as terminal:
        terminal.see(lambda terminal: len(rows(terminal)) > 20)
        terminal.press(" ")
        terminal.see("paused")
        terminal.press("/kc@buf")
        terminal.see("/kc@buf_")
        terminal.press("\r")
        terminal.see(
            lambda terminal: "/kc@buf " in header(terminal) and "_" not in footer(terminal)
        )
        whole = number_in(r"open ([\d,]+)", header(terminal))
        narrowed = number_in(r"([\d,]+) RFQs", footer(terminal))
        assert 0 < narrowed < whole
        terminal.press("\x1b")
        terminal.see(lambda terminal: "/kc@buf" not in terminal.text)

        for group in ("event", "leg", "market", "creator", "batch"):
            terminal.press("g")
            terminal.see(
                lambda terminal, group=group: any(  # type: ignore[misc]
                    line.startswith(f" {group} ") and "open dollars" in line
                    for line in terminal.display
                )
            )
        terminal.press("g")
        terminal.see("  age  ")
        terminal.press("gg")
        terminal.see("most RFQs first")
        terminal.see(lambda terminal: "to look at" not in terminal.text)
        largest = next(line for line in terminal.display if line.startswith(">"))
        found = re.match(r">(\S+ \S+: .*?) {2,}.* ([\d,]+) +[\d,–]+ ", largest)  # noqa: RUF001
        assert found
        leg, count = found.groups()
        terminal.press("\r")
        terminal.see(f"in leg {leg}")
        terminal.see(lambda terminal: f"{count} RFQs" in footer(terminal))
        terminal.press("\r")
        opened = re.compile(rf"leg \d+ +yes +{re.escape(leg)} +KX")
        terminal.see(lambda terminal: opened.search(terminal.text) is not None)
        terminal.press("\x1b")
        terminal.see(lambda terminal: not opened.search(terminal.text))
        terminal.press("\x1b")
        terminal.see("most RFQs first")
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_enter_expands_legs_and_quotes() -> None:
    with PseudoTerminal([*SIM, "--sim-rate", "1500", "--fps", "10"], 120, 30) as terminal:
        terminal.see("newest first")
        terminal.press("sss")
        terminal.see("most quotes first")
        quoted = re.compile(r"\$0\.\d{4}.* [1-9]\d* ")
        terminal.see(lambda terminal: bool(quoted.search("".join(rows(terminal)[:1]))))
        terminal.press(" ")
        terminal.see("paused")
        terminal.press("\r")
        terminal.see("quote by")
        assert re.search(r"quote by \S+  yes (\$0\.\d+|–)", terminal.text)  # noqa: RUF001
        assert re.search(r"rfq [0-9a-f-]{36}", terminal.text)
        terminal.press("\r")
        terminal.see(lambda terminal: "quote by" not in terminal.text)
        assert "watching for" in header(terminal)


@pytest.mark.parametrize(
    ("number", "code"),
    [(None, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_signals_give_the_terminal_back(number: int | None, code: int) -> None:
    with PseudoTerminal(SIM) as terminal:
        terminal.see("watching for")
        if number is None:
            terminal.press("\x03")
        else:
            terminal.process.send_signal(number)
        assert terminal.end() == code
        assert_as_before(terminal)
        assert "Traceback" not in terminal.errors()


def test_a_closed_window_ends_the_program() -> None:
    with PseudoTerminal(SIM) as terminal:
        terminal.see("watching for")
        terminal.hang_up()
        assert terminal.process.wait(20) == 129
        assert "Traceback" not in terminal.errors()


def test_keys_come_from_the_terminal_and_never_from_a_pipe() -> None:
    command = "yes qqq? | " + " ".join([*SIM, "2>&1"]) + '; echo "ended $?"'
    with PseudoTerminal(["sh", "-c", command]) as terminal:
        terminal.see("watching for 1s")
        assert "pause the picture" not in terminal.text
        terminal.press("?")
        terminal.see("pause the picture")
        terminal.press("q")
        terminal.see(lambda terminal: "pause the picture" not in terminal.text)
        terminal.press("q")
        assert terminal.end() == 0
        assert "ended 0" in terminal.text
        assert_as_before(terminal)


def test_ctrl_z_and_fg() -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.press(" ".join(SIM) + "\n")
        terminal.see("watching for")
        terminal.press("\x1a")
        terminal.see("Stopped")
        assert terminal.given_back
        terminal.press("fg\n")
        terminal.see(lambda terminal: "watching for" in terminal.text and not terminal.given_back)
        terminal.press("q")
        terminal.see(lambda terminal: terminal.given_back)
        terminal.press('echo "ended $?"\n')
        terminal.see("ended 0")


def colours(raw: bytes) -> set[int]:
    codes = {int(code or 0) for codes in SGR.findall(raw) for code in codes.split(b";")}
    return {code for code in codes if code >= 30}


@pytest.mark.parametrize("no_color", ["", "1"])
def test_no_color_is_heeded(no_color: str) -> None:
    with PseudoTerminal(SIM, NO_COLOR=no_color) as terminal:
        terminal.see(lambda terminal: len(rows(terminal)) > 10)
        terminal.press("q")
        assert terminal.end() == 0
        assert bool(colours(terminal.raw)) is not bool(no_color)
        assert SGR.search(terminal.raw)


def test_a_terminal_that_lacks_characters_gets_others() -> None:
    with PseudoTerminal(SIM, PYTHONIOENCODING="ascii") as terminal:
        terminal.see(lambda terminal: any("?" in row for row in rows(terminal)))
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.raw.isascii()


def test_a_dumb_terminal_is_pointed_to_tail() -> None:
    with PseudoTerminal(SIM, TERM="dumb") as terminal:
        assert terminal.end() == 2
        assert terminal.raw == b""
        said = terminal.errors()
        assert said.startswith("rfqwatch: error: a table moves the cursor")
        assert "rfqwatch tail" in said


def test_a_lost_connection_shows_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    faults = parse_faults("drop@250")
    with running(rate=100, seed=7, standing=0, faults=faults) as exchange:
        key = key_file(tmp_path, exchange.private_key_pem)
        command = [*TABLE, "--url", exchange.url, "--key-id", exchange.key_id, "--key-file", key]
        with PseudoTerminal([*command, "--fps", "20"], 120, 20) as terminal:
            terminal.see(
                lambda terminal: (
                    "watching for" in header(terminal) and ": unknown missed" in header(terminal)
                )
            )
            # Nobody told us again of what was open before: it is neither open nor closed.
            assert "as of" not in header(terminal)
            assert number_in(r" ([\d,]+) unconfirmed", header(terminal)) > 50
            terminal.press("s")
            # After those with quotes, which stand on top.
            terminal.see(lambda terminal: {row[0] for row in rows(terminal)[5:]} == {"?"})
            terminal.press("S")
            terminal.see(lambda terminal: {row[0] for row in rows(terminal)} >= {">", " "})

            os.kill(exchange.pid, signal.SIGKILL)
            terminal.see(lambda terminal: "as of" in header(terminal))
            seen = re.search(r"as of \d\d:\d\d:\d\dZ", header(terminal))
            assert seen
            before = len(terminal.raw)
            terminal.see(
                lambda terminal: bool(
                    re.search(r"reconnecting in \d+\.\ds, down for [1-9]s", header(terminal))
                )
            )
            assert seen[0] in header(terminal)
            assert {row[0] for row in rows(terminal)} <= {"?", "x"}
            assert not any(" open " in row for row in rows(terminal))
            # What the rates are, nobody knows.
            assert re.search(r"created/s [^\d]+ – ", header(terminal))  # noqa: RUF001
            count = number_in(r"open ([\d,]+)", header(terminal))
            assert number_in(r"([\d,]+) unconfirmed", header(terminal)) == count
            drawn = re.findall(rb"\x1b\[\d+;1H\x1b\[([\d;]*)m[?x]", terminal.raw[before:])
            assert drawn
            assert all({b"2", b"7"} & set(codes.split(b";")) for codes in drawn)
            terminal.press("q")
            assert terminal.end() == 0
            assert_as_before(terminal)


def test_a_gap_is_counted_and_fails_at_the_end_where_asked_for() -> None:
    command = [*SIM, "--sim-rate", "100", "--sim-fault", "seq-hole@600", "--fail-on-gap"]
    with PseudoTerminal(command, 120, on_stdin=True) as terminal:
        terminal.see(
            lambda terminal: number_in(r"gap \d+s ago: (\d+) missed", header(terminal)) > 0
        )
        terminal.see("unconfirmed")
        terminal.press("q")
        assert terminal.end() == 7
        assert_as_before(terminal)
        assert "error: the stream had gaps" in terminal.text


def test_every_shard_has_its_place_in_the_header() -> None:
    with PseudoTerminal([*SIM, "--shard", "all/3"], 120) as terminal:
        terminal.see("3 of 3 shards watching")
        for key in range(3):
            assert f"{key}/3 watching for" in header(terminal)


@pytest.mark.parametrize("option", [("--duration", "1s"), ("--count", "30")])
def test_it_ends_when_asked_to(option: tuple[str, str]) -> None:
    with PseudoTerminal([*SIM, *option]) as terminal:
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_a_wrong_key_is_readable_once_the_terminal_is_back(tmp_path: Path) -> None:
    key = key_file(tmp_path, throwaway_key().private_key_pem)
    with running() as exchange:
        command = [*TABLE, "--url", exchange.url, "--key-id", exchange.key_id]
        with PseudoTerminal([*command, "--key-file", key], on_stdin=True) as terminal:
            assert terminal.end() == 4
            assert_as_before(terminal)
            assert "error: " in terminal.text
            assert "401" in terminal.text
            assert "Traceback" not in terminal.text


HOSTILE = (
    "\x1b[2J\x1b[31mRED",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]0;owned\x1b\\",
    "\x9b2J\x9d0;owned\x9c",
    "\u202eevitcepsorp\u2066",
    "zero\u200bwidth\u200d\ufeff",
    "[bold red]markup[/]",
    "漢字かな交じり文",
    "👩\u200d👩\u200d👧 e\u0301\u0301\u0301\u0301",
    "line\r\nfeed\ttab\x00nul",
)


HIDDEN = "[\x00-\x1a\x1c-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"


@contextmanager
def exchange_that_says(frames: list[dict[str, Any]]) -> Iterator[str]:
    """Serve an exchange that acknowledges, says these frames, and is silent; give its URL."""

    def converse(connection: ServerConnection) -> None:
        try:
            command = msgspec.json.decode(connection.recv())
            connection.send(
                msgspec.json.encode(
                    {"id": command["id"], "type": "subscribed", "msg": {"sid": 1}}
                ).decode()
            )
            for seq, frame in enumerate(frames, 1):
                connection.send(msgspec.json.encode({**frame, "sid": 1, "seq": seq}).decode())
            connection.recv()
        except ConnectionClosed:
            pass

    with serve(converse, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/trade-api/ws/v2"
        finally:
            server.shutdown()
            thread.join()


def hostile_frames() -> list[dict[str, Any]]:
    return [
        {
            "type": "rfq_created",
            "msg": {
                "id": f"{number} {text}",
                "market_ticker": f"{number} {text}",
                "event_ticker": text,
                "creator_id": text,
                "mve_collection_ticker": text,
                "contracts_fp": "100.00",
                "mve_selected_legs": [{"market_ticker": text, "event_ticker": text, "side": text}]
                * (number % 2),
            },
        }
        for number, text in enumerate(HOSTILE)
    ]


@pytest.mark.parametrize("columns", [80, 250])
def test_hostile_text_is_seen_and_does_nothing(columns: int, tmp_path: Path) -> None:
    key = key_file(tmp_path, throwaway_key().private_key_pem)
    with (
        exchange_that_says(hostile_frames()) as url,
        PseudoTerminal(
            [*TABLE, "--url", url, "--key-id", "key", "--key-file", key], columns, 30
        ) as terminal,
    ):
        terminal.see(lambda terminal: len(rows(terminal)) == len(HOSTILE))
        for keys in (
            "",
            "\r",
            "\r",
            "g",
            "g",
            "g",
            "g",
            "\r",
            "\x1b",
            "gg",
            "/\x1b[200~\x1b[2Jx\x1b[201~",
        ):
            terminal.press(keys)
            before = len(terminal.raw)
            if keys:
                terminal.see(lambda terminal, before=before: len(terminal.raw) > before)  # type: ignore[misc]
            for shown in terminal.display:
                assert shown.isprintable() or not shown
            assert "q quit" in footer(terminal) or "keeps" in footer(terminal)
        terminal.press("\x1b")
        terminal.see(lambda terminal: len(rows(terminal)) >= len(HOSTILE))
        for sequence in re.findall(rb"\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]|.)", terminal.raw):
            assert re.fullmatch(rb"\x1b\[(\d+;1H|K|2J|[\d;]*m|\?\d+[hl])", sequence)
        assert not re.search(HIDDEN, terminal.raw.decode())
        if columns == 250:
            assert r"0 \x1b[2J\x1b[31mRED" in terminal.text
            assert "[bold red]markup[/]" in terminal.text
            assert r"\u202eevitcepsorp\u2066" in terminal.text
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_tmux_shows_the_same(tmp_path: Path) -> None:
    with Tmux(tmp_path) as tmux:
        tmux.do("send-keys", " ".join(SIM), "Enter")
        tmux.see("watching for 1s", *PICTURE)
        assert tmux.see("1 0 0", *MODES)
        tmux.do("send-keys", "s")
        tmux.see("oldest first", *PICTURE)
        tmux.do("resize-window", "-x", "160", "-y", "40")
        lines = tmux.see("created/s ", *PICTURE).splitlines()
        assert max(map(len, lines)) <= 160
        tmux.do("send-keys", "g")
        tmux.see("most RFQs first", *PICTURE)
        tmux.do("send-keys", "C-c")
        tmux.see("0 1 1", *MODES)
        tmux.do("send-keys", 'clear; echo "ended $?"', "Enter")
        tmux.see("ended ", *PICTURE)


def test_what_is_recorded_beside_it_says_that_its_user_was_done(tmp_path: Path) -> None:
    with PseudoTerminal([*SIM, "--record", str(tmp_path)]) as terminal:
        terminal.see(lambda terminal: len(rows(terminal)) > 3)
        assert "recorded" not in header(terminal)
        terminal.press("q")
        assert terminal.end() == 0
        assert "events recorded" in terminal.errors()
    (file,) = tmp_path.glob("*.jsonl.*")
    tool = {".zst": "zstd", ".gz": "gzip"}[file.suffix]
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([tool, "-dc", file], capture_output=True, check=True)
    *_, last = done.stdout.splitlines()
    assert json.loads(last)["msg"]["reason"] == "quit"


def test_a_record_that_cannot_be_written_is_told_in_the_picture(tmp_path: Path) -> None:
    limited = ["bash", "-c", FULL, "bash", *SIM, "--record", str(tmp_path)]
    with PseudoTerminal(limited) as terminal:
        terminal.see(lambda terminal: "not recorded: File too large" in header(terminal))
        terminal.press("q")
        assert terminal.end() == 1
        assert_as_before(terminal)
        errors = terminal.errors()
    assert "stopped: File too large; trying again" in errors
    assert "could not be recorded: File too large" in errors
    assert "Traceback" not in errors
