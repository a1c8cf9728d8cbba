"""What a simulated exchange says that it sent."""

from __future__ import annotations

import msgspec


class Account(msgspec.Struct):
    """What one subscription was sent: where no frame is lost on the way, what its client got.

    ``sent`` counts the market's messages, each once, drifted ones too; ``dropped`` those whose
    number was used but which were deliberately never sent; ``extra`` frames beside them (repeats,
    hostile ones). ``last_seq`` is the last number used, by replies and errors too. ``ended`` says
    how it ended: "" while it lives, "unsubscribed", "error 25", "odd error", "deaf" or
    "disconnected". ``shard`` is which part of the channel it is for, like "3/10"; "" for all of it.
    The lists of ids hold (seq, type, id) and stay empty unless the exchange keeps ids; ``frames``
    has the payload of every data frame in the order sent, hostile ones too and late ones of the
    subscription before, if it keeps frames. The bomb's is not among them: it is no frame that could
    be printed.
    """

    connection: int
    sid: int
    shard: str = ""
    sent: int = 0
    dropped: int = 0
    extra: int = 0
    last_seq: int = 0
    ended: str = ""
    sent_ids: list[tuple[int, str, str]] = []
    dropped_ids: list[tuple[int, str, str]] = []
    frames: list[bytes] = []
