# SPDX-License-Identifier: Apache-2.0
"""`archive`: one more copy, in clear and inside the house, of what leaves sealed."""
import ssl

import pytest

from parts import mail, places
from parts.client import RawClient
from parts.relay import Relay
from parts.sink import EXTENSIONS, Sink
from parts.split import BOB, CANARY, CAROL, send, spool_entries, spool_of, wait_until

ARCHIVE = "archive@example.org"


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def make(place, sink, bob, later, started):
    def start(protocol="smtp", **defaults) -> Relay:
        relay = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]},
                                                  "spool": spool_of(later.port)},
                      policy={"defaults": {"archive": ARCHIVE} | defaults})
        if protocol == "lmtp":
            text = relay.config_file.read_text()
            relay.config_file.write_text(text.replace("protocol: smtp", "protocol: lmtp"))
        relay.add_key(bob)
        return started(relay)
    return start


def test_archive_has_the_message_as_it_came_and_the_sender_hears_nothing_of_it(make, sink, later):
    relay = make()
    assert send(relay, recipients=(BOB,)).startswith("250")
    assert [one.addresses for one in sink.accepted()] == [[BOB]]
    assert CANARY not in sink.received
    copy = later.wait_for(1)[0]
    assert copy.addresses == [ARCHIVE] and copy.recipients == [f"RCPT TO:<{ARCHIVE}> NOTIFY=NEVER"]
    assert copy.content.startswith(b"Message-ID:") and b"User-Agent: Program/1.0" in copy.content
    assert CANARY in copy.content
    assert f'owed to=<{ARCHIVE}> reason="a copy for the archive"' in relay.log()


def test_archive_that_refuses_is_nobodys_report(make, sink, later):
    later.answers["RCPT"] = lambda line: "550 5.1.1 No such user" if ARCHIVE in line else None
    relay = make()
    assert send(relay, recipients=(BOB,)).startswith("250")
    relay.wait_for_log(f"to=<{ARCHIVE}> is lost, and nobody is told")
    wait_until(lambda: not spool_entries(relay))
    assert not later.accepted() and len(sink.accepted()) == 1


def test_what_is_refused_is_not_archived(make, sink, later):
    sink.answers["."] = "554 5.7.1 Never"
    relay = make()
    assert send(relay, recipients=(BOB,)) == "554 5.7.1 Never"
    assert not later.accepted() and spool_entries(relay) == []


def test_over_lmtp_there_is_one_copy_and_no_reply_for_it(make, sink, later):
    relay = make(protocol="lmtp", without_key="reject")
    with RawClient(relay.port, timeout=60) as client:
        client.read_reply()
        client.say("LHLO client.example.org")
        client.say(f"MAIL FROM:<{mail.SENDER}>")
        for one in (BOB, CAROL):
            assert client.say(f"RCPT TO:<{one}>").startswith("250")
        client.say("DATA")
        client.write(mail.headers(to=BOB) + b"MIME-Version: 1.0\r\n\r\n" + CANARY + b"\r\n.\r\n")
        replies = [client.read_reply() for _ in range(2)]
        assert [reply[:3] for reply in replies] == ["250", "550"]
        assert client.say("NOOP").startswith("250")
    assert later.wait_for(1)[0].addresses == [ARCHIVE]
    assert [one.addresses for one in sink.accepted()] == [[BOB]]


@pytest.mark.parametrize("spool_hop_is_verified", [True, False])
def test_archive_that_is_reached_without_tls_gets_nothing_that_requires_it(
        place, authority, bob, started, spool_hop_is_verified):
    name = "mta.example.org"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("mta", name))
    sink = Sink(places.free_port(), tls=context, extensions=(*EXTENSIONS, "REQUIRETLS"))
    hop = {"address": f"127.0.0.1:{sink.port}", "tls": "verified", "name": name,
           "ca_file": authority.certificate}
    plain = {"address": f"127.0.0.1:{sink.port}"}
    relay = Relay(place, sink.port, policy={"defaults": {"archive": ARCHIVE}},
                  settings={"next_hop": hop, "keys": {"sources": ["directory"]},
                            "spool": {"next_hop": hop if spool_hop_is_verified else plain}})
    relay.add_key(bob)
    started(relay)
    try:
        with RawClient(relay.port) as client:
            client.read_reply()
            client.say("EHLO client.example.org")
            assert client.say(f"MAIL FROM:<{mail.SENDER}> REQUIRETLS").startswith("250 ")
            assert client.say(f"RCPT TO:<{BOB}>").startswith("250 ")
            assert client.say("DATA").startswith("354 ")
            client.write(mail.plain(to=BOB).raw + b".\r\n")
            answer = client.read_reply()
        assert answer.startswith("250 " if spool_hop_is_verified else "550 5.7.30 REQUIRETLS"), answer
        sink.wait_for(2 if spool_hop_is_verified else 0)
        assert spool_entries(relay) == [] or spool_hop_is_verified
    finally:
        sink.stop()
