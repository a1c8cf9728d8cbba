"""Examples of each command, as its help begins with them."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A line of shell, and what it is for."""

    what: str
    line: str


EXAMPLES = {
    "rfqwatch": (
        Example("See it run, without an account:", "rfqwatch table --env sim"),
        Example(
            "The markets that are asked for, as lines to pipe:",
            "rfqwatch tail --type rfq_created | jq -r .msg.market_ticker",
        ),
        Example("Keep all that comes:", "rfqwatch record recordings"),
    ),
    "tail": (
        Example(
            "The markets that are asked for:",
            "rfqwatch tail --type rfq_created | jq -r .msg.market_ticker",
        ),
        Example(
            "Combos with an NFL leg, of $100 and more, to read:",
            "rfqwatch tail --market 'KXNFL*' --combo --min-cost 100 --output text",
        ),
        Example(
            "The last hour of what was recorded, as it was printed then:",
            "rfqwatch tail --from recordings --since -1h",
        ),
    ),
    "table": (
        Example("A simulated exchange, without an account:", "rfqwatch table --env sim"),
        Example(
            "A tenth of the markets, the largest RFQs first:",
            "rfqwatch table --shard 3/10 --sort largest",
        ),
        Example(
            "What was recorded, ten times as fast:",
            "rfqwatch table --from recordings --speed 10",
        ),
    ),
    "record": (
        Example("Everything, an hour in each file:", "rfqwatch record recordings"),
        Example(
            "Smaller files, of the last week, and no more than 50 GiB of them:",
            "rfqwatch record recordings --rotate 256MiB --keep 7d --keep 50GiB",
        ),
    ),
    "report": (
        Example("All that was recorded:", "rfqwatch report recordings"),
        Example(
            "Which legs come together, of the combos of two or three:",
            "rfqwatch report recordings --legs 2..3 --output json | jq .leg_pairs",
        ),
    ),
    "check": (
        Example("Whether all is in order, and what to do where it is not:", "rfqwatch check"),
        Example(
            "Only what is not, for other programs:",
            "rfqwatch check --json | jq '.checks[] | select(.verdict != \"ok\")'",
        ),
    ),
    "config": (
        Example("All that is set, and what gave it:", "rfqwatch config"),
        Example("What a command would run with:", "rfqwatch config table --shard 3/10"),
        Example("The same for other programs:", "rfqwatch config -o json table | jq .settings"),
    ),
    "schema": (
        Example("Keep it beside what validates lines:", "rfqwatch schema > line.schema.json"),
        Example(
            "The fields of a request for quotes:",
            "rfqwatch schema | jq '.\"$defs\".RfqCreated.properties | keys'",
        ),
    ),
    "simulate": (
        Example(
            "500 frames a second, and what goes wrong with them:",
            "rfqwatch simulate --sim-rate 500 --sim-fault overflow,seq-hole@1000",
        ),
        Example(
            "The same frames each time, and a file that leads other shells there:",
            "rfqwatch simulate --sim-seed 7 | tee exchange.env",
        ),
    ),
}
"""By the command's name; those of ``rfqwatch`` are the program's own."""
