"""What ``rfqwatch --help`` and completion cost against those of an empty Typer app.

Whole processes are timed, in alternation, from their start to their end.

    python tests/bench/bench_start.py [--rounds 20]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMPTY = """
import typer
app = typer.Typer(name="empty")
@app.callback()
def empty() -> None:
    "Do nothing."
@app.command()
def tail() -> None:
    "Do nothing either."
def main() -> None:
    app()
"""
RUN = "import sys; from {module} import main; sys.argv = {argv}; main()"


def script(directory: Path, module: str, name: str, *arguments: str) -> list[str]:
    """Write what an installed console script does, and give the command that runs it."""
    path = directory / f"{name}_{len(arguments)}"
    path.write_text(RUN.format(module=module, argv=[name, *arguments]))
    return [sys.executable, str(path)]


def wall_s(command: list[str], environment: dict[str, str]) -> float:
    """Run a command to its end; give the seconds it took."""
    start = time.perf_counter()
    ran = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, check=False
    )
    took_s = time.perf_counter() - start
    if ran.returncode or not ran.stdout:
        raise SystemExit(f"{command} failed: {ran.stderr.decode()}")
    return took_s


def compare(
    what: str,
    rounds: int,
    ours: tuple[list[str], dict[str, str]],
    theirs: tuple[list[str], dict[str, str]],
) -> None:
    """Time two commands in alternation, and print their medians and ratio."""
    wall_s(*ours)
    wall_s(*theirs)
    pairs = [(wall_s(*ours), wall_s(*theirs)) for _ in range(rounds)]
    ratios = sorted(our_s / their_s for our_s, their_s in pairs)
    our_ms, their_ms = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    print(
        f"{what}: rfqwatch {our_ms:.0f} ms, an empty Typer app {their_ms:.0f} ms; ratio: median "
        f"{statistics.median(ratios):.3f}, {ratios[0]:.3f} to {ratios[-1]:.3f}, {rounds} rounds"
    )


def main() -> None:
    """Compare help and completion."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "empty_app.py").write_text(EMPTY)
        compare(
            "--help",
            rounds,
            (script(directory, "rfqwatch.cli", "rfqwatch", "--help"), {}),
            (script(directory, "empty_app", "empty", "--help"), {}),
        )
        compare(
            "completion",
            rounds,
            (script(directory, "rfqwatch.cli", "rfqwatch"), completing("rfqwatch")),
            (script(directory, "empty_app", "empty"), completing("empty")),
        )


def completing(name: str) -> dict[str, str]:
    """Give the environment in which a shell asks for what may follow ``ta``."""
    return {
        f"_{name.upper()}_COMPLETE": "complete_bash",
        "COMP_WORDS": f"{name} ta",
        "COMP_CWORD": "1",
    }


if __name__ == "__main__":
    main()
