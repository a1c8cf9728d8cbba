"""Run rfqwatch as ``python -m rfqwatch``."""

from rfqwatch.cli import main

main()
