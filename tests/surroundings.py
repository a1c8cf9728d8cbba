"""What a program that is started finds around it: its clock, its names, its network."""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_DEAF = """
import os, socket, sys
bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bound.bind(("127.0.0.53", 53))
bound.set_inheritable(True)
os.execv(sys.argv[1], sys.argv[1:])
"""


def stepped(
    environment: Mapping[str, str], *, step_s: float | None = None, delay_s: float | None = None
) -> dict[str, str]:
    """Have the clock set by ``step_s`` at each SIGUSR1, and each back-off last ``delay_s``."""
    folder = Path(__file__).parent / "stepped"
    knobs = {"STEP_S": step_s, "DELAY_S": delay_s}
    return {
        **environment,
        "PYTHONPATH": f"{folder}:{environment['PYTHONPATH']}",
        **{name: str(value) for name, value in knobs.items() if value is not None},
    }


def with_names(hosts: str, folder: Path, command: Sequence[str]) -> list[str]:
    """Give a command that runs another with its own file of hosts."""
    return _isolated("-Urm", {"/etc/hosts": hosts}, folder, command)


def with_deaf_server(folder: Path, command: Sequence[str]) -> list[str]:
    """Give a command that runs another where the only name server never answers."""
    holding = [sys.executable, "-c", _DEAF, *command]
    return _isolated("-Urnm", {"/etc/resolv.conf": "nameserver 127.0.0.53\n"}, folder, holding)


def _isolated(
    namespaces: str, files: Mapping[str, str], folder: Path, command: Sequence[str]
) -> list[str]:
    if why := _refusal(namespaces):
        pytest.skip(f"no namespaces of one's own here: {why}")
    steps = ["ip link set lo up"] if "n" in namespaces else []
    for place, text in files.items():
        file = folder / Path(place).name
        file.write_text(text)
        steps.append(f"mount --bind {shlex.quote(str(file))} {place}")
    script = " && ".join([*steps, 'exec "$@"'])
    return ["unshare", namespaces, "sh", "-c", script, "sh", *command]


@cache
def _refusal(namespaces: str) -> str:
    """Say why namespaces can't be made; "" where they can."""
    trial = ["unshare", namespaces, "sh", "-c", "mount --bind /etc/hosts /etc/hosts"]
    if "n" in namespaces:
        trial[-1] += " && ip link set lo up"
    try:
        done = subprocess.run(trial, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""
