"""Certificates that are believed or not, and what is said of those that are not."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from rfqwatch.errors import ConnectionFailedError, UsageError
from rfqwatch.sources.certificates import distrust, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@contextmanager
def server(context: ssl.SSLContext) -> Iterator[socket.socket]:
    """Take one TLS connection; give a socket that is connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            taken, _ = listening.accept()
            try:
                context.wrap_socket(taken, server_side=True).close()
            except OSError:
                taken.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(listening.getsockname()) as connected:
            yield connected
        thread.join()


def greet(certificate: trustme.LeafCert, context: ssl.SSLContext) -> ConnectionFailedError | None:
    """Meet a server with this certificate; give the error, if it is not believed."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(serving)
    with server(serving) as connected:
        try:
            context.wrap_socket(connected, server_hostname="127.0.0.1").close()
        except ssl.SSLCertVerificationError as error:
            return distrust(error, "127.0.0.1:443")
    return None


def told(error: ConnectionFailedError | None) -> str:
    assert error is not None
    assert error.message.startswith("the certificate of 127.0.0.1:443 can't be trusted: ")
    return f"{error.message} {error.advice}"


def test_advice_is_by_cause(
    authority: trustme.CA, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = tls_context()
    assert greet(authority.issue_cert("127.0.0.1"), context) is None
    clock = f"it says {TODAY:%Y-%m-%d}"

    expired = authority.issue_cert("127.0.0.1", not_after=TODAY - DAY)
    text = told(greet(expired, context))
    assert "expired" in text
    assert "renewed" in text
    assert clock in text
    assert "SSL_CERT_FILE" not in text

    early = authority.issue_cert("127.0.0.1", not_before=TODAY + DAY)
    text = told(greet(early, context))
    assert "not yet valid" in text
    assert clock in text
    assert "renewed" not in text

    text = told(greet(authority.issue_cert("example.com"), context))
    assert "mismatch" in text
    assert "sign-in page" in text

    stranger = trustme.CA().issue_cert("127.0.0.1")
    text = told(greet(stranger, context))
    assert "issuer" in text
    assert f"SSL_CERT_FILE names {trusted}, where" in text
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "inspecting proxy" in told(greet(stranger, context))


@pytest.mark.usefixtures("trusted")
def test_a_weak_key_is_called_that(authority: trustme.CA) -> None:
    context = tls_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=3")  # asks of RSA what level 2 asks of no certificate
    weak = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    assert "too weak" in told(greet(weak, context))


def test_what_only_strict_flags_refuse_is_called_badly_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An authority as many an inspecting proxy has: it says nothing of what its key is for."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "inspecting")])

    def builder(subject: x509.Name) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(name, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(TODAY - DAY)
            .not_valid_after(TODAY + DAY)
        )

    ca = builder(name).add_extension(x509.BasicConstraints(True, None), critical=True)  # noqa: FBT003
    ca_pem = ca.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    names = x509.SubjectAlternativeName([x509.DNSName("exchange.test")])
    leaf = builder(x509.Name([])).add_extension(names, critical=True).sign(key, hashes.SHA256())
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "ca.pem").write_bytes(ca_pem)
    (tmp_path / "leaf.pem").write_bytes(key_pem + leaf.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = tls_context()
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "leaf.pem")
    with server(serving) as connected, pytest.raises(ssl.SSLCertVerificationError) as refused:
        context.wrap_socket(connected, server_hostname="exchange.test")
    text = told(distrust(refused.value, "127.0.0.1:443"))
    assert "badly made" in text
    assert "3.13" in text


def test_where_nobody_is_trusted_that_is_said(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    context = tls_context()
    # As on a computer where OpenSSL's own file is missing too.
    paths = ssl.get_default_verify_paths()._replace(cafile="")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert "trusts nobody" in told(greet(authority.issue_cert("127.0.0.1"), context))


# The environment


@pytest.mark.parametrize("form", ["{}", " {} ", "'{}'"])
def test_the_file_of_the_environment_counts_however_it_was_pasted(
    form: str, authority: trustme.CA, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", form.format(trusted))
    assert greet(authority.issue_cert("127.0.0.1"), tls_context()) is None


def test_so_does_the_folder(
    authority: trustme.CA, trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to name the files of a folder")
    monkeypatch.delenv("SSL_CERT_FILE")
    folder = tmp_path / "authorities"
    folder.mkdir()
    shutil.copy(trusted, folder)
    subprocess.run(["openssl", "rehash", str(folder)], check=True)
    monkeypatch.setenv("SSL_CERT_DIR", f'"/nowhere:{folder}"')
    assert greet(authority.issue_cert("127.0.0.1"), tls_context()) is None


@pytest.mark.parametrize("blank", ["", "  ", "''"])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_a_blank_variable_is_not_set(
    variable: str, blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)
    default = tls_context()
    monkeypatch.setenv(variable, blank)
    context = tls_context()
    assert context.get_ca_certs() == default.get_ca_certs()
    assert context.keylog_filename is None


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("SSL_CERT_FILE", "{}/ca.pem", "No such file"),
        ("SSL_CERT_FILE", "{}", "Is a directory"),
        ("SSL_CERT_FILE", "{}/text", "no certificate"),
        ("SSL_CERT_FILE", "{}/empty", "no certificate"),
        ("SSL_CERT_FILE", "{}/damaged", "no certificate"),
        ("SSL_CERT_DIR", "{}/nowhere", "no folder"),
        ("SSL_CERT_DIR", "{}/text:{}/nowhere", "no folder"),
        ("SSLKEYLOGFILE", "{}/nowhere/keys", "No such file"),
        ("SSLKEYLOGFILE", "{}", "Is a directory"),
    ],
)
def test_a_variable_that_can_t_be_gone_by_is_named(
    variable: str, value: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text").write_text("no PEM\n")
    (tmp_path / "empty").touch()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    (tmp_path / "damaged").write_text(f"{begin}\nAAAA\n{end}\n")
    value = value.replace("{}", str(tmp_path))
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError) as refused:
        tls_context()
    assert refused.value.message.startswith(f"{variable} names {value}, which ")
    assert why in refused.value.message
    assert refused.value.advice
