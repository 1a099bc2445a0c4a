# SPDX-License-Identifier: Apache-2.0
"""Mail for a whole domain is sealed to the one key that the policy names for it, and for nobody else."""
import json
import os
import signal
import subprocess

import pytest

from parts import gnupg, mail, places, structure
from parts.client import Refused, send
from parts.clock import Clock
from parts.gnupg import Person
from parts.keys_command import DONE, keys, objects
from parts.relay import Relay
from parts.split import spool_entries, wait_until
from parts.wkd import Directory, hashed_user

DOMAIN = "partner.example"
OFFICE, THREE, FOUR, BOSS = (f"{name}@{DOMAIN}" for name in ("office", "three", "four", "boss"))
SETTINGS = {"spool": {"first_retry": "1s", "longest_retry": "1s"},
            "keys": {"lifetimes": {"found": "1h", "absent": "1h"}, "subaddressing": [DOMAIN]}}
WHY = "reads mail on a phone"


@pytest.fixture(scope="module")
def people(person):
    """Whoever is asked for has a key: only of whom it is taken is the question."""
    return {address: person(address) for address in (OFFICE, THREE, BOSS)}


@pytest.fixture
def wkd(place, authority, people):
    server = Directory(place, authority, DOMAIN)
    for one in people.values():
        server.publish(one)
    yield server.start()
    server.stop()


@pytest.fixture
def relay_with(place, sink, authority, wkd, started):
    def start(key_of=None, **defaults) -> Relay:
        policy = {"defaults": defaults} if defaults else {}
        relay = Relay(place, sink.port, settings=SETTINGS, wkd=(wkd,), ca=authority.certificate,
                      policy=policy | {"key_of": key_of or {DOMAIN: OFFICE}})
        relay.clock = Clock(relay)
        return started(relay)
    return start


def deliver(relay: Relay, *to: str) -> None:
    send(relay.port, mail.SENDER, list(to), mail.plain(to=", ".join(to)).raw)


def refusal(relay: Relay, *to: str) -> str:
    with pytest.raises(Refused) as caught:
        deliver(relay, *to)
    return f"{caught.value.code} {caught.value.text}"


def is_for(copy, *people: Person) -> bool:
    return gnupg.recipients_of(structure.ciphertext(copy.content)) == [one.subkey_id() for one in people]


def is_clear(copy) -> bool:
    return b"BEGIN PGP MESSAGE" not in copy.content


def asked_for(wkd: Directory, address: str) -> bool:
    return hashed_user(address.split("@")[0]) in wkd.requests()


def command(relay: Relay, name: str, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([places.POSTSEAL, name, "--config", relay.config_file, *words], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True)


def opt_out(relay: Relay, address: str) -> None:
    assert command(relay, "optout", address, "--reason", WHY).returncode == 0


def test_all_of_a_domain_share_one_copy_for_one_key(relay_with, people, wkd, sink):
    relay = relay_with({BOSS: BOSS, DOMAIN: OFFICE})
    deliver(relay, THREE, FOUR)
    copy, = sink.wait_for(1)
    assert copy.addresses == [THREE, FOUR] and is_for(copy, people[OFFICE])
    assert people[OFFICE].decrypt_with_rnp(structure.ciphertext(copy.content))
    for to in (THREE, FOUR):
        line, = (one for one in relay.log().splitlines() if f"to=<{to}> sealed" in one)
        assert f" key={people[OFFICE].fingerprint()} source=\"wkd\" key_of=<{OFFICE}> " in line
        assert f"(key of {OFFICE}, by key_of: " in line
    assert asked_for(wkd, OFFICE) and not asked_for(wkd, THREE), "though there is one"

    deliver(relay, BOSS, THREE)
    assert is_for(sink.wait_for(2)[1], people[BOSS], people[OFFICE]), "an exception comes before"


def test_explain_and_keys_say_whose_key_it_is(relay_with, people):
    relay = relay_with()
    words = ("--from", mail.SENDER, "--to", THREE, "--to", OFFICE)
    fingerprint = people[OFFICE].fingerprint()
    told = command(relay, "explain", *words).stdout
    assert f"key      {fingerprint}, cv25519 (wkd), key of {OFFICE}, by key_of\n" in told
    assert f"key      {fingerprint}, cv25519 (wkd)\n" in told
    three, office = json.loads(command(relay, "explain", "--json", *words).stdout)["recipients"]
    assert three["lookup"]["key_of"] == OFFICE and office["lookup"]["key_of"] is None
    assert three["key"]["fingerprint"] == office["key"]["fingerprint"] == fingerprint

    shown = keys(relay, "show", THREE)
    assert shown.returncode == DONE and f"key_of    mail is sealed to the key of {OFFICE}" in shown.out
    assert objects(keys(relay, "show", THREE, "--json"))[0]["key_of"] == OFFICE
    assert f"sealed to the key of {OFFICE} (key_of)" in keys(relay, "find", THREE).err
    assert not keys(relay, "find", OFFICE).err
    assert keys(relay, "pin", THREE, "A" * 40).returncode == DONE
    assert objects(keys(relay, "show", THREE, "--json"))[0]["key_of"] is None, "a pin goes before"
    tagged = THREE.replace("@", "+news@")
    assert objects(keys(relay, "show", tagged, "--json"))[0]["key_of"] is None
    assert "key_of" not in keys(relay, "find", tagged).err
    assert objects(keys(relay, "show", FOUR.replace("@", "+news@"), "--json"))[0]["key_of"] == OFFICE


def test_an_opt_out_is_the_recipients_own(relay_with, people, wkd, sink):
    relay = relay_with(without_key="reject")
    opt_out(relay, THREE)
    deliver(relay, THREE)
    assert is_clear(sink.wait_for(1)[0]) and WHY in relay.log()
    assert not asked_for(wkd, OFFICE), "of whoever is out, nobody is asked"
    deliver(relay, THREE, FOUR)
    copies = sink.wait_for(3)[1:]
    assert [copy.addresses for copy in copies if is_clear(copy)] == [[THREE]]
    assert [copy.addresses for copy in copies if not is_clear(copy)] == [[FOUR]]

    opt_out(relay, OFFICE)
    assert f"no OpenPGP key was found for {OFFICE}, whose key is used for this recipient" in refusal(relay, FOUR)
    deliver(relay, OFFICE)
    assert is_clear(sink.wait_for(4)[3]), "who is out themselves gets it in clear"


def test_what_is_required_is_refused_where_that_key_is_not_there(relay_with, people, wkd, sink):
    wkd.withdraw(OFFICE)
    relay = relay_with(encrypt="required", without_key="reject")
    said = refusal(relay, THREE)
    assert said.startswith("550") and "5.7.5" in said
    assert f"<{THREE}>: no OpenPGP key was found for {OFFICE}, whose key is used for this recipient" in said
    assert f"ask {OFFICE} to publish a key" in said
    opt_out(relay, THREE)
    assert "cannot read encrypted mail" in refusal(relay, THREE)
    assert not sink.accepted()


def test_held_mail_is_sealed_when_that_key_comes(relay_with, people, wkd, sink):
    wkd.withdraw(OFFICE)
    relay = relay_with(without_key="hold", encrypt="required")
    deliver(relay, THREE, FOUR)
    entry, = spool_entries(relay)
    assert entry["copy"] == "held" and OFFICE in entry["recipients"][0]["said"]
    wkd.publish(people[OFFICE])
    relay.clock.set("+2h")
    copy, = sink.wait_for(1)
    assert copy.addresses == [THREE, FOUR] and is_for(copy, people[OFFICE])
    wait_until(lambda: not spool_entries(relay))


def test_to_whom_it_was_sealed_is_remembered_of_the_key_and_a_reload_names_another(relay_with, people, sink):
    relay = relay_with()
    deliver(relay, THREE)
    sink.wait_for(1)
    wait_until(lambda: "sealed    last on " in keys(relay, "show", OFFICE).out)
    assert "sealed" not in keys(relay, "show", THREE).out.replace("mail is sealed to the key of", "")

    relay.policy_file.write_text(relay.policy_file.read_text().replace(OFFICE, BOSS))
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.wait_for_log("configuration reloaded")
    deliver(relay, THREE)
    assert is_for(sink.wait_for(2)[1], people[BOSS])
    assert " key changed from " not in relay.log(), "it is another's key, and was not another one before"
