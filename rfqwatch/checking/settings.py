"""Checks of the settings: what each is, where it came from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rfqwatch.checking.dependencies import Check
from rfqwatch.checking.verdict import passed, unsure
from rfqwatch.sources.certificates import tls_context
from rfqwatch.sources.connecting import bracketed
from rfqwatch.sources.websocket import address

if TYPE_CHECKING:
    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Verdict


class Settings:
    """Reads the settings."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.checks = (
            Check("endpoint", "endpoint", self._endpoint),
            Check("key_id", "key id", self._key_id),
            Check("private_key", "private key", self._private_key, ("key_id",)),
        )

    async def _endpoint(self) -> Verdict:
        subject = self._subject
        subject.uri = uri = address(subject.url, subject.origin)
        if uri.secure:
            subject.tls = tls_context()
        place = f"{bracketed(uri.host)}:{uri.port}{uri.path}"
        named = f"{subject.name}, " if subject.name else ""
        return passed(
            f"{named}{place} ({subject.origin})", {"origin": subject.origin, "host": uri.host}
        )

    async def _key_id(self) -> Verdict:
        origin = self._subject.key_id_origin()
        return passed(f"from {origin}", {"origin": origin})

    async def _private_key(self) -> Verdict:
        # A pipe may take its time to give it.
        key = await asyncio.to_thread(self._subject.load)
        self._subject.credentials = key.credentials
        kind = key.credentials.kind
        mode = None if key.mode is None else f"{key.mode:03o}"
        told = [kind, f"from {key.origin}", key.file, f"mode {mode}" if mode else ""]
        seen = ", ".join(filter(None, told))
        facts = {"kind": kind, "origin": key.origin, "file": key.file or None, "mode": mode}
        if key.warnings:
            return unsure(seen, "; ".join(key.warnings), facts)
        return passed(seen, facts)
