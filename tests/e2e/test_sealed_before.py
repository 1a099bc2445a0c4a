# SPDX-License-Identifier: Apache-2.0
"""A key directory that answers once and then lets nobody ask: what was sealed stays sealed, or waits."""
import sqlite3

import pytest

from parts import mail
from parts.certificates import Authority
from parts.client import Refused, send
from parts.clock import Clock
from parts.gnupg import Person
from parts.relay import Relay
from parts.wkd import Directory

BOB, CARL, STRANGER = "bob@wkd.example", "carl@wkd.example", "someone@silent.example"


def test_lookup_that_is_blocked_after_the_first_success_opens_nothing(place, sink, started):
    bob, authority = Person(place, BOB), Authority(place)
    wkd = Directory(place, authority, "wkd.example")
    wkd.publish(bob)
    wkd.start()
    relay = Relay(place, sink.port, wkd=(wkd,), ca=authority.certificate)
    clock = Clock(relay)
    started(relay)
    try:
        send(relay.port, mail.SENDER, [BOB], mail.plain(to=BOB).raw)
        assert b"BEGIN PGP MESSAGE" in sink.wait_for(1)[0].content
        relay.stop()
    finally:
        wkd.stop()
        bob.stop_agent()

    # An attacker in the network leads us elsewhere, where nobody has the domain's certificate.
    (place / "impostor").mkdir()
    impostor = Directory(place / "impostor", authority, "other.example").start()
    config = relay.config_file.read_text()
    relay.config_file.write_text(config.replace(f":{wkd.port}", f":{impostor.port}"))
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:
        assert store.execute("SELECT address FROM sealings").fetchall() == [(BOB,)]
        assert store.execute("SELECT domain FROM directories").fetchall() == [("wkd.example",)]
        store.execute("DELETE FROM findings")  # as if the key were long gone
    clock.set("+20h")
    relay.start()
    try:
        for address in (BOB, CARL):
            with pytest.raises(Refused) as caught:
                send(relay.port, mail.SENDER, [address], mail.plain(to=address).raw)
            assert caught.value.code == 451
        send(relay.port, mail.SENDER, [STRANGER], mail.plain(to=STRANGER).raw)  # first contact
    finally:
        impostor.stop()
    assert "wkd.example" in relay.log() and "before" in relay.log()
    assert [copy.addresses for copy in sink.accepted()] == [[BOB], [STRANGER]]
