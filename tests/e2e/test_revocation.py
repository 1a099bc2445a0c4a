# SPDX-License-Identifier: Apache-2.0
"""A key directory that serves a revoked key once, and then the same key without its revocation."""
import pytest

from parts import mail
from parts.certificates import Authority
from parts.client import Refused, send
from parts.clock import Clock
from parts.gnupg import Person
from parts.relay import Relay
from parts.wkd import Directory

TO = "bob@wkd.example"
REQUIRED = {"defaults": {"encrypt": "required", "unusable_key": "reject"}}


def test_revocation_that_was_shown_once_is_never_hidden_again(place, sink, started):
    bob, authority = Person(place, TO), Authority(place)
    before = bob.certificate()
    bob.revoke()
    wkd = Directory(place, authority, "wkd.example")
    wkd.publish(bob)
    wkd.start()
    relay = Relay(place, sink.port, policy=REQUIRED, wkd=(wkd,), ca=authority.certificate)
    clock = Clock(relay)
    started(relay)

    def refusal() -> str:
        with pytest.raises(Refused) as caught:
            send(relay.port, mail.SENDER, [TO], mail.plain(to=TO).raw)
        assert caught.value.code == 550
        return relay.log().splitlines()[-1]

    try:
        assert "revoked" in refusal()
        wkd.publish(bob, before)
        clock.set("+7h")  # what is remembered as unusable is asked for again
        assert "revoked" in refusal()
        relay.stop()
        clock.set("+20h")
        relay.start()
        assert "revoked" in refusal()
        assert wkd.requests().count("/hu/") == 3, "the directory was not asked each time"
        assert not sink.accepted()
    finally:
        wkd.stop()
        bob.stop_agent()
