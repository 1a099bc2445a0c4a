# SPDX-License-Identifier: Apache-2.0
"""`archive`: one more copy, in clear and inside the house, of what leaves sealed."""
import pytest

from parts import mail
from parts.client import RawClient
from parts.relay import Relay
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
    assert f"archive=<{ARCHIVE}>" in relay.log()


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
