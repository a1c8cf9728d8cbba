"""The exchange's error codes, by what follows from them.

Source: docs.kalshi.com, WebSockets, Error codes.
"""

from __future__ import annotations

AUTHENTICATION_REQUIRED = 9
OVERFLOW = 25
ENDING_CODES = frozenset({10, 17, OVERFLOW})
"""Errors that end a subscription while the connection lives (docs.kalshi.com, Terminal errors)."""
REFUSING_CODES = frozenset({8, 11, 19, 20, 21, 22})
"""Errors that no repetition mends: the channel or the shard does not exist."""
HARMLESS_CODES = frozenset({*range(1, 6), 8, *range(11, 17), *range(18, 25), 26, 27, 28})
"""Errors that refuse a command, and say nothing of a subscription that lives."""
PASSING_CODES = frozenset({18, 27})
"""Of these, the ones that the same command may not meet again."""
