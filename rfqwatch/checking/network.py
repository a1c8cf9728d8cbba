"""Checks of the way to the exchange: name, connection, certificate."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rfqwatch.checking.dependencies import Check
from rfqwatch.checking.verdict import failed, passed, unsure
from rfqwatch.clock import now
from rfqwatch.sources.connecting import UnusableProxyError, Way
from rfqwatch.sources.link import DisconnectedError

if TYPE_CHECKING:
    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Verdict

_DAY_MS = 86_400_000
_EXPIRY_MINDED_DAYS = 3

_OFFLINE = (
    "Check that {named}, this computer online, and that its name servers answer; where "
    "only a proxy leads out, name it in HTTPS_PROXY."
)
_UNREACHED = (
    "Check that {named}, and that a firewall lets you out to port {port}; where only a "
    "proxy leads out, name it in HTTPS_PROXY."
)
_NO_PROXY = "Check the address of {proxy}, or unset it, or name the exchange in NO_PROXY."
_NO_TUNNEL = "Check HTTPS_PROXY, or name the exchange in NO_PROXY."
_SPOILED = "A firewall, proxy or sign-in page on the way may answer instead: try another network."
_SOCKS = (
    "Only the WebSocket goes by SOCKS: the checks below say whether it gets through, and REST can't"
    " be asked."
)


class Network:
    """Goes to the exchange's WebSocket a step at a time, and turns back."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._way: Way | None = None
        self.checks = (
            Check("dns", "DNS", self._dns, ("endpoint",)),
            Check("tcp", "TCP", self._tcp, ("dns",)),
            Check("tls", "TLS", self._tls, ("tcp",)),
        )

    def close(self) -> None:
        """Go back."""
        if self._way is not None:
            self._way.close()

    @property
    def _begun(self) -> Way:
        assert self._way is not None  # noqa: S101 - the first check makes it
        return self._way

    def _mend(self, text: str) -> str:
        """Say what to mend on the first leg, as ``text`` has it where there is no proxy."""
        way, subject = self._begun, self._subject
        if way.proxy:
            return _NO_PROXY.format(proxy=way.proxy.name.partition(",")[0])
        named = f"{way.host} is the right host" if subject.name else f"{subject.origin} is right"
        return text.format(named=named, port=way.port)

    async def _dns(self) -> Verdict:
        self._way = way = Way(self._subject.address, self._subject.tls)
        start_s = now().s
        try:
            found = await way.look_up()
        except DisconnectedError as error:
            return failed(str(error), self._mend(_OFFLINE))
        ms = _ms_since(start_s)
        by = f", {way.proxy.name.partition(',')[0]}" if way.proxy else ""
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        named = "an address" if found == [way.host] else f"{found[0]}{more}, after {ms} ms"
        return passed(f"{way.host}{by}: {named}", {"addresses": found, "ms": ms})

    async def _tcp(self) -> Verdict:
        way = self._begun
        start_s = now().s
        try:
            reached = await way.connect()
        except DisconnectedError as error:
            return failed(str(error), self._mend(_UNREACHED))
        ms = _ms_since(start_s)
        return passed(
            f"connected to {reached} port {way.port} in {ms} ms", {"address": reached, "ms": ms}
        )

    async def _tls(self) -> Verdict:
        way = self._begun
        start_s = now().s
        try:
            await way.tunnel()
        except UnusableProxyError as error:
            return unsure(str(error), _SOCKS)
        except DisconnectedError as error:
            return failed(str(error), _NO_TUNNEL)
        try:
            tls = await way.encrypt()
        except DisconnectedError as error:
            return failed(str(error), _SPOILED)
        if tls is None:
            nothing = dict.fromkeys(("version", "issuer", "expires"))
            return passed("none: plain ws:// to this computer", nothing)
        certificate = tls.getpeercert() or {}
        issuer = _issuer(certificate)
        expiry_ms = ssl.cert_time_to_seconds(str(certificate["notAfter"])) * 1000
        left = (expiry_ms - now().ms) // _DAY_MS
        expires = f"{datetime.fromtimestamp(expiry_ms / 1000, UTC):%Y-%m-%d}"
        seen = (
            f"{tls.version()} in {_ms_since(start_s)} ms, certificate by {issuer}, valid until "
            f"{expires} ({left} days)"
        )
        facts = {"version": tls.version(), "issuer": issuer, "expires": expires}
        if left < _EXPIRY_MINDED_DAYS:
            return unsure(seen, "It must be renewed there soon, or nobody gets in.", facts)
        return passed(seen, facts)


def _ms_since(start_s: float) -> int:
    return round((now().s - start_s) * 1000)


def _issuer(certificate: object) -> str:
    """Name who signed a certificate, as `ssl.SSLSocket.getpeercert` gives it."""
    names = {}
    if isinstance(certificate, dict):
        names = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    told = [str(names[key]) for key in ("organizationName", "commonName") if key in names]
    return " ".join(dict.fromkeys(told)) or "an unnamed issuer"
