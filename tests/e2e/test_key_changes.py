# SPDX-License-Identifier: Apache-2.0
"""A domain serves another key than before, an administrator pins one, and mail goes to a subaddress:
to which key it is sealed, and what is said about it."""
import os
import signal
import sqlite3
import subprocess

import pytest

from parts import gnupg, mail, places, structure
from parts.client import Refused, send
from parts.clock import Clock
from parts.gnupg import Person
from parts.relay import Relay
from parts.split import spool_entries, wait_until
from parts.wkd import Directory

TO, TAGGED, CARL = "bob@wkd.example", "bob+news@wkd.example", "carl@wkd.example"
# Nothing that a fallback allows is to be taken for an answer.
OPEN = {"encrypt": "opportunistic", "without_key": "send", "lookup_failed": "send",
        "unusable_key": "send"}
KEYS = {"lifetimes": {"found": "1h", "absent": "1h"}, "subaddressing": ["wkd.example"]}


@pytest.fixture(scope="module")
def keys(person):
    """Two of the same address, the first one before the second."""
    return [person(TO, folder) for folder in ("before", "after")]


@pytest.fixture
def wkd(place, authority, keys):
    server = Directory(place, authority, "wkd.example")
    server.publish(keys[0])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def relay_with(place, sink, authority, wkd, started):
    """A running relay with this in the defaults of its policy, and a clock."""
    def start(keys=KEYS, **defaults) -> Relay:
        spool = {"first_retry": "1s", "longest_retry": "1s"}
        relay = Relay(place, sink.port, settings={"keys": keys, "spool": spool}, wkd=(wkd,),
                      ca=authority.certificate, policy={"defaults": OPEN | defaults})
        relay.clock = Clock(relay)
        return started(relay)
    return start


def deliver(relay: Relay, to: str = TO) -> None:
    send(relay.port, mail.SENDER, [to], mail.plain(to=to).raw)


def refusal(relay: Relay, to: str = TO) -> str:
    with pytest.raises(Refused) as caught:
        deliver(relay, to)
    assert caught.value.code == 451
    return caught.value.text


def why_held(relay: Relay, to: str = TO) -> str:
    """Of a mail that is delivered now and kept."""
    before = {one["id"] for one in spool_entries(relay)}
    deliver(relay, to)
    entry, = (one for one in spool_entries(relay) if one["id"] not in before)
    assert entry["copy"] == "held"
    return entry["recipients"][0]["said"]


def is_for(copy, person: Person) -> bool:
    return gnupg.recipients_of(structure.ciphertext(copy.content)) == [person.subkey_id()]


def warnings(relay: Relay) -> list[str]:
    return [line for line in relay.log().splitlines() if " key changed from " in line]


def pin(relay: Relay, fingerprint: str) -> None:
    policy = relay.policy_file.read_text().split("pins:")[0]
    relay.policy_file.write_text(policy + f'pins:\n  {TO}: "{fingerprint}"\n')
    said = "configuration reloaded"
    before = relay.log().count(said)
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.process.wait_for(lambda: relay.log().count(said) > before, "reload")


def test_changed_key_is_sealed_to_and_told_once(relay_with, keys, wkd, sink):
    before, after = keys
    relay = relay_with()
    deliver(relay)
    wkd.publish(after)
    deliver(relay)
    relay.clock.set("+2h")
    deliver(relay)
    relay.clock.set("+4h")
    deliver(relay)
    copies = sink.wait_for(4)
    assert is_for(copies[0], before) and is_for(copies[1], before)
    assert is_for(copies[2], after) and is_for(copies[3], after)
    told, = warnings(relay)
    assert told.endswith(f" to=<{TO}> key changed from {before.fingerprint()} to "
                         f"{after.fingerprint()} source=\"wkd\": sealed to the new one")
    assert " warning: id=" in told


def test_changed_key_is_held_until_an_administrator_has_pinned_it(relay_with, keys, wkd, sink):
    before, after = keys
    relay = relay_with(key_change="hold")
    deliver(relay)
    wkd.publish(after)
    relay.clock.set("+2h")
    for _ in range(2):
        text = why_held(relay)
        assert f"<{TO}>: this recipient's new OpenPGP key {after.fingerprint()} is not accepted" in text
    assert len(warnings(relay)) == 2, "once a mail, however often it is looked at"
    assert warnings(relay)[0].endswith(f": held; if the new one is the recipient's, accept it: "
                                       f"postseal keys pin {TO} {after.fingerprint()}")
    explained = subprocess.run(
        [places.POSTSEAL, "explain", "--config", relay.config_file, "--from", mail.SENDER, "--to", TO],
        capture_output=True, text=True, timeout=60, check=False)
    assert f"changed  from {before.fingerprint()} to {after.fingerprint()} (wkd)" in explained.stdout
    assert explained.returncode == 0 and "nothing yet: it is held" in explained.stdout

    # Nobody serves the one that is pinned: still nothing leaves in clear, though lookup_failed: send.
    pin(relay, before.fingerprint())
    assert "could not be looked up" in refusal(relay)
    assert "its key is pinned" in relay.log()
    relay.wait_for_log("this recipient's OpenPGP key could not be looked up")
    assert len(sink.accepted()) == 1
    pin(relay, after.fingerprint())
    first, *held = sink.wait_for(3)
    assert is_for(first, before) and all(is_for(copy, after) for copy in held)
    wait_until(lambda: not spool_entries(relay))


def test_pin_that_a_reload_brings_chooses_the_key(relay_with, keys, wkd, sink):
    before, after = keys
    wkd.publish(before, before.certificate() + after.certificate())
    relay = relay_with()
    deliver(relay)
    for person in (before, after):
        pin(relay, person.fingerprint().lower())
        deliver(relay)
    copies = sink.wait_for(3)
    assert is_for(copies[1], before) and is_for(copies[2], after)
    assert not warnings(relay), "a pin is an administrator's word"


def test_key_that_comes_after_a_denial_is_not_the_first_one(relay_with, keys, wkd, sink):
    """Whoever has taken over the domain lets it say for a day that there is no key."""
    before, after = keys
    relay = relay_with(key_change="hold")
    deliver(relay)
    wkd.withdraw(TO)
    for hours in (2, 30):
        relay.clock.set(f"+{hours}h")
        deliver(relay)
    wkd.publish(after)
    relay.clock.set("+40h")
    assert f"new OpenPGP key {after.fingerprint()} is not accepted" in why_held(relay)
    copies = sink.wait_for(3)
    assert is_for(copies[0], before) and is_for(copies[1], before)
    assert b"PGP MESSAGE" not in copies[2].content, "said twice, it was believed"

    forgotten = subprocess.run(
        [places.POSTSEAL, "keys", "delete", "--config", relay.config_file, "--yes", TO],
        capture_output=True, text=True, timeout=60, check=False)
    assert forgotten.returncode == 0, forgotten.stderr
    deliver(relay)
    assert is_for(sink.wait_for(4)[3], after), "what is forgotten is no key from before"
    assert is_for(sink.wait_for(5)[4], after) and not warnings(relay)[1:], "nor for what was held"


def test_key_waits_with_hold_while_nobody_can_say_what_was_before(place, relay_with, keys, wkd, sink):
    carl = Person(place, CARL)
    wkd.publish(carl)
    relay = relay_with(key_change="hold")
    deliver(relay)
    for file in relay.directory.glob("keys.sqlite*"):
        with open(file, "r+b") as opened:
            opened.write(b"\xff" * file.stat().st_size)
    try:
        assert "could not be looked up" in why_held(relay, CARL)
    finally:
        carl.stop_agent()
    assert "the key store cannot be read, so this may be another key than before" in relay.log()
    deliver(relay)
    assert all(is_for(copy, keys[0]) for copy in sink.wait_for(2)), "this process knows that one"


def test_key_that_ends_before_it_is_sealed_to_holds_whom_mail_was_sealed_to(place, relay_with, wkd, sink):
    person = Person(place, TO)
    wkd.publish(person)
    relay = relay_with(lookup_failed="hold")
    deliver(relay)
    subkey = person.subkey_id()
    person.revoke()
    person.stop_agent()
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:  # as if it had just been found good
        changed = store.execute("UPDATE findings SET certificate = ?", (person.certificate(),))
        assert changed.rowcount == 1
    assert "could not be looked up" in why_held(relay)
    assert "GnuPG refused to encrypt to" in relay.log() and "it waits" in relay.log()
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:
        store.execute("DELETE FROM sealings")
    first, second = sink.wait_for(2)  # the one that was held
    assert gnupg.recipients_of(structure.ciphertext(first.content)) == [subkey]
    assert b"PGP MESSAGE" not in second.content, "a stranger's: the rule's unusable_key"


def test_subaddress_is_sealed_to_the_base_where_that_is_switched_on(relay_with, keys, sink):
    relay = relay_with()
    deliver(relay, TAGGED)
    relay.clock.set("+2h")  # what was not found for the very address is asked for again
    deliver(relay, TAGGED)
    assert all(is_for(copy, keys[0]) for copy in sink.wait_for(2))


def test_subaddress_is_an_address_of_its_own_elsewhere_until_a_reload_says_otherwise(relay_with, keys, sink):
    relay = relay_with(keys={"subaddressing": ["other.example"]})
    deliver(relay, TAGGED)
    assert b"PGP MESSAGE" not in sink.wait_for(1)[0].content
    text = relay.config_file.read_text()
    assert text.count("other.example") == 1
    relay.config_file.write_text(text.replace("other.example", "wkd.example"))
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.wait_for_log("configuration reloaded")
    deliver(relay, TAGGED)
    assert is_for(sink.wait_for(2)[1], keys[0])
