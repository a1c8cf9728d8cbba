from __future__ import annotations

import inspect
import re

import pytest

from rfqwatch import errors
from rfqwatch.errors import RfqwatchError

CLASSES = {
    name: class_
    for name, class_ in inspect.getmembers(errors, inspect.isclass)
    if issubclass(class_, RfqwatchError)
}
DRAWN = re.findall(r"(\w+Error)\s+(\d+)\s+\S", errors.__doc__ or "")


def test_every_error_is_of_the_tree() -> None:
    exceptions = {
        name
        for name, class_ in inspect.getmembers(errors, inspect.isclass)
        if issubclass(class_, BaseException)
    }
    assert exceptions == CLASSES.keys()


def test_the_tree_is_drawn_as_it_is() -> None:
    assert {name: int(code) for name, code in DRAWN} == {
        name: class_.exit_code for name, class_ in CLASSES.items()
    }


@pytest.mark.parametrize("name", CLASSES)
def test_an_error_is_a_message_and_advice(name: str) -> None:
    class_ = CLASSES[name]
    error = class_("what happened", "what to do")
    assert (str(error), error.message, error.advice) == (
        "what happened",
        "what happened",
        "what to do",
    )
    assert class_("what happened").advice == ""


def test_exit_codes_are_those_promised() -> None:
    assert [class_.exit_code for _, class_ in sorted(CLASSES.items())] == [
        5,  # ConnectionFailedError
        3,  # CredentialsError
        7,  # GapsError
        1,  # OutputError
        8,  # RecordingError
        4,  # RefusedError
        1,  # RfqwatchError
        6,  # SubscriptionRefusedError
        2,  # UsageError
    ]
