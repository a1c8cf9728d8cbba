from __future__ import annotations

import base64
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING

import pytest
from api_keys import KEY_ID, Keys, certificate, pkcs8, refusal, runs_shared, same_key
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfqwatch.cli.keys import keyfile as module
from rfqwatch.cli.keys.credentials import load_credentials as load_given
from rfqwatch.cli.options.connection import ConnectionOptions
from rfqwatch.cli.settings.origin import Origins
from rfqwatch.cli.settings.variables import find_variable
from rfqwatch.errors import CredentialsError
from rfqwatch.exchange.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rfqwatch.exchange.credentials import Credentials

BEGIN, END = "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture
def key_file(keys: Keys, tmp_path: Path) -> Path:
    return written(tmp_path / "key.pem", keys.pem)


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def load_credentials(
    key_id: str | None, key_file: str | None, environ: Mapping[str, str]
) -> tuple[Credentials, list[str]]:
    """Load what options give, or else variables."""
    given, origins = {"key_id": key_id, "key_file": key_file}, Origins()
    for name, value in given.items():
        found = find_variable(name.replace("_", "-"), environ)
        if value is None and found:
            given[name], origins[name] = found
    return load_given(ConnectionOptions(**given, origins=origins), environ)  # type: ignore[arg-type]


def load(file: Path | str) -> tuple[Credentials, list[str]]:
    return load_credentials(KEY_ID, str(file), {})


# Where the credentials come from


def test_options_win_over_the_environment(keys: Keys, key_file: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.pem", pkcs8(keys.rsa))
    environ = {"KALSHI_API_KEY_ID": "other", "KALSHI_PRIVATE_KEY_PATH": str(other)}
    credentials, warnings = load_credentials(KEY_ID, str(key_file), environ)
    assert credentials.key_id == KEY_ID
    assert same_key(credentials, keys.ed25519)
    assert warnings == []


@pytest.mark.parametrize("id_variable", ["KALSHI_API_KEY_ID", "KALSHI_KEY_ID"])
@pytest.mark.parametrize("path_variable", ["KALSHI_PRIVATE_KEY_PATH", "KALSHI_PRIVATE_KEY_FILE"])
def test_environment_names_id_and_file(
    keys: Keys, key_file: Path, id_variable: str, path_variable: str
) -> None:
    environ = {id_variable: KEY_ID, path_variable: f' "{key_file}"\n'}
    credentials, _ = load_credentials(None, None, environ)
    assert credentials.key_id == KEY_ID
    assert same_key(credentials, keys.ed25519)


def test_environment_holds_the_key_itself(keys: Keys) -> None:
    environ = {"KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": keys.pem.decode()}
    credentials, warnings = load_credentials(None, None, environ)
    assert same_key(credentials, keys.ed25519)
    assert warnings == []


def test_order_of_the_variables(keys: Keys, key_file: Path) -> None:
    environ = {
        "KALSHI_API_KEY_ID": KEY_ID,
        "KALSHI_KEY_ID": "other",
        "KALSHI_PRIVATE_KEY_PATH": str(key_file),
        "KALSHI_PRIVATE_KEY_FILE": "/nonexistent",
        "KALSHI_PRIVATE_KEY": "not a key",
    }
    credentials, _ = load_credentials(None, None, environ)
    assert credentials.key_id == KEY_ID
    assert same_key(credentials, keys.ed25519)


@pytest.mark.parametrize("empty", ["", "  ", '""', "''", '"'])
def test_empty_variables_are_unset(keys: Keys, empty: str) -> None:
    environ = {
        "KALSHI_API_KEY_ID": empty,
        "KALSHI_KEY_ID": KEY_ID,
        "KALSHI_PRIVATE_KEY_PATH": empty,
        "KALSHI_PRIVATE_KEY_FILE": empty,
        "KALSHI_PRIVATE_KEY": keys.pem.decode(),
    }
    assert load_credentials(None, None, environ)[0].key_id == KEY_ID


@pytest.mark.parametrize(
    ("key_id", "key_file", "named"), [("", None, "--key-id"), (None, " ", "--key-file")]
)
def test_empty_option_is_an_error_and_not_another_account(
    keys: Keys, key_id: str | None, key_file: str | None, named: str
) -> None:
    environ = {"KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": keys.pem.decode()}
    assert named in refusal(load_credentials, key_id, key_file, environ).message


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["KALSHI_API_KEY_ID", "KALSHI_PRIVATE_KEY_PATH", "--env sim needs neither"]),
        ({"KALSHI_PRIVATE_KEY": "a key"}, ["no API key id", "KALSHI_API_KEY_ID", "--key-id"]),
        ({"KALSHI_KEY_ID": KEY_ID}, ["no private key", "KALSHI_PRIVATE_KEY_PATH", "--key-file"]),
    ],
    ids=["both", "id", "key"],
)
def test_missing(environ: dict[str, str], words: list[str]) -> None:
    error = refusal(load_credentials, None, None, environ)
    for word in words:
        assert word in f"{error.message}\n{error.advice}"


def test_tilde_is_the_home_directory(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(key_file.parent))
    load("~/key.pem")


def test_tilde_with_a_name_is_that_user_s_home_directory() -> None:
    pwd = pytest.importorskip("pwd")
    user = pwd.getpwuid(os.getuid())
    assert user.pw_dir in refusal(load, f"~{user.pw_name}/no-such-key").message
    assert "~nobody-here" in refusal(load, "~nobody-here/key.pem").message


def test_key_in_place_of_the_id_is_refused_unseen(keys: Keys) -> None:
    for text in (keys.pem.decode(), keys.pem.decode().splitlines()[1]):
        environ = {"KALSHI_API_KEY_ID": text, "KALSHI_PRIVATE_KEY": keys.pem.decode()}
        error = refusal(load_credentials, None, None, environ)
        assert error.message.startswith("KALSHI_API_KEY_ID ")
        assert not runs_shared(f"{error.message} {error.advice}", text)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\\n"),
        lambda text: text.replace("\n", "\\r\\n"),
        lambda text: text.replace("\n", "\\\\n"),
        lambda text: text.replace("\n", " "),
        lambda text: text.replace("\n", ""),
        lambda text: f'"{text}"',
        lambda text: f"  '{text}'\n\n",
        lambda text: textwrap.indent(text, "    "),
        lambda text: "\ufeff" + text,
        lambda text: "Bag Attributes\n  friendlyName: kalshi\n" + text,
    ],
    ids=[
        "crlf",
        "cr",
        "backslash-n",
        "backslash-r-n",
        "escaped-twice",
        "one-line",
        "unbroken",
        "quoted",
        "spaced",
        "indented",
        "bom",
        "attributes",
    ],
)
def test_key_survives_the_ways_it_is_copied(keys: Keys, rewrite: Callable[[str], str]) -> None:
    for key in (keys.ed25519, keys.rsa):
        environ = {"KALSHI_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": rewrite(pkcs8(key).decode())}
        assert same_key(load_credentials(None, None, environ)[0], key)


# Keys that are not


def openssh(keys: Keys) -> bytes:
    return keys.ed25519.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def legacy_encrypted(keys: Keys) -> bytes:
    return keys.rsa.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")
    )


def public(keys: Keys) -> bytes:
    return keys.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_pkcs1(keys: Keys) -> bytes:
    return keys.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)


def der(keys: Keys) -> bytes:
    return keys.rsa.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def x25519_pem(_: Keys) -> bytes:
    return x25519.X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def ec_traditional(_: Keys) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def curve_of_no_name(_: Keys) -> bytes:
    """Make a key on a curve that nobody registered."""
    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    curve = bytes.fromhex("2a8648ce3d030107")
    body = base64.b64encode(der.replace(curve, curve[:-1] + b"\x63"))
    return b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n-----END PRIVATE KEY-----\n"


BAD_KEYS: list[tuple[str, Callable[[Keys], bytes], str, str]] = [
    (
        "encrypted",
        lambda keys: pkcs8(keys.ed25519, BestAvailableEncryption(b"secret")),
        "encrypted",
        "openssl pkey -in ",
    ),
    ("encrypted-legacy", legacy_encrypted, "encrypted", "openssl pkey -in "),
    (
        "encrypted-mislabelled",
        lambda keys: pkcs8(keys.ed25519, BestAvailableEncryption(b"secret")).replace(
            b"ENCRYPTED ", b""
        ),
        "encrypted",
        "openssl pkey -in ",
    ),
    ("openssh", openssh, "OpenSSH", "ssh-keygen -p -m PKCS8 -f "),
    (
        "ec",
        lambda _: pkcs8(ec.generate_private_key(ec.SECP256R1())),
        "neither RSA nor Ed25519",
        "RSA",
    ),
    ("ec-traditional", ec_traditional, "neither RSA nor Ed25519", "Ed25519"),
    ("curve", curve_of_no_name, "neither RSA nor Ed25519", "Ed25519"),
    ("ed448", lambda _: pkcs8(ed448.Ed448PrivateKey.generate()), "neither RSA nor", "Ed25519"),
    ("x25519", x25519_pem, "neither RSA nor Ed25519", "Ed25519"),
    (
        "rsa-1024",
        lambda _: pkcs8(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - the weak key that is refused
        "1024 bits",
        "2048 bits",
    ),
    ("public", public, "public key", "private key"),
    ("public-pkcs1", public_pkcs1, "public key", "private key"),
    ("certificate", lambda keys: certificate(keys.ed25519), "certificate", "private key"),
    ("empty", lambda _: b"", "is empty", "private key"),
    ("blank", lambda _: b" \r\n\n", "is empty", "private key"),
    ("der", der, "not UTF-8 text", "openssl pkey -inform DER"),
    ("random", lambda _: os.urandom(512) + b"\xff", "not UTF-8 text", "private key"),
    ("utf-16", lambda keys: keys.pem.decode().encode("utf-16"), "not UTF-8 text", "private key"),
    ("latin-1", lambda keys: b"cl\xe9\n" + keys.pem, "not UTF-8 text", "private key"),
    ("html", lambda _: b"<!doctype html><title>Log in</title>", "no private key", "private key"),
    ("bare-base64", lambda keys: base64.b64encode(der(keys)), "no private key", "private key"),
    ("no-end", lambda keys: keys.pem[:-30], "END line is missing", "Copy the whole key"),
    (
        "cut-in-the-middle",
        lambda keys: (
            b"".join(pkcs8(keys.rsa).splitlines(keepends=True)[:9]) + b"-----END PRIVATE KEY-----\n"
        ),
        "cut off or damaged",
        "Copy the whole key",
    ),
    ("no-body", lambda _: f"{BEGIN}{END}".encode(), "cut off or damaged", "Copy the whole key"),
    ("not-base64", lambda _: f"{BEGIN}***{END}".encode(), "cut off or damaged", "Copy the whole"),
    ("no-key", lambda _: f"{BEGIN}AAAA{END}".encode(), "cut off or damaged", "Copy the whole"),
    ("two", lambda keys: keys.pem + keys.pem, "2 private keys", "Leave the one"),
    ("long", lambda keys: keys.pem + b"#" * 70_000, "longer than 64 KiB", "path"),
]

# What a variable can't hold, or what there means that it is unset.
FILES_ONLY = {"empty", "blank", "der", "random", "utf-16", "latin-1", "long"}


@pytest.mark.parametrize(
    ("make", "said", "advised"), [pytest.param(*row[1:], id=row[0]) for row in BAD_KEYS]
)
def test_bad_key_file_is_named_with_its_mend(
    keys: Keys, tmp_path: Path, make: Callable[[Keys], bytes], said: str, advised: str
) -> None:
    content = make(keys)
    path = written(tmp_path / "my key.pem", content)
    environ = {"KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY_PATH": str(path)}
    error = refusal(load_credentials, None, None, environ)
    assert str(path) in error.message
    assert "KALSHI_PRIVATE_KEY_PATH" in error.message
    assert said in error.message
    assert advised in error.advice
    if " -in " in advised or " -f " in advised:
        assert advised + shlex.quote(str(path)) in error.advice
    assert not runs_shared(f"{error.message} {error.advice}", content.decode("latin-1"))


@pytest.mark.parametrize(
    ("make", "said"),
    [pytest.param(row[1], row[2], id=row[0]) for row in BAD_KEYS if row[0] not in FILES_ONLY],
)
def test_bad_key_in_the_variable_names_the_variable(
    keys: Keys, make: Callable[[Keys], bytes], said: str
) -> None:
    text = make(keys).decode()
    error = refusal(load_credentials, KEY_ID, None, {"KALSHI_PRIVATE_KEY": text})
    assert error.message.startswith("KALSHI_PRIVATE_KEY ")
    assert said in error.message
    assert not runs_shared(f"{error.message} {error.advice}", text)


def test_variable_that_is_no_utf8(keys: Keys) -> None:
    for text in ("\udcff" + keys.pem.decode(), "\ud800"):
        environ = {"KALSHI_PRIVATE_KEY": text}
        error = refusal(load_credentials, KEY_ID, None, environ)
        assert "not UTF-8" in error.message


def test_advised_command_decrypts(keys: Keys, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl on this machine to try the advised command with")
    pem = pkcs8(keys.rsa, BestAvailableEncryption(b"secret"))
    path = written(tmp_path / "it's mine.pem", pem)
    command = refusal(load, path).advice.removeprefix("Decrypt it: ").partition(", then")[0]
    subprocess.run(
        [*shlex.split(command), "-passin", "pass:secret"], cwd=tmp_path, check=True, timeout=10
    )
    assert same_key(load(tmp_path / "kalshi.pem")[0], keys.rsa)


# A key where a path belongs, a path where a key belongs


@pytest.mark.parametrize(
    "origin", ["--key-file", "KALSHI_PRIVATE_KEY_PATH", "KALSHI_PRIVATE_KEY_FILE"]
)
@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\\n"),
        lambda text: text.splitlines()[1],
        lambda text: "".join(text.splitlines()[1:-1]),
    ],
    ids=["pem", "one-line", "first-line", "body"],
)
def test_key_in_place_of_a_path_is_refused_unseen(
    keys: Keys, origin: str, rewrite: Callable[[str], str]
) -> None:
    for key in (keys.ed25519, keys.rsa):
        text = rewrite(pkcs8(key).decode())
        option = text if origin == "--key-file" else None
        environ = {} if option else {origin: text}
        error = refusal(load_credentials, KEY_ID, option, environ)
        assert error.message.startswith(f"{origin} takes the path")
        assert "KALSHI_PRIVATE_KEY," in error.advice
        assert not runs_shared(f"{error.message} {error.advice}", text)


@pytest.mark.parametrize("path", ["/home/me/key.pem", "~/key.pem", "./key", "key.pem", "/key"])
def test_path_in_place_of_a_key_names_the_variable_for_paths(path: str) -> None:
    error = refusal(load_credentials, KEY_ID, None, {"KALSHI_PRIVATE_KEY": path})
    assert error.message.startswith("KALSHI_PRIVATE_KEY holds no PEM")
    assert error.advice == "A path belongs in KALSHI_PRIVATE_KEY_PATH."
    assert path not in error.message


# Files


def test_missing_file(tmp_path: Path) -> None:
    error = refusal(load, tmp_path / "none.pem")
    assert error.message == f"key file {tmp_path}/none.pem (--key-file) does not exist"


def test_directory(tmp_path: Path) -> None:
    assert refusal(load, tmp_path).message.endswith("is a directory")


def test_file_that_may_not_be_read(key_file: Path) -> None:
    key_file.chmod(0)
    if os.access(key_file, os.R_OK):
        pytest.skip("this user, probably root, reads every file whatever its mode")
    error = refusal(load, key_file)
    assert "permission denied" in error.message
    assert error.advice.endswith(f"chmod 600 {key_file}")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/full"])
def test_device_is_not_read(path: str) -> None:
    assert refusal(load, path).message.endswith("is not a regular file")


def test_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refusal(load, pipe).message.endswith("is not a regular file")


@pytest.mark.parametrize(
    "path", ["a\x00b", "\ud800", "x/" * 5000, "a" * 300, "key.pem/" + "b" * 30]
)
def test_impossible_path(path: str) -> None:
    assert len(refusal(load, path).message) < 400


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07", "\x9b2J", "\u202egpj.pem", "a\nb", "\udcff"])
def test_path_is_shown_without_its_controls(tmp_path: Path, name: str) -> None:
    error = refusal(load, tmp_path / name)
    assert f"{tmp_path}/{name.encode('unicode_escape').decode()}" in error.message


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_file_of_one_s_own_brings_no_warning(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert load(key_file)[1] == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_file_readable_by_others_brings_a_warning(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert load(key_file)[1] == [
        f"key file {key_file} can be read by other users: chmod 600 {key_file}"
    ]


# Pipes


def test_process_substitution(key_file: Path, keys: Keys) -> None:
    program = (
        "import sys; from rfqwatch.cli.keys.credentials import load_credentials;"
        "from rfqwatch.cli.options.connection import ConnectionOptions;"
        f"given = ConnectionOptions(key_id='{KEY_ID}', key_file=sys.argv[1]);"
        "credentials, warnings = load_credentials(given, {});"
        "print(credentials.private_key.public_key().public_bytes_raw().hex(), warnings)"
    )
    done = subprocess.run(
        ["bash", "-c", '"$1" -c "$2" <(sleep 0.05; cat "$3")', "-", sys.executable, program,
         str(key_file)],
        capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip
    assert done.stdout == f"{keys.ed25519.public_key().public_bytes_raw().hex()} []\n"


def test_pipe_that_gives_the_key_bit_by_bit(keys: Keys) -> None:
    reader, writer = os.pipe()

    def write() -> None:
        for byte in keys.pem:
            os.write(writer, bytes([byte]))
        os.close(writer)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        credentials, warnings = load(f"/dev/fd/{reader}")
    finally:
        thread.join()
        os.close(reader)
    assert same_key(credentials, keys.ed25519)
    assert warnings == []


def test_pipe_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    monkeypatch.setattr(module, "PIPE_PATIENCE_S", 0.05)
    reader, writer = os.pipe()
    try:
        os.write(writer, keys.pem)
        assert "within 0.05 s" in refusal(load, f"/dev/fd/{reader}").message
    finally:
        os.close(writer)
        os.close(reader)


def test_pipe_that_overflows_is_given_up() -> None:
    with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as endless:
        assert endless.stdout is not None
        path = f"/dev/fd/{endless.stdout.fileno()}"
        assert "longer than 64 KiB" in refusal(load, path).message
        endless.kill()


SEED_PEMS = [
    pkcs8(Ed25519PrivateKey.generate()),
    Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
    pkcs8(ec.generate_private_key(ec.SECP256R1())),
]


@st.composite
def mangled_pems(draw: st.DrawFn) -> bytes:
    pem = draw(st.sampled_from(SEED_PEMS))
    start = draw(st.integers(0, len(pem)))
    stop = draw(st.integers(start, min(len(pem), start + 12)))
    return pem[:start] + draw(st.binary(max_size=8)) + pem[stop:]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    label = draw(st.sampled_from(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "X"]))
    body = base64.b64encode(draw(st.binary(max_size=200)))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----" % (label.encode(), body, label.encode())


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.one_of(st.binary(max_size=300), mangled_pems(), bodies()))
def test_any_bytes_are_a_key_or_one_refusal(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path / "k", content)
    try:
        credentials, _ = load(path)
    except CredentialsError as error:
        said = f"{error.message} {error.advice}"
        assert said.isprintable()
        assert not runs_shared(said, content.decode("latin-1"))
    else:
        assert signed_headers(credentials, "/", 0)


@settings(max_examples=200, deadline=None)
@given(
    key_id=st.none() | st.text(),
    key_file=st.none() | st.text(),
    pem=st.text(),
)
def test_any_text_is_one_refusal(key_id: str | None, key_file: str | None, pem: str) -> None:
    environ = {"KALSHI_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": pem}
    # No text that can be drawn is a key: these always end in a refusal.
    refusal(load_credentials, key_id, key_file, environ)
