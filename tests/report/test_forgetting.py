"""Of long recordings the rarer half is forgotten, and how much counts may lack is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorded_lines import created, quoted

from rfqwatch.report import contents, gathering
from rfqwatch.report.contents import Report
from rfqwatch.report.legs import Legs
from rfqwatch.report.questions import pairs, quoting
from rfqwatch.report.questions.combos import Combos
from rfqwatch.report.questions.lives import Lives
from rfqwatch.report.reading import block_of, lines_of

if TYPE_CHECKING:
    import pytest

TEN_DOLLARS = 10_000_000 << 80 | 1
"""Millionths of dollars, above how many RFQs they are of: `rfqwatch.report.sizes.Size`."""


def take(report: Report, *lines: str) -> None:
    read = lines_of("".join(f"{each}\n" for each in lines).encode())
    assert read is not None
    report.take(read)


def all_of(report: Report) -> dict[str, Any]:
    return {answer.name: (answer.rows, answer.facts) for answer in report.answers(10)}


def test_it_is_the_same_however_often_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    seldom, often = Report(), Report()
    combos = [created(f"r{n}", legs="AB" if n % 3 else "BC") for n in range(9)]
    for combo in combos:
        take(seldom, combo)
    monkeypatch.setattr(gathering, "MOST_GATHERED", 1)
    for combo in combos:
        take(often, combo)
    assert all_of(often) == all_of(seldom)


def test_of_too_many_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_LEGS", 4)
    report = Report()
    take(report, *(created(f"r{n}", legs="AB") for n in range(3)), created("s", legs="CDEF"))
    all_of(report)
    take(report, created("t", legs="AB"))
    told = all_of(report)
    assert [row[:2] for row in told["rfqs_by_leg"][0]] == [("M-A yes", 4), ("M-B yes", 4)]
    assert told["rfqs_by_leg"][1]["counts_may_lack"] == 1
    assert [row[:2] for row in told["combos_asked_again"][0]] == [("M-A yes + M-B yes", 4)]
    assert told["leg_pairs"][0] == [("M-A yes", "M-B yes", 4)]


def test_of_too_many_combos() -> None:
    legs = Legs()
    legs.names = dict(enumerate("ABC"))
    combos = Combos(legs, most=2)
    for pair, count in (((0, 1), 3), ((0, 2), 2), ((1, 2), 1)):
        combos.take_legs([(pair, [TEN_DOLLARS] * count, TEN_DOLLARS * count)])
    (answer,) = combos.answers(10)
    assert answer.rows == [("A + B", 3, {"$10": 3})]
    assert answer.facts == {"rfqs": 6, "again": 3, "counts_may_lack": 2}


def test_of_pairs_with_a_leg_that_became_frequent_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_GATHERED", 1)
    monkeypatch.setattr(pairs, "MOST_PAIRED", 2)
    report = Report()
    take(report, created("r", legs="AB"))
    take(report, *(created(f"s{n}", legs="CD") for n in range(3)))
    rows, told = all_of(report)["leg_pairs"]
    assert rows == [("M-C yes", "M-D yes", 3), ("M-A yes", "M-B yes", 1)]
    assert told["counts_may_lack"] == 3


def test_of_too_many_open_rfqs() -> None:
    lives = Lives(most=4)
    read = lines_of("".join(created(f"r{n}") + "\n" for n in range(5)).encode())
    assert read is not None
    assert len(lives.opened(block_of(read).created)) == 5
    assert [*lives.open] == ["r2", "r3", "r4"]
    (answer,) = lives.answers(10)
    assert answer.facts["forgotten"] == 2


def test_of_quotes_on_too_many_rfqs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "MOST_HELD", 1)
    report = Report()
    take(
        report,
        quoted("quote_created", "q", 0, rfq_id="r"),
        quoted("quote_created", "q", 10, rfq_id="s"),
        quoted("quote_accepted", "q", 20, rfq_id="r"),
        quoted("quote_accepted", "q", 30, rfq_id="s"),
    )
    made, replaced, accepted, *_ = all_of(report)["quotes_by_contracts"][0][0][2:]
    # That of the RFQ forgotten is another quote by then.
    assert (made, replaced, accepted) == (4, 0, 2)
