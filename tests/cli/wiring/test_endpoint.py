from __future__ import annotations

import asyncio
import os
import select
import signal
import ssl
from pathlib import Path

import pytest
import trustme
from program import PATIENCE_S, RFQWATCH, Exchange, clean_environment, is_quiet, rfqwatch, started

from rfqwatch.simulator.serving import start, throwaway_key


def test_no_credentials() -> None:
    done = rfqwatch("tail")
    assert done.returncode == 3
    assert "KALSHI_API_KEY_ID" in done.stderr
    assert is_quiet(done.stderr)


def test_a_key_file_that_is_not_there() -> None:
    done = rfqwatch("tail", "--key-id", "an-id", "--key-file", "/nowhere/key.pem")
    assert done.returncode == 3
    assert "/nowhere/key.pem" in done.stderr
    assert is_quiet(done.stderr)


def test_another_s_key(exchange: Exchange) -> None:
    pem = throwaway_key().private_key_pem.decode()
    environment = {
        name: value
        for name, value in exchange.environment.items()
        if name != "KALSHI_PRIVATE_KEY_PATH"
    }
    done = rfqwatch("tail", environment=environment | {"KALSHI_PRIVATE_KEY": pem})
    assert done.returncode == 4
    assert "INCORRECT_API_KEY_SIGNATURE" in done.stderr
    assert "private key" in done.stderr
    assert is_quiet(done.stderr)
    done = rfqwatch("tail", "--key-id", "unknown", environment=exchange.environment)
    assert done.returncode == 4
    assert "NOT_FOUND" in done.stderr


@pytest.mark.parametrize("form", ["{} ", '"{}"', " '{}'\n"])
def test_an_address_is_taken_however_it_was_pasted(exchange: Exchange, form: str) -> None:
    pasted = form.format(exchange.url)
    variable = exchange.environment | {"RFQWATCH_URL": pasted}
    assert rfqwatch("tail", "-n", "1", environment=variable).returncode == 0
    done = rfqwatch("tail", "-n", "1", "--url", pasted, environment=exchange.environment)
    assert done.returncode == 0


@pytest.mark.parametrize("address", ["exchange.example", "wss://user:hunter2@host/", "wss://a b/"])
def test_whatever_gave_a_wrong_address_is_named(exchange: Exchange, address: str) -> None:
    variable = exchange.environment | {"RFQWATCH_URL": address}
    done = rfqwatch("tail", environment=variable)
    assert done.returncode == 2
    assert done.stderr.startswith("rfqwatch: error: RFQWATCH_URL ")
    assert "hunter2" not in done.stderr
    done = rfqwatch("tail", "--url", address, environment=variable)
    assert done.returncode == 2
    assert done.stderr.startswith("rfqwatch: error: --url ")


@pytest.mark.parametrize("blank", ["", " ", '""'])
def test_a_blank_variable_is_not_set(exchange: Exchange, blank: str) -> None:
    nobody = clean_environment() | {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""}
    names = [name for name in exchange.environment if name.startswith("KALSHI_")]
    keys = {name: exchange.environment[name] for name in names}
    done = rfqwatch("tail", "--no-reconnect", environment=nobody | keys | {"RFQWATCH_URL": blank})
    assert "external-api-ws.kalshi.com:443: through the proxy" in done.stderr
    done = rfqwatch("tail", environment=exchange.environment | dict.fromkeys(names, blank))
    assert done.returncode == 3
    assert "no API key id and no private key were given" in done.stderr


def test_a_wrong_path(exchange: Exchange) -> None:
    url = exchange.url.replace("trade-api", "trade-app")
    done = rfqwatch("tail", "--url", url, environment=exchange.environment)
    assert done.returncode == 5
    assert "HTTP 404" in done.stderr
    assert is_quiet(done.stderr)


async def test_wss_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with start(rate=100, ssl=context) as simulated:
        environment = clean_environment() | {
            "KALSHI_API_KEY_ID": simulated.key_id,
            "KALSHI_PRIVATE_KEY": simulated.private_key_pem.decode(),
            "RFQWATCH_URL": simulated.exchange.url,
        }
        for more, code, words in [
            ({"SSL_CERT_FILE": str(file)}, 0, "10 events printed"),
            ({}, 5, "certificate"),
        ]:
            process = await asyncio.create_subprocess_exec(
                *RFQWATCH,
                *("tail", "-n", "10"),
                env=environment | more,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            _, err = await process.communicate()
            assert process.returncode == code
            assert words in err.decode()
            assert is_quiet(err.decode())


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_simulated_exchange_does_not_survive(signum: signal.Signals) -> None:
    with started("tail", "--env", "sim", environment=clean_environment()) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        (child,) = map(int, children.read_text(encoding="ascii").split())
        handle = os.pidfd_open(child)
        process.send_signal(signum)
        ended, _, _ = select.select([handle], [], [], PATIENCE_S)
        os.close(handle)
    assert ended


@pytest.mark.parametrize("command", [["tail"], ["table", "--once"], ["record"]])
def test_nothing_watched_in_all_the_time_is_no_success(
    command: list[str], exchange: Exchange, tmp_path: Path
) -> None:
    where = [str(tmp_path / "kept")] if command == ["record"] else []
    done = rfqwatch(
        *(*command, *where, "--url", "ws://127.0.0.1:9/x", "--duration", "0.2s"),
        environment=exchange.environment,
    )
    assert done.returncode == 5
    error, advice = done.stderr.splitlines()[-2:]
    assert error.startswith("rfqwatch: error: nothing was watched of 127.0.0.1:9: ")
    assert advice == "rfqwatch: rfqwatch check says what is wrong."
