# SPDX-License-Identifier: Apache-2.0
"""What policy leaves alone arrives bit for bit, and its DKIM signature is still valid."""
import base64
import random
import subprocess

import dkim
import pytest

from parts import mail
from parts.client import RawClient, send
from parts.house import House
from parts.relay import Relay

OTHER = "someone@example.net"
COLLEAGUE = "carl@example.org"
LEAVE_ALONE = {"defaults": {"encrypt": "never", "headers": "off"}}


@pytest.fixture(scope="module")
def signing_key(directory):
    """A private key in PEM, and the DNS record that publishes its public half."""
    pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], check=True,
                         capture_output=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True,
                            capture_output=True).stdout
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def with_dkim(message: bytes, domain: str, pem: bytes) -> bytes:
    return dkim.sign(message, b"s1", domain.encode(), pem, include_headers=[
        b"from", b"to", b"subject", b"date", b"message-id", b"user-agent"]) + message


@pytest.fixture(scope="module")
def someone(person):
    return person(OTHER)


@pytest.fixture
def relay(place, sink, someone):
    made = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}})
    made.add_key(someone)  # there is a key: leaving alone is a decision, not a lack of keys
    made.start()
    yield made
    made.stop()


def odd_bodies():
    generator = random.Random(7)
    noise = bytes(generator.randrange(1, 256) for _ in range(50_000))
    noise = noise.replace(b"\r", b"").replace(b"\n", b"\r\n")
    return {
        "plain": mail.plain().raw,
        "no header section": b"\r\nonly a body\r\n",
        "no body": mail.headers().rstrip() + b"\r\n",
        "empty": b"",
        "dots": mail.headers() + b"\r\n.\r\n..\r\n.x\r\n",
        "all octets": mail.headers() + b"\r\n" + noise + b"\r\n",
        "odd header lines": b"From: x@example.net\r\nno colon here\r\n : empty name\r\nX:\r\n\r\nx\r\n",
        "larger than memory": mail.headers() + b"\r\n" + b"0123456789abcde\r\n" * 200_000,
    }


@pytest.mark.parametrize("name", odd_bodies())
def test_mail_policy_leaves_alone_passes_bit_for_bit(place, sink, started, name):
    relay = Relay(place, sink.port, policy=LEAVE_ALONE,
                  settings={"keys": {"sources": ["directory"]}})
    started(relay)
    message = odd_bodies()[name]
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write((b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        assert client.read_reply() == "250 2.0.0 Ok: queued as 4XYZ"
    assert sink.accepted()[0].content == message


def test_forwarded_mail_keeps_its_dkim_signature(relay, sink, signing_key):
    pem, record = signing_key
    message = with_dkim(mail.plain(sender="x@sender.example", to=COLLEAGUE).raw, "sender.example", pem)
    send(relay.port, "srs0=x@example.org", [OTHER], message)
    got = sink.accepted()[0].content
    assert got == message
    assert dkim.verify(got, dnsfunc=lambda *_, **__: record)
    assert not dkim.verify(got + b"x\r\n", dnsfunc=lambda *_, **__: record)


def test_mail_with_local_recipients_only_is_left_alone(relay, sink):
    message = mail.plain(to=COLLEAGUE).raw
    send(relay.port, mail.SENDER, [COLLEAGUE], message)
    assert sink.accepted()[0].content == message


def test_the_same_relay_seals_what_is_ours_to_seal(relay, sink):
    send(relay.port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)
    assert b"multipart/encrypted" in sink.accepted()[0].content


def test_mail_that_is_sealed_already_is_not_sealed_again(relay, sink, someone):
    key = relay.directory / "key"
    key.write_bytes(someone.certificate())
    armored = someone.gpg("--armor", "--no-keyring", "-f", str(key), "-e", data=b"secret")
    body = (b"--=_x\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--=_x\r\n"
            b"Content-Type: application/octet-stream\r\n\r\n"
            + armored.replace(b"\n", b"\r\n") + b"\r\n--=_x--\r\n")
    content = (b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\r\n'
               b' boundary="=_x"\r\n')
    message = mail.headers(to=OTHER) + b"MIME-Version: 1.0\r\n" + content + b"\r\n" + body
    send(relay.port, mail.SENDER, [OTHER], message)
    assert sink.accepted()[0].content.endswith(content + b"\r\n" + body)


def test_through_postfix_a_dkim_signature_stays_valid(directory, signing_key):
    pem, record = signing_key
    with House(directory / "house") as house:
        message = with_dkim(mail.plain(sender="x@sender.example").raw, "sender.example", pem)
        send(house.submission_port, "x@sender.example", ["bob@wkd.example"], message)
        got = house.world.wait_for(1)[0].content
        assert got.endswith(message)
        assert dkim.verify(got, dnsfunc=lambda *_, **__: record)
