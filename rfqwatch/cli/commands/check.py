"""The command ``check``."""

import os
import signal

import typer

from rfqwatch.cli.options.connection import EndpointOptions, SubscriptionOptions
from rfqwatch.cli.options.output import VerbosityOptions, VerdictOptions
from rfqwatch.cli.options.simulation import SimulationOptions


def check(
    connection: EndpointOptions,
    subscription: SubscriptionOptions,
    written: VerdictOptions,
    verbosity: VerbosityOptions,
    simulation: SimulationOptions,
) -> None:
    """Check the way to the exchange, from the settings to what comes, and say what to mend.

    It takes ten seconds or so. Exits with 0 where nothing failed.
    """
    import asyncio
    from contextlib import aclosing

    from rfqwatch.checking.course import exit_code
    from rfqwatch.checking.doctor import examine
    from rfqwatch.checking.sheet import Sheet, as_json
    from rfqwatch.checking.subject import Subject
    from rfqwatch.cli.endpoint import endpoint
    from rfqwatch.lines.stdout import ConsumerGoneError
    from rfqwatch.screen.snapshot import print_text
    from rfqwatch.sources.lookup import Loop
    from rfqwatch.stderr import Verbosity, Voice

    level = verbosity.level()
    sheet = Sheet(brief=level == Verbosity.QUIET)
    found = []
    # What the verdicts say needs no saying twice.
    voice = Voice(level if level == Verbosity.VERBOSE else Verbosity.QUIET)

    async def show(subject: Subject) -> None:
        async with aclosing(examine(subject, voice.detail)) as examined:
            async for each, verdict in examined:
                found.append((each, verdict))
                if not written.json:
                    print_text(sheet.lines(each, verdict))

    try:
        with endpoint(connection, simulation) as exchange:
            subject = Subject(
                exchange.url,
                exchange.name,
                exchange.origin,
                exchange.key.id_origin,
                exchange.key.load,
                shards=subscription.shard or (),
                mine=subscription.mine,
            )
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(show(subject))
        verdicts = [verdict for _, verdict in found]
        print_text(as_json(found) if written.json else sheet.summary(verdicts))
    except ConsumerGoneError:
        os._exit(128 + signal.SIGPIPE)
    if code := exit_code(verdicts):
        raise typer.Exit(code)
