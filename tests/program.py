"""The program as a user runs it: from a shell, to its end or until it is told to end."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rfqwatch as package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rfqwatch.simulator.serving import Running

RFQWATCH = [sys.executable, "-m", "rfqwatch"]
FULL = 'unset COVERAGE_PROCESS_CONFIG; ulimit -f 0; exec "$@"'
"""For bash: no file can grow, those of whoever counts the lines that are run among them."""
PATIENCE_S = 60
"""How long anything may take on a busy machine; nothing waits so long when it works."""


def clean_environment() -> dict[str, str]:
    """Give the environment of a user who has set nothing, and whose pipes are buffered."""
    prefixes = ("KALSHI_", "RFQWATCH_", "PYTHONUNBUFFERED", "PYTEST", "COV_", "PYTHONWARNINGS")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(prefixes)
    }
    # What is started is what the tests import: these sources, or an installed wheel.
    environment["PYTHONPATH"] = str(Path(package.__file__).parents[1])
    environment["XDG_CONFIG_HOME"] = "/nowhere"
    return environment


class Exchange:
    """A simulated exchange in a process of its own, and the variables that lead to it."""

    def __init__(self, simulated: Running, folder: Path) -> None:
        self.url = simulated.url
        self.key_id = simulated.key_id
        self.accounts = simulated.accounts
        key_file = folder / f"{simulated.key_id}.pem"
        key_file.touch(mode=0o600)
        key_file.write_bytes(simulated.private_key_pem)
        self.environment = clean_environment() | {
            "KALSHI_API_KEY_ID": simulated.key_id,
            "KALSHI_PRIVATE_KEY_PATH": str(key_file),
            "RFQWATCH_URL": simulated.url,
        }


def rfqwatch(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run(
        [*RFQWATCH, *arguments],
        env=environment or clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def bash(
    script: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which $RFQWATCH is the command."""
    return subprocess.run(
        ["bash", "-c", f'rfqwatch() {{ {shlex.join(RFQWATCH)} "$@"; }}\n{script}'],
        env=environment or clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@contextmanager
def started(*arguments: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start, and wait until the stream is live."""
    with subprocess.Popen(
        [*RFQWATCH, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # Nothing that was read is kept from `communicate`.
    ) as process:
        try:
            assert process.stderr is not None
            said = b""
            while b"watching" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            yield process
        finally:
            process.kill()


def rest(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Read both outputs to their ends."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return out.decode(), err.decode()


def events(lines: str) -> list[dict[str, Any]]:
    parsed = [json.loads(line) for line in lines.splitlines()]
    return [line for line in parsed if not line["type"].startswith("rfqwatch.")]


def is_quiet(stderr: str) -> bool:
    """Tell whether nothing but rfqwatch's own lines were said."""
    return all(line.startswith("rfqwatch: ") for line in stderr.splitlines())
