"""Where the value of an option came from."""

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from typer.core import TyperOption


def key_of(option: "TyperOption") -> str:
    """Give the long name of an option, without its dashes: a profile's key."""
    return max(option.opts, key=len).lstrip("-")


class Kind(IntEnum):
    """What gave a value; what is higher wins."""

    DEFAULT = 0
    PROFILE = 1
    SHARED_VARIABLE = 2
    """A variable of the exchange's, `KALSHI_…`, which other programs read as well."""
    VARIABLE = 3
    FLAG = 4


class Origin(NamedTuple):
    """Where the value of one option came from.

    ``source`` is for lists of settings: "flag", "variable RFQWATCH_SHARD", "profile work of FILE",
    "default". ``words`` are for messages about the option, and name it as its user did:
    "--shard", "RFQWATCH_SHARD", "shard in profile work of FILE". ``over``: a profile's words, where
    a variable won over it.
    """

    kind: Kind
    source: str
    words: str
    over: str = ""

    @classmethod
    def default(cls, key: str) -> Self:
        """Give that of an option, by its long name, that nobody gave."""
        return cls(Kind.DEFAULT, "default", f"--{key}")

    @classmethod
    def flag(cls, key: str) -> Self:
        """Give that of an option on the command line."""
        return cls(Kind.FLAG, "flag", f"--{key}")

    @classmethod
    def variable(cls, name: str, *, shared: bool = False) -> Self:
        """Give that of an option that an environment variable names."""
        kind = Kind.SHARED_VARIABLE if shared else Kind.VARIABLE
        return cls(kind, f"variable {name}", name)

    @classmethod
    def profile(cls, key: str, name: str, file: str) -> Self:
        """Give that of a key in a profile of the configuration file."""
        return cls(Kind.PROFILE, f"profile {name} of {file}", f"{key} in profile {name} of {file}")


class Origins(dict[str, Origin]):
    """Origins by the names of parameters, ``key_file``; what nobody has told of, is a flag's."""

    def __missing__(self, name: str) -> Origin:
        """Call an option as the command line does."""
        return Origin.flag(name.replace("_", "-"))
