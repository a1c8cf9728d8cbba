"""The command ``check``."""

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
    from rfqwatch.checking.subject import Subject
    from rfqwatch.cli.wiring.checking import check_all
    from rfqwatch.cli.wiring.endpoint import endpoint

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
        check_all(subject, verbosity.level(), json=written.json)
