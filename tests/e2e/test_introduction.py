# SPDX-License-Identifier: Apache-2.0
"""Whom a mail server behind a front takes a client for: never for postseal itself, whose rights
are not the client's."""
import os
import signal

import pytest

from parts import mail, places, proxy
from parts.client import RawClient
from parts.relay import Relay
from parts.sink import EXTENSIONS, Sink

XCLIENT = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN"
TO = "bob@example.net"


@pytest.fixture
def hop():
    sinks = []

    def of(**options) -> Sink:
        sinks.append(Sink(places.free_port(), **options))
        return sinks[-1]
    yield of
    for sink in sinks:
        sink.stop()


def front(place, sink: Sink, client: str, **listener) -> Relay:
    port = places.free_port()
    return Relay(place, sink.port, port=port, settings={
        "listen": [{"name": "inbound", "place": "front", "address": f"127.0.0.1:{port}",
                    **listener}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "client": client},
        "keys": {"sources": ["directory"]}})


def refuse_the_self_test(line: str) -> str | None:
    return "554 5.7.1 Relay access denied" if "self-test" in line else None


def test_next_hop_that_refuses_a_hello_still_learns_who_the_client_is(place, hop, started):
    # Exim does not like underscores; a milter may dislike any name.
    def judge(line: str) -> str | None:
        return "501 Syntactically invalid EHLO argument(s)" if "_" in line else None
    sink = hop(extensions=(*EXTENSIONS, XCLIENT),
               answers={"EHLO": judge, "RCPT": refuse_the_self_test})
    relay = started(front(place, sink, "xclient"))
    relay.wait_until_it_takes_mail()
    sink.wait_until_alone()
    sink.forget()
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        assert client.say("EHLO my_laptop").startswith("501 ")
        assert client.say("EHLO laptop.example.net").startswith("250")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250 ")
    said = [line.split(" ")[0] for line in sink.commands]
    assert said == ["EHLO", "EHLO", "XCLIENT", "EHLO", "MAIL"]
    assert "ADDR=127.0.0.1" in sink.commands[2]


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", proxy.SIGNATURE + b"\x20\0\0\0",
                                    proxy.SIGNATURE + b"\x21\0\0\0"])
def test_balancer_that_names_no_client_gives_nobody_its_rights(place, hop, started, header):
    sink = hop(behind_front=True)  # refuses to relay for a stranger, and for nobody else
    relay = started(front(place, sink, "proxy", load_balancers=["127.0.0.0/8"]))
    relay.wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        client.write(header)
        assert client.read_reply().startswith("220 ")  # all that a health check wants
        assert client.say("EHLO client.example.org").startswith("250")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250 ")
        assert client.say(f"RCPT TO:<{TO}>").startswith("554 ")


def test_self_test_in_clear_proves_nothing_for_tls(place, hop, started):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, "proxy"))
    relay.wait_until_it_takes_mail()
    sink.answers["greeting"] = "450 4.3.2 busy"  # to the next self-test
    written = relay.config_file.read_text()
    assert "client: proxy" in written
    relay.config_file.write_text(written.replace("client: proxy",
                                                 "client: proxy\n  tls: opportunistic"))
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.wait_for_log("configuration reloaded")
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("421 ")


def test_silent_client_does_not_log_in_as_quit(place, hop, started):
    sink = hop(behind_front=True, extensions=(*EXTENSIONS, "AUTH LOGIN"),
               answers={"AUTH": "334 VXNlcm5hbWU6"})
    relay = front(place, sink, "proxy")
    with relay.config_file.open("a") as config:
        config.write("limits:\n  command_timeout: 5s\n")
    started(relay).wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        assert client.say("EHLO client.example.org").startswith("250")
        assert client.say("AUTH LOGIN").startswith("334 ")
        assert client.read_reply().startswith("421 ")
        assert client.read_line() == ""
    sink.wait_until_alone()
    assert sink.commands == ["EHLO client.example.org", "AUTH LOGIN"]
