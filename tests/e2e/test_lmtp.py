# SPDX-License-Identifier: Apache-2.0
"""LMTP (RFC 2033): one reply for each recipient, so that nobody hears of somebody else's failure."""
import resource
import signal

import pytest

from parts import mail, places, structure
from parts.client import RawClient
from parts.relay import Relay
from parts.sink import DROP, Sink

BOB, CAROL, DAVE = "bob@example.net", "carol@example.com", "dave@example.com"
EVE = "eve@example.net"


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def relay(place, bob, started):
    """Of a next hop that gives these answers."""
    def before(sink: Sink, policy=None, limits=None, others=(), preexec_fn=None) -> Relay:
        made = Relay(place, sink.port, policy=policy,
                     settings={"keys": {"sources": ["directory"]}, "limits": limits or {}})
        config = made.config_file.read_text()
        assert "protocol: smtp" in config
        made.config_file.write_text(config.replace("protocol: smtp", "protocol: lmtp"))
        for one in (bob, *others):
            made.add_key(one)
        return started(made, preexec_fn)
    return before


@pytest.fixture
def hop():
    sinks = []

    def with_answers(answers=None) -> Sink:
        sinks.append(Sink(places.free_port(), answers))
        return sinks[-1]
    yield with_answers
    for sink in sinks:
        sink.stop()


def deliver(port: int, *recipients: str, message: bytes = b"") -> list[str]:
    """What the client hears after the message, until it says QUIT."""
    with RawClient(port) as client:
        assert client.read_reply() == "220 postseal.example.org LMTP"
        assert client.say("LHLO mta.example.org").startswith("250")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        for recipient in recipients:
            assert client.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert client.say("DATA").startswith("354")
        text = message or mail.plain("Hello.\r\n", to=", ".join(recipients)).raw
        client.write(text + b".\r\nQUIT\r\n")
        heard = []
        while reply := client.read_reply():
            heard.append(reply)
        return [reply for reply in heard if not reply.startswith("221")]


def test_every_recipient_has_a_reply_of_its_own(relay, hop, bob):
    sink = hop()
    assert [reply[:3] for reply in deliver(relay(sink).port, BOB, CAROL, DAVE)] == ["250"] * 3
    assert b"Hello." in bob.decrypt(structure.ciphertext(sink.copy_for(BOB).content))
    clear = sink.copy_for(CAROL)
    assert clear is sink.copy_for(DAVE) and b"Hello." in clear.content


def test_failure_of_one_group_is_not_the_others(relay, hop):
    ends = []

    def end(_line):
        ends.append(1)
        return "452 4.2.2 Mailbox full" if len(ends) == 1 else None

    sink = hop({".": end})
    assert deliver(relay(sink).port, CAROL, BOB, DAVE) == [
        "250 2.0.0 Ok: queued as 4XYZ", "452 4.2.2 Mailbox full", "250 2.0.0 Ok: queued as 4XYZ"]
    assert len(sink.accepted()) == 1


def test_recipient_refused_in_a_second_transaction_hears_it_alone(relay, hop):
    asked = []

    def name(line):
        asked.append(line)
        return "450 4.2.1 Not twice" if CAROL in line and len(asked) > 3 else None

    sink = hop({"RCPT": name})
    replies = deliver(relay(sink).port, BOB, CAROL, DAVE)
    assert [reply[:9] for reply in replies] == ["250 2.0.0", "450 4.2.1", "250 2.0.0"]
    assert sink.copy_for(DAVE).addresses == [DAVE]


def test_next_hop_that_is_lost_between_two_groups_is_a_temporary_failure_of_the_rest(relay, hop):
    ends = []

    def end(_line):
        ends.append(1)
        return DROP if len(ends) == 2 else None

    replies = deliver(relay(hop({".": end})).port, BOB, CAROL, DAVE)
    assert [reply[:3] for reply in replies] == ["250", "451", "451"]


def test_refusal_of_the_message_is_said_to_everybody(relay, hop):
    sink = hop()
    required = {"defaults": {"encrypt": "required", "without_key": "reject"}}
    replies = deliver(relay(sink, required).port, BOB, CAROL)
    assert len(replies) == 2 and all(reply.startswith("550") for reply in replies)
    assert not sink.transactions


def test_recipient_without_a_key_is_refused_alone_and_the_others_are_served(relay, hop, bob):
    sink = hop()
    required = {"defaults": {"encrypt": "required", "without_key": "reject"},
                "rules": [{"name": "theirs alone", "match": {"to": "*@example.com"},
                           "set": {"encrypt": "required", "scope": "recipient"}},
                          {"name": "anybody", "set": {"encrypt": "opportunistic"}}]}
    replies = deliver(relay(sink, required).port, BOB, CAROL, "erin@elsewhere.example")
    assert [reply[:3] for reply in replies] == ["250", "550", "550"]
    assert replies[1].splitlines() == [
        f"550-5.7.5 <{CAROL}>: no OpenPGP key was found for this recipient",
        "550 5.7.5 Nothing was sent to this recipient; ask the recipient to publish a key"]
    assert bob.decrypt(structure.ciphertext(sink.copy_for(BOB).content))
    assert len(sink.transactions) == 1


def test_message_that_cannot_be_read_is_refused_for_everybody(relay, hop):
    sink = hop()
    with RawClient(relay(sink).port) as client:
        client.read_reply()
        client.say("LHLO mta.example.org")
        client.say(f"MAIL FROM:<{mail.SENDER}>")
        for recipient in (CAROL, DAVE):
            client.say(f"RCPT TO:<{recipient}>")
        client.say("DATA")
        client.write(b"Subject: x\r\n\r\nbare\nline\r\n.\r\n")
        assert [client.read_reply()[:9] for _ in range(2)] == ["550 5.6.0"] * 2
        assert client.say("NOOP").startswith("250")
    assert not sink.transactions


@pytest.mark.parametrize("hello", ["EHLO", "HELO"])
def test_smtp_on_this_port_is_told_so(relay, hop, hello):
    with RawClient(relay(hop()).port) as client:
        client.read_reply()
        assert client.say(f"{hello} mta.example.org").startswith("500")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("503")


def test_the_log_tells_who_may_get_it_twice(relay, hop):
    ends = []

    def end(_line):
        ends.append(1)
        return DROP if len(ends) == 2 else None

    at_work = relay(hop({".": end}))
    assert [reply[:3] for reply in deliver(at_work.port, BOB, CAROL)] == ["250", "451"]
    at_work.wait_for_log("if it has taken it, recipients get it twice")


def test_a_disk_that_is_full_is_known_before_anybody_is_served(relay, hop, person):
    sink = hop()
    padding = b"".join(b"X-Pad-%d: %s\r\n" % (i, b"y" * 900) for i in range(60))
    message = (mail.headers(to=f"{BOB}, {EVE}") + padding + b"MIME-Version: 1.0\r\n\r\n" +
               (b"x" * 76 + b"\r\n") * 11000)
    at_work = relay(
        sink, limits={"message_memory": "64KiB", "header_size": "512KiB"}, others=[person(EVE)],
        policy={"defaults": {"headers": "strict"},
                "rules": [{"name": "keeps", "match": {"to": EVE}, "set": {"headers": "off"}}]},
        preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    assert [one[:3] for one in deliver(at_work.port, BOB, EVE, message=message)] == ["250"] * 2
    bobs, eves = (len(sink.copy_for(one).content) for one in (BOB, EVE))
    sink.forget()
    room = (bobs + eves) // 2  # for all of Bob's, and for all but the end of Eve's
    assert bobs < room and room // (256 << 10) == eves // (256 << 10)
    resource.prlimit(at_work.process.pid, resource.RLIMIT_FSIZE, (room, room))
    assert [one[:3] for one in deliver(at_work.port, BOB, EVE, message=message)] == ["452"] * 2
    assert not sink.accepted(), "Bob gets it again with each try"
