import asyncio
import shutil
import smtplib
import ssl
import subprocess

import pytest

from mailapp.smtp.tls import Certificates
from tests.smtp.conftest import TLS, Client


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=TLS / "cert.pem")


async def upgrade(client: Client) -> None:
    """STARTTLS has been answered: shake hands."""
    async with asyncio.timeout(20):
        await client.writer.start_tls(trusting(), server_hostname="mx.example")


def key_pair(directory):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += [
        "-days",
        "2",
        "-subj",
        "/CN=new.example",
        "-keyout",
        directory / "key.pem",
        "-out",
        directory / "cert.pem",
    ]
    subprocess.run(command, check=True, capture_output=True)


async def test_starttls_is_offered_once_and_the_envelope_says_so(start):
    house = await start(tls=True)
    client = await house.connect()
    assert "250-STARTTLS" in (await client.greet())
    assert await client.command("STARTTLS") == "220 2.0.0 Ready to start TLS"
    await upgrade(client)
    assert "STARTTLS" not in await client.command("EHLO again")
    assert (await client.command("STARTTLS")).startswith("503 ")
    assert await client.message(b"x" * 3_000_000 + b"\r\n") == "250 2.0.0 Ok: id1"
    assert house.recorder.messages[0].envelope.protocol == "ESMTPS"
    assert len(house.recorder.messages[0].content) == 3_000_002
    assert await client.command("QUIT") == "221 2.0.0 Bye"


async def test_everything_said_before_starttls_is_forgotten(start):
    house = await start(tls=True)
    client = await house.client()
    await client.command("MAIL FROM:<a@b>")
    await client.command("RCPT TO:<x@y>")
    await client.command("STARTTLS")
    await upgrade(client)
    assert (await client.command("DATA")).startswith("503 ")
    assert (await client.command("MAIL FROM:<a@b>")).startswith("503 ")


async def test_commands_injected_in_plain_text_behind_starttls_are_not_answered(start):
    house = await start(tls=True)
    client = await house.client()
    await client.send(b"STARTTLS\r\nMAIL FROM:<evil@b>\r\nRCPT TO:<evil@y>\r\n")
    assert await client.reply() == "220 2.0.0 Ready to start TLS"
    await upgrade(client)
    assert (await client.command("EHLO me")).startswith("250-")
    assert await client.command("NOOP") == "250 2.0.0 Ok"
    assert house.recorder.checked == []


async def test_the_standard_library_can_use_tls(start):
    house = await start(tls=True)

    def talk():
        with smtplib.SMTP("localhost", house.port) as smtp:
            smtp.starttls(context=trusting())
            smtp.sendmail("a@b.example", ["x@y.example"], "Subject: hi\n\nhello\n")

    await asyncio.to_thread(talk)
    assert house.recorder.messages[0].envelope.protocol == "ESMTPS"


@pytest.mark.parametrize("nonsense", [b"this is no handshake\r\n" * 100, b""], ids=["nonsense", "close"])
async def test_a_handshake_that_fails_ends_the_connection_and_counts_no_longer(start, until, nonsense):
    house = await start(tls=True)
    client = await house.client()
    await client.command("STARTTLS")
    if nonsense:
        await client.send(nonsense)
    else:
        await client.close()
    await client.rest()
    await until(lambda: house.server.connections == 0)


async def test_a_handshake_that_stalls_ends_the_connection(start, until):
    house = await start(tls=True, limits={"handshake_timeout": 0.1})
    client = await house.client()
    await client.command("STARTTLS")
    await until(lambda: house.server.connections == 0)


async def test_a_client_that_leaves_in_tls_delivers_nothing(start, until):
    house = await start(tls=True)
    client = await house.client()
    await client.command("STARTTLS")
    await upgrade(client)
    await client.command("EHLO me")
    await client.begin()
    await client.send(b"half")
    await client.close()
    await until(lambda: house.server.connections == 0)
    assert house.recorder.messages == []


async def test_idle_tls_clients_are_sent_away_too(start, until):
    house = await start(tls=True, limits={"command_timeout": 0.5})
    client = await house.client()
    await client.command("STARTTLS")
    await upgrade(client)
    assert await client.reply() == "421 4.4.2 Timeout, closing connection"
    await until(lambda: house.server.connections == 0)


def test_a_new_certificate_is_read_when_the_files_change(tmp_path):
    for name in ("cert.pem", "key.pem"):
        shutil.copy(TLS / name, tmp_path / name)
    certificates = Certificates(tmp_path / "cert.pem", tmp_path / "key.pem", check_every=0)
    first = certificates.context()
    assert certificates.context() is first
    key_pair(tmp_path)
    second = certificates.context()
    assert second is not first
    assert certificates.context() is second


@pytest.mark.parametrize("broken", ["mismatch", "garbage", "missing"])
def test_a_broken_new_pair_leaves_the_old_one_in_use_until_it_is_whole(tmp_path, caplog, broken):
    for name in ("cert.pem", "key.pem"):
        shutil.copy(TLS / name, tmp_path / name)
    certificates = Certificates(tmp_path / "cert.pem", tmp_path / "key.pem", check_every=0)
    first = certificates.context()
    old_key = (tmp_path / "key.pem").read_bytes()
    key_pair(tmp_path)
    new_key = (tmp_path / "key.pem").read_bytes()
    if broken == "missing":
        (tmp_path / "key.pem").unlink()
    else:
        (tmp_path / "key.pem").write_bytes(old_key if broken == "mismatch" else b"garbage")
    assert certificates.context() is first
    assert "the old one stays in use" in caplog.text
    (tmp_path / "key.pem").write_bytes(new_key + b"\n")
    assert certificates.context() is not first


def test_the_files_are_not_looked_at_for_every_connection(tmp_path):
    for name in ("cert.pem", "key.pem"):
        shutil.copy(TLS / name, tmp_path / name)
    certificates = Certificates(tmp_path / "cert.pem", tmp_path / "key.pem", check_every=1000)
    first = certificates.context()
    key_pair(tmp_path)
    assert certificates.context() is first


async def test_a_pair_that_cannot_be_used_stops_the_start(start, tmp_path):
    with pytest.raises(OSError):
        await start(tls_cert=TLS / "cert.pem", tls_key=tmp_path / "none.pem")
    with pytest.raises(ssl.SSLError):
        await start(tls_cert=TLS / "cert.pem", tls_key=TLS / "cert.pem")
