# SPDX-License-Identifier: Apache-2.0
"""A next hop that hangs up, lies, or wants to know who the client is; and a reload that changes
where mail comes in."""
import os
import re
import signal
import socket
import time

import pytest

from parts import mail, places
from parts.client import RawClient
from parts.proxy import Client
from parts.relay import Relay
from parts.sink import EXTENSIONS, Sink

BOB = "bob@example.net"
IDLE = 5.5  # a hang-up after less than five seconds is no idleness


class Sleepy(Sink):
    """Hangs up on whoever says nothing for a moment, as a busy Postfix does after ten seconds."""

    def fall_asleep(self) -> None:
        for connection in list(self.connections):
            connection.sendall(b"421 4.4.2 sink.example.net Error: timeout exceeded\r\n")
            connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def hop():
    sinks = []

    def of(kind=Sink, **options) -> Sink:
        sinks.append(kind(places.free_port(), **options))
        return sinks[-1]
    yield of
    for sink in sinks:
        sink.stop()


def plain_relay(place, sink: Sink, **settings) -> Relay:
    return Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}, **settings})


def test_next_hop_that_hung_up_during_a_slow_upload_is_called_again(place, hop, started):
    sink = hop(Sleepy)
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220")
        client.say("EHLO client.example.org")
        assert client.say("XFORWARD NAME=pc.example ADDR=203.0.113.9").startswith("250")
        assert client.say(f"MAIL FROM:<{mail.SENDER}> RET=HDRS ENVID=abc").startswith("250")
        assert client.say(f"RCPT TO:<{BOB}> NOTIFY=NEVER").startswith("250")
        assert client.say("RCPT TO:<carol@example.net>").startswith("250")
        assert client.say("DATA").startswith("354")
        first = len(sink.commands)
        client.write(b"From: anna@example.org\r\n")
        time.sleep(IDLE)
        sink.fall_asleep()
        client.write(b"Subject: slow\r\n\r\nand complete\r\n.\r\n")
        assert client.read_reply().startswith("250 2.0.0 Ok: queued")
        assert client.say("NOOP").startswith("250")
    (copy,) = sink.accepted()
    assert copy.addresses == [BOB, "carol@example.net"]
    assert copy.content.endswith(b"and complete\r\n")
    again = sink.commands[first:]
    assert again[:5] == ["EHLO postseal.example.org", *sink.commands[1:first]]


def test_next_hop_that_hung_up_between_two_mails_is_called_again(place, hop, started):
    sink = hop(Sleepy)
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        client.write(b"Subject: one\r\n\r\none\r\n.\r\n")
        assert client.read_reply().startswith("250")
        time.sleep(IDLE)
        sink.fall_asleep()
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        assert client.say("RCPT TO:<carol@example.net>").startswith("250")
        assert client.say("DATA").startswith("354")
        client.write(b"Subject: two\r\n\r\ntwo\r\n.\r\n")
        assert client.read_reply().startswith("250")
    assert [copy.addresses for copy in sink.accepted()] == [[BOB], ["carol@example.net"]]


def test_next_hop_that_takes_less_the_second_time_gets_nothing(place, hop, started):
    sink = hop(Sleepy)
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        time.sleep(IDLE)
        sink.fall_asleep()
        sink.answers["RCPT"] = "450 4.2.0 greylisted"
        client.write(b"Subject: one\r\n\r\none\r\n.\r\n")
        answer = client.read_reply()
    assert answer.startswith("421 4.4.2 ") and "greylisted" in answer
    assert not sink.transactions


def test_hang_up_at_once_is_not_idleness(place, hop, started):
    sink = hop(Sleepy)
    relay = started(plain_relay(place, sink))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        sink.fall_asleep()
        client.write(b"Subject: one\r\n\r\none\r\n.\r\n")
        assert client.read_reply().startswith("421 ")
    assert len([command for command in sink.commands if command.startswith("EHLO")]) == 1


def test_users_mail_is_not_sent_anew_by_us(place, hop, started):
    """Only they can log in again."""
    sink = hop(Sleepy, behind_front=True, extensions=(*EXTENSIONS, "AUTH PLAIN"),
               answers={"AUTH": "235 2.7.0 Ok"})
    relay = front(place, sink, "proxy")
    started(relay).wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220")
        client.say("EHLO client.example.org")
        assert client.say("AUTH PLAIN AGFubmEAc2VjcmV0").startswith("235")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        assert client.say(f"RCPT TO:<{BOB}>").startswith("250")
        assert client.say("DATA").startswith("354")
        time.sleep(IDLE)
        sink.fall_asleep()
        client.write(b"Subject: one\r\n\r\none\r\n.\r\n")
        assert client.read_reply().startswith("451 4.4.2 ")
    assert not sink.transactions
    assert "c2VjcmV0" not in relay.log()
    assert 'login="anna"' in relay.log()


# What a client hears is one reply a command, whatever the next hop writes.

HOSTILE = {
    "a bare carriage return": "250 2.1.0 Ok\r250 2.1.5 Ok",
    "a bare line feed": "250 2.1.0 Ok\n250 2.1.5 Ok",
    "a NUL": "250 2.1.0 O\0k",
    "an escape sequence": "250 2.1.0 \x1b]0;owned\x07",
    "an eight bit control": "250 2.1.0 \x9b31m",
    "codes that change": "250-2.1.0 Ok\r\n550 5.1.0 no",
    "a go-ahead": "354 go on",
    "nonsense": "hello",
    "no text": "250",
    "an endless reply": "\r\n".join(["250-2.1.0 Ok"] * 200 + ["250 Ok"]),
    "an endless line": "250 " + "x" * 100_000,
    "two replies": "250 2.1.0 Ok\r\n250 2.1.5 Ok",
}


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("reply", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_reply_is_one_reply_or_the_end(place, hop, started, step, reply):
    sink = hop(answers={step: reply})
    relay = started(plain_relay(place, sink))
    commands = ["EHLO client.example.org", f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{BOB}>", "DATA",
                "Subject: one\r\n\r\none\r\n.", "NOOP"]
    with RawClient(relay.port, timeout=60) as client:
        heard = [client.read_reply()]
        for command in commands:
            heard.append(client.say(command))
            assert re.fullmatch(r"(\d{3}-[ -~]*\n)*\d{3}( [ -~]*)?|", heard[-1]), heard
            if not heard[-1] or heard[-1].startswith("421"):
                break
        else:
            assert heard[-1].startswith("250 ")  # still in step
    if len(heard) > 5 and heard[5].startswith("250 "):
        assert any(one.accepted for one in sink.transactions)


# Who the client is.

def front(place, sink: Sink, introduction: str, **settings) -> Relay:
    port = places.free_port()
    return Relay(place, sink.port, port=port, settings={
        "listen": [{"name": "front", "place": "front", "address": f"127.0.0.1:{port}"}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "client": introduction},
        "keys": {"sources": ["directory"]}, **settings})


def refuse_strangers(sink: Sink) -> None:
    """By XCLIENT the self-test's stranger is told in the conversation itself."""
    def rcpt(line):
        seen = next(said for said in reversed(sink.commands) if said.startswith("XCLIENT"))
        return "554 5.7.1 Relay access denied" if "ADDR=192.0.2.1" in seen else None
    sink.answers["RCPT"] = rcpt


def test_client_is_named_by_xclient(place, hop, started):
    sink = hop(extensions=(*EXTENSIONS, "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"),
               answers={"XCLIENT": "220 sink.example.net ESMTP"})
    refuse_strangers(sink)
    relay = started(front(place, sink, "xclient"))
    relay.wait_until_it_takes_mail()
    sink.wait_until_alone()
    sink.forget()
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        client.write(b"Subject: one\r\n\r\none\r\n.\r\n")
        assert client.read_reply().startswith("250")
    before_mail = sink.commands[:next(at for at, said in enumerate(sink.commands)
                                      if said.startswith("MAIL"))]
    assert before_mail[0] == before_mail[-1] == "EHLO client.example.org"
    told = " ".join(before_mail[1:-1])
    assert " ADDR=127.0.0.1" in told and " NAME=[UNAVAILABLE]" in told
    assert f" DESTPORT={relay.port}" in told
    assert "LOGIN" not in told


@pytest.mark.parametrize("extensions,answer", [
    (EXTENSIONS, "220 ok"),
    ((*EXTENSIONS, "XCLIENT NAME ADDR"), "550 5.7.0 insufficient authorization"),
    ((*EXTENSIONS, "XCLIENT NAME PORT"), "220 ok")], ids=["not offered", "refused", "without ADDR"])
def test_next_hop_that_cannot_be_told_takes_no_mail(place, hop, started, extensions, answer):
    """It would take everybody for us."""
    sink = hop(extensions=extensions, answers={"XCLIENT": answer})
    relay = started(front(place, sink, "xclient"))
    relay.wait_for_log("stays closed")
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("421 ")
    assert not any(command.startswith("MAIL") for command in sink.commands)


def test_open_relay_is_not_served_until_it_is_mended(place, hop, started):
    sink = hop(extensions=(*EXTENSIONS, "XCLIENT NAME ADDR PORT PROTO HELO"),
               answers={"XCLIENT": "220 sink.example.net ESMTP"})
    relay = started(front(place, sink, "xclient"))
    relay.wait_for_log("would relay mail of strangers")
    assert "smtpd_relay_restrictions" in relay.log()
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("421 ")
    refuse_strangers(sink)
    relay.wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
    assert not sink.transactions


# Reload.

def test_reload_changes_where_mail_comes_in(place, hop, started):
    first, second = hop(), hop()
    relay = started(plain_relay(place, first))
    old, new = relay.port, places.free_port()
    with RawClient(old) as client:
        assert client.read_reply().startswith("220")
        config = relay.config_file.read_text()
        relay.config_file.write_text(config.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
                                     .replace(f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"))
        os.kill(relay.process.pid, signal.SIGHUP)
        relay.wait_for_log("configuration reloaded")
        assert client.say("EHLO client.example.org").startswith("250")  # with what it began with
    assert first.commands and not second.commands
    assert not places.listens(old)
    with RawClient(new) as client:
        client.begin_data(mail.SENDER, BOB)
        client.write(b"Subject: one\r\n\r\none\r\n.\r\n")
        assert client.read_reply().startswith("250")
    assert second.accepted()


def test_address_that_cannot_be_had_leaves_all_as_it_was(place, hop, started):
    sink = hop()
    relay = started(plain_relay(place, sink))
    config = relay.config_file.read_text()
    with socket.create_server(("127.0.0.1", places.free_port())) as taken:
        port = taken.getsockname()[1]
        relay.config_file.write_text(config.replace(f"127.0.0.1:{relay.port}", f"127.0.0.1:{port}"))
        os.kill(relay.process.pid, signal.SIGHUP)
        relay.wait_for_log("the old one stays")
    assert "cannot listen" in relay.log()
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220")


def test_client_behind_a_front_is_named_by_proxy(place, hop, started):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, "proxy"))
    relay.wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, BOB)
        own = client.socket.getsockname()[1]
    assert sink.clients == [Client("127.0.0.1", own, "127.0.0.1", relay.port)]
    assert sink.commands[0] == "EHLO client.example.org"
