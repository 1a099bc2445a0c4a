# SPDX-License-Identifier: Apache-2.0
"""Keyservers as a source of keys: what they are good for, and that their limits, failures and lies
neither hold up mail nor let out what must be sealed.

The domains here are none of the reserved ones, since keyservers are not asked for those. Nothing
leaves the machine: what is not in `resolve` is not asked."""
import socket
import subprocess
import threading
import time
from contextlib import ExitStack

import pytest

from parts import mail, packets, places, structure
from parts.certificates import Authority
from parts.client import Refused, send
from parts.gnupg import Person
from parts.keyservers import Proxy, Sks, Vks
from parts.relay import Relay
from parts.wkd import Directory

CANARY = "canary-5d1e0b7a-do-not-let-me-out"
BOB, EVE, CARL = "bob@partner.org", "eve@partner.org", "carl@partner.org"
REQUIRED = {"defaults": {"encrypt": "required"}}


@pytest.fixture(scope="module")
def people(person):
    return {address: person(address) for address in (BOB, EVE)}


@pytest.fixture
def authority(place):
    return Authority(place)


@pytest.fixture
def ending():
    with ExitStack() as at_the_end:
        yield lambda server: at_the_end.callback(server.stop) and server


def relay_asking(place, sink, authority, *servers: dict, **named) -> Relay:
    keys = {"sources": ["store", "keyservers"], "keyservers": list(servers),
            **named.pop("keys", {})}
    return Relay(place, sink.port, settings={"keys": keys}, ca=authority.certificate, **named)


def named(server: Vks, **more) -> dict:
    return {"url": server.url, "timeout": "8s", **more}


def mail_to(relay: Relay, address: str) -> None:
    message = mail.plain(f"{CANARY}\r\n", to=address).raw
    send(relay.port, mail.SENDER, [address], message)


def is_sealed(sink, person) -> bool:
    last = sink.accepted()[-1]
    if CANARY.encode() in last.content:
        return False
    assert CANARY.encode() in person.decrypt(structure.ciphertext(last.content))
    return True


def wait_until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def find(relay: Relay, address: str):
    return subprocess.run([places.POSTSEAL, "keys", "find", "--config", relay.config_file, address],
                          capture_output=True, text=True, timeout=60,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})


def found_by_gpg(place, keyserver: str, address: str) -> str:
    """The fingerprint of the key that gpg and dirmngr find there."""
    home = place / "finder"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--with-colons"]
    try:
        found = subprocess.run(
            [*gpg, "--keyserver", keyserver, "--auto-key-locate", "clear,keyserver",
             "--locate-external-keys", address], capture_output=True, text=True, timeout=60)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    assert found.returncode == 0, found.stderr
    return next(line.split(":")[9] for line in found.stdout.splitlines() if line.startswith("fpr"))


def test_key_that_its_owner_has_confirmed_is_sealed_to(place, sink, authority, people, started, ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,)))
    mail_to(relay, BOB)
    assert is_sealed(sink, people[BOB])
    mail_to(relay, BOB)
    assert vks.asked == [BOB], "what was found is remembered"


def test_address_that_nobody_confirmed_gets_its_mail_in_clear(place, sink, authority, people, started,
                                                              ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,)))
    mail_to(relay, CARL)
    assert CANARY.encode() in sink.accepted()[-1].content
    mail_to(relay, "anna@partner.internal")
    mail_to(relay, "anna@example.org")  # a colleague
    assert vks.asked == [CARL]


def test_used_up_rate_holds_up_nobody(place, sink, authority, people, started, ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    relay = started(relay_asking(place, sink, authority, named(vks, rate="1/h", burst=1), wkd=(vks,)))
    mail_to(relay, CARL)
    mail_to(relay, BOB)
    assert CANARY.encode() in sink.accepted()[-1].content
    assert vks.asked == [CARL]
    relay.wait_for_log("no key is known yet, sent in clear (asked later: keys.partner.org may not be "
                       "asked so often")


def test_what_was_put_off_is_asked_in_the_background(place, sink, authority, people, started, ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    vks.refuse_next = 1
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,)))
    mail_to(relay, BOB)
    assert CANARY.encode() in sink.accepted()[-1].content
    wait_until(lambda: vks.asked == [BOB, BOB])  # nobody has sent anything

    def sealed():
        mail_to(relay, BOB)
        return is_sealed(sink, people[BOB])

    wait_until(sealed)
    assert vks.asked == [BOB, BOB], "the answer was there already"


def test_who_must_be_sealed_to_waits_for_the_keyserver(place, sink, authority, people, started, ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    vks.refuse_next = 1
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,), policy=REQUIRED))
    with pytest.raises(Refused) as refused:
        mail_to(relay, BOB)
    assert refused.value.code == 451
    assert CANARY.encode() not in sink.received

    def taken():
        try:
            mail_to(relay, BOB)
        except Refused as answer:
            assert answer.code == 451
            return False
        return True

    wait_until(taken)
    assert is_sealed(sink, people[BOB])


def test_published_rate_is_kept_by_default(place, sink, authority, people, started, ending):
    vks = ending(Vks(authority))
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,)))
    for number in range(6):
        mail_to(relay, f"user{number}@partner.org")
    assert len(sink.accepted()) == 6
    assert len(vks.asked) == 3, "a burst of three, then one a minute"


def test_domain_that_says_no_is_not_overruled(place, sink, authority, people, started, ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    wkd = ending(Directory(place, authority, "partner.org").start())
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks, wkd),
                                 keys={"sources": ["wkd", "keyservers"]}))
    mail_to(relay, BOB)
    assert CANARY.encode() in sink.accepted()[-1].content
    assert vks.asked == []

    # `find` asks everybody, and says who has decided.
    done = find(relay, BOB)
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert "absent" in rows["wkd"] and "404" in rows["wkd"]
    assert "found" in rows["vks"] and "keys.partner.org answered 200" in rows["vks"]
    assert people[BOB].fingerprint() in done.stdout
    assert done.returncode == 1 and "Mail cannot be sealed: absent" in done.stdout
    assert vks.asked == [BOB]


def test_domain_without_a_key_directory_leaves_it_to_the_keyserver(place, sink, authority, people,
                                                                   started, ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    proxy = ending(Proxy({}))  # no host has a web server
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,),
                                 keys={"sources": ["wkd", "keyservers"],
                                       "wkd": {"proxy": proxy.url}}))
    mail_to(relay, BOB)
    assert is_sealed(sink, people[BOB])
    assert "partner.org:443" in proxy.asked


@pytest.mark.parametrize("policy,manner", [(policy, manner) for policy in ("opportunistic", "required")
                                           for manner in Vks.MANNERS])
def test_hostile_keyserver_neither_stops_mail_nor_opens_it(place, sink, authority, people, started,
                                                           ending, policy, manner):
    reached = []
    with socket.create_server(("127.0.0.1", places.free_port())) as inside:
        threading.Thread(target=_accept, args=(inside, reached), daemon=True).start()
        vks = ending(Vks(authority, manner=manner))
        vks.redirect_to = f"http://127.0.0.1:{inside.getsockname()[1]}/latest/meta-data/"
        for person in people.values():
            vks.confirm(person)
        relay = started(relay_asking(place, sink, authority, named(vks, timeout="3s"), wkd=(vks,),
                                     policy={"defaults": {"encrypt": policy}}))
        began = time.monotonic()
        if policy == "required":
            with pytest.raises(Refused) as refused:
                mail_to(relay, BOB)
            assert refused.value.code == 451
            assert CANARY.encode() not in sink.received
        else:
            mail_to(relay, BOB)
            assert CANARY.encode() in sink.accepted()[-1].content
        assert time.monotonic() - began < 20
        assert vks.asked[0] == BOB
        assert vks.octets_sent < 16 << 20
    assert not reached, "it let itself be sent where only we can reach"


def _accept(server: socket.socket, reached: list) -> None:
    try:
        while True:
            reached.append(server.accept())
    except OSError:
        pass


def test_private_address_is_not_reached_unless_it_is_allowed(place, sink, authority, people, started,
                                                             ending):
    vks = ending(Vks(authority))
    vks.confirm(people[BOB])
    relay = started(relay_asking(place, sink, authority, named(vks), wkd=(vks,),
                                 keys={"allow_networks": ["192.0.2.0/24"]}))
    mail_to(relay, BOB)
    assert CANARY.encode() in sink.accepted()[-1].content
    assert vks.asked == []
    relay.wait_for_log("127.0.0.1 is not an address that lookups may reach")


@pytest.mark.parametrize("speaks", ["http", "socks5h"])
def test_keyserver_is_asked_through_its_proxy_alone(place, sink, authority, people, started, ending,
                                                    speaks):
    vks = ending(Vks(authority, host="keys.nowhere.internal"))
    vks.confirm(people[BOB])
    proxy = ending(Proxy({"keys.nowhere.internal:443": vks.port}, speaks))
    relay = started(relay_asking(place, sink, authority, named(vks, proxy=proxy.url)))
    mail_to(relay, BOB)
    assert is_sealed(sink, people[BOB])
    assert proxy.asked == ["keys.nowhere.internal:443"]


def test_key_directory_is_asked_through_its_proxy_alone(place, sink, authority, people, started, ending):
    wkd = ending(Directory(place, authority, "partner.org").start())
    wkd.publish(people[BOB])
    proxy = ending(Proxy({"openpgpkey.partner.org:443": wkd.port}))
    relay = started(Relay(place, sink.port, ca=authority.certificate,
                          settings={"keys": {"sources": ["wkd"], "wkd": {"proxy": proxy.url}}}))
    mail_to(relay, BOB)
    assert is_sealed(sink, people[BOB])
    # A domain that has none: both its hosts are tried, and nobody but the proxy hears of them.
    mail_to(relay, "bob@elsewhere.org")
    assert CANARY.encode() in sink.accepted()[-1].content
    assert proxy.asked[0] == "openpgpkey.partner.org:443" and "elsewhere.org:443" in proxy.asked
    # Without its proxy nobody knows anything.
    proxy.stop()
    with pytest.raises(Refused) as refused:
        mail_to(relay, "bob@third.org")
    assert refused.value.code == 451


@pytest.fixture
def sks(place, people, ending):
    return ending(Sks(place, people[BOB].certificate()).start())


def test_real_hkp_server_serves_a_key(place, sink, authority, people, started, sks):
    relay = started(relay_asking(place, sink, authority, {"url": sks.url}))
    mail_to(relay, BOB)
    assert is_sealed(sink, people[BOB])
    mail_to(relay, CARL)
    assert CANARY.encode() in sink.accepted()[-1].content
    relay.wait_for_log(f"127.0.0.1:{sks.port} answered 404")
    # GnuPG's own client gets the same key.
    done = find(relay, BOB)
    assert done.returncode == 0, done.stdout
    assert found_by_gpg(place, sks.url, BOB) in done.stdout


def test_hkp_server_lets_nobody_put_a_key_under_anothers_address(place, sink, authority, people, started,
                                                                 sks):
    # Its owner has an address of theirs in angle brackets, which is what counts, and ours beside it.
    mallory = Person(place / "people", "mallory@evil.org")
    mallory.gpg("--passphrase", "", "--quick-add-uid", mallory.address,
                f"Eve <{mallory.address}> <{EVE}>")
    sks.add(mallory.armored_certificate())
    mallory.stop_agent()
    relay = started(relay_asking(place, sink, authority, {"url": sks.url}))
    mail_to(relay, EVE)
    assert CANARY.encode() in sink.accepted()[-1].content


def test_revoked_key_on_an_hkp_server_is_not_sealed_to(place, sink, authority, people, started, sks):
    dan = Person(place / "people", "dan@partner.org")
    sks.add(dan.armored_certificate())
    dan.revoke()
    sks.add(dan.armored_certificate())
    relay = started(relay_asking(place, sink, authority, {"url": sks.url}))
    mail_to(relay, dan.address)
    dan.stop_agent()
    assert CANARY.encode() in sink.accepted()[-1].content
    relay.wait_for_log("revoked")


def test_key_that_ten_thousand_strangers_have_signed_is_sealed_to(place, sink, authority, people, started,
                                                                  ending):
    strangers = b"".join(packets.signature(0x10) for _ in range(10_000))
    poisoned = packets.behind_user_id(people[EVE].certificate(), strangers)
    sks = ending(Sks(place, poisoned).start())
    relay = started(relay_asking(place, sink, authority, {"url": sks.url, "timeout": "60s"},
                                 keys={"deadline": "60s"}))
    mail_to(relay, EVE)
    assert is_sealed(sink, people[EVE])
