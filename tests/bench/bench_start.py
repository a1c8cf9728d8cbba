"""What ``rfqwatch --help`` and a TAB cost against those of an empty Typer app.

A TAB is that of bash, after ``tail --``: ours starts no program, and is timed with the bash that it
runs in.

Whole processes are timed, in alternation, from their start to their end; their CPU time too, as it
says more on a busy machine.

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
from typing import NamedTuple

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
COMPLETION = Path(__file__).parents[2] / "completions" / "rfqwatch.bash"
TAB = """
source {script}
COMP_LINE='rfqwatch tail --env=sim --' COMP_WORDS=(rfqwatch tail --env = sim --) COMP_CWORD=5
_rfqwatch rfqwatch -- sim
echo tail "${{COMPREPLY[@]}}"
"""
RUN = "import sys; from {module} import main; sys.argv = {argv}; main()"


class Command(NamedTuple):
    """What to run, and what it finds in its environment beside the usual."""

    argv: list[str]
    environment: dict[str, str]


def script(directory: Path, module: str, name: str, *arguments: str) -> list[str]:
    """Write what an installed console script does, and give the command that runs it."""
    path = directory / f"{name}_{len(arguments)}"
    path.write_text(RUN.format(module=module, argv=[name, *arguments]))
    return [sys.executable, str(path)]


class Cost(NamedTuple):
    """What a whole process took."""

    wall_s: float
    cpu_s: float


def run(command: Command) -> Cost:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.argv, env={**os.environ, **command.environment}, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode or b"tail" not in said:
        raise SystemExit(f"{command.argv} failed: {said.decode()}")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime)


def compare(what: str, rounds: int, ours: Command, theirs: Command) -> None:
    """Time two commands in alternation, and print their medians and ratios."""
    run(ours)
    run(theirs)
    pairs = [(run(ours), run(theirs)) for _ in range(rounds)]
    for kind in Cost._fields:
        times = [(getattr(our, kind), getattr(their, kind)) for our, their in pairs]
        our_ms, their_ms = (statistics.median(each) * 1000 for each in zip(*times, strict=True))
        ratios = sorted(our / their for our, their in times)
        low, median, high = statistics.quantiles(ratios, n=4)
        print(
            f"{what}, {kind.removesuffix('_s')}: rfqwatch {our_ms:.0f} ms, an empty Typer app "
            f"{their_ms:.0f} ms; ratio: median {median:.3f}, half of them {low:.3f} to {high:.3f}, "
            f"all {ratios[0]:.3f} to {ratios[-1]:.3f}, {rounds} rounds",
            flush=True,
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
            Command(script(directory, "rfqwatch.cli.main", "rfqwatch", "--help"), {}),
            Command(script(directory, "empty_app", "empty", "--help"), {}),
        )
        compare(
            "a TAB",
            rounds,
            Command(["bash", "-c", TAB.format(script=COMPLETION)], {}),
            Command(
                script(directory, "empty_app", "empty"),
                {
                    "_EMPTY_COMPLETE": "complete_bash",
                    "COMP_WORDS": "empty ta",
                    "COMP_CWORD": "1",
                },
            ),
        )


if __name__ == "__main__":
    main()
