# SPDX-License-Identifier: Apache-2.0
"""A next hop that hangs up while nobody speaks is called again, and told what it had accepted:
that, and nothing else."""
import time

import pytest

from parts import mail, places
from parts.client import RawClient
from parts.relay import Relay
from parts.sink import Sink

TO = "bob@example.net"
BORED = 4  # seconds of silence; postseal takes more than 5 for that
LONG = 8


@pytest.fixture
def sink():
    server = Sink(places.free_port(), patience=BORED)
    yield server
    server.stop()


@pytest.fixture
def relay(place, sink, started):
    return started(Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}}))


def say(client: RawClient, *lines: str) -> None:
    for line in lines:
        assert client.say(line)[0] in "23", line


def test_transaction_is_told_anew(relay, sink):
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, TO)
        time.sleep(LONG)
        client.write(b"Subject: x\r\n\r\n.\r\n")
        assert client.read_reply().startswith("250 ")
    assert [one.addresses for one in sink.accepted()] == [[TO]]


def test_transaction_that_a_hello_has_ended_is_not_told_anew(relay, sink):
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        say(client, "HELO client.example.org", "MAIL FROM:<carol@example.org>",
            "RCPT TO:<dave@example.net>", "EHLO client.example.org")
        time.sleep(LONG)
        say(client, f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{TO}>", "DATA")
        client.write(b"Subject: x\r\n\r\n.\r\n")
        assert client.read_reply().startswith("250 ")
    assert [one.addresses for one in sink.accepted()] == [[TO]]
    assert len([line for line in sink.commands if "carol" in line or "dave" in line]) == 2


def test_transaction_that_is_to_be_forgotten_is_not_told_anew(relay, sink):
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        say(client, "EHLO client.example.org", f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{TO}>")
        time.sleep(LONG)
        say(client, "RSET")
    assert [line.split(" ")[0] for line in sink.commands] == ["EHLO", "MAIL", "RCPT", "EHLO", "RSET"]
