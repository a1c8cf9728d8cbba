"""Watch Kalshi's requests for quotes (RFQs) and quotes as they happen."""

__version__ = "0.1.0"
