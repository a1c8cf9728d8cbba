from __future__ import annotations

import copy
import pickle

import pytest
from api_keys import KEY_ID, Keys, certificate, pkcs8, refusal, same_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from rfqwatch.exchange.credentials import credentials_from_pem


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


# Key ids


@pytest.mark.parametrize("around", ["{}", " {}\n", '"{}"', "'{}'", ' "{}" ', "\t{}\r\n"])
def test_id_is_taken_without_what_copying_leaves_around_it(keys: Keys, around: str) -> None:
    assert credentials_from_pem(around.format(KEY_ID), keys.pem, "here").key_id == KEY_ID


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "two words",
        "a\r\nX-Header: b",
        "a\x00b",
        "a\x1b[2Jb",
        "a\x7fb",
        "clé",
        "a\u202eb",
        "a\u00a0b",
        "\udcff",
        "x" * 64,
    ],
)
def test_id_unfit_for_a_header_is_refused(keys: Keys, key_id: str) -> None:
    error = refusal(credentials_from_pem, key_id, keys.pem, "here")
    assert not key_id or key_id not in f"{error.message} {error.advice}"


# Keys that are good


def test_rsa_in_pkcs1_and_pkcs8(keys: Keys) -> None:
    pkcs1 = keys.rsa.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    for pem in (pkcs1, pkcs8(keys.rsa)):
        assert same_key(credentials_from_pem(KEY_ID, pem, "here"), keys.rsa)


def test_the_key_decides_and_not_its_header(keys: Keys) -> None:
    pem = keys.pem.replace(b"PRIVATE KEY", b"RSA PRIVATE KEY")
    assert same_key(credentials_from_pem(KEY_ID, pem, "here"), keys.ed25519)


def test_private_key_beside_its_public_key_and_certificate(keys: Keys) -> None:
    public = keys.ed25519.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = certificate(keys.ed25519) + public + keys.pem
    assert same_key(credentials_from_pem(KEY_ID, pem, "here"), keys.ed25519)


# Secrecy


def test_credentials_show_nothing(keys: Keys) -> None:
    credentials = credentials_from_pem(KEY_ID, keys.pem, "here")
    assert repr(credentials) == str(credentials) == f"{credentials}" == "Credentials()"


def test_credentials_are_not_pickled(keys: Keys) -> None:
    credentials = credentials_from_pem(KEY_ID, keys.pem, "here")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="can't be pickled"):
            attempt(credentials)
