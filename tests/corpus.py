"""Frames as the exchange writes them, byte for byte, one a line in ``frames/``.

``documented``: every example of the channel's messages and of the answers to commands, in
docs.kalshi.com's asyncapi.yaml of October 2026. ``early_2026``: the same page in March 2026, when
amounts came as integers too and ``seq`` was not sent. ``recorded``: taken off production in
September 2026, without ``sid`` and ``seq``, which the recorder did not keep. ``errors``: texts of
the documented error table in the documented envelope. ``commands``: what clients send.
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "frames"


def frames(name: str) -> list[bytes]:
    """Give the frames of one file."""
    return (_FOLDER / f"{name}.jsonl").read_bytes().splitlines()


DOCUMENTED = frames("documented")
EARLY_2026 = frames("early_2026")
RECORDED = frames("recorded")
ERRORS = frames("errors")
COMMANDS = frames("commands")
SENT_BY_EXCHANGE = DOCUMENTED + EARLY_2026 + RECORDED + ERRORS
