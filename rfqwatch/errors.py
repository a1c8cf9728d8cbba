"""Every way rfqwatch can end other than well.

::

    RfqwatchError                1   a bug, or a failed write
    ├── OutputError              1   stdout, or a recording, can no longer be written
    ├── UsageError               2   options that don't fit together
    ├── CredentialsError         3   no usable API key id or private key
    ├── RefusedError             4   the exchange refused the credentials
    ├── ConnectionFailedError    5   no connection within the limit asked for
    ├── SubscriptionRefusedError 6   the exchange refused the subscription
    ├── GapsError                7   ended with gaps under --fail-on-gap
    └── RecordingError           8   a recording can't be read

The number is the exit code. An error is said in one or two lines: what happened, then what to do.
"""

from __future__ import annotations

from typing import ClassVar


class RfqwatchError(Exception):
    """An end that rfqwatch can explain: a message, and advice on what to do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class OutputError(RfqwatchError):
    """Standard output, or a recording, can't be written: a full disk, a failed device."""


class UsageError(RfqwatchError):
    """Options that mean nothing, or that don't fit together."""

    exit_code = 2


class CredentialsError(RfqwatchError):
    """No API key id, or no private key that can sign."""

    exit_code = 3


class RefusedError(RfqwatchError):
    """The exchange refused the credentials: HTTP 401 or 403, or error 9."""

    exit_code = 4


class ConnectionFailedError(RfqwatchError):
    """No connection could be made, or made again, within the limit asked for."""

    exit_code = 5


class SubscriptionRefusedError(RfqwatchError):
    """The exchange refused the subscription: errors 8, 11 and 19 to 22."""

    exit_code = 6


class GapsError(RfqwatchError):
    """The stream ended with gaps, and ``--fail-on-gap`` asked for none."""

    exit_code = 7


class RecordingError(RfqwatchError):
    """A recording can't be read: no such file, a line that is none, damage."""

    exit_code = 8
