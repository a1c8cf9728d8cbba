from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded_lines import START_MS, created, deleted, line, quoted

from rfqwatch.exchange import events
from rfqwatch.exchange.events import ANONYMOUS_CREATORS
from rfqwatch.exchange.notices import Gap
from rfqwatch.report import sizes
from rfqwatch.report.contents import Report
from rfqwatch.report.reading import lines_of

if TYPE_CHECKING:
    from rfqwatch.exchange.notices import GapReason


def take(report: Report, *lines: str) -> Report:
    read = lines_of("".join(f"{each}\n" for each in lines).encode())
    assert read is not None
    report.take(read)
    return report


def answered(report: Report, most: int = 10) -> dict[str, Any]:
    return {
        answer.name: [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        for answer in report.answers(most)
    }


def facts(report: Report, name: str) -> dict[str, Any]:
    (answer,) = (answer for answer in report.answers(10) if answer.name == name)
    return dict(answer.facts)


def test_demand_by_hour_collection_event_and_leg() -> None:
    report = take(
        Report(),
        created("a", legs="AB", mve_collection_ticker="C1"),
        created("b", legs="Ab", target_cost_dollars=None, contracts_fp="2.50"),
        created("c", 3_600_000, legs="A", target_cost_dollars="0.123456"),
    )
    answers = answered(report)
    hours = [(row["hour"], row["rfqs"], str(row["dollars"])) for row in answers["rfqs_by_hour"]]
    assert hours == [
        ("2026-11-24T18:00:00Z", 2, "12.500000"),
        ("2026-11-24T19:00:00Z", 1, "0.123456"),
    ]
    assert [row["collection"] for row in answers["rfqs_by_collection"]] == [None, "C1"]
    events = {row["event"]: row["rfqs"] for row in answers["rfqs_by_event"]}
    assert events == {"EVENT-A": 3, "EVENT-B": 2}
    legs = {row["leg"]: (row["rfqs"], str(row["dollars"])) for row in answers["rfqs_by_leg"]}
    assert legs == {
        "M-A yes": (3, "12.623456"),
        "M-B yes": (1, "10.000000"),
        "M-B no": (1, "2.500000"),
    }


def test_an_rfq_counts_once_for_an_event_with_several_of_its_legs() -> None:
    legs = [{"event_ticker": "E", "market_ticker": f"M-{n}", "side": "yes"} for n in (1, 2)]
    answers = answered(take(Report(), created("a", mve_selected_legs=legs)))
    assert [(row["event"], row["rfqs"]) for row in answers["rfqs_by_event"]] == [("E", 1)]


def test_an_rfq_that_is_no_combo_counts_for_its_market() -> None:
    plain: dict[str, Any] = {"market_ticker": "FED-T3", "event_ticker": "FED"}
    report = take(Report(), created("a", mve_selected_legs=None, **plain))
    answers = answered(report)
    assert answers["rfqs_by_leg"][0]["leg"] == "FED-T3"
    assert answers["rfqs_by_event"][0]["event"] == "FED"
    assert facts(report, "combos_asked_again")["rfqs"] == 0


def test_what_is_announced_again_counts_once() -> None:
    report = take(Report(), created("a"), created("a", 10))
    assert facts(report, "rfqs_by_hour")["rfqs"] == 1
    assert facts(report, "life_times")["announced_again"] == 1


@pytest.mark.parametrize(
    ("cost", "contracts", "dollars", "unsized"),
    [("NaN", None, "0", 1), ("0.00", "3.00", "3", 0), (None, None, "0", 1), ("-1", "2", "2", 0)],
)
def test_odd_sizes(cost: str | None, contracts: str | None, dollars: str, unsized: int) -> None:
    sizes: dict[str, Any] = {"target_cost_dollars": cost, "contracts_fp": contracts}
    told = facts(take(Report(), created("a", **sizes)), "rfqs_by_hour")
    assert (f"{told['dollars']:.0f}", told["without_size"]) == (dollars, unsized)


def test_the_sizes_of_early_2026() -> None:
    legacy: dict[str, Any] = {"target_cost_dollars": None, "target_cost": 3_500}
    told = facts(take(Report(), created("a", **legacy)), "rfqs_by_hour")
    assert told["dollars"] * 100 == 35


def test_a_combo_asked_again_in_another_order_at_other_sizes() -> None:
    report = take(
        Report(),
        created("a", legs="ABc"),
        created("b", legs="cBA", target_cost_dollars="2.0000"),
        created("c", legs="BcA"),
        created("d", legs="ABC"),
    )
    (row,) = answered(report)["combos_asked_again"]
    assert (row["rfqs"], row["sizes"]) == (3, {"$10": 2, "$2": 1})
    assert sorted(row["legs"].split(" + ")) == ["M-A yes", "M-B yes", "M-C no"]
    assert facts(report, "combos_asked_again")["again"] == 2


def test_pairs_of_legs() -> None:
    answers = answered(
        take(Report(), created("a", legs="ABC"), created("b", legs="ba"), created("c", legs="BA"))
    )
    pairs = {frozenset((row["leg"], row["other_leg"])): row["rfqs"] for row in answers["leg_pairs"]}
    assert pairs.pop(frozenset({"M-A yes", "M-B yes"})) == 2
    assert set(pairs.values()) == {1}
    assert len(pairs) == 3


def test_creators_and_those_who_hide() -> None:
    hidden = [
        created(f"h{n}", creator_id=name) for n, name in enumerate(sorted(ANONYMOUS_CREATORS))
    ]
    report = take(Report(), created("a"), created("b"), created("c", creator_id="c2"), *hidden)
    named = [(row["creator"], row["rfqs"]) for row in answered(report)["creators"]]
    assert named == [("c1", 2), ("c2", 1)]
    assert facts(report, "creators")["anonymous_rfqs"] == len(hidden)


def test_life_times_are_of_the_exchanges_clock_where_it_dates_both_ends() -> None:
    report = take(
        Report(),
        created("a", 0),
        deleted("a", 90, deleted_ts="2026-11-24T18:00:00.040Z"),
        created("b", 0),
        deleted("b", 30, deleted_ts=None),
        deleted("unseen", 50),
        created("open", 60),
    )
    (row,) = answered(report)["life_times"]
    assert (row["count"], row["p10_ms"], row["p99_ms"]) == (2, 30, 30)
    told = facts(report, "life_times")
    assert told["measured_by_receipt"] == 1
    assert (told["still_open"], told["deleted_but_never_announced"]) == (1, 1)


def test_what_became_of_quotes() -> None:
    report = take(
        Report(),
        created("r", 0),
        quoted("quote_created", "q1", 20),
        quoted("quote_created", "q2", 30, no_bid_dollars="0.5950"),
        quoted("quote_created", "q3", 40, maker="them", rfq_creator_id="me", rfq_id="mine"),
        quoted("quote_accepted", "q2", 50, no_bid_dollars="0.5950"),
        quoted("quote_executed", "q2", 80),
        deleted("mine", 90),
    )
    answers = answered(report)
    rows = {(row["whose"], row["spread"]): row for row in answers["quotes_by_spread"]}
    fates = ("made", "replaced", "accepted", "executed", "lapsed")
    assert {key: [row[fate] for fate in fates] for key, row in rows.items()} == {
        ("own", "up to 0.05"): [1, 1, 0, 0, 0],
        ("own", "up to 0.01"): [1, 0, 1, 1, 0],
        ("received", "up to 0.05"): [1, 0, 0, 0, 1],
    }
    assert {row["contracts"] for row in answers["quotes_by_contracts"]} == {"up to 100"}
    waits = [(row["count"], row["p50_ms"]) for row in answers["waits"]]
    # An acceptance is dated by its sending, 5 ms before its receipt.
    assert waits == [(1, 20), (1, 15), (1, 35)]


def test_quotes_of_which_little_is_told() -> None:
    report = take(
        Report(),
        created("r", created_ts=None),
        # Nothing is said of sizes, nor by some of what is bid.
        *(
            quoted(
                "quote_created",
                quote,
                20,
                maker,
                yes_bid_dollars=bid,
                yes_contracts_offered_fp=None,
                no_contracts_offered_fp=None,
            )
            for quote, maker, bid in (("q1", "me", None), ("q2", "her", "0.0000"))
        ),
        quoted("quote_accepted", "q2", 30, "her"),
        # It was made, and accepted, before the recording.
        quoted("quote_executed", "q0", 40, "him"),
        quoted("quote_accepted", "q3", 50, "him"),
        deleted("r", 60),
    )
    answers = answered(report)
    fates = {
        row["spread"]: (row["made"], row["replaced"], row["accepted"], row["executed"])
        for row in answers["quotes_by_spread"]
    }
    assert fates["one side only"] == (1, 0, 1, 0)
    assert fates["unknown"] == (2, 0, 0, 1)
    assert "unknown" in {row["contracts"] for row in answers["quotes_by_contracts"]}
    # The first quote came 20 ms after the RFQ by the receipts, as this has no time of its own.
    assert [row["count"] for row in answers["waits"]] == [1, 1, 0]
    assert answers["waits"][0]["p50_ms"] == 20


def test_combos_of_a_size_that_cannot_be_read() -> None:
    sizes: dict[str, Any] = {"target_cost_dollars": None}
    report = take(Report(), created("a", **sizes), created("b", **sizes))
    (row,) = answered(report)["combos_asked_again"]
    assert row["sizes"] == {"?": 2}


def test_whose_quotes_they_are_can_be_unknown() -> None:
    answers = answered(take(Report(), created("r"), quoted("quote_created", "q", 5)))
    assert [row["whose"] for row in answers["quotes_by_contracts"]] == ["unknown"]


def test_batches_count_as_their_rfqs() -> None:
    legs = [{"market_ticker": name, "event_ticker": "E", "side": "yes"} for name in ("A", "B", "C")]
    batch = {
        "id": "batch",
        "creator_id": "c1",
        "legs": legs,
        "rfqs": [
            {"id": "x", "target_cost_dollars": "5", "leg_indices": [0, 1]},
            {"id": "y", "contracts_fp": "7.00", "leg_indices": [1, 2, 9]},
        ],
    }
    report = take(
        Report(),
        line("rfq_batch_created", 0, batch),
        line("rfq_batch_deleted", 70, {"id": "batch", "rfq_ids": ["x", "y"]}),
    )
    answers = answered(report)
    assert {row["leg"]: row["rfqs"] for row in answers["rfqs_by_leg"]} == {
        "A yes": 1,
        "B yes": 2,
        "C yes": 1,
    }
    assert (answers["rfqs_by_hour"][0]["rfqs"], answers["life_times"][0]["p50_ms"]) == (2, 70)


def gap(reason: GapReason, from_ms: int, to_ms: int | None, missed: int | None = None) -> Gap:
    return Gap(
        reason,
        missed=missed,
        sid=None,
        last_seq=None,
        next_seq=None,
        from_ms=START_MS + from_ms,
        to_ms=None if to_ms is None else START_MS + to_ms,
    )


def test_completeness() -> None:
    report = take(Report(), created("a", 0))
    report.gap(gap("disconnected", 100, 300), "", START_MS + 300)
    # Of two that overlap, the time lacks once.
    report.gap(gap("seq", 200, 400, missed=3), "", START_MS + 400)
    report.unread("", START_MS + 500)
    take(report, created("b", 900))
    report.gap(gap("disconnected", 900, None), "", START_MS + 1_000)
    told = facts(report, "completeness")
    assert told["covered_share"] == 0.6
    assert (told["breaks_off"], told["shards"], told["subscriptions"]) == ("no", 1, 0)
    assert (told["messages"], told["messages_not_understood"]) == (3, 1)
    assert (told["gaps"], told["missed"], told["gaps_of_unknown_size"]) == (3, None, 2)
    assert told["missed_at_least"] == 3
    assert (told["from"], told["to"]) == ("2026-11-24T18:00:00Z", "2026-11-24T18:00:01Z")
    rows = {row["reason"]: row["time_s"] for row in answered(report)["completeness"]}
    assert rows == {"disconnected": 0.3, "seq": 0.1}


def test_what_can_not_be_known_of_completeness_is_not_claimed() -> None:
    report = take(Report(), created("a", 0), created("b", 900))
    report.gap(gap("seq", 499, 500, missed=3), "", START_MS + 500)
    report.live("", START_MS + 600)
    assert facts(report, "completeness")["subscriptions"] == 1
    assert facts(report, "completeness")["missed"] == 3
    assert facts(report, "completeness")["covered_share"] == pytest.approx(0.9988, abs=1e-4)
    report.broken_off()
    take(report, line("rfq_deleted", 1_000, {"id": "b"}, seq=None))
    told = facts(report, "completeness")
    assert (told["breaks_off"], told["covered_share"]) == ("yes", None)
    assert (told["missed"], told["missed_at_least"]) == (None, 3)


def test_what_was_executed_is_open_no_longer() -> None:
    told = {"quote_id": "q", "rfq_id": "a"}
    report = take(Report(), created("a", 0), created("b", 1), line("quote_executed", 2, told))
    lives = facts(report, "life_times")
    assert (lives["still_open"], lives["executed_not_deleted"]) == (1, 1)
    lives = facts(take(report, line("rfq_deleted", 3, {"id": "a"})), "life_times")
    assert (lives["still_open"], lives["executed_not_deleted"]) == (1, 0)
    batch = {"rfq_batch_id": "x", "executed_rfq_ids": ["b"], "failed_rfq_ids": ["never seen"]}
    lives = facts(take(report, line("rfq_batch_executed", 4, batch)), "life_times")
    assert (lives["still_open"], lives["executed_not_deleted"]) == (0, 1)


def test_lag() -> None:
    unsent = line("rfq_deleted", 0, {"id": "r"}, sending_ts_ms=None)
    report = take(Report(), unsent)
    assert answered(report)["lag"][0]["count"] == 0
    (row,) = answered(take(Report(), created("a")))["lag"]
    assert (row["count"], row["p50_ms"], row["p99_ms"]) == (1, 5, 5)


def test_nothing_at_all() -> None:
    report = Report()
    assert report.messages == 0
    assert all(not rows for rows in [answered(report)["rfqs_by_hour"]])


def test_lists_are_cut() -> None:
    answers = answered(take(Report(), created("a", legs="ABCDEFG")), most=3)
    assert len(answers["rfqs_by_leg"]) == len(answers["leg_pairs"]) == 3


def test_dollars_add_up_however_many_amounts_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "_MOST_TEXTS", 2)
    monkeypatch.setattr(events, "_MOST_KNOWN", 2)
    sums = (created(f"r{n}", target_cost_dollars=f"1000.{n}") for n in range(6))
    (hour,) = answered(take(Report(), *sums))["rfqs_by_hour"]
    assert (hour["rfqs"], str(hour["dollars"])) == (6, "6001.500000")
