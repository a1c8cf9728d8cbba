"""Reads the profiles of the configuration file.

::

    [profile.default]          # taken where no other is named
    key-file = "~/.kalshi/key.pem"

    [profile.football]
    market = ["KXNFL*", "KXNCAAF*"]

No error or warning written here holds a value, which might be a key.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rfqwatch.cli.settings.guessing import did_you_mean
from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DEFAULT = "default"
TABLE = "profile"

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


class Profile(NamedTuple):
    """What one profile says of options, by their long names; no ``name`` where there is none."""

    file: Path
    name: str
    settings: Mapping[str, Any]
    warnings: list[str]


def config_file(environ: Mapping[str, str]) -> Path:
    """Tell where the configuration file is, or would be.

    Relative directories don't count: XDG Base Directory Specification.
    """
    folder = environ.get("XDG_CONFIG_HOME", "")
    at = Path(folder) if folder.startswith("/") else Path(os.path.expanduser("~/.config"))  # noqa: PTH111 - where nobody knows a home, it is no error
    return at / "rfqwatch" / "config.toml"


def read_profile(
    named: str | None,
    by: str,
    keys: Collection[str],
    opposites: Mapping[str, str],
    environ: Mapping[str, str],
) -> Profile:
    """Read the profile that is ``named``, ``by`` a flag or a variable; None: the default one.

    ``keys`` are the long names of all options, and ``opposites`` have that of the flag that each
    would turn round: ``no-combo``, that of ``combo``. Raises `UsageError` for a file that can't be
    read or has something in it that means nothing, and where what is named is not there.
    """
    file = config_file(environ)
    content = _content(file)
    if content is None:
        if named is not None:
            raise UsageError(
                f"{by} names the profile {named}, but there is no {file}",
                f"Write it, with a table [{TABLE}.{named}], or leave {by} out.",
            )
        return Profile(file, "", {}, [])
    profiles = _profiles(file, content)
    if named is not None and named not in profiles:
        raise UsageError(
            f"{by} names the profile {named}, which is not in {file}"
            + did_you_mean(named, profiles),
            f"It has {', '.join(sorted(profiles))}." if profiles else "It has none.",
        )
    name = DEFAULT if named is None else named
    settings = profiles.get(name, {})
    for key in settings:
        if key not in keys:
            other = opposites.get(key)
            meant = f"; did you mean {other} = false?" if other else did_you_mean(key, keys)
            raise UsageError(
                f"{file}, profile {name}: no option is called {key}{meant}",
                "Keys are the long names of options, as rfqwatch COMMAND --help tells them.",
            )
    return Profile(file, name if name in profiles else "", settings, _warnings(file, content))


def _content(file: Path) -> bytes | None:
    """Read a file; None where there is none. Raises `UsageError`."""
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(mode):
        raise UsageError(
            f"{file} is not a regular file",
            "Make a file of it, or move it away: profiles are read from there.",
        )
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} can't be read: {error.strerror}",
            "Make it yours to read, or move it away: profiles are read from there.",
        ) from None


def _profiles(file: Path, content: bytes) -> dict[str, dict[str, Any]]:
    import tomllib

    try:
        tables = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{file} is not UTF-8 text (at line {line})", "Save it as UTF-8."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not TOML: {error}", "See https://toml.io.") from None
    for key in tables:
        if key != TABLE:
            raise UsageError(
                f"{file}: {key} is outside of a profile",
                f"Options belong in tables [{TABLE}.NAME]; that of [{TABLE}.{DEFAULT}] are taken "
                "where no profile is named.",
            )
    profiles = tables.get(TABLE, {})
    named = profiles if isinstance(profiles, dict) else {"": profiles}
    for name, settings in named.items():
        if not isinstance(settings, dict):
            raise UsageError(
                f"{file}: {TABLE}{'.' * bool(name)}{name} is no table",
                f"Options belong in tables [{TABLE}.NAME].",
            )
    return named


def _warnings(file: Path, content: bytes) -> list[str]:
    if not _PRIVATE_KEY.search(content):
        return []
    seen = file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    where = f"{file} holds a private key{', and can be read by other users' * bool(seen)}"
    advice = "put the key into a file of its own, chmod 600, and name that with key-file"
    return [f"{where}: {advice}"]
