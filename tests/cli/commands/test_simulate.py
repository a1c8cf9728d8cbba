from __future__ import annotations

import shlex
import signal
import socket
import subprocess
from pathlib import Path

import narrow_locales
from program import PATIENCE_S, RFQWATCH, bash, clean_environment, is_quiet, rfqwatch


def test_simulate_prints_variables_that_lead_to_it() -> None:
    with subprocess.Popen(
        [*RFQWATCH, "simulate", "--sim-rate", "100"],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = ""
            while "RFQWATCH_URL" not in lines:
                lines += process.stdout.readline()
            tail = "rfqwatch tail -n 3 | jq -r .type"
            done = bash(f"{lines}\nls $KALSHI_PRIVATE_KEY_PATH >&2\n{tail}")
            assert done.returncode == 0
            first, *types, last = done.stdout.split()
            assert (first, last) == ("rfqwatch.subscribed", "rfqwatch.ended")
            assert len(types) == 3
            key_file = done.stderr.splitlines()[0]
            assert Path(key_file).exists()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 143
            assert not Path(key_file).exists()
        finally:
            process.kill()


def test_a_path_that_the_locale_can_t_read_leads_there_too(tmp_path: Path) -> None:
    folder = tmp_path / "ü"
    folder.mkdir()
    environment = clean_environment() | narrow_locales.ASCII | {"TMPDIR": str(folder)}
    with subprocess.Popen(
        [*RFQWATCH, "simulate"], env=environment, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            line = b""
            while b"KALSHI_PRIVATE_KEY_PATH" not in line:
                line = process.stdout.readline()
            path = shlex.split(line.decode().rpartition("=")[2])[0]
            assert Path(path).exists()
            assert folder in Path(path).parents
        finally:
            process.terminate()


def test_nowhere_to_print_to() -> None:
    done = bash("rfqwatch simulate >&-")
    assert done.returncode == 2
    assert is_quiet(done.stderr)
    assert "standard output is closed" in done.stderr


def test_a_full_disk_is_not_the_port_s_fault() -> None:
    done = bash("rfqwatch simulate >/dev/full")
    assert done.returncode == 1
    assert is_quiet(done.stderr)
    assert done.stderr.startswith("rfqwatch: error: standard output can't be written")


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = rfqwatch("simulate", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert is_quiet(done.stderr)
    assert "--port" in done.stderr
