# SPDX-License-Identifier: Apache-2.0
"""Key directories that have served a key and then block, each in another manner: what was sealed stays
sealed, after days and restarts; and where the key itself is forgotten, mail waits."""
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from parts import mail, structure
from parts.certificates import Authority
from parts.client import Refused, send
from parts.clock import Clock
from parts.fickle import Fickle
from parts.gnupg import Person
from parts.relay import Relay

CANARY = "canary-3b9d6a1f-do-not-let-me-out"
MANNERS = {f"bob@d{number}.example.com": manner for number, manner in enumerate(Fickle.MANNERS)}


@pytest.fixture
def bob(place):
    """One key for the addresses in all domains."""
    first, *others = MANNERS
    person = Person(place, first)
    for address in others:
        person.gpg("--passphrase", "", "--quick-add-uid", first, f"Test <{address}>")
    yield person
    person.stop_agent()


@pytest.fixture
def directories(place, bob):
    authority = Authority(place)
    domains = [address.rsplit("@")[1] for address in MANNERS]
    identities = Fickle.identities(authority, domains)
    made = {address: Fickle(domain, *identities) for address, domain in zip(MANNERS, domains)}
    for one in made.values():
        one.key = bob.certificate()
        one.authority = authority
    yield made
    for one in made.values():
        one.stop()


def test_directory_that_blocks_opens_nothing(place, sink, bob, directories, started):
    ca = next(iter(directories.values())).authority.certificate
    relay = Relay(place, sink.port, wkd=tuple(directories.values()), ca=ca,
                  settings={"keys": {"deadline": "20s", "wkd": {"timeout": "5s"}}})
    clock = Clock(relay)
    started(relay)
    assert_sealed_to_all(relay, sink, bob)
    for address, one in directories.items():
        one.block(MANNERS[address])

    clock.set("+2d")  # what was found has to be looked for again
    assert_sealed_to_all(relay, sink, bob)
    assert_all_were_asked(directories)
    relay.stop()
    clock.set("+4d")
    relay.start()
    assert_sealed_to_all(relay, sink, bob)
    assert_all_were_asked(directories)

    relay.stop()
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:
        store.execute("DELETE FROM findings")  # as if the key were long gone
    clock.set("+6d")
    relay.start()
    answers = mail_to_all(relay)
    assert {MANNERS[one]: answer.code for one, answer in answers.items() if answer} == \
        dict.fromkeys(Fickle.MANNERS, 451)
    assert_all_were_asked(directories)
    assert CANARY.encode() not in sink.received


def mail_to_all(relay: Relay) -> dict[str, Refused | None]:
    """At once, since many of them take their time: the refusal that each of them met."""
    def mail_to(address: str) -> Refused | None:
        try:
            send(relay.port, mail.SENDER, [address], mail.plain(f"{CANARY}\r\n", to=address).raw)
        except Refused as refused:
            return refused
        return None

    with ThreadPoolExecutor(len(MANNERS)) as senders:
        return dict(zip(MANNERS, senders.map(mail_to, MANNERS)))


def assert_sealed_to_all(relay: Relay, sink, bob: Person) -> None:
    sink.forget()
    answers = mail_to_all(relay)
    assert not any(answers.values()), {MANNERS[one]: answer for one, answer in answers.items()}
    opened = bob.decrypt_all([structure.ciphertext(sink.copy_for(one).content) for one in MANNERS])
    assert all(CANARY.encode() in text for text in opened)
    assert CANARY.encode() not in sink.received


def assert_all_were_asked(directories: dict[str, Fickle]) -> None:
    asked = {one.manner: one.asked for one in directories.values() if one.manner != "refuses"}
    assert all(asked.values()), f"somebody was not asked: {asked}"
    for one in directories.values():
        one.asked = 0
