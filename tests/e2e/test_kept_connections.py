# SPDX-License-Identifier: Apache-2.0
"""A connection to the next hop that a client has left in good order serves the next client, and
nothing of the one is seen by the other. One that is not as good as new, or that is gone when it is
wanted, is never noticed."""
import os
import signal
import socket
import ssl
import time
from contextlib import suppress

import pytest

from parts import mail, places
from parts.certificates import Authority
from parts.client import RawClient
from parts.postfix import Postfix, reinjection
from parts.relay import Relay
from parts.sink import DROP, EXTENSIONS, Sink

BOB, CAROL = "bob@example.net", "carol@example.net"
HELLO = "EHLO postseal.example.org"


@pytest.fixture
def hop():
    sinks = []

    def of(**options) -> Sink:
        sinks.append(Sink(places.free_port(), **options))
        return sinks[-1]
    yield of
    for sink in sinks:
        sink.stop()


def plain_relay(place, sink: Sink, next_hop: dict | None = None, **listener) -> Relay:
    port = places.free_port()
    return Relay(place, sink.port, port=port, settings={
        "listen": [{"name": "filter", "address": f"127.0.0.1:{port}", **listener}],
        "next_hop": next_hop or {}, "keys": {"sources": ["directory"]}})


def send(relay: Relay, recipient: str = BOB, *first: str, text: str = "Hello.") -> None:
    """A whole session, from greeting to goodbye."""
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        for line in ("EHLO client.example.org", *first, f"MAIL FROM:<{mail.SENDER}>",
                     f"RCPT TO:<{recipient}>", "DATA"):
            assert client.say(line)[0] in "23", line
        assert client.say(f"Subject: x\r\n\r\n{text}\r\n.").startswith("250 ")
        assert client.say("QUIT").startswith("221 ")
        assert client.read_line() == ""


def shared(sink: Sink) -> list[str]:
    """What was said on a connection that more than one client has had."""
    return next((said for said in sink.conversations
                 if "DATA" in said and HELLO in said[said.index("DATA"):]), [])


def send_until_shared(relay: Relay, sink: Sink) -> None:
    """A kept connection waits for two seconds: on a busy machine a client may come later."""
    for _ in range(20):
        send(relay)
        if shared(sink):
            return
    raise AssertionError(f"nothing is shared: {sink.conversations}")


def wait_for(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_end(sink: Sink) -> None:
    """Of the conversation; a connection that is kept would have none for two seconds."""
    deadline = time.monotonic() + 0.5
    while sink.open_connections and time.monotonic() < deadline:
        time.sleep(0.02)


ONE_MAIL = [HELLO, f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{BOB}>", "DATA"]


def test_two_clients_share_one(place, hop, started):
    sink = hop()
    send_until_shared(started(plain_relay(place, sink)), sink)
    assert shared(sink)[:8] == ONE_MAIL + ONE_MAIL


def test_hello_of_an_old_client_is_said_too(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    for _ in range(20):
        sink.wait_until_alone()  # but for those that are kept, which end soon
        sink.forget()
        send(relay)
        with RawClient(relay.port) as client:
            assert client.read_reply().startswith("220 ")
            assert client.say("HELO client.example.org").startswith("250 ")
            assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250 ")
        if "HELO postseal.example.org" in sink.conversations[0]:
            break
    assert sink.conversations[0][4:6] == ["HELO postseal.example.org", ONE_MAIL[1]]


def test_clients_share_one_within_tls(directory, place, hop, started):
    authority = Authority(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("mta.example.org", "mta.example.org"))
    sink = hop(tls=context)
    relay = started(plain_relay(place, sink, {"tls": "verified", "name": "mta.example.org",
                                              "ca_file": str(authority.certificate)}))
    send_until_shared(relay, sink)
    assert shared(sink)[:10] == [HELLO, "STARTTLS", *ONE_MAIL, *ONE_MAIL]
    assert all(one.encrypted for one in sink.transactions)


def test_clients_of_lmtp_share_one(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink, protocol="lmtp"))
    for _ in range(20):
        with RawClient(relay.port) as client:
            assert client.read_reply().startswith("220 ")
            for line in ("LHLO client.example.org", *ONE_MAIL[1:]):
                assert client.say(line)[0] in "23", line
            assert client.say("Subject: x\r\n\r\nHello.\r\n.").startswith("250 ")
            assert client.say("QUIT").startswith("221 ")
        if shared(sink):
            break
    assert shared(sink)[:8] == ONE_MAIL + ONE_MAIL


def test_what_is_said_of_one_client_is_not_said_of_the_next(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    for _ in range(20):
        sink.wait_until_alone()  # but for those that are kept, which end soon
        sink.forget()
        send(relay, BOB, "XFORWARD NAME=pc.example ADDR=203.0.113.9")
        send(relay, CAROL)
        if shared(sink):
            break
    said = shared(sink)
    own = said[said.index(HELLO, said.index(HELLO) + 1):]
    assert own[:4] == [HELLO, f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{CAROL}>", "DATA"]
    assert [one.addresses for one in sink.accepted()] == [[BOB], [CAROL]]


# A connection is given to the next client only if its last word was that it took a message, and it
# has refused nothing. These sessions end otherwise.

def refuse_carol(line: str) -> str | None:
    return "550 5.1.1 No such user" if CAROL in line else None


SENT = ["EHLO client.example.org", *ONE_MAIL[1:], "Subject: x\r\n\r\nHello.\r\n."]
NOT_KEPT = {
    "a recipient was refused": ({"RCPT": refuse_carol}, [
        *SENT[:2], f"RCPT TO:<{CAROL}>", *SENT[2:], "QUIT"]),
    "a sender was refused": ({"MAIL": refuse_carol}, [
        SENT[0], f"MAIL FROM:<{CAROL}>", *SENT[1:], "QUIT"]),
    "the message was refused": ({".": "550 5.7.1 Spam"}, [*SENT, "QUIT"]),
    "DATA was refused": ({"DATA": "451 4.3.0 Later"}, [*SENT, "QUIT"]),
    "attributes were refused": ({"XFORWARD": "501 5.5.4 No"}, [
        SENT[0], "XFORWARD ADDR=203.0.113.9", *SENT[1:], "QUIT"]),
    "a transaction is open": ({}, [*SENT, SENT[1], "QUIT"]),
    "attributes are said": ({}, [*SENT, "XFORWARD ADDR=203.0.113.9", "QUIT"]),
    "no message was sent": ({}, [SENT[0], "QUIT"]),
    "the client hung up": ({}, SENT),
    "EHLO was not known": ({"EHLO": "502 5.5.1 What?"}, [*SENT, "QUIT"]),
}


@pytest.mark.parametrize("answers,session", NOT_KEPT.values(), ids=NOT_KEPT.keys())
def test_not_kept_where(place, hop, started, answers, session):
    sink = hop(answers=answers)
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        for line in session:
            assert client.say(line), line
    wait_for_end(sink)
    sink.answers.clear()
    send(relay)
    assert len(sink.conversations) == 2
    assert sink.conversations[1][:4] == ONE_MAIL


def test_not_kept_where_the_settings_say_so(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink, {"keep": False}))
    send(relay)
    send(relay)
    wait_for(lambda: sink.conversations == [[*ONE_MAIL, "QUIT"]] * 2)


def test_not_kept_where_tls_was_wanted_and_failed(place, hop, started):
    """It is tried anew for each client."""
    sink = hop(extensions=(*EXTENSIONS, "STARTTLS"), answers={"STARTTLS": "454 4.7.0 Not now"})
    relay = started(plain_relay(place, sink, {"tls": "opportunistic"}))
    send(relay)
    send(relay)
    assert [said.count("STARTTLS") for said in sink.conversations] == [1, 1]


def test_not_kept_in_clear_where_tls_is_used_when_offered(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink, {"tls": "opportunistic"}))
    send(relay)
    send(relay)
    assert len(sink.conversations) == 2 and not shared(sink)


@pytest.mark.parametrize("introduction", ["proxy", "xclient"])
def test_fronts_never_share(place, hop, started, introduction):
    """The server knows whose connection it is."""
    by_proxy = introduction == "proxy"
    seen = []

    def refuse_strangers(_line):
        return "554 5.7.1 Relay access denied" if "ADDR=192.0.2.1" in seen[-1] else None

    def note(line):
        seen.append(line)
        return "220 sink.example.net ESMTP"

    sink = hop(behind_front=by_proxy, extensions=(*EXTENSIONS, "XCLIENT NAME ADDR PORT PROTO HELO"),
               answers={} if by_proxy else {"XCLIENT": note, "RCPT": refuse_strangers})
    port = places.free_port()
    relay = started(Relay(place, sink.port, port=port, settings={
        "listen": [{"name": "front", "place": "front", "address": f"127.0.0.1:{port}"}],
        "next_hop": {"client": introduction}, "keys": {"sources": ["directory"]}}))
    relay.wait_until_it_takes_mail()
    sink.wait_until_alone()
    sink.forget()
    send(relay)
    send(relay)
    wait_for(lambda: [said[-1] for said in sink.conversations] == ["QUIT", "QUIT"])
    assert len(sink.accepted()) == 2


# What becomes of a kept connection before the next client comes.

def test_one_that_the_server_has_closed_does_no_harm(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    for _ in range(3):
        send(relay)
        for connection in list(sink.connections):
            with suppress(OSError):  # the one before is thrown away, perhaps at this moment
                connection.shutdown(socket.SHUT_RDWR)
    assert len(sink.accepted()) == len(sink.conversations) == 3


def test_one_that_speaks_out_of_turn_is_not_used(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    for _ in range(3):
        send(relay)
        for connection in list(sink.connections):
            with suppress(OSError):
                connection.sendall(b"250 2.0.0 Ok: queued as 4XYZ\r\n")
    assert len(sink.accepted()) == len(sink.conversations) == 3


@pytest.mark.parametrize("answer", [
    "421 4.3.2 sink.example.net Overloaded", "550 5.7.1 Go away", "502 5.5.1 What?", "354 Go on",
    "nonsense", DROP], ids=["closing", "refused", "not known", "go-ahead", "nonsense", "closed"])
def test_one_that_does_not_greet_the_next_client_is_not_used(place, hop, started, answer):
    sink = hop()

    refused = []

    def greet_only_once(line):
        if refused or not shared(sink):
            return None
        refused.append(line)
        return answer

    sink.answers["EHLO"] = greet_only_once
    relay = started(plain_relay(place, sink))
    for _ in range(20):
        send(relay)
        if refused:
            break
    assert shared(sink)[:6] in ([*ONE_MAIL, HELLO], [*ONE_MAIL, HELLO, "QUIT"])
    assert sink.conversations[-1][:4] == ONE_MAIL
    assert len(sink.accepted()) == sum(said.count("DATA") for said in sink.conversations)


def test_extensions_are_those_of_today(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    send_until_shared(relay, sink)
    sink.extensions = ("SIZE 4711",)
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        heard = client.say("EHLO client.example.org")
    assert "250-SIZE 4711" in heard or "250 SIZE 4711" in heard
    assert "8BITMIME" not in heard


def test_idle_one_says_goodbye(place, hop, started):
    sink = hop()
    send(started(plain_relay(place, sink)))
    wait_for(lambda: sink.conversations[0][-1] == "QUIT")


# The end of what holds for it.

def test_reload_ends_it(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        os.kill(relay.process.pid, signal.SIGHUP)
        relay.wait_for_log("configuration reloaded")
        assert client.say("Subject: x\r\n\r\nHello.\r\n.").startswith("250 ")
        assert client.say("QUIT").startswith("221 ")  # nor is it left by who began before
    send(relay)
    wait_for(lambda: sink.conversations[0] == [*ONE_MAIL, "QUIT"])
    assert len(sink.conversations) == 2


def test_stop_ends_it(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    send(relay)
    relay.stop()
    wait_for(lambda: sink.conversations == [[*ONE_MAIL, "QUIT"]])


def test_none_is_left_while_stopping(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        os.kill(relay.process.pid, signal.SIGTERM)
        relay.wait_for_log("stopping")
        client.write(b"Subject: x\r\n\r\nHello.\r\n.\r\nQUIT\r\n")
        assert client.read_reply().startswith("250 ")
    relay.stop()
    wait_for(lambda: sink.conversations == [[*ONE_MAIL, "QUIT"]])


# With Postfix.

@pytest.fixture
def postfix(place, sink):
    running = Postfix(place / "postfix", "", sink.port)
    port = places.free_port()
    (running.config / "master.cf").write_text(
        (running.config / "master.cf").read_text() + reinjection(port))
    running.start(port)
    yield running, port
    running.stop()


def clients_seen(running: Postfix, count: int) -> list[str]:
    """What Postfix logs of whom a message is from, in their order."""
    def found() -> list[str]:
        return [line.partition(": client=")[2] for line in running.log().splitlines()
                if "/smtpd[" in line and ": client=" in line]
    wait_for(lambda: len(found()) >= count)
    return found()


def test_postfix_takes_no_client_for_the_one_before(place, postfix, started):
    running, port = postfix
    relay = started(Relay(place, port, settings={"keys": {"sources": ["directory"]}}))
    for _ in range(20):
        before = len(clients_seen(running, 0))
        send(relay, BOB, "XFORWARD NAME=pc.example ADDR=203.0.113.9")
        send(relay, CAROL)
        seen = clients_seen(running, before + 2)[before:]
        assert "orig_client=pc.example[203.0.113.9]" in seen[0]
        assert "orig_client" not in seen[1], seen
        if running.log().count("]: connect from") < before + 2:
            return
    raise AssertionError("each client had a connection of its own")


@pytest.mark.parametrize("hello", ["EHLO a.example", "HELO a.example"])
def test_postfix_forgets_at_a_hello(postfix, hello):
    """What kept connections rely on, without one: a hello forgets attributes and transaction."""
    running, port = postfix
    with RawClient(port) as client:
        assert client.read_reply().startswith("220 ")
        for line in ("EHLO a.example", "XFORWARD NAME=pc.example ADDR=203.0.113.9", hello,
                     f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{BOB}>", hello,
                     f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{CAROL}>", "DATA"):
            assert client.say(line)[0] in "23", line
        assert client.say("Subject: x\r\n\r\nHello.\r\n.").startswith("250 ")
    assert "orig_client" not in clients_seen(running, 1)[-1]
