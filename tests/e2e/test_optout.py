# SPDX-License-Identifier: Apache-2.0
"""People who cannot read sealed mail: what an administrator says of them counts with the next mail."""
import os
import subprocess

import pytest

from parts import mail, places
from parts.client import Refused, send
from parts.keys_command import ANSWER_IS_NO, COULD_NOT, DONE, keys, objects
from parts.postgresql import PostgreSQL, url
from parts.relay import COMPLAINTS, Relay
from parts.split import spool_entries
from parts.wkd import Directory

BOB, STRANGER = "bob@wkd.example", "someone@silent.example"
WHY = "reads mail on a phone"


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def wkd(place, authority, bob):
    server = Directory(place, authority, "wkd.example")
    server.publish(bob)
    yield server.start()
    server.stop()


@pytest.fixture
def relay_with(place, sink, authority, wkd, started):
    def start(name: str = "", store: str = "", **defaults) -> Relay:
        folder = place / name if name else place
        folder.mkdir(exist_ok=True)
        settings = {"spool": {"first_retry": "1s", "longest_retry": "1s"}}
        if store:
            settings["keys"] = {"store": store}
        relay = Relay(folder, sink.port, settings=settings, wkd=(wkd,), ca=authority.certificate,
                      policy={"defaults": {"encrypt": "opportunistic"} | defaults})
        return started(relay)
    return start


def optout(relay: Relay, *words: str) -> subprocess.CompletedProcess:
    done = subprocess.run([places.POSTSEAL, "optout", "--config", relay.config_file, *words],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                          env=os.environ | {"SUDO_USER": "anna"})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert not COMPLAINTS.search(done.err), done.err
    return done


def deliver(relay: Relay, to: str = BOB) -> None:
    send(relay.port, mail.SENDER, [to], mail.plain(to=to).raw)


def sealed(sink, count: int) -> list[bool]:
    return [b"BEGIN PGP MESSAGE" in copy.content for copy in sink.wait_for(count)]


def test_next_mail_is_in_clear_and_the_log_says_who_and_why(relay_with, sink):
    relay = relay_with(without_key="reject")
    deliver(relay)
    assert optout(relay, BOB, "--reason", WHY).returncode == DONE
    deliver(relay)
    assert sealed(sink, 2) == [True, False]
    assert "opted out of sealed mail (by anna, " in relay.log() and f": {WHY}), sent in clear" in relay.log()

    listed, = objects(optout(relay, "--json"))
    assert (listed["name"], listed["by"], listed["why"]) == (BOB, "anna", WHY)
    assert f"{BOB}  since " in optout(relay, "--list").out
    shown = keys(relay, "show", BOB)
    assert "state     opted out" in shown.out and WHY in shown.out

    assert optout(relay, "--remove", BOB).returncode == DONE
    assert optout(relay, "--remove", BOB).returncode == ANSWER_IS_NO
    assert "Nobody" in optout(relay).out
    deliver(relay)
    assert sealed(sink, 3) == [True, False, True]


@pytest.fixture
def not_yet_run(place, sink, authority, wkd):
    return Relay(place, sink.port, wkd=(wkd,), ca=authority.certificate,
                 policy={"defaults": {"encrypt": "opportunistic"}})


def test_before_the_first_run_it_can_be_said_already(not_yet_run, started, sink):
    relay, store = not_yet_run, not_yet_run.directory / "keys.sqlite"
    listed = optout(relay, "--list")
    assert listed.returncode == DONE and "Nobody has opted out" in listed.out, listed.err
    assert objects(optout(relay, "--json")) == []
    assert optout(relay, "--remove", BOB).returncode == ANSWER_IS_NO
    assert not store.exists(), "nobody has put anything there"
    assert optout(relay, BOB, "--reason", WHY).returncode == DONE
    assert store.stat().st_mode & 0o777 == 0o600  # as the service would make it
    started(relay)
    deliver(relay)
    assert sealed(sink, 1) == [False]
    assert f": {WHY}), sent in clear" in relay.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another account")
def test_root_makes_no_store_in_the_folder_of_the_services_account(not_yet_run):
    """Which could not write it then."""
    os.chown(not_yet_run.directory, 65534, 65534)
    try:
        done = optout(not_yet_run, BOB, "--reason", WHY)
    finally:
        os.chown(not_yet_run.directory, 0, 0)
    assert done.returncode == COULD_NOT
    assert "`postseal run` makes it, with the account of the service; run this command with it" in done.err
    assert not (not_yet_run.directory / "keys.sqlite").exists()


def test_a_domain_is_out_after_a_question(relay_with, sink):
    relay = relay_with()
    deliver(relay)
    assert optout(relay, "wkd.example", "--reason", WHY).returncode == COULD_NOT  # nobody can be asked
    deliver(relay)
    assert optout(relay, "wkd.example", "--reason", WHY, "--yes").returncode == DONE
    deliver(relay)
    assert sealed(sink, 3) == [True, True, False]


def test_what_is_required_is_refused(relay_with, sink):
    relay = relay_with(encrypt="required")
    deliver(relay)
    optout(relay, BOB, "--reason", WHY)
    with pytest.raises(Refused) as caught:
        deliver(relay)
    assert caught.value.code == 550 and "5.7.1" in caught.value.text
    assert "cannot read encrypted mail" in caught.value.text
    assert sealed(sink, 1) == [True]


def test_held_mail_leaves_in_clear(relay_with, sink):
    relay = relay_with(without_key="hold")
    deliver(relay, STRANGER)
    assert len(spool_entries(relay)) == 1
    optout(relay, STRANGER, "--reason", WHY)
    assert sealed(sink, 1) == [False]


def test_what_cannot_be_meant_is_not_done(relay_with):
    relay = relay_with()
    inside = optout(relay, "berta@example.org", "--reason", WHY)
    assert inside.returncode == ANSWER_IS_NO and "inside the local_domains" in inside.err
    assert optout(relay, "example.org", "--reason", WHY).returncode == ANSWER_IS_NO
    assert optout(relay, BOB).returncode == COULD_NOT
    assert optout(relay, BOB, "--reason", "one\nline").returncode == COULD_NOT
    assert optout(relay, "no domain", "--reason", WHY).returncode == COULD_NOT
    pattern = optout(relay, "*@wkd.example", "--reason", WHY)
    assert pattern.returncode == COULD_NOT and "is a pattern" in pattern.err
    assert "Nobody" in optout(relay).out


def test_all_relays_of_a_store_agree(relay_with, sink, directory):
    server = PostgreSQL(directory).create()
    try:
        first, second = (relay_with(name, url(server)) for name in ("first", "second"))
        deliver(first)
        optout(first, BOB, "--reason", WHY)
        deliver(second)
        assert sealed(sink, 2) == [True, False]
        first.stop()
        second.stop()
    finally:
        server.stop()
