"""What a maintainer runs before a release, beside `.ci/run`: every Python here, all that is used.

::

    pip install 'nox[uv]'
    nox -f .ci/noxfile.py                           # all of it, half an hour
    nox -f .ci/noxfile.py -s 'suite-3.13(lowest)'   # one of the sessions that --list names
    nox -f .ci/noxfile.py -s coverage -- -k decode  # what stands behind -- is pytest's

What is committed is tried, as a wheel, far from its sources.
"""

import os
import shutil
import tarfile
from pathlib import Path

import nox

TOP = Path(__file__).parents[1]
# Those that pyenv has count wherever its shims point.
os.environ["PATH"] = os.pathsep.join(
    [*map(str, Path.home().glob(".pyenv/versions/3.*/bin")), os.environ["PATH"]]
)
PYTHONS = [
    f"3.{minor}{threading}"
    for minor in range(11, 30)
    for threading in ("", "t")
    if shutil.which(f"python3.{minor}{threading}")
]
RUN = "pytest", "--numprocesses", "3", "--dist", "worksteal"
NEWEST = [python for python in PYTHONS if not python.endswith("t")][-1]

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"


def installed(session: nox.Session, versions: str) -> None:
    """Install the wheel and what tests need, go where the rest of the project is but it is not."""
    here = Path(session.create_tmp()).resolve() / "here"
    shutil.rmtree(here, ignore_errors=True)
    packed = here.with_suffix(".tar")
    with session.chdir(TOP):
        session.run("git", "archive", f"--output={packed}", "HEAD", external=True)
    with tarfile.open(packed) as archive:
        archive.extractall(here, filter="data")
    session.chdir(here)
    session.run("uv", "build", "--quiet", "--wheel", silent=True)
    # The requirements as they stand: "direct" are those of the project.
    session.install("-r", "pyproject.toml", "--extra", "test", "--resolution", versions)
    session.install("--no-deps", *map(str, Path("dist").glob("*.whl")))
    session.run("uv", "pip", "check")
    shutil.rmtree("rfqwatch")


@nox.session(python=PYTHONS)
@nox.parametrize(
    "versions", [nox.param("lowest-direct", id="lowest"), nox.param("highest", id="newest")]
)
def suite(session: nox.Session, versions: str) -> None:
    """Run all tests, or those named, with the lowest or the newest versions of what is used."""
    installed(session, versions)
    session.run(*RUN, *session.posargs)


@nox.session(python=NEWEST)
def coverage(session: nox.Session) -> None:
    """Print what lines and branches the tests reach; of the pure middle that must be all."""
    installed(session, "highest")
    session.install("coverage>=7.10")
    session.run("coverage", "run", "-m", *RUN, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--skip-covered")
    ask = "from test_imports import MODULES, is_pure; print(*filter(is_pure, MODULES), sep=',')"
    pure = session.run("python", "-c", ask, env={"PYTHONPATH": "tests"}, silent=True)
    session.run(
        "coverage", "report", f"--include={str(pure).strip()}", "--fail-under=100",
        "--skip-covered", "--show-missing",
    )  # fmt: skip


@nox.session(python=NEWEST)
def audit(session: nox.Session) -> None:
    """Ask for known weaknesses of the five packages, of the extras, of all that these need."""
    pinned = Path(session.create_tmp()).resolve() / "pinned.txt"
    session.chdir(TOP)
    session.run(
        "uv", "pip", "compile", "--quiet", "--all-extras", f"--output-file={pinned}",
        "pyproject.toml", silent=True,
    )  # fmt: skip
    session.install("pip-audit")
    # Strict: a package that the database can't be asked for is no package without weaknesses.
    session.run("pip-audit", "--strict", "--disable-pip", "--no-deps", f"--requirement={pinned}")
