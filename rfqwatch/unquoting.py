"""Reads values as people paste them."""

from __future__ import annotations

import re

_BASE64_RUN = re.compile(r"[A-Za-z0-9+/=]{40}")


def unquoted(text: str) -> str:
    """Take off the whitespace and quotes that copying and env files leave around a value."""
    text = text.strip()
    while len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return "" if text in {'"', "'"} else text


def may_be_key(text: str) -> bool:
    """Tell whether a private key may have been pasted where a path or a command belongs."""
    return "-----" in text or bool(_BASE64_RUN.search(text) and text[0] not in "/~.")
