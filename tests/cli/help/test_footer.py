"""What help says of exit codes and variables, held against what the program does with them."""

from __future__ import annotations

import inspect

import pytest

from rfqwatch import errors
from rfqwatch.cli.help.footer import EXITS, VARIABLES, Exit, Variable, exits, variables
from rfqwatch.cli.settings.variables import KEY_ID_VARIABLES, KEY_PATH_VARIABLES, KEY_VARIABLE
from rfqwatch.reference.commandline import declared


def test_every_exit_code_is_told() -> None:
    known = {
        class_.exit_code
        for _, class_ in inspect.getmembers(errors, inspect.isclass)
        if issubclass(class_, errors.RfqwatchError)
    }
    told = {code for each in EXITS for code in each.codes}
    assert {code for code in told if 0 < code < 128} == known


def test_the_variables_of_a_key_are_those_that_are_read() -> None:
    ours = {*KEY_ID_VARIABLES, *KEY_PATH_VARIABLES, KEY_VARIABLE}
    told = {name for variable in VARIABLES for name in variable.names}
    assert {name for name in told if name.startswith("KALSHI_")} == ours


@pytest.mark.parametrize("what", [*VARIABLES, *EXITS])
def test_all_of_it_concerns_an_option_that_there_is(what: Variable | Exit) -> None:
    options = {
        name
        for command in declared().commands
        for option in command.options
        for name in option.names
    }
    assert options.issuperset(what.options)


def test_a_command_is_concerned_by_its_options() -> None:
    assert not variables(["--help"])
    assert [each.codes for each in exits(["--help"])][1:-1] == [(1,), (2,)]
    assert [each.names[0] for each in variables(["--help", "--color"])] == ["NO_COLOR"]
    assert [each.codes for each in exits(["-q", "--lenient"])][-2] == (8,)
