# SPDX-License-Identifier: Apache-2.0
"""Several relays that share one PostgreSQL: what one learns, all obey; and what they do while it is away."""
import os
import threading
import time
from pathlib import Path

import pytest

from parts import mail, places
from parts.client import Refused, send
from parts.gnupg import Person
from parts.postgresql import PostgreSQL, url
from parts.relay import Relay
from parts.unit_sandbox import NOBODY, restrict
from parts.wkd import Directory

BOB, CARL, DAVE = "bob@wkd.example", "carl@wkd.example", "dave@wkd.example"
HOUSE = "berta@example.org"
REQUIRED = {"defaults": {"encrypt": "required", "unusable_key": "reject"}}


@pytest.fixture(scope="module")
def server(directory):
    made = PostgreSQL(directory).create()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def people(person):
    return {address: person(address) for address in (BOB, CARL, DAVE)}


@pytest.fixture(autouse=True)
def clean(server):
    server.sql("DROP SCHEMA IF EXISTS postseal CASCADE")


@pytest.fixture
def wkd(place, authority, people):
    made = Directory(place, authority, "wkd.example")
    for address in (BOB, CARL):
        made.publish(people[address])
    yield made.start()
    made.stop()


@pytest.fixture
def impostor(place, authority):
    """Where an attacker in the network leads us: nobody there has the domain's certificate."""
    (place / "impostor").mkdir()
    made = Directory(place / "impostor", authority, "other.example").start()
    made.hosts = ["openpgpkey.wkd.example", "wkd.example"]
    yield made
    made.stop()


@pytest.fixture
def relays(place, sink, started, server, authority):
    """Makes and starts relays by name, with the key directory that each of them reaches."""
    def make(name: str, wkd: Directory, store: str = "", unit: Path | None = None, **more) -> Relay:
        (place / name).mkdir()
        relay = Relay(place / name, sink.port, wkd=(wkd,), ca=authority.certificate,
                      settings={"keys": {"store": store or url(server)}}, **more)
        if unit:
            for folder in (place, place / name, relay.directory, *relay.directory.iterdir()):
                os.chown(folder, NOBODY, NOBODY)
        return started(relay, restrict(unit) if unit else None)
    return make


def mail_to(relay: Relay, *recipients: str) -> None:
    send(relay.port, mail.SENDER, list(recipients), mail.plain(to=recipients[0]).raw)


def refusal(relay: Relay, recipient: str) -> int:
    with pytest.raises(Refused) as caught:
        mail_to(relay, recipient)
    return caught.value.code


def forget_findings(server: PostgreSQL) -> None:
    """As if they were long gone."""
    server.sql("DELETE FROM postseal.findings")
    server.sql("DELETE FROM postseal.leases")


def is_sealed(copy) -> bool:
    return b"BEGIN PGP MESSAGE" in copy.content


def test_whom_one_relay_has_sealed_to_no_other_opens(relays, wkd, impostor, server, sink):
    first, second = relays("first", wkd), relays("second", impostor)
    mail_to(first, BOB)
    mail_to(second, BOB)  # with the key that the first has found
    assert [is_sealed(copy) for copy in sink.wait_for(2)] == [True, True]
    forget_findings(server)
    assert refusal(second, BOB) == 451
    assert refusal(second, CARL) == 451  # whose domain has served keys
    assert len(sink.accepted()) == 2


def test_key_that_one_relay_has_seen_revoked_no_other_uses(relays, wkd, server, sink, place, authority):
    (place / "hiding").mkdir()
    bob = Person(place, BOB)
    hiding = Directory(place / "hiding", authority, "wkd.example")
    hiding.publish(bob)
    hiding.start()
    try:
        bob.revoke()
        wkd.publish(bob)
        first = relays("first", wkd, policy=REQUIRED)
        second = relays("second", hiding, policy=REQUIRED)
        assert refusal(first, BOB) == 550
        # The finding is remembered for hours; what was revoked is for ever.
        forget_findings(server)
        assert refusal(second, BOB) == 550
        assert "revoked" in second.log() and "/hu/" in hiding.requests()
        assert not sink.accepted()
    finally:
        hiding.stop()
        bob.stop_agent()


def test_two_relays_ask_a_directory_once(relays, wkd, sink):
    both = [relays("first", wkd), relays("second", wkd)]
    threads = [threading.Thread(target=mail_to, args=(relay, BOB)) for relay in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [is_sealed(copy) for copy in sink.wait_for(2)] == [True, True]
    assert wkd.requests().count("/hu/") == 1


@pytest.mark.parametrize("end", ["pause", "kill"])
def test_without_the_server_nothing_is_opened_and_nothing_hangs(end, relays, wkd, impostor, server, sink):
    first, second = relays("first", wkd), relays("second", wkd)
    mail_to(first, BOB)
    mail_to(second, CARL)
    second.stop()
    config = second.config_file.read_text()
    second.config_file.write_text(config.replace(f":{wkd.port}", f":{impostor.port}"))

    def answer(relay: Relay, recipient: str) -> int:
        begun = time.monotonic()
        try:
            mail_to(relay, recipient)
            code = 250
        except Refused as refused:
            code = refused.code
        assert time.monotonic() - begun < 30, "the deadline is 10 s, on a machine that has time"
        return code

    getattr(server, end)()
    try:
        assert answer(first, BOB) == 250          # from its own memory
        assert answer(first, CARL) == 250         # asked for
        second.start()                            # knows nobody, and can ask nobody
        assert answer(second, CARL) == 451
        assert answer(second, DAVE) == 451
        assert answer(second, HOUSE) == 250
    finally:
        if end == "pause":
            server.resume()
        else:
            server.start()
    _until(lambda: answer(second, CARL) == 250)   # the key that it found before
    _until(lambda: CARL in server.sql("SELECT address FROM postseal.sealings"))
    copies = [copy for copy in sink.accepted() if copy.addresses != [HOUSE]]
    assert len(copies) == 5 and all(map(is_sealed, copies))
    told = [line for line in second.log().splitlines() if "key store" in line and "warning" in line]
    assert len(told) <= 2 and not any("@" in line for line in told)


def test_server_is_reached_under_the_restrictions_of_the_unit(relays, wkd, server, sink):
    relay = relays("boxed", wkd, unit=places.CHECKOUT / "systemd/postseal.service.in")
    mail_to(relay, BOB)
    _until(lambda: BOB in server.sql("SELECT address FROM postseal.sealings"))
    assert is_sealed(sink.wait_for(1)[0])


def test_relays_go_on_with_the_standby_that_takes_over(relays, wkd, impostor, directory, place, sink):
    primary = PostgreSQL(place, "primary").create()
    standby = PostgreSQL(place, "standby")
    try:
        standby.create_standby_of(primary)
        both = url(primary, standby)
        first = relays("first", wkd, both)
        mail_to(first, BOB)
        assert is_sealed(sink.wait_for(1)[0])
        _wait_until_sealed(standby, BOB)
        primary.kill()
        standby.promote()
        second = relays("second", impostor, both)
        _until(lambda: _takes(second, BOB))
        forget_findings(standby)
        assert refusal(second, BOB) == 451  # it knows who was sealed to
        _until(lambda: _writes(first, standby, CARL))
        assert all(map(is_sealed, sink.accepted()))
    finally:
        primary.stop()
        standby.stop()


@pytest.mark.parametrize("name", ["db.example.org", "other.example.org"])
def test_server_elsewhere_has_to_show_a_certificate_of_its_name(name, relays, wkd, place, sink, authority):
    server = PostgreSQL(place).create()
    try:
        port = server.listen(*authority.issue("server", name), "sesame")
        relay = relays("relay", wkd, f"postgresql://postseal:sesame@db.example.org:{port}/postgres"
                                     f"?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={authority.certificate}")
        mail_to(relay, BOB)
        if name == "db.example.org":
            _until(lambda: BOB in server.sql("SELECT address FROM postseal.sealings"))
        else:
            relay.wait_for_log("does not match host name")
            assert server.sql("SELECT to_regnamespace('postseal') IS NULL") == "t"
        assert "sesame" not in relay.log()
    finally:
        server.stop()


def _wait_until_sealed(server: PostgreSQL, address: str) -> None:
    _until(lambda: address in server.sql("SELECT address FROM postseal.sealings"))


def _takes(relay: Relay, address: str) -> bool:
    try:
        mail_to(relay, address)
    except Refused as refused:
        assert refused.code == 451
        return False
    return True


def _writes(relay: Relay, server: PostgreSQL, address: str) -> bool:
    """Or not yet, while it looks for the server that has taken over."""
    return _takes(relay, address) and address in server.sql("SELECT address FROM postseal.sealings")


def _until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
