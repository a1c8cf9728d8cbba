from __future__ import annotations

import pytest

from rfqwatch.cli.settings.conflicts import fit
from rfqwatch.cli.settings.origin import Kind, Origin
from rfqwatch.errors import UsageError

OF = {
    Kind.DEFAULT: Origin.default,
    Kind.PROFILE: lambda key: Origin.profile(key, "work", "FILE"),
    Kind.SHARED_VARIABLE: lambda key: Origin.variable(f"KALSHI_{key}", shared=True),
    Kind.VARIABLE: lambda key: Origin.variable(f"RFQWATCH_{key}"),
    Kind.FLAG: Origin.flag,
}
"""Origins by how strong they are, given an option's name."""
DEFAULT, PROFILE, SHARED, VARIABLE, FLAG = Kind
NAMES = {"source": "from"}
OPTIONS = (
    *("source", "since", "speed", "lenient", "env", "url", "key_file", "key_command", "shard"),
    *("no_reconnect", "max_retries", "mine", "record", "rotate", "verbose", "quiet", "sim_rate"),
)


def fitted(**given: tuple[Kind, object]) -> set[str]:
    """Give which of the options that are ``given`` are passed over."""
    values: dict[str, object] = dict.fromkeys(OPTIONS)
    origins = {}
    for name in OPTIONS:
        kind, values[name] = given.get(name, (DEFAULT, None))
        origins[name] = OF[kind](NAMES.get(name, name).replace("_", "-"))
    passed = set()

    def pass_over(name: str) -> None:
        passed.add(name)
        values[name], origins[name] = None, Origin.default(name)

    fit(values, origins, pass_over)
    return passed


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [(PROFILE, SHARED), (SHARED, VARIABLE), (PROFILE, VARIABLE), (VARIABLE, FLAG), (PROFILE, FLAG)],
)
@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        ("env", "url"),
        ("url", "env"),
        ("source", "env"),
        ("source", "url"),
        ("key_file", "key_command"),
        ("key_command", "key_file"),
        ("quiet", "verbose"),
        ("verbose", "quiet"),
        ("no_reconnect", "max_retries"),
        ("max_retries", "no_reconnect"),
    ],
)
def test_what_is_given_more_strongly_stands_alone(
    weaker: Kind, stronger: Kind, weak: str, strong: str
) -> None:
    assert fitted(**{weak: (weaker, "x"), strong: (stronger, "y")}) == {weak}


@pytest.mark.parametrize(
    "pair", [("url", "env"), ("key_file", "key_command"), ("verbose", "quiet")]
)
@pytest.mark.parametrize("kind", [PROFILE, VARIABLE, FLAG])
def test_what_is_given_alike_is_refused_by_the_names_that_it_has_there(
    pair: tuple[str, str], kind: Kind
) -> None:
    words = [OF[kind](name.replace("_", "-")).words for name in pair]
    with pytest.raises(UsageError, match=f"^{words[0]} and {words[1]} exclude each other$"):
        fitted(**dict.fromkeys(pair, (kind, "x")))


def test_what_is_off_stands_in_the_way_of_nothing() -> None:
    assert fitted(verbose=(VARIABLE, False), quiet=(PROFILE, True)) == set()


@pytest.mark.parametrize(
    "name", ["env", "url", "key_file", "shard", "mine", "max_retries", "record", "sim_rate"]
)
def test_a_replay_has_no_use_for_options_of_a_watch(name: str) -> None:
    with pytest.raises(UsageError, match=f"^--from replays .*, and --{name.replace('_', '-')} is"):
        fitted(source=(FLAG, ["a"]), **{name: (FLAG, "x")})
    for kind in (PROFILE, VARIABLE):
        assert fitted(source=(FLAG, ["a"]), **{name: (kind, "x")}) == {name}


def test_a_replay_that_a_profile_asks_for_is_told_as_such() -> None:
    with pytest.raises(UsageError, match=r"^from in profile work of FILE replays a recording, and"):
        fitted(source=(PROFILE, ["a"]), shard=(FLAG, "0/2"))


@pytest.mark.parametrize("name", ["since", "speed", "lenient"])
def test_a_watch_has_no_use_for_options_of_a_replay(name: str) -> None:
    with pytest.raises(UsageError, match=f"^--{name} is for a replay"):
        fitted(**{name: (FLAG, 0)})
    assert fitted(**{name: (PROFILE, 0)}) == {name}


@pytest.mark.parametrize("env", [None, "prod", "demo"])
def test_the_simulated_exchange_has_options_of_its_own(env: str | None) -> None:
    with pytest.raises(UsageError, match="are for --env sim"):
        fitted(env=(PROFILE, env), sim_rate=(FLAG, 0))
    assert fitted(env=(FLAG, env), sim_rate=(PROFILE, 5)) == {"sim_rate"}
    assert fitted(env=(PROFILE, "sim"), sim_rate=(FLAG, 5)) == set()


def test_an_address_puts_an_end_to_a_simulation() -> None:
    given = {"env": (PROFILE, "sim"), "sim_rate": (PROFILE, 5), "url": (FLAG, "wss://x")}
    assert fitted(**given) == {"env", "sim_rate"}


def test_files_are_rotated_where_something_is_recorded() -> None:
    with pytest.raises(UsageError, match="are for --record"):
        fitted(rotate=(FLAG, ["1h"]))
    assert fitted(rotate=(PROFILE, ["1h"])) == {"rotate"}
    assert fitted(rotate=(PROFILE, ["1h"]), record=(FLAG, "x")) == set()
