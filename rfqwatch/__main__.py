"""Run rfqwatch as ``python -m rfqwatch``."""

from rfqwatch.cli.main import main

main()
