"""The command ``simulate``."""

import os
import signal

import typer

from rfqwatch.cli.options.simulation import ServingOptions, SimulationOptions


def simulate(serving: ServingOptions, simulation: SimulationOptions) -> None:
    """Serve a simulated exchange to other programs, and print the variables that lead there."""
    import asyncio

    from rfqwatch.run import until_signal
    from rfqwatch.signals import SignalledError
    from rfqwatch.simulator.serving import serve

    served = serve(
        # The bytes of a path have to arrive, whether the locale can read them or not.
        announce=lambda text: typer.echo(os.fsencode(text)),
        port=serving.port,
        rate=simulation.rate,
        seed=simulation.sim_seed,
        faults=simulation.sim_fault or (),
    )
    try:
        asyncio.run(until_signal(served))
    except SignalledError as signalled:
        raise typer.Exit(signalled.exit_code) from None
    except BrokenPipeError:
        os._exit(128 + signal.SIGPIPE)
