# SPDX-License-Identifier: Apache-2.0
"""How much the spool may hold: mail for which it can never have room hears so at once, and not "try
again later" for ever."""
import os
import signal

import pytest

from parts import mail
from parts.client import RawClient
from parts.relay import Relay
from parts.split import BOB, EVE, FAY, send, spool_entries, spool_of

TEXT = mail.headers(to="anna@example.org") + b"\r\n" + (b"x" * 76 + b"\r\n") * 7000


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in (BOB, EVE, FAY)]


@pytest.fixture
def relay(place, people, sink, later, started):
    """Nobody stands in the header: each has a copy of their own, of which two fill the spool."""
    made = Relay(place, sink.port, settings={
        "keys": {"sources": ["directory"]}, "spool": spool_of(later.port) | {"size": "1MiB"},
        "limits": {"message_size": "700KiB"}})
    for person in people:
        made.add_key(person)
    return started(made)


def deliver(relay: Relay, *recipients: str) -> str:
    with RawClient(relay.port, timeout=60) as client:
        client.begin_data(mail.SENDER, *recipients)
        client.write(TEXT + b".\r\n")
        return client.read_reply()


def test_copies_that_are_larger_than_the_spool_are_refused_for_good(relay, sink):
    answer = deliver(relay, BOB, EVE, FAY)
    assert answer.startswith("552 5.3.4") and "fewer recipients" in answer
    assert not sink.accepted() and spool_entries(relay) == []
    line, = (one for one in relay.log().splitlines() if "never have room" in one)
    assert "'spool.size' allows 1048576 octets" in line and "in 2 entries" in line
    assert deliver(relay, BOB, EVE).startswith("250"), "one copy beside the first has room"


def test_a_new_size_holds_from_a_reload_on(relay, sink):
    assert deliver(relay, BOB, EVE, FAY).startswith("552")
    text = relay.config_file.read_text()
    relay.config_file.write_text(text.replace("size: 1MiB", "size: 4MiB\n  entries: 2"))
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.wait_for_log("configuration reloaded")
    assert deliver(relay, BOB, EVE, FAY).startswith("250")
    assert len(sink.accepted()) == 3
    relay.config_file.write_text(text.replace("size: 1MiB", "size: 4MiB\n  entries: 1"))
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.process.wait_for(lambda: relay.log().count("configuration reloaded") == 2, "reload")
    assert deliver(relay, BOB, EVE, FAY).startswith("552"), "one entry, and two copies to be kept"
    assert send(relay, (BOB,), to=BOB).startswith("250"), "which needs none"
