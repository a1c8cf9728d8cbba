"""Loads the credentials that the options name.

No message written here holds a value that may be a key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rfqwatch.cli.keys.keycommand import key_from_command
from rfqwatch.cli.keys.keyfile import credentials_from_file
from rfqwatch.cli.settings.variables import KEY_ID_VARIABLES, KEY_PATH_VARIABLES, KEY_VARIABLE
from rfqwatch.errors import CredentialsError
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem, fit_key_id
from rfqwatch.unquoting import unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rfqwatch.cli.options.connection import EndpointOptions


def load_credentials(
    connection: EndpointOptions, environ: Mapping[str, str]
) -> tuple[Credentials, list[str]]:
    """Load the credentials that the options name, whatever gave them.

    The key: of the file (``~`` expands), or what the command prints, or else ``KALSHI_PRIVATE_KEY``
    (the PEM itself). An option that is empty is an error.

    Returns the credentials, with warnings of one line each. Raises `CredentialsError`.
    """
    key_id = _given(connection, "key_id", KEY_ID_VARIABLES[0])
    key_file = _given(connection, "key_file", KEY_PATH_VARIABLES[0])
    command = _given(connection, "key_command", KEY_PATH_VARIABLES[0])
    text = "" if key_file or command else unquoted(environ.get(KEY_VARIABLE, ""))
    if not (key_id or key_file or command or text):
        raise CredentialsError(
            "no API key id and no private key were given",
            f"Set {KEY_ID_VARIABLES[0]} and {KEY_PATH_VARIABLES[0]}, or give --key-id and "
            "--key-file; --env sim needs neither.",
        )
    if key_id is None:
        raise CredentialsError(
            "a private key was given, but no API key id",
            f"Set {KEY_ID_VARIABLES[0]} or give --key-id.",
        )
    checked_id = fit_key_id(key_id, connection.origins["key_id"].words)
    if key_file:
        return credentials_from_file(checked_id, key_file, connection.origins["key_file"].words)
    if command:
        origin = connection.origins["key_command"].words
        pem, source = key_from_command(command, origin)
        return credentials_from_pem(checked_id, pem, source), []
    if not text:
        raise CredentialsError(
            "an API key id was given, but no private key",
            f"Set {KEY_PATH_VARIABLES[0]} (a path) or {KEY_VARIABLE} (the PEM itself), "
            "or give --key-file.",
        )
    _refuse_path_as_pem(text)
    # Bytes that were no UTF-8 in the environment must reach the check for that.
    pem = text.encode("utf-8", "surrogatepass")
    return credentials_from_pem(checked_id, pem, KEY_VARIABLE), []


def _given(connection: EndpointOptions, name: str, variable: str) -> str | None:
    value: str | None = getattr(connection, name)
    if value is not None and not unquoted(value):
        raise CredentialsError(
            f"{connection.origins[name].words} is empty",
            f"Give it a value, or leave it out to use {variable}.",
        )
    return value


def _refuse_path_as_pem(value: str) -> None:
    # Base64 has no dot and no tilde.
    if "-----" not in value and "\n" not in value and re.search(r"^/|[.~]", value):
        raise CredentialsError(
            f"{KEY_VARIABLE} holds no PEM; it seems to hold a path",
            f"A path belongs in {KEY_PATH_VARIABLES[0]}.",
        )
