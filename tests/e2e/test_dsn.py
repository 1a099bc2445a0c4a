# SPDX-License-Identifier: Apache-2.0
"""Delivery status notifications (RFC 3461) through a message that is sent in several transactions: each
carries what the client asked for, and no recipient's parameters are told to anybody else."""
import pytest

from parts import mail, places
from parts.client import RawClient
from parts.relay import Relay
from parts.sink import EXTENSIONS, Sink

BOB, EVE, FAY = "bob@example.net", "eve@example.net", "fay@example.net"  # have keys
CAROL, DAVE = "carol@example.com", "dave@example.com"

OF_MAIL = "RET=HDRS ENVID=QQ314159+2B+3D"
OF_RCPT = {
    BOB: "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Robert+2Bwork@example.net",
    CAROL: "NOTIFY=NEVER",
    DAVE: "NOTIFY=FAILURE ORCPT=rfc822;dave@old.example.com",
    EVE: "NOTIFY=SUCCESS ORCPT=rfc822;secret@evening.example",  # blind
    FAY: "ORCPT=rfc822;fay@example.net",                        # blind
}


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in (BOB, EVE, FAY)]


@pytest.fixture
def make(place, people, started):
    def before(sink: Sink, protocol: str = "smtp") -> Relay:
        made = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}})
        config = made.config_file.read_text()
        made.config_file.write_text(config.replace("protocol: smtp", f"protocol: {protocol}"))
        for person in people:
            made.add_key(person)
        return started(made)
    return before


def deliver(relay: Relay, hello: str = "EHLO") -> None:
    replies = len(OF_RCPT) if hello == "LHLO" else 1
    with RawClient(relay.port) as client:
        client.read_reply()
        client.say(f"{hello} client.example.org")
        assert client.say(f"MAIL FROM:<{mail.SENDER}> {OF_MAIL}").startswith("250")
        for address, parameters in OF_RCPT.items():
            assert client.say(f"RCPT TO:<{address}> {parameters}").startswith("250")
        client.say("DATA")
        client.write(mail.plain(to=f"{BOB}, {CAROL}, {DAVE}").raw + b".\r\n")
        assert all(client.read_reply().startswith("250") for _ in range(replies))


@pytest.mark.parametrize("protocol,hello", [("smtp", "EHLO"), ("lmtp", "LHLO")])
def test_every_transaction_says_what_the_client_said(make, sink, protocol, hello):
    deliver(make(sink, protocol), hello)
    sent = sink.accepted()
    assert sorted(sorted(one.addresses) for one in sent) == [[BOB], [CAROL, DAVE], [EVE], [FAY]]
    for one in sent:
        assert one.mail.startswith(f"MAIL FROM:<{mail.SENDER}> {OF_MAIL}")
        assert one.recipients == [f"RCPT TO:<{address}> {OF_RCPT[address]}"
                                  for address in one.addresses]


def test_what_was_said_of_a_blind_recipient_stands_nowhere_else(make, sink):
    deliver(make(sink))
    for one in sink.accepted():
        assert b"secret@evening" not in one.content
        if one.addresses != [EVE]:
            assert not any("evening" in line for line in [one.mail, *one.recipients])
        for address in (EVE, FAY):
            assert address.encode() not in one.content


def test_a_next_hop_without_dsn_hears_none_of_it(make):
    sink = Sink(places.free_port(), extensions=[one for one in EXTENSIONS if one != "DSN"])
    try:
        deliver(make(sink))  # Postfix, as a filter's client, says what its own client has said
        assert len(sink.accepted()) == 4
        heard = " ".join(sink.commands)
        assert not [word for word in ("RET=", "ENVID=", "NOTIFY=", "ORCPT=") if word in heard]
    finally:
        sink.stop()


def test_a_recipient_who_is_named_by_another_spelling_is_not_blind(make, sink):
    with RawClient(make(sink).port) as client:
        client.read_reply()
        client.say("EHLO client.example.org")
        client.say(f"MAIL FROM:<{mail.SENDER}>")
        client.say(rf"RCPT TO:<{BOB}> ORCPT=utf-8;m\x{{FC}}ller\x{{2B}}x@b\x{{FC}}cher.example")
        client.say(f"RCPT TO:<{EVE}> ORCPT=rfc822;eve@home.example")
        client.say("DATA")
        headers = mail.headers(to="m\u00fcller+x@xn--bcher-kva.example, eve@home.example")
        client.write(headers + b"MIME-Version: 1.0\r\n\r\nHello\r\n.\r\n")
        assert client.read_reply().startswith("250")
    assert [one.addresses for one in sink.accepted()] == [[BOB, EVE]]
